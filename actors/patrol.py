"""One look at all partitions of a worker together: only where something stirs a scanner looks closer.

With many partitions most are still at any moment, and a look at each would keep the database busy for nothing.
"""

import logging
from collections.abc import Callable, Sequence

from actors.scanner import Scanner
from actors.tools import Tools
from syspark.errors import Unavailable
from syspark.ports import DeadlineStore, InboxStore

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5


class Patrol:
    """One per worker; `scanners` are those of the partitions held."""

    def __init__(
        self, scanners: Callable[[], Sequence[Scanner]], inbox: InboxStore, deadlines: DeadlineStore, tools: Tools
    ) -> None:
        self._scanners = scanners
        self._inbox = inbox
        self._deadlines = deadlines
        self._tools = tools

    async def run(self) -> None:
        """Look until cancelled; while the database is away there is nothing to find."""
        while True:
            await self._tools.timers.sleep(LOOK_EVERY_S)
            try:
                await self._look({scanner.partition: scanner for scanner in self._scanners()})
            except Unavailable:
                logger.debug("the patrol waits for the database")

    async def _look(self, scanners: dict[int, Scanner]) -> None:
        if not scanners:
            return
        due = await self._deadlines.partitions_due(scanners.keys(), self._tools.clock.now())
        stirrings = await self._inbox.stirrings({number: scanner.low_seq for number, scanner in scanners.items()})
        for partition, stirring in stirrings.items():
            scanner = scanners[partition]
            if scanner in self._scanners():
                await scanner.find(stirring, is_due=partition in due)
