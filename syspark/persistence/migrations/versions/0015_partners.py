"""Partners of a site, and the plates they validate."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.get_bind().exec_driver_sql(script("0015_partners"), execution_options={"no_parameters": True})
