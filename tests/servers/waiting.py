"""Bounded waiting for a condition, without sleeping blindly."""

import asyncio
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

STEP_S = 0.01


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 5) -> None:
    """Return once `condition` holds; fail the test with `what` after `timeout_s`. For tests without a loop."""
    deadline, never = time.monotonic() + timeout_s, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        never.wait(STEP_S)


async def eventually(condition: Callable[[], bool], what: str, timeout_s: float = 5) -> None:
    """The same on a running loop."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        await asyncio.sleep(STEP_S)


def free_port() -> int:
    """A loopback port free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    """Whether something on loopback accepts connections at `port`."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def required_program(name: str, package: str) -> Path:
    """Where `name` is. Without it the test is skipped, but fails under CI, where nothing may be left untested."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found:
        return Path(found)
    message = f"{name} is not installed (Debian package {package})"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
