"""Tells other processes that something has changed, so that open pages need not wait for their next reading.

Outside of every batch, for all that was committed meanwhile together, and never missed: whoever does not hear it reads
a moment later. Source: architecture.md, "Web and configuration".
"""

import asyncio
from contextlib import suppress

from actors.tools import Tools
from syspark.errors import Unavailable
from syspark.ports import HintStore

APART_S = 0.1
"""At most ten a second from one worker, however much it decides."""


class Herald:
    """One per worker."""

    def __init__(self, hints: HintStore, tools: Tools) -> None:
        self._hints = hints
        self._tools = tools
        self._wanted = asyncio.Event()

    def changed(self) -> None:
        """Something was committed: tell as soon as it may be told again."""
        self._wanted.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            with suppress(Unavailable):
                await self._hints.give()
            await self._tools.timers.sleep(APART_S)
