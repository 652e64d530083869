"""Group commit: what is submitted while writes are under way goes with the next.

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
    """An actor that writes what it is told in batches, in the order it was told but for items that were not free."""

    mailbox_limit: ClassVar[int] = 100_000
    max_batch: ClassVar[int] = 500
    at_once: ClassVar[int] = 1
    """Writes under way side by side, of items that are free of each other."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self.tools = tools
        self._waiting: deque[T] = deque()
        self._idle = asyncio.Event()
        self._idle.set()
        self._under_way = 0
        self._latest: asyncio.Task[None] | None = None

    def on_receive(self, message: T) -> None:
        """Take an item; its write begins now or with the next batch."""
        self._waiting.append(message)
        if self._under_way < self.at_once and self.is_free(message):
            self._under_way += 1
            self._idle.clear()
            name = f"{self.kind} batches"
            owned = self.tools.owned
            self._latest = owned.start(name, owned.shielded(name, self._write_all()))

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

    def is_free(self, item: T) -> bool:
        """To be overridden: whether an item may be written beside what is being written."""
        return True

    async def gather(self) -> None:
        """To be overridden: let more come together before the next write, where nobody waits for it."""

    @abstractmethod
    async def write(self, batch: Sequence[T]) -> None:
        """To be overridden: write a batch and settle each of its items. An exception is a bug and ends the process."""

    def _take(self) -> Sequence[T]:
        """What may be written now, in the order it was told."""
        batch: list[T] = []
        held: list[T] = []
        while self._waiting and len(batch) < self.max_batch:
            item = self._waiting.popleft()
            (batch if self.is_free(item) else held).append(item)
        self._waiting.extendleft(reversed(held))
        return batch

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await self.gather()
                if not (batch := self._take()):
                    return
                await self.write(batch)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()
