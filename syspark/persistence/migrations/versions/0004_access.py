"""Holders with shared places; plates, hours and lanes of credentials."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give holders a name of their own and credentials what a right is limited by."""
    op.get_bind().exec_driver_sql(script("0004_access"), execution_options={"no_parameters": True})
