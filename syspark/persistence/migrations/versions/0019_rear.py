"""A witness says whether it is of a vehicle's rear."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep with each reading which end of a vehicle it is of."""
    op.get_bind().exec_driver_sql(script("0019_rear"), execution_options={"no_parameters": True})
