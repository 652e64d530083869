"""A PostgreSQL that an earlier supervisor left running when it was killed: found for certain, or left alone."""

import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

from ops.embedded.errors import StartError

PID_FILE = "postmaster.pid"


def stop_leftover(data: Path, timeout_s: float) -> None:
    """Stop the server that still serves `data`, and clear a pid file whose number now belongs to a stranger.

    A stranger's process is never signalled. A pid file naming no process is left to PostgreSQL, which also checks the
    shared memory. Raises `StartError` when a process of that server is still there after `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    pid_file = data / PID_FILE
    if not pid_file.exists():
        return
    pid = _recorded_pid(pid_file)
    handle = _open_process(pid) if pid > 0 else None
    try:
        if handle is not None and _serves(pid, data):
            signal.pidfd_send_signal(handle, signal.SIGINT)
            if not select.select([handle], [], [], timeout_s)[0]:
                raise StartError(f"PostgreSQL (process {pid}), left by an earlier run on {data}, does not stop")
            return
        _wait(lambda: not workers(data), deadline, f"processes of a killed PostgreSQL still use {data}")
        if pid <= 0 or _is_there(pid):
            pid_file.unlink(missing_ok=True)
    finally:
        if handle is not None:
            os.close(handle)


def workers(data: Path) -> list[int]:
    """Processes of PostgreSQL whose working folder is `data`; they outlive a killed postmaster by an instant."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").samefile(data) and (entry / "cmdline").read_bytes().startswith(b"postgres: "):
                found.append(int(entry.name))
        except OSError:  # it ended meanwhile, or belongs to somebody else: then it is not ours
            continue
    return found


def _serves(pid: int, data: Path) -> bool:
    """Whether process `pid` is a postgres started with `-D data`."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if Path(os.fsdecode(arguments[0])).name != "postgres" or b"-D" not in arguments[:-1]:
            return False
        return Path(os.fsdecode(arguments[arguments.index(b"-D") + 1])).samefile(data)
    except OSError:
        return False


def _recorded_pid(pid_file: Path) -> int:
    first_line = pid_file.read_bytes().partition(b"\n")[0].strip()
    return int(first_line) if first_line.isdigit() else 0


def _open_process(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except OSError:  # no such process, or the number of a thread: nothing to signal either way
        return None


def _is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _wait(condition: Callable[[], bool], deadline: float, otherwise: str) -> None:
    while not condition():
        if time.monotonic() > deadline:
            raise StartError(otherwise)
        time.sleep(0.02)
