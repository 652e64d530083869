"""What is shut for good of a ledger, and what the provider says of its days."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make closings, and keep their days shut."""
    op.get_bind().exec_driver_sql(script("0012_closings"), execution_options={"no_parameters": True})
