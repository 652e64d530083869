"""What nobody reads is gone, and what is unfinished is found by less."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop what was never written; look for commands that are unfinished."""
    op.get_bind().exec_driver_sql(script("0018_unused"), execution_options={"no_parameters": True})
