"""The words between processes: that something has changed, where no other could hear it, and that a request waits."""

import asyncio
from collections.abc import AsyncGenerator

from syspark.persistence.memory.faults import Call, Faults
from syspark.persistence.memory.tables import Tables


class MemoryHints:
    """`syspark.ports.HintStore`; `given` counts, for tests."""

    def __init__(self, tables: Tables, faults: Faults) -> None:
        self._tables = tables
        self._faults = faults
        self.given = 0

    async def give(self) -> None:
        """Tell nobody."""
        await self._faults.perform(Call.HINT, self._count)

    async def requested(self) -> AsyncGenerator[None]:
        """Listen for what any process puts into a mailbox."""
        heard = asyncio.Event()
        self._tables.hearing.add(heard)
        try:
            while True:
                heard.clear()
                await self._faults.perform(Call.HINT, lambda: None)
                yield
                await heard.wait()
        finally:
            self._tables.hearing.discard(heard)

    def _count(self) -> None:
        self.given += 1
