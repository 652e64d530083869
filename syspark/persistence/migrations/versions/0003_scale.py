"""Several workers: who lives, and which sites have changed."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of workers, and have each site say in which transaction it was changed last."""
    op.get_bind().exec_driver_sql(script("0003_scale"), execution_options={"no_parameters": True})
