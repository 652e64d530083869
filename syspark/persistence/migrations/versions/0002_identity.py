"""What speaks for a session's vehicle, and one subject a plate."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the witnesses with their policies, and make plates unique."""
    op.get_bind().exec_driver_sql(script("0002_identity"), execution_options={"no_parameters": True})
