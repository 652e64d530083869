"""A program under measurement: started as its users start it, asked by the kernel what it costs, ended by its pid."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from syspark.errors import PermanentError

READY = "ready"
ENDS_WITHIN_S = 15.0
_TICKS = os.sysconf("SC_CLK_TCK")


class NotReady(PermanentError):  # noqa: N818 - names what happened
    """A program under measurement did not become ready."""


class Child:
    """A running program; `said` is the line with which it was ready. Figures are the kernel's own."""

    def __init__(self, process: asyncio.subprocess.Process, said: str, after_s: float) -> None:
        self._process = process
        self.said = said
        self.after_s = after_s
        """Seconds from its start to its word."""

    @property
    def cpu_s(self) -> float:
        """Processor seconds it has used since its start."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def resident_mb(self) -> float:
        """Memory it holds now, in MiB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@asynccontextmanager
async def child(
    *arguments: str, env: Mapping[str, str] | None = None, ready_within_s: float = 60
) -> AsyncIterator[Child]:
    """Run this interpreter with these arguments during the block; entered once a line of it says that it is ready.

    Raises `NotReady` with its output.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # this installation's modules, not those of the folder the command was given in
        *arguments,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    began = time.perf_counter()
    lines: list[str] = []
    ready = asyncio.Event()
    reading = asyncio.create_task(_read(process, lines, ready), name=f"output of {process.pid}")
    try:
        try:
            async with asyncio.timeout(ready_within_s):
                await ready.wait()
        except TimeoutError:
            raise NotReady(f"not ready within {ready_within_s:.0f} s:\n" + "\n".join(lines)) from None
        if not lines or READY not in lines[-1]:
            raise NotReady("it ended at its start:\n" + "\n".join(lines))
        yield Child(process, lines[-1], time.perf_counter() - began)
    finally:
        await _end(process)
        await reading


async def _read(process: asyncio.subprocess.Process, lines: list[str], ready: asyncio.Event) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        lines.append(line.decode(errors="replace").rstrip())
        if READY in lines[-1]:
            ready.set()
    ready.set()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
