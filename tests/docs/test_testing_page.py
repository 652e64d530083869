"""The page about testing: its tests pass as they stand, and what it names is there."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from actors import testing
from actors.testing import CarPark

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "testing.md").read_text()
EXAMPLES = re.findall(r"^## (Test .*?)$.*?^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_it_shows_a_rule_a_device_and_a_site() -> None:
    assert [title for title, _ in EXAMPLES] == ["Test a rule", "Test a device", "Test a whole site"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("title", "code"), EXAMPLES, ids=[title for title, _ in EXAMPLES])
def test_its_tests_pass_as_they_stand(title: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(code)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout


def test_every_word_of_its_tables_is_one_of_the_tool() -> None:
    words = set(re.findall(r"`(?:await )?park\.(\w+)", PAGE)) | {"restart"}
    # Fields are made by the constructor: a method's or a property's name alone stands in the class.
    fields = {"broker", "stores", "clock"}
    assert words - set(vars(CarPark)) == fields & words
    tables = PAGE[PAGE.index("## The words") :]
    public = {name for name in vars(CarPark) if not name.startswith("_")}
    told = {name for name in public if f"park.{name}" in PAGE or f"{name}(" in tables}
    inner = {"settle", "worker", "fates", "session", "faults_of_journals", "recorded", "all_sessions", "site_state"}
    assert public - told == inner
    for name in ("badge", "stamped", "duplicated", "reordered"):
        assert f"{name}(" in PAGE
        assert inspect.isfunction(vars(testing)[name])
