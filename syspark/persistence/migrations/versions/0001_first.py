"""The whole schema as the first release has it."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create roles, tables, policies and rights."""
    # Unprepared and without parameters, so that a file of many statements goes as it is, its % included.
    op.get_bind().exec_driver_sql(script("0001_first"), execution_options={"no_parameters": True})
