"""Which session a journal row is about."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give the journal a way to find the rows of a session."""
    op.get_bind().exec_driver_sql(script("0006_audit"), execution_options={"no_parameters": True})
