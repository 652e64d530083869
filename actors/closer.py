"""Shuts the ledgers' days, months and years once they are over: one closer of the whole deployment, the holder of
partition 0.

What is shut and how it is chained is told by `syspark.domain.closing`. After a time away it catches up day by day.
"""

import logging
from collections.abc import Sequence

from actors.tools import Tools
from syspark.clock import Clock
from syspark.domain.closing import Closing
from syspark.errors import Unavailable
from syspark.ids import IdSource
from syspark.ports import ClosingStore, CommitUnknown, DataRefused

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 300.0
BY = "system"


class Closer:
    """Runs for as long as partition 0 is held."""

    def __init__(self, closings: ClosingStore, tools: Tools) -> None:
        self._closings = closings
        self._tools = tools

    async def run(self) -> None:
        """Look until cancelled."""
        tools = self._tools
        while True:
            try:
                await close_all(self._closings, tools.clock, tools.ids, BY)
            except (Unavailable, CommitUnknown, DataRefused) as error:
                logger.warning("ledgers are closed later: %s", error)
            await tools.timers.sleep(tools.machine_seconds(LOOK_EVERY_S))


async def close_all(closings: ClosingStore, clock: Clock, ids: IdSource, by: str) -> Sequence[Closing]:
    """Close everything that is over, in every book, and tell what was closed.

    Raises as `ClosingStore.close_next`; what was closed until then stays closed.
    """
    made: list[Closing] = []
    for book in await closings.books():
        while (closing := await closings.close_next(book, clock.now(), by, ids.new())) is not None:
            made.append(closing)
    return made
