"""Run by alembic for every command: uses the connection that `schema.migrate` holds, and its transaction."""

from collections.abc import Collection, Mapping
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo

attributes = context.config.attributes


def tell(ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]) -> None:
    """Say which revision has been applied; alembic passes these by name."""
    revision = step.up_revision
    attributes["progress"](f"migrated the database: {getattr(revision, 'doc', 'nothing')}")


context.configure(connection=attributes["connection"], on_version_apply=tell)
context.run_migrations()
