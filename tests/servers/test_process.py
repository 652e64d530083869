"""Child processes: output, ends, and nothing left."""

import signal
from collections.abc import Callable

import pytest

from tests.servers.process import ChildProcess

Spawn = Callable[..., ChildProcess]


def test_waits_for_a_line_and_for_the_end(spawn: Spawn) -> None:
    child = spawn("-c", "import sys; print('port 42'); print('bad', file=sys.stderr); sys.exit(3)")
    assert child.wait_for_line(r"port (\d+)").group(1) == "42"
    assert child.wait() == 3
    assert child.lines == ["port 42", "bad"]


def test_a_line_that_never_comes_fails_with_the_output(spawn: Spawn) -> None:
    child = spawn("-c", "print('something else')")
    with pytest.raises(AssertionError, match=r"it ended\nsomething else"):
        child.wait_for_line("ready")


def test_killed_by_its_pid(spawn: Spawn) -> None:
    child = spawn("-c", "import signal; print('up'); signal.pause()")
    child.wait_for_line("up")
    assert child.kill() == -signal.SIGKILL
