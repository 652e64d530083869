"""The page of rules: each has a story, and each story it names is a test of that name."""

import re
from pathlib import Path

from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "rules.md").read_text()
RULES = re.findall(r"^- (.+?)\n((?:  .+\n?)*)", PAGE, re.MULTILINE)
AT_LEAST = 120


def named(shown: str) -> set[tuple[Path, str]]:
    """The tests that stand below a rule, with their files."""
    found = set()
    for part in shown.split(";"):
        file, _, names = part.strip().partition(":")
        found |= {(ROOT / "tests" / f"{file}.py", f"test_{name.strip()}") for name in names.split(",")}
    return found


def test_every_rule_has_a_story_that_is_there() -> None:
    for rule, shown in RULES:
        assert shown, f"no story shows: {rule}"
        for file, name in named(shown):
            assert f"def {name}(" in file.read_text(), f"{rule}: {file.name} has no {name}"


def test_there_are_enough_of_them() -> None:
    stories = set().union(*(named(shown) for _, shown in RULES))
    assert len(stories) >= AT_LEAST, f"{len(stories)} stories show {len(RULES)} rules"
