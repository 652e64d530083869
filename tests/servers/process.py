"""A child process of a test: its output collected, its end always by its own pid."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self


class ChildProcess:
    """A program with standard output and error read as lines by a thread, which ends with it.

    `ChildProcess.python("-m", "ops.cli", "worker")` starts this environment's interpreter.
    """

    def __init__(self, *command: str, env: Mapping[str, str] | None = None, cwd: str | None = None) -> None:
        self._changed = threading.Condition()
        self._lines: list[str] = []
        self._closed = False
        self.process = subprocess.Popen(
            command,
            env=os.environ | (env or {}) | {"PYTHONUNBUFFERED": "1"},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, name=f"output of {self.process.pid}", daemon=True)
        self._reader.start()

    @classmethod
    def python(cls, *arguments: str, env: Mapping[str, str] | None = None, cwd: str | None = None) -> Self:
        """Start this environment's Python with `arguments`."""
        return cls(sys.executable, *arguments, env=env, cwd=cwd)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def lines(self) -> list[str]:
        """What it has written so far, standard error included."""
        with self._changed:
            return list(self._lines)

    @property
    def output(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines)

    def wait_for_line(self, pattern: str, timeout_s: float = 10, *, start: int = 0) -> re.Match[str]:
        """The first match of `pattern` in a line from number `start` on; fails the test with the output otherwise."""
        wanted, deadline, seen = re.compile(pattern), time.monotonic() + timeout_s, start
        with self._changed:
            while True:
                for line in self._lines[seen:]:
                    if found := wanted.search(line):
                        return found
                seen = max(seen, len(self._lines))
                left = deadline - time.monotonic()
                if self._closed or left <= 0:
                    why = "it ended" if self._closed else f"not within {timeout_s} s"
                    raise AssertionError(f"no line matches {pattern!r}: {why}\n" + "\n".join(self._lines))
                self._changed.wait(left)

    def send(self, number: signal.Signals) -> None:
        """Send `number` to it, if it is still there."""
        self.process.send_signal(number)

    def wait(self, timeout_s: float = 10) -> int:
        """Its exit status, once it has ended and its output is read; fails the test when it does not end."""
        try:
            status = self.process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"process {self.pid} did not end in {timeout_s} s\n{self.output}") from None
        self._reader.join(timeout_s)
        return status

    def kill(self) -> int:
        """End it as a power cut would, and wait."""
        return self._end(signal.SIGKILL, 10)

    def terminate(self, timeout_s: float = 10) -> int:
        """Ask it to end and wait for it; fails the test when it does not."""
        return self._end(signal.SIGTERM, timeout_s)

    def close(self) -> None:
        """Make sure it is gone; the way out for a fixture."""
        if self.process.poll() is None:
            self.send(signal.SIGCONT)
            self.send(signal.SIGKILL)
            self.process.wait(timeout=10)
        if self._reader.is_alive():
            self._reader.join(2)  # a grandchild that outlives it may still hold the pipe: not ours to wait for

    def _end(self, number: signal.Signals, timeout_s: float) -> int:
        self.send(number)
        return self.wait(timeout_s)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                with self._changed:
                    self._lines.append(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
