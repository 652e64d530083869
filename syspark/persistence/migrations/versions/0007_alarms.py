"""Alarms as pages read them, and what people are told of them."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Complete the table of alarms, and create the one of notices."""
    op.get_bind().exec_driver_sql(script("0007_alarms"), execution_options={"no_parameters": True})
