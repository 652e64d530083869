"""From when a tariff counts."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give each version its start."""
    op.get_bind().exec_driver_sql(script("0013_tariffs"), execution_options={"no_parameters": True})
