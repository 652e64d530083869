"""Finds what nobody brings: deadlines that are due, and rows that other processes have put into our mailboxes.

The scanner only inserts and dispatches; whether a deadline still means anything is the actor's to decide. Undone rows
are never looked for by "after the last one seen", since rows commit out of order: the low-water mark follows seconds
behind. Source: architecture.md, "Rules that are easily got wrong".
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from uuid import UUID, uuid5

import pykka

from actors.intake import Arrival
from actors.link import Inward, Link
from actors.runtime import MailboxFull
from actors.tools import Tools
from syspark.domain.messages import DeadlineReached
from syspark.errors import Unavailable
from syspark.mailbox import row_of
from syspark.ports import DeadlineStore, Inserted, Stirring
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
        self._arriving: set[UUID] = set()
        self._ended: set[UUID] = set()

    @property
    def partition(self) -> int:
        """Whose rows and deadlines it finds."""
        return self._link.partition

    @property
    def low_seq(self) -> int:
        """Rows at or below it are no longer undone."""
        return self._link.low_seq

    def end(self) -> None:
        """The partition is no longer ours."""
        self._tell_oldest(None)

    async def scan(self) -> None:
        """Look once at everything. Raises `Unavailable`."""
        stirrings = await self._inward.inbox.stirrings({self.partition: self.low_seq})
        await self.find(stirrings[self.partition], is_due=True)

    async def find(self, stirring: Stirring, *, is_due: bool) -> None:
        """Find what a first look has told of: undone rows, deadlines that are due. Raises `Unavailable`."""
        due = await self._deadlines.due(self.partition, self._tools.clock.now(), DUE_LIMIT) if is_due else ()
        self._reach_all(due)
        after = self._link.low_seq
        oldest_undone: InboxRow | None = None
        found = 0
        while stirring.has_undone and (rows := await self._inward.inbox.undone(self.partition, after, READ_LIMIT)):
            oldest_undone = oldest_undone or rows[0]
            self._inward.router.dispatch(rows)
            after = rows[-1].seq
            found += len(rows)
            if len(rows) < READ_LIMIT:
                break
        self._raise_low_water(stirring.newest_seq, oldest_undone.seq if oldest_undone is not None else None)
        self._tell_oldest(oldest_undone)
        self._link.stored_undone(found)

    def read_on(self, recipient: Address) -> None:
        """Have a mailbox that spilled read from its table."""
        if recipient not in self._reading and self._inward.router.is_spilled(recipient):
            self._reading.add(recipient)
            self._task = self._tools.owned.start(f"read on {recipient.kind} {recipient.id}", self._read_on(recipient))

    async def _read_on(self, recipient: Address) -> None:
        self._inward.router.begin_reading(recipient)
        try:
            rows = await self._inward.inbox.undone_for(recipient, self._link.partition, self._link.low_seq, READ_LIMIT)
        except Unavailable:
            rows = None
        self._reading.discard(recipient)
        if rows is None or not self._inward.router.read_back(recipient, rows, complete=len(rows) < READ_LIMIT):
            self._tools.timers.wake_after(SCAN_EVERY_S, lambda: self.read_on(recipient))

    @staticmethod
    def _row_id(deadline: Deadline) -> UUID:
        assert deadline.at is not None
        return uuid5(DEADLINES, f"{deadline.actor.kind}/{deadline.actor.id}/{deadline.key}/{deadline.at.isoformat()}")

    def _reach_all(self, deadlines: Sequence[Deadline]) -> None:
        due = {self._row_id(deadline): deadline for deadline in deadlines}
        self._ended &= due.keys()
        for row_id, deadline in due.items():
            self._reach(row_id, deadline)

    def _reach(self, row_id: UUID, deadline: Deadline) -> None:
        if row_id in self._arriving or row_id in self._ended or self._inward.router.knows(row_id):
            return
        assert deadline.at is not None
        now = self._tools.clock.now()
        message = DeadlineReached(key=deadline.key, due_at=deadline.at)
        row = row_of(row_id, deadline.scope, deadline.actor, message, now)
        self._tools.metrics.timers_fired.labels(deadline.actor.kind).inc()
        try:
            self._inward.intake.tell(Arrival(row, self._link.fence, self._stored(row_id)))
        except (pykka.ActorDeadError, MailboxFull):
            logger.debug("a deadline waits for the intake")
        else:
            self._arriving.add(row_id)

    def _stored(self, row_id: UUID) -> Callable[[Inserted | None], None]:
        def stored(inserted: Inserted | None) -> None:
            self._arriving.discard(row_id)
            if inserted is not None and inserted.landed is Landed.COMMITTED:
                self._inward.router.dispatch([inserted.row])
            else:
                # Its row has ended without clearing it, as a parked one does: it is not to be made again and again.
                self._ended.add(row_id)

        return stored

    def _tell_oldest(self, row: InboxRow | None) -> None:
        age = (self._tools.clock.now() - row.received_at).total_seconds() if row is not None else 0.0
        self._tools.metrics.oldest_undone_seconds.labels(self._link.partition).set(max(0.0, age))

    def _raise_low_water(self, newest: int, oldest_undone: int | None) -> None:
        now = self._tools.machine.monotonic()
        self._newest.append((now, newest))
        lagging = self._link.low_seq
        while self._newest and now - self._newest[0][0] >= LOW_WATER_LAG_S:
            lagging = self._newest.popleft()[1]
        if oldest_undone is not None:
            lagging = min(lagging, oldest_undone - 1)
        self._link.low_seq = max(self._link.low_seq, lagging)
