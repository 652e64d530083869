"""The recipes, followed to the letter on a copy of the tree: what they promise to work works."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "recipes.md").read_text()
PARTS = ("actors", "docs", "ops", "syspark", "tests", "web", "pyproject.toml", "setup.cfg", "README.md")
STEP = re.compile(
    r"(?:In `(?P<file>[^`]+)`, (?P<where>after|before) `(?P<anchor>[^\n]+)`|`(?P<new>[^`]+)`, new)"
    r":\n\n```\w+\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
CHECK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Recipe:
    """What a section of the page says to do, and how to see that it worked."""

    title: str
    steps: tuple[re.Match[str], ...]
    check: str

    @property
    def files(self) -> set[str]:
        """The files it has written."""
        return {step["file"] or step["new"] for step in self.steps}

    def follow(self, tree: Path) -> None:
        """Do it."""
        for step in self.steps:
            if step["new"]:
                assert not (tree / step["new"]).exists()
                (tree / step["new"]).write_text(step["text"])
                continue
            file = tree / step["file"]
            lines = file.read_text().splitlines(keepends=True)
            found = [number for number, line in enumerate(lines) if line == f"{step['anchor']}\n"]
            assert len(found) == 1, f"{step['file']} has {len(found)} lines {step['anchor']!r}"
            lines.insert(found[0] + (step["where"] == "after"), step["text"])
            file.write_text("".join(lines))


def recipes() -> list[Recipe]:
    """Every section of the page."""
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    return [
        Recipe(section.partition("\n")[0], tuple(STEP.finditer(section)), "".join(CHECK.findall(section)))
        for section in sections
    ]


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, changed by one recipe after the other."""
    copy = tmp_path_factory.mktemp("recipes")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, copy / part)
    return copy


def run(tree: Path, *command: str) -> None:
    """Run a command in the copy, with the copy's own code."""
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"}
    ran = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{' '.join(command)}\n{ran.stdout}\n{ran.stderr}"


def test_a_device_kind_takes_four_files() -> None:
    found = {recipe.title: recipe for recipe in recipes()}
    assert list(found) == ["Add a field to a payload", "Add a device kind", "Add a rule", "Add a page"]
    assert len(found["Add a device kind"].files) == 4
    assert PAGE.count("In `") + PAGE.count("`, new:") == sum(len(recipe.steps) for recipe in recipes())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.title)
def test_a_recipe_works_as_it_is_written(recipe: Recipe, tree: Path) -> None:
    recipe.follow(tree)
    for line in recipe.check.splitlines():
        run(tree, sys.executable, *shlex.split(line)[1:])
