"""The schema's history: alembic revisions whose content is the SQL file of the same name."""

from importlib import resources


def script(name: str) -> str:
    """The SQL of a revision."""
    return resources.files("syspark.persistence.migrations").joinpath(f"{name}.sql").read_text(encoding="utf-8")
