"""What people put right: readings withdrawn, sessions found by what is asked of them."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Mark withdrawn readings, index what lists of sessions are found by, and find plates by a part of them."""
    op.get_bind().exec_driver_sql(script("0008_corrections"), execution_options={"no_parameters": True})
