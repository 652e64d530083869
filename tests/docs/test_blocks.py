"""Nothing on our pages is to be pasted that no test has pasted."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.blocks import PAGES, ROOT, blocks

TRIED_HERE = {"CONTRIBUTING.md"}
RUN_BY = {
    "README.md": "tests/ops/test_pasted_pages.py",
    "docs/commands.md": "tests/ops/test_pasted_pages.py",
    "docs/runbook.md": "tests/ops/test_pasted_pages.py",
    "docs/deploying.md": "tests/image/test_deploying.py",
    "docs/identity.md": "tests/ops/test_misreads.py",
    "docs/wiring-a-site.md": "tests/bridge/test_wiring_page.py",
    "docs/testing.md": "tests/docs/test_testing_page.py",
    "docs/recipes.md": "tests/docs/test_recipes.py",
}
"""The test that runs every block of a page which is not an illustration."""


def name(page: Path) -> str:
    """A page as people call it."""
    return str(page.relative_to(ROOT))


def test_a_page_with_something_to_paste_has_a_test_that_pastes_it() -> None:
    with_blocks = {name(page) for page in PAGES if not all(block.is_illustration for block in blocks(page))}
    assert with_blocks == RUN_BY.keys() | TRIED_HERE


@pytest.mark.parametrize("page", RUN_BY)
def test_that_test_is_about_the_page(page: str) -> None:
    assert f'"{Path(page).name}"' in (ROOT / RUN_BY[page]).read_text()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_is_closed_and_of_a_known_kind(page: Path) -> None:
    fences = re.findall(r"^```", page.read_text(), re.MULTILINE)
    fenced = [block for block in blocks(page) if "```" not in block.text]
    assert len(fences) % 2 == 0
    assert {block.kind for block in fenced} <= {"sh", "env", "python", "html", "text"}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_make_knows_what_a_page_has_it_do(page: str) -> None:
    lines = [line for block in blocks(ROOT / page) for line in block.text.splitlines()]
    targets = [line.split()[1] for line in lines if line.startswith("make ")]
    assert targets
    for target in targets:
        # What it would do; that it does it, `.ci/run` shows.
        done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr


def test_the_script_that_decides_is_one() -> None:
    assert ".ci/run" in "".join(block.text for block in blocks(ROOT / "CONTRIBUTING.md"))
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True, timeout=10)
