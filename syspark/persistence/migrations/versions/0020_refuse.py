"""A statement that is made of several can refuse all of them."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a statement end itself with nothing written."""
    op.get_bind().exec_driver_sql(script("0020_refuse"), execution_options={"no_parameters": True})
