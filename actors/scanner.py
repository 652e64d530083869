"""Finds what nobody brings: deadlines that are due, and rows that other processes have put into our mailboxes.

The scanner only inserts and dispatches; whether a deadline still means anything is the actor's to decide. Undone rows
are never looked for by "after the last one seen", since rows commit out of order: the low-water mark follows seconds
behind. Source: architecture.md, "Rules that are easily got wrong".
"""

import logging
from collections import deque
from uuid import UUID, uuid5

from actors.intake import Arrival
from actors.link import Inward, Link
from actors.tools import Tools
from syspark.domain.messages import DeadlineReached, encode, kind_of
from syspark.errors import Unavailable
from syspark.ports import DeadlineStore, Inserted
from syspark.rows import Address, Deadline, InboxRow, Landed

logger = logging.getLogger(__name__)

SCAN_EVERY_S = 0.5
LOW_WATER_LAG_S = 15.0
"""Longer than any transaction that inserts rows may last."""
DUE_LIMIT = 500
READ_LIMIT = 1_000
DEADLINES = UUID("6f1c1f2e-65b4-4c57-9d0a-0f6c5d8e1a11")
"""Names the rows of deadlines, so that one deadline is one row however often it is found due."""


class Scanner:
    """One per partition, for as long as its lease is held."""

    def __init__(self, link: Link, inward: Inward, deadlines: DeadlineStore, tools: Tools) -> None:
        self._link = link
        self._inward = inward
        self._deadlines = deadlines
        self._tools = tools
        self._newest: deque[tuple[float, int]] = deque()
        self._reading: set[Address] = set()

    async def run(self) -> None:
        """Look until cancelled; while the database is away there is nothing to find."""
        while True:
            try:
                await self.scan()
            except Unavailable:
                logger.debug("the scanner waits for the database")
            await self._tools.timers.sleep(SCAN_EVERY_S)

    async def scan(self) -> None:
        """Look once. Raises `Unavailable`."""
        partition = self._link.partition
        for deadline in await self._deadlines.due(partition, self._tools.clock.now(), DUE_LIMIT):
            self._reach(deadline)
        newest = await self._inward.inbox.newest_seq(partition)
        after = self._link.low_seq
        oldest_undone = None
        while rows := await self._inward.inbox.undone(partition, after, READ_LIMIT):
            oldest_undone = oldest_undone or rows[0].seq
            self._inward.router.dispatch(rows)
            after = rows[-1].seq
            if len(rows) < READ_LIMIT:
                break
        self._raise_low_water(newest, oldest_undone)

    def read_on(self, recipient: Address) -> None:
        """Have a mailbox that spilled read from its table."""
        if recipient not in self._reading:
            self._reading.add(recipient)
            self._task = self._tools.owned.start(f"read on {recipient.kind} {recipient.id}", self._read_on(recipient))

    async def _read_on(self, recipient: Address) -> None:
        try:
            rows = await self._inward.inbox.undone_for(recipient, self._link.partition, self._link.low_seq, READ_LIMIT)
        except Unavailable:
            await self._tools.timers.sleep(SCAN_EVERY_S)
            self._reading.discard(recipient)
            self.read_on(recipient)
            return
        self._reading.discard(recipient)
        if len(rows) < READ_LIMIT:
            self._inward.router.caught_up(recipient)
        self._inward.router.dispatch(rows, read_back=True)

    def _reach(self, deadline: Deadline) -> None:
        assert deadline.at is not None
        name = f"{deadline.actor.kind}/{deadline.actor.id}/{deadline.key}/{deadline.at.isoformat()}"
        row_id = uuid5(DEADLINES, name)
        if self._inward.router.knows(row_id):
            return
        now = self._tools.clock.now()
        message = DeadlineReached(key=deadline.key, due_at=deadline.at)
        row = InboxRow(
            id=row_id,
            scope=deadline.scope,
            recipient=deadline.actor,
            kind=kind_of(message),
            body=encode(message),
            fact_at=now,
            received_at=now,
        )
        self._tools.metrics.timers_fired.labels(deadline.actor.kind).inc()
        self._inward.intake.tell(Arrival(row, self._stored))

    def _stored(self, inserted: Inserted | None) -> None:
        if inserted is not None and inserted.landed is Landed.COMMITTED:
            self._inward.router.dispatch([inserted.row])

    def _raise_low_water(self, newest: int, oldest_undone: int | None) -> None:
        now = self._tools.clock.monotonic()
        self._newest.append((now, newest))
        lagging = self._link.low_seq
        while self._newest and now - self._newest[0][0] >= LOW_WATER_LAG_S:
            lagging = self._newest.popleft()[1]
        if oldest_undone is not None:
            lagging = min(lagging, oldest_undone - 1)
        self._link.low_seq = max(self._link.low_seq, lagging)
