"""Who writes to which chain: one batch at a time, others beside it."""

import asyncio
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager


class Turns:
    """The chains that are being written to."""

    def __init__(self) -> None:
        self._busy: set[str] = set()
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def of(self, chains: Set[str]) -> AsyncIterator[None]:
        """Have these chains alone during the block, once nobody else has any of them."""
        async with self._freed:
            await self._freed.wait_for(lambda: self._busy.isdisjoint(chains))
            self._busy |= chains
        try:
            yield
        finally:
            self._busy -= chains
            async with self._freed:
                self._freed.notify_all()
