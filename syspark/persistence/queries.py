"""The named statements: SQL lives in files, each statement under a `-- name:` line with a sentence about it."""

import functools
import re
from collections.abc import Mapping
from importlib import resources

_NAME = re.compile(r"^-- name: (?P<name>[a-z_]+)$", re.MULTILINE)


@functools.cache
def load(family: str, package: str = "syspark.persistence") -> Mapping[str, str]:
    """Every statement of a package's `sql/<family>.sql` by its name.

    Raises ValueError when one is named twice or not described.
    """
    text = resources.files(package).joinpath("sql", f"{family}.sql").read_text(encoding="utf-8")
    statements: dict[str, str] = {}
    marks = list(_NAME.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        name, statement = mark["name"], text[mark.end() : end].strip()
        if name in statements:
            raise ValueError(f"{family}.sql names {name} twice")
        if not statement.startswith("-- "):
            raise ValueError(f"{family}.sql does not say what {name} is for")
        statements[name] = statement
    return statements
