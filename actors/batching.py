"""Group commit: what is submitted while one write is under way goes with the next.

No timer: a quiet system commits at once, a busy one in growing batches. What nobody waits for may gather longer.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from actors.runtime import AsyncioActor
from actors.tools import Tools

T = TypeVar("T")


class GroupCommit(AsyncioActor, Generic[T], ABC):
    """An actor that writes what it is told in batches, one at a time, in the order it was told."""

    mailbox_limit: ClassVar[int] = 100_000
    max_batch: ClassVar[int] = 500

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self.tools = tools
        self._waiting: deque[T] = deque()
        self._idle = asyncio.Event()
        self._idle.set()
        self._run: asyncio.Task[None] | None = None

    def on_receive(self, message: T) -> None:
        """Take an item; its write begins now or with the next batch."""
        self._waiting.append(message)
        if self._idle.is_set():
            self._idle.clear()
            name = f"{self.kind} batches"
            owned = self.tools.owned
            self._run = owned.start(name, owned.shielded(name, self._write_all()))

    @property
    def waiting(self) -> int:
        """How many items have not been taken into a write yet. From any thread."""
        return len(self.actor_inbox) + len(self._waiting)

    def in_flight(self) -> bool:
        """Whether anything is waiting or being written."""
        return not self._idle.is_set()

    async def settled(self) -> None:
        """Wait until nothing is."""
        await self._idle.wait()

    async def on_stop(self) -> None:
        """Finish what was submitted before the stop."""
        await self.settled()

    async def gather(self) -> None:
        """To be overridden: let more come together before the next write, where nobody waits for it."""

    @abstractmethod
    async def write(self, batch: Sequence[T]) -> None:
        """To be overridden: write a batch and settle each of its items. An exception is a bug and ends the process."""

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await self.gather()
                batch = [self._waiting.popleft() for _ in range(min(self.max_batch, len(self._waiting)))]
                await self.write(batch)
        finally:
            self._idle.set()
