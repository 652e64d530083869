"""Payments, the ledger, and what the payment provider is to do."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep money."""
    op.get_bind().exec_driver_sql(script("0011_payments"), execution_options={"no_parameters": True})
