"""One look at all partitions of a worker together: only where something stirs a scanner looks closer.

With many partitions most are still at any moment, and a look at each would keep the database busy for nothing. It looks
twice a second, and as soon as another process says that it has put something into a mailbox: who asks for a lane at the
help point does not wait for the next regular look.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

from actors.scanner import Scanner
from actors.tools import Tools
from syspark.errors import Unavailable
from syspark.ports import DeadlineStore, HintStore, InboxStore

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
MOST_OF_ITS_TIME = 0.1
"""The share of its time that looking on words may take: a dear look, as with many undone rows, is not made for each."""
LISTEN_AGAIN_S = 1.0


class Patrol:
    """One per worker; `scanners` are those of the partitions held."""

    def __init__(
        self,
        scanners: Callable[[], Sequence[Scanner]],
        inbox: InboxStore,
        deadlines: DeadlineStore,
        hints: HintStore,
        tools: Tools,
    ) -> None:
        self._scanners = scanners
        self._inbox = inbox
        self._deadlines = deadlines
        self._hints = hints
        self._tools = tools
        self._wanted = asyncio.Event()

    async def run(self) -> None:
        """Look until cancelled; while the database is away there is nothing to find."""
        rests_until = 0.0
        while True:
            await self._wait(rests_until)
            begun = self._tools.machine.monotonic()
            try:
                await self._look({scanner.partition: scanner for scanner in self._scanners()})
            except Unavailable:
                logger.debug("the patrol waits for the database")
            ended = self._tools.machine.monotonic()
            rests_until = ended + min(LOOK_EVERY_S, (ended - begun) / MOST_OF_ITS_TIME)

    async def listen(self) -> None:
        """Hear what is put into mailboxes, until cancelled; what is not heard is found by the regular look."""
        while True:
            with suppress(Unavailable):
                async for _ in self._hints.requested():
                    self._wanted.set()
            await self._tools.timers.sleep(LISTEN_AGAIN_S)

    async def _wait(self, rests_until: float) -> None:
        """Until the next regular look or a word, and in any case until it has rested."""
        alarm = self._tools.timers.wake_after(LOOK_EVERY_S, self._wanted.set)
        try:
            await self._wanted.wait()
        finally:
            alarm.cancel()
        if (rest_s := rests_until - self._tools.machine.monotonic()) > 0:
            await self._tools.timers.sleep(rest_s)
        self._wanted.clear()

    async def _look(self, scanners: dict[int, Scanner]) -> None:
        if not scanners:
            return
        due = await self._deadlines.partitions_due(scanners.keys(), self._tools.clock.now())
        stirrings = await self._inbox.stirrings({number: scanner.low_seq for number, scanner in scanners.items()})
        for partition, stirring in stirrings.items():
            scanner = scanners[partition]
            if scanner in self._scanners():
                await scanner.find(stirring, is_due=partition in due)
