"""Where facts become durable: rows gathered while the previous commit was under way are inserted as one.

Whoever submits is told when its row is there, never before: that is when a fact may be acknowledged.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from actors.batching import GroupCommit
from actors.ownership import Ownership
from actors.patience import AbandonedError
from actors.tools import Tools
from syspark.ports import DataRefused, InboxStore, Inserted
from syspark.rows import Fence, InboxRow, Landed, RejectedMessage

logger = logging.getLogger(__name__)


class Arrival(msgspec.Struct, frozen=True, eq=False):
    """A row or a rejected message to store, the right it was taken under, and who is told what became of it.

    `stored` gets the row as inserted, None for a rejected message; nobody is told when the partition was lost.
    """

    item: InboxRow | RejectedMessage
    fence: Fence
    stored: Callable[[Inserted | None], None]


class Intake(GroupCommit[Arrival]):
    """The one writer of new rows in a worker."""

    kind = "intake"

    def __init__(self, inbox: InboxStore, ownership: Ownership, tools: Tools) -> None:
        super().__init__(tools)
        self._inbox = inbox
        self._ownership = ownership

    async def write(self, batch: Sequence[Arrival]) -> None:
        """Insert a batch; those of lost partitions are dropped: the broker or the sender will bring them again."""
        batch = [arrival for arrival in batch if self._ownership.holds(arrival.fence)]
        if not batch:
            return
        rows = [arrival.item for arrival in batch if isinstance(arrival.item, InboxRow)]
        rejected = [arrival.item for arrival in batch if isinstance(arrival.item, RejectedMessage)]
        fences = sorted({arrival.fence for arrival in batch}, key=lambda fence: fence.partition)
        try:
            inserted = await self.tools.patience.through(lambda: self._inbox.insert(fences, rows, rejected))
        except AbandonedError:
            return
        except DataRefused:
            await self._halve(batch)
            return
        kinds = Counter(one.row.kind for one in inserted if one.landed is not Landed.FENCED)
        for kind, count in kinds.items():
            self.tools.metrics.inbox_rows.labels(kind).inc(count)
        by_id = {one.row.id: one for one in inserted}
        for arrival in batch:
            if isinstance(arrival.item, RejectedMessage):
                arrival.stored(None)
                continue
            one = by_id[arrival.item.id]
            if one.landed is not Landed.FENCED:
                arrival.stored(one)

    async def _halve(self, batch: Sequence[Arrival]) -> None:
        if len(batch) > 1:
            self.tools.metrics.commit_halvings.inc()
            middle = len(batch) // 2
            await self.write(batch[:middle])
            await self.write(batch[middle:])
            return
        # Parsing lets nothing through that the database could refuse: what is refused all the same must not stay
        # first in the broker's queue for ever.
        logger.error("the database refuses a %s for good; it is dropped", type(batch[0].item).__name__)
        self.tools.metrics.rejected.labels("unstorable").inc()
        batch[0].stored(None)
