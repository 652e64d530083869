"""Commands on their way out: published from memory after their commit, or not at all.

An instantaneous command waits for a live connection until its deadline, checked on the monotonic clock just before it
is sent. What controllers read is paced a site at a time. Of several display texts only the newest is sent, and so is it
of weathers. Source: architecture.md, "Outbox"; contract.md, facts about controllers.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from actors.batching import GroupCommit
from actors.ownership import Ownership
from actors.patience import AbandonedError
from actors.router import Router
from actors.sites import Sites
from actors.tools import Tools
from syspark.contract.format import Outgoing, format_order
from syspark.contract.format_screens import PayHere
from syspark.contract.table import PACING_MS, row_for
from syspark.contract.topics import topic_for
from syspark.contract.words import UnformattableError
from syspark.domain.messages import CommandFated
from syspark.domain.orders import Order, RequestPayment, SetPin, ShowText, ShowWeather
from syspark.domain.units import DeviceName, SessionId
from syspark.errors import Unavailable
from syspark.mailbox import row_of
from syspark.ports import OutboxStore
from syspark.rows import Address, Fate, FateRecord, InboxRow, OutboxRow, RecipientKind

logger = logging.getLogger(__name__)

RETRY_S = 0.05
GIVES_WAY_TIMES, GIVES_WAY_S = 5, 0.005
"""How often, and for how long each time, a fate lets pass what somebody waits for."""

INSTRUCTIONS = ("elevator", "elevator-get", "camera", "radio", "radio-parameters")
INSTANTANEOUS = frozenset({"barrier", "payment-request", "entry-refusal", "acl-get", *INSTRUCTIONS})
"""Kinds never sent again by another owner: what became of them is then unknown."""

TOLD: Mapping[str, RecipientKind] = {
    "barrier": "site",
    "acl-add": "controller",
    "acl-del": "controller",
    "acl-full": "controller",
    "acl-get": "controller",
    **dict.fromkeys(INSTRUCTIONS, "device"),
}
"""Who hears of the fates of each kind of command; of others nobody waits for them. A site decides nothing when the
broker has its command, as it should: it is told in passing, and all else by a row."""


FindPayHere = Callable[[SessionId], PayHere | None]
"""Where the driver of a session pays; None: nobody here can tell."""


class Way(Protocol):
    """A partition's way to the broker."""

    @property
    def live(self) -> bool:
        """Whether what is published now reaches the broker now."""

    @property
    def hearing(self) -> bool:
        """Whether the broker answers."""

    def publish(self, topic: str, outgoing: Outgoing, expiry_s: float | None) -> "asyncio.Future[None]":
        """Publish; the future ends with the broker's word. Raises `Unavailable`."""


class Ended(msgspec.Struct, frozen=True):
    """A command of a partition has its fate."""

    partition: int
    record: FateRecord
    noted_by: Address | None = None
    """Who takes note of it without a row of its own, once it is stored."""


class FateRecorder(GroupCommit[Ended]):
    """Writes what became of commands, and passes on the hand-overs that tell of it."""

    kind = "fates"

    def __init__(
        self, outbox: OutboxStore, ownership: Ownership, router: Router, tools: Tools, *, gives_way: Callable[[], bool]
    ) -> None:
        """`gives_way`: whether something is being made durable that somebody waits for."""
        super().__init__(tools)
        self._gives_way = gives_way
        self._outbox = outbox
        self._ownership = ownership
        self._router = router
        self._writing: Sequence[Ended] = ()

    def waits_for(self, partition: int) -> bool:
        """Whether the fate of one of its commands may not be stored yet."""
        unwritten = (*self._waiting, *self._writing)
        return len(self.actor_inbox) > 0 or any(ended.partition == partition for ended in unwritten)

    async def gather(self) -> None:
        """Let facts and decisions pass for a moment: each commit of fates is one more flush that theirs wait for."""
        for _ in range(GIVES_WAY_TIMES):
            if not self._gives_way():
                return
            await self.tools.timers.sleep(GIVES_WAY_S)

    async def write(self, batch: Sequence[Ended]) -> None:
        """Store a batch of fates."""
        self._writing = batch
        try:
            await self._write(batch)
        finally:
            self._writing = ()

    async def _write(self, batch: Sequence[Ended]) -> None:
        fences = self._ownership.fences(ended.partition for ended in batch)
        records = [ended.record for ended in batch]
        try:
            told = await self.tools.patience.through(lambda: self._outbox.record(fences, records))
        except AbandonedError:
            return
        self._router.dispatch(told)
        for ended in batch:
            if ended.noted_by is not None:
                self._router.acked(ended.noted_by, ended.record.command_id)


