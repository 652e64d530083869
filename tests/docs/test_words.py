"""The glossary's words are the code's, and the table of writers has every table."""

import re

from syspark.domain.review import Review
from tests.docs.blocks import ROOT

MADE_BY_THE_DATABASE = re.compile(r"_default$|^alembic_version$")


def first_column(name: str) -> list[str]:
    """What a page's tables are about, without their heads."""
    rows = re.findall(r"^\| ([^|]+?) \|", (ROOT / "docs" / name).read_text(), re.MULTILINE)
    return [row for row in rows if row not in {"word", "table"}]


def test_every_word_of_the_glossary_is_used_in_code() -> None:
    wings = ("syspark", "actors", "web", "ops")
    code = "\n".join(path.read_text() for wing in wings for path in (ROOT / wing).rglob("*.py"))
    used = {word.lower() for word in re.findall(r"[A-Za-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", code))}
    words = [word for term in first_column("glossary.md") for word in re.findall(r"[a-z]+\d?", term.lower())]
    missing = {word for word in words if not used & {word, f"{word}s", f"{word}ed", re.sub("y$", "ies", word)}}
    assert missing - {"v1", "v2"} == set()
    assert '"v1"' in code


def test_no_word_is_explained_twice() -> None:
    terms = first_column("glossary.md")
    assert len(terms) == len(set(terms)) > 50


def test_every_reason_for_a_review_says_what_decides_it() -> None:
    assert {name for row in first_column("corrections.md") for name in re.findall(r"`([a-z_-]+)`", row)} == set(Review)


def test_every_table_has_a_writer() -> None:
    schema = (ROOT / "syspark" / "persistence" / "schema.sql").read_text()
    tables = re.findall(r"^CREATE TABLE public\.(\w+)", schema, re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", " ".join(row.partition(" (")[0] for row in first_column("writers.md"))))
    assert {table for table in tables if not MADE_BY_THE_DATABASE.search(table)} == named
