"""`python -m tests`: every file is run once, by one of several runs, and one sum tells of all."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.process import ChildProcess

PASSES = "def test_that_passes(): pass\n"
FAILS = "def test_that_fails(): assert 1 == 2\n"
DIES = "import os\ndef test_that_dies(): os._exit(9)\n"

Spawn = Callable[..., ChildProcess]


@pytest.mark.timeout(60)
def test_every_file_is_run_once_and_one_sum_tells_of_all(tmp_path: Path, spawn: Spawn) -> None:
    for number in range(5):
        (tmp_path / f"test_{number}.py").write_text(PASSES)
    (tmp_path / "test_bad.py").write_text(FAILS)
    status, said = _run(tmp_path, spawn)
    assert status == 1
    assert all(said.count(f"test_{number}.py .") == 1 for number in range(5))
    assert "assert 1 == 2" in said
    assert "==> 5 passed, 1 failures in" in said


@pytest.mark.timeout(60)
def test_a_run_that_dies_is_a_failure(tmp_path: Path, spawn: Spawn) -> None:
    (tmp_path / "test_deadly.py").write_text(DIES)
    status, said = _run(tmp_path, spawn)
    assert status == 9
    assert "a run ended with status 9" in said


def _run(folder: Path, spawn: Spawn) -> tuple[int, str]:
    child = spawn("-m", "tests", str(folder))
    return child.wait(timeout_s=50), child.output
