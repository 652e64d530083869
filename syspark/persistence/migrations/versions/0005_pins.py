"""A new PIN is found as any other change of a site."""

from alembic import op

from syspark.persistence.migrations import script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Have a site say that it was changed when one of its PINs is."""
    op.get_bind().exec_driver_sql(script("0005_pins"), execution_options={"no_parameters": True})
