"""Openings that nobody asked for."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of openings that barriers told of."""
    op.get_bind().exec_driver_sql(script("0009_ledger"), execution_options={"no_parameters": True})
