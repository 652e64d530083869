"""What a test must not leave behind: tasks, timers, threads, child processes."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from tests.servers.waiting import wait_until

GRACE_S = 2.0
LOOP_EXECUTOR = "asyncio_"  # threads of the loop's default executor, which live as long as the loop


@contextmanager
def no_process_or_thread_left() -> Iterator[None]:
    """Fail when a thread or a child process begun inside is still there a moment after its end."""
    threads, children = _threads(), _children()
    yield
    _expect_none(lambda: {thread.name for thread in _threads() - threads}, "threads")
    _expect_none(lambda: {_describe(child) for child in _children() - children}, "child processes")


async def expect_no_task_left() -> None:
    """Fail when the running loop has a task besides this one, or a timer, that does not end within a moment."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        _, others = await asyncio.wait(others, timeout=GRACE_S)
    assert not others, f"the test leaked tasks: {sorted(task.get_name() for task in others)}"
    timers = [timer for timer in getattr(asyncio.get_running_loop(), "_scheduled", ()) if not timer.cancelled()]
    assert not timers, f"the test leaked timers: {timers}"


def _expect_none(left: Callable[[], set[str]], what: str) -> None:
    try:
        wait_until(lambda: not left(), what, GRACE_S)
    except AssertionError:
        raise AssertionError(f"the test leaked {what}: {sorted(left())}") from None


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not thread.name.startswith(LOOP_EXECUTOR)}


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children())


def _describe(child: psutil.Process) -> str:
    try:
        return f"{child.pid} {' '.join(child.cmdline())[:200]} ({child.status()})"
    except psutil.NoSuchProcess:
        return f"{child.pid} (gone)"
