"""What is over its time is found, and erased."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when a session was erased, and what finds the next ones."""
    op.get_bind().exec_driver_sql(script("0017_evidence"), execution_options={"no_parameters": True})
