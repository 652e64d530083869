"""What speaks for a vehicle of which nothing was read."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the sensor be a witness."""
    op.get_bind().exec_driver_sql(script("0010_unread"), execution_options={"no_parameters": True})
