"""What strangers have tried on the portal, for all web processes."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table that counts tries."""
    op.get_bind().exec_driver_sql(script("0016_tries"), execution_options={"no_parameters": True})
