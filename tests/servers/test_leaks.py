"""The check for leaks sees what it is for."""

import asyncio
import subprocess
import sys
import threading

import pytest

from tests.servers import leaks


async def test_a_task_left_behind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "GRACE_S", 0.05)
    forgotten = asyncio.create_task(asyncio.Event().wait(), name="forgotten")
    with pytest.raises(AssertionError, match=r"leaked tasks.*forgotten"):
        await leaks.expect_no_task_left()
    forgotten.cancel()


async def test_a_timer_left_behind_is_seen() -> None:
    timer = asyncio.get_running_loop().call_later(60, print)
    with pytest.raises(AssertionError, match=r"leaked timers"):
        await leaks.expect_no_task_left()
    timer.cancel()


def test_a_thread_left_behind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "GRACE_S", 0.05)
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="forgotten")
    with pytest.raises(AssertionError, match=r"leaked threads.*forgotten"), leaks.no_process_or_thread_left():
        thread.start()
    release.set()
    thread.join(5)


def test_a_child_left_behind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "GRACE_S", 0.05)
    with pytest.raises(AssertionError, match=r"leaked child processes.*signal.pause"):  # noqa: SIM117
        with leaks.no_process_or_thread_left():
            child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    child.kill()
    child.wait(5)
