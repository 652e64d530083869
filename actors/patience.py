"""Waiting for a side that is away, for as long as the process is to live."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from actors.runtime import Timers
from syspark.errors import Unavailable

R = TypeVar("R")

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0


class AbandonedError(Exception):
    """The process is going down while the other side is away; what was to be done is still in its rows."""


class Patience:
    """One per worker: everything that waits for the database gives up at the same moment, or a drain would hang."""

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self._pauses: set[asyncio.Event] = set()
        self._over = False

    def abandon(self) -> None:
        """Wait for nobody any more: whoever does gets `AbandonedError`, now and from now on."""
        self._over = True
        for pause in self._pauses:
            pause.set()

    async def through(self, attempt: Callable[[], Awaitable[R]]) -> R:
        """Try until the other side is there. Raises `AbandonedError`, and whatever else the attempt raises."""
        pause_s = FIRST_PAUSE_S
        while True:
            if self._over:
                raise AbandonedError
            try:
                return await attempt()
            except Unavailable:
                await self._pause(pause_s)
                pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def _pause(self, seconds: float) -> None:
        pause = asyncio.Event()
        self._pauses.add(pause)
        alarm = self._timers.wake_after(seconds, pause.set)
        try:
            await pause.wait()
        finally:
            alarm.cancel()
            self._pauses.discard(pause)