@dataclass(slots=True, eq=False)
class _Waiting:
    row: OutboxRow
    order: Order
    deadline: float | None
    decided: float


@dataclass(slots=True)
class _Queue:
    """What waits for one site: instantaneous commands, and what its controllers read, one at a time."""

    prompt: deque[_Waiting] = field(default_factory=deque)
    paced: deque[_Waiting] = field(default_factory=deque)
    paced_free_at: float = 0.0
    timer: bool = False


class Outbox:
    """One per worker; everything but recording fates happens on the loop without waiting."""

    def __init__(
        self,
        *,
        way: Callable[[int], Way | None],
        fated: Callable[[Ended], None],
        ownership: Ownership,
        sites: Sites,
        root: str,
        pay_here: FindPayHere,
        tools: Tools,
    ) -> None:
        self._way = way
        self._fated = fated
        self._ownership = ownership
        self._sites = sites
        self._root = root
        self._pay_here = pay_here
        self._tools = tools
        self._queues: dict[str, _Queue] = {}
        self._on_the_way: dict[asyncio.Future[None], int] = {}

    def publish(self, rows: Sequence[OutboxRow]) -> None:
        """Send commands that have just been committed."""
        for row in rows:
            if row.fate is not Fate.QUEUED:
                self._tools.metrics.outbox_fates.labels(row.fate).inc()
                continue
            try:
                order = _decoder.decode(row.order)
            except msgspec.ValidationError as error:
                logger.error("a %s of another release cannot be sent: %s", row.order_kind, error)  # noqa: TRY400 - as below
                self._end(row, Fate.FAILED)
                continue
            waiting = _Waiting(row, order, self._deadline(row, order), self._tools.machine.monotonic())
            queue = self._queues.setdefault(str(row.scope.site_id), _Queue())
            line = queue.paced if row_for(waiting.order).paced else queue.prompt
            self._coalesce(line, waiting)
            line.append(waiting)
            self._advance(queue)

    def left_behind(self, rows: Sequence[OutboxRow]) -> tuple[list[FateRecord], list[OutboxRow]]:
        """Sort what a previous owner left unfinished: fates nobody can know any more, and what is sent again."""
        unknown = [self._record(row, Fate.UNKNOWN) for row in rows if row.order_kind in INSTANTANEOUS]
        return unknown, [row for row in rows if row.order_kind not in INSTANTANEOUS]

    def forget(self, partition: int) -> None:
        """A partition is somebody else's, and so are its commands."""
        for queue in self._queues.values():
            for line in (queue.prompt, queue.paced):
                kept = [waiting for waiting in line if waiting.row.scope.partition != partition]
                line.clear()
                line.extend(kept)

    @property
    def waiting(self) -> int:
        """How many commands have neither been acknowledged nor ended."""
        return len(self._on_the_way) + sum(len(queue.prompt) + len(queue.paced) for queue in self._queues.values())

    def waits_for(self, partition: int) -> bool:
        """Whether a partition has commands that have neither been acknowledged nor ended, and may be soon.

        What has no live way out is not worth waiting for: the next owner finds it in its row.
        """
        way = self._way(partition)
        if way is None or not way.hearing:
            return False
        return partition in self._on_the_way.values() or any(
            waiting.row.scope.partition == partition
            for queue in self._queues.values()
            for waiting in (*queue.prompt, *queue.paced)
        )

    def _coalesce(self, line: deque[_Waiting], newest: _Waiting) -> None:
        if not isinstance(newest.order, ShowText | ShowWeather):
            return
        for older in [waiting for waiting in line if type(waiting.order) is type(newest.order)]:
            line.remove(older)
            self._end(older.row, Fate.WITHHELD)

    def _advance(self, queue: _Queue) -> None:
        while queue.prompt and self._send(queue.prompt[0]):
            queue.prompt.popleft()
        self._expire(queue.prompt)
        self._expire(queue.paced)
        while queue.paced and self._tools.clock.monotonic() >= queue.paced_free_at and self._send(queue.paced[0]):
            queue.paced.popleft()
            queue.paced_free_at = self._tools.clock.monotonic() + PACING_MS / 1000
        if (queue.prompt or queue.paced) and not queue.timer:
            queue.timer = True
            free_in_s = self._tools.machine_seconds(queue.paced_free_at - self._tools.clock.monotonic())
            self._tools.timers.wake_after(
                RETRY_S if queue.prompt else max(RETRY_S, free_in_s), lambda: self._again(queue)
            )

    def _expire(self, line: deque[_Waiting]) -> None:
        """End what is over behind a first one that may wait longer: its driver is to be heard again at once."""
        now = self._tools.clock.monotonic()
        over = [waiting for waiting in line if waiting.deadline is not None and waiting.deadline <= now]
        for waiting in over:
            line.remove(waiting)
            self._end(waiting.row, Fate.EXPIRED)

    def _again(self, queue: _Queue) -> None:
        queue.timer = False
        self._advance(queue)

    def _send(self, waiting: _Waiting) -> bool:
        """Send one command now, or end it; False: it has to wait."""
        row, now = waiting.row, self._tools.clock.monotonic()
        left_s = None if waiting.deadline is None else waiting.deadline - now
        if left_s is not None and left_s <= 0:
            self._end(row, Fate.EXPIRED)
            return True
        way = self._way(row.scope.partition)
        if way is None or not way.live or not self._ownership.may_publish(row.scope.partition):
            return False
        try:
            topic, outgoing = self._bytes(row, waiting.order)
        except (UnformattableError, ValueError, KeyError) as error:
            logger.error("a %s cannot be sent: %s", row.order_kind, error)  # noqa: TRY400 - its text says it all
            self._end(row, Fate.FAILED)
            return True
        try:
            sent = way.publish(topic, outgoing, None if left_s is None else self._tools.machine_seconds(left_s))
        except Unavailable:
            return False
        self._tools.metrics.publish_delay_seconds.observe(self._tools.machine.monotonic() - waiting.decided)
        self._on_the_way[sent] = row.scope.partition
        sent.add_done_callback(lambda done: self._arrived(row, outgoing, done))
        return True

    def _bytes(self, row: OutboxRow, order: Order) -> tuple[str, Outgoing]:
        site = row.scope.site_id
        assert site is not None
        family = row_for(order)
        secrets = self._sites.secrets(site)
        device = DeviceName(row.device if row.order_kind in INSTRUCTIONS else family.family)
        outgoing = format_order(
            order,
            self._sites.speaks(site, device),
            now=self._tools.clock.now(),
            secret=secrets[0] if secrets else None,
            pin=self._sites.pin(site, order.lane) if isinstance(order, SetPin) else None,
            here=self._pay_here(order.session_id) if isinstance(order, RequestPayment) else None,
            command_id=row.id,
            expires_at=row.expires_at,
            epoch=row.epoch,
        )
        return topic_for(self._root, site, family, device), outgoing

    def _arrived(self, row: OutboxRow, outgoing: Outgoing, sent: "asyncio.Future[None]") -> None:
        self._on_the_way.pop(sent, None)
        if sent.cancelled() or sent.exception() is not None:
            # Gone out on a connection that ended before the broker's word: perhaps received, perhaps not.
            self._end(row, Fate.UNKNOWN)
        else:
            # A retained value is the broker's to keep; of anything else at QoS 0 no more is ever heard.
            self._end(row, Fate.ACKED if outgoing.qos or outgoing.retain else Fate.SENT)

    def _end(self, row: OutboxRow, fate: Fate) -> None:
        self._tools.metrics.outbox_fates.labels(fate).inc()
        if fate is Fate.ACKED and TOLD.get(row.order_kind) == "site":
            record = FateRecord(row.id, fate, self._tools.clock.now())
            self._fated(Ended(row.scope.partition, record, Address("site", str(row.scope.site_id))))
        else:
            self._fated(Ended(row.scope.partition, self._record(row, fate)))

    def _record(self, row: OutboxRow, fate: Fate) -> FateRecord:
        now = self._tools.clock.now()
        listener = TOLD.get(row.order_kind)
        tell = self._told(listener, row, fate, now) if listener is not None else None
        return FateRecord(row.id, fate, now, tell)

    def _told(self, listener: RecipientKind, row: OutboxRow, fate: Fate, now: datetime) -> InboxRow:
        message = CommandFated(command_id=row.id, fate=fate)
        whose = f"{row.scope.site_id}/{row.device}" if listener == "device" else str(row.scope.site_id)
        return row_of(self._tools.ids.new(), row.scope, Address(listener, whose), message, now, fact_at=row.fact_at)

    def _deadline(self, row: OutboxRow, order: Order) -> float | None:
        if row.expires_at is None:
            return None
        left_s = (row.expires_at - self._tools.clock.now()).total_seconds()
        longest_s = row_for(order).expires_s
        # A clock that was set back since the fact would leave a command all the time it was set back by.
        return self._tools.clock.monotonic() + (left_s if longest_s is None else min(left_s, longest_s))


_decoder: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
