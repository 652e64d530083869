"""The statements in files: named once, described, and all understood by the database."""

import re
from importlib import resources

import pytest

from syspark.persistence import queries
from tests.persistence.worker import ask

FAMILIES = sorted(
    file.name.removesuffix(".sql")
    for file in resources.files("syspark.persistence").joinpath("sql").iterdir()
    if file.name.endswith(".sql")
)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_statement_is_described_and_ends_without_a_semicolon(family: str) -> None:
    statements = queries.load(family)
    assert statements
    for name, statement in statements.items():
        assert re.match(r"-- [A-Z].*", statement), name
        assert ";" not in statement.rpartition("\n-- ")[2].partition("\n")[2], name


def test_no_statement_is_left_unused() -> None:
    package = resources.files("syspark.persistence")
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in (package, package.joinpath("postgres"))
        for path in folder.iterdir()
        if path.name.endswith(".py")
    )
    unused = {name for family in FAMILIES for name in queries.load(family) if f'"{name}"' not in code}
    assert unused == set()


async def test_the_worker_may_run_what_it_must(database_url: str) -> None:
    assert await ask(database_url, "SELECT pg_has_role(current_user, 'syspark_worker', 'SET')") == [(True,)]
