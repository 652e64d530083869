"""Openings that nobody asked for."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of openings that barriers told of."""
    op.get_bind().exec_driver_sql(script("0011_ledger"), execution_options={"no_parameters": True})
