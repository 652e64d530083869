"""What the wings need from the outside world, as protocols; only `ops` knows who implements them.

Every method that writes for a partition takes its fences: a lost partition's part is dropped and reported, the rest
is written. All raise `syspark.errors.Unavailable` while the other side is away.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from syspark.domain.closing import Book, Closing
from syspark.domain.units import SessionId, SiteId
from syspark.errors import PermanentError
from syspark.rows import (
    Address,
    CredentialRow,
    Deadline,
    FateRecord,
    Fence,
    InboxRow,
    Landed,
    Lease,
    LinkPosition,
    NoticeFate,
    NoticeRow,
    OrderFate,
    OutboxRow,
    PartnersOfSite,
    ProviderOrderRow,
    RejectedMessage,
    SessionRow,
    SiteChanges,
    SiteRow,
    Snapshot,
    Standing,
    Stood,
    Unit,
    WitnessRow,
)


class DataRefused(Exception):  # noqa: N818 - named for what the database did, beside Unavailable
    """The database refuses what a batch contains; nothing of it was written. Halve it to find the guilty one."""


class CommitUnknown(Exception):  # noqa: N818
    """The answer to COMMIT was lost: ask `UnitStore.landed` before doing anything else."""


class Delivery(msgspec.Struct, frozen=True):
    """One message as the broker delivered it. `packet_id` is 0 at QoS 0."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    dup: bool
    packet_id: int


class LinkEvents(Protocol):
    """Who is told what happens on a connection; called on the loop, must neither block nor raise."""

    def delivered(self, delivery: Delivery) -> None:
        """Take a delivery; it stays unacknowledged until `BrokerConnection.ack`."""

    def lost(self, reason: str) -> None:
        """The connection has ended, for whatever reason but our own `close`."""


class BrokerConnection(Protocol):
    """One connection to a broker, never reused: a new connection is a new object (its generation)."""

    @property
    def session_present(self) -> bool:
        """Whether the broker still held our persistent session."""

    @property
    def settled(self) -> bool:
        """Whether everything published has left for the broker: nothing waits to be written."""

    @property
    def spares_own(self) -> bool:
        """Whether the broker can be asked not to send back what this client publishes: not in MQTT 3.1.1."""

    async def subscribe(self, filters: Sequence[str], *, qos: int = 1, own: bool = True) -> None:
        """Subscribe; not `own`: without what this client publishes itself, from a broker that spares it. What is
        retained may come all the same.

        Raises `Unavailable` when refused or lost.

        At QoS 0 what is retained may be left out: it is for whoever only listens to what comes by.
        """

    def ack(self, delivery: Delivery) -> None:
        """Acknowledge a delivery of this connection; in the order they were received."""

    def publish(
        self, topic: str, payload: bytes, *, qos: int, retain: bool = False, expiry_s: float | None = None
    ) -> asyncio.Future[None]:
        """Send now. The future ends when the broker has acknowledged (QoS 0: when written).

        It fails with `Unavailable` when the connection ends first. Raises `Unavailable` at once, without queueing,
        when there is no connection.
        """

    def pause_reading(self) -> None:
        """Stop taking deliveries: the bound of what may be undone is reached."""

    def resume_reading(self) -> None:
        """Take deliveries again."""

    async def close(self) -> None:
        """Disconnect; the persistent session stays at the broker. Never fails."""


class Broker(Protocol):
    """A broker the links connect to."""

    async def connect(self, client_id: str, events: LinkEvents, *, lasting: bool = True) -> BrokerConnection:
        """Open a connection whose session outlives it, unless it is not `lasting`.

        Raises `Unavailable` saying what the broker or network answered.
        """


class LeaseStore(Protocol):
    """Partitions and who owns them, and which workers live."""

    async def beat(self, owner: str, *, linked: bool) -> Standing:
        """Say that a worker lives and whether it reaches the broker now; who says so for 6 s no more is dead."""

    async def leave(self, owner: str) -> None:
        """Say that a worker ends."""

    async def take(self, partition: int, owner: str, *, predecessor_is_dead: bool = False) -> Lease | None:
        """Take a partition whose lease has run out, or at once that of our own dead predecessor; None: it is held."""

    async def renew(self, positions: Mapping[Fence, LinkPosition]) -> Set[Fence]:
        """Hold on to partitions for the lease's length, and store where their links stand; the others are lost."""

    async def release(self, fence: Fence, position: LinkPosition) -> None:
        """Give a partition back, so that another worker takes it at once."""


@dataclass(frozen=True, slots=True)
class Stirring:
    """What a first look at a partition's rows tells: the highest order number of a visible one, 0 without any, and
    whether any is undone.
    """

    newest_seq: int
    has_undone: bool


class Inserted(msgspec.Struct, frozen=True):
    """What became of an inserted row: its place in the order, or why it is not there."""

    row: InboxRow
    landed: Landed


class InboxStore(Protocol):
    """The durable mailboxes."""

    async def insert(
        self, fences: Sequence[Fence], rows: Sequence[InboxRow], rejected: Sequence[RejectedMessage] = ()
    ) -> Sequence[Inserted]:
        """Make facts durable in one commit. A retried row or a known `event_id` is `DUPLICATE`, without effect.

        A retried call with the same row ids is safe whatever became of the first: a row that is there already under
        its own id with status `new` is answered `COMMITTED` with its seq. Raises `DataRefused`.
        """

    async def undone(self, partition: int, after_seq: int, limit: int) -> Sequence[InboxRow]:
        """Rows with status `new` above `after_seq`, in order."""

    async def undone_for(self, recipient: Address, partition: int, after_seq: int, limit: int) -> Sequence[InboxRow]:
        """One mailbox's rows with status `new` above `after_seq`, in order."""

    async def stirrings(self, after_seqs: Mapping[int, int]) -> Mapping[int, Stirring]:
        """Of several partitions at once, whether rows with status `new` lie above a place in the order of each."""

    async def recent_packets(
        self, partition: int, broker_session: UUID, after_number: int
    ) -> Mapping[int, tuple[int, bytes]]:
        """Per packet id, the number and digest of its latest row of that broker session above `after_number`."""

    async def latest_fact(self, partition: int, broker_session: UUID, after_number: int) -> datetime | None:
        """When the latest fact without an event id happened that this broker session has brought above `after_number`:
        what it brings next was published after that. None: it has brought none.
        """

    async def count_try(self, fence: Fence, row_id: UUID) -> int:
        """Record that handling a row has failed once more; returns its tries."""

    async def count_start(self, fence: Fence, row_id: UUID) -> int:
        """Record that a process started with this row first in line; returns its starts. `clear_starts` resets."""

    async def clear_starts(self, fence: Fence, row_id: UUID) -> None:
        """The process lived on with this row first in line: it is not a poison that kills at once."""

    async def park(self, fence: Fence, row_id: UUID, why: str) -> None:
        """Take a row out of the line, its body kept for a retry by hand."""

    async def request(self, row: InboxRow) -> None:
        """Insert an operator's or command's request, unfenced: the caller owns no partition.

        Workers hear of it at once (`HintStore.requested`).
        """

    async def outcome(self, row_id: UUID) -> tuple[str, str] | None:
        """Status and outcome of a row; None when there is no such row."""


class UnitStore(Protocol):
    """Where decisions land."""

    async def commit(self, fences: Sequence[Fence], units: Sequence[Unit]) -> Mapping[UUID, Landed]:
        """Write units in one transaction, chained in this order; answers per inbox row id.

        Raises `DataRefused` (nothing written), `CommitUnknown` (perhaps written), `Unavailable` (nothing written).
        Only rows still `new` have an effect; others are `DUPLICATE` and nothing of theirs is written. Hand-overs
        are ordered among a mailbox's rows as they stand in the units. A unit may end a hand-over of one before it:
        nothing of it is written either when nothing of that one is.
        """

    async def landed(self, fences: Sequence[Fence], row_ids: Sequence[UUID]) -> Mapping[UUID, Landed | None]:
        """What became of a commit whose answer was lost; waits for a transaction still under way.

        None: still `new`, the commit did not happen. `FENCED`: the partition is no longer ours, whatever happened.
        """


class OutboxStore(Protocol):
    """Commands and their fates."""

    async def record(self, fences: Sequence[Fence], fates: Sequence[FateRecord]) -> Sequence[InboxRow]:
        """Store fates and the hand-overs that tell of them, in one commit; returns those hand-overs with their seq.

        A fate never moves backwards (`acked` to `sent`); a command with an end (expired, withheld, unknown, failed,
        refused, confirmed) keeps it. Safe to retry.
        """

    async def unfinished(self, partition: int) -> Sequence[OutboxRow]:
        """Commands still `queued` or `sent` when the partition is taken."""


class DeadlineStore(Protocol):
    """Timers that must not be missed; written with units."""

    async def partitions_due(self, partitions: Collection[int], now: datetime) -> Set[int]:
        """Which of these partitions have deadlines at or before `now`."""

    async def due(self, partition: int, now: datetime, limit: int) -> Sequence[Deadline]:
        """Deadlines at or before `now`, oldest first."""


class ActorStateStore(Protocol):
    """What actors are restored from."""

    async def snapshot(self, actor: Address) -> Snapshot | None:
        """An actor's last stored state."""

    async def twins(self, partition: int) -> Sequence[Snapshot]:
        """The last stored state of every device of a partition that has one."""

    async def session(self, session_id: str) -> SessionRow | None:
        """A parking session."""

    async def sessions_of(self, site_id: SiteId, closed_since: datetime) -> Sequence[SessionRow]:
        """Every open session of a site, and those closed at or after `closed_since`, in the order they were made.

        With the holder keys and plates of all their witnesses.
        """

    async def witnesses(self, session_id: SessionId) -> Sequence[WitnessRow]:
        """What speaks for a session's vehicle and was not withdrawn, in the order it was read, with its plates.

        Raises `DataRefused` for text that is no UUID.
        """

    async def sessions_around(self, site_id: SiteId, holder_key: str, at: datetime, within_s: float) -> Sequence[Stood]:
        """A holder's latest sessions (100 at most), and the site's that were opened within seconds of a time."""

    async def commands_of(self, site_id: SiteId, order_kind: str, since: datetime) -> Sequence[OutboxRow]:
        """A site's commands of one kind created at or after `since`, oldest first, with their present fates."""

    async def credential(self, site_id: SiteId, uid: str) -> CredentialRow | None:
        """A badge known at a site."""

    async def credentials(self, site_id: SiteId) -> Sequence[CredentialRow]:
        """Every badge and plate known at a site."""

    async def subject(self, site_id: SiteId, plate: str) -> UUID | None:
        """The subject that holds a plate at a site; None for one that was never seen there, or was erased."""

    async def partners(self, site_id: SiteId, month: str) -> PartnersOfSite:
        """A site's partners, by name, with their accounts of this month and of those that live validations count in."""

    async def sites(self, partition: int) -> Sequence[SiteRow]:
        """Every site of a partition with its lanes, devices, current policy and tariff."""

    async def changed_sites(self, partitions: Collection[int], since: int | None) -> SiteChanges:
        """The sites of these partitions that may have changed since `SiteChanges.seen`; None finds no sites.

        Costs next to nothing while nothing changes.
        """

    async def site(self, site_id: SiteId) -> SiteRow | None:
        """One site."""

    async def levels(self, partition: int) -> Mapping[str, bytes]:
        """Per topic, the digest of the last level that was inserted as a row (`InboxRow.level`)."""


class TelemetryStore(Protocol):
    """Last-seen times, written in bulk and without rows of their own."""

    async def seen(self, fences: Sequence[Fence], seen: Mapping[tuple[SiteId, str], datetime]) -> None:
        """Store when devices were last heard; never moves backwards."""

    async def last_seen(self, partition: int) -> Mapping[tuple[SiteId, str], datetime]:
        """When each device was last heard."""


class NoticeStore(Protocol):
    """What people are to be told of alarms; written with units."""

    async def waiting(self, limit: int) -> Sequence[NoticeRow]:
        """What has not been told yet, of every partition, oldest first."""

    async def settle(self, fence: Fence, ids: Collection[UUID], fate: NoticeFate, at: datetime) -> None:
        """Record what became of notices. Safe to retry; an end stays."""


class PaymentStore(Protocol):
    """What the payment provider is to do; written with units, as payments and the ledger are."""

    async def orders(self, limit: int) -> Sequence[ProviderOrderRow]:
        """What it has not done yet, of every partition, oldest first."""

    async def tried(self, fence: Fence, order_id: str) -> None:
        """Count a try that came to nothing."""

    async def settle(
        self, fence: Fence, order_id: str, fate: OrderFate, at: datetime, tell: InboxRow | None = None
    ) -> None:
        """Record what became of an order and tell its session, in one commit. Safe to retry; an end is told once."""


class MessageRefused(PermanentError):  # noqa: N818 - named for what the messenger did
    """The messenger will never send this, or never here: its token or its chat is wrong."""


class Messenger(Protocol):
    """Where people are told of alarms."""

    async def send(self, text: str) -> None:
        """Send one message of at most `MESSAGE_AT_MOST` characters.

        Raises `Unavailable`, whose `delay_s` is how long to wait, or `MessageRefused`.
        """


class ClosingStore(Protocol):
    """Ledgers, shut day by day; what is shut never changes."""

    async def books(self) -> Sequence[Book]:
        """What may have to be closed: of each site with entries, those of its present seller."""

    async def close_next(self, book: Book, now: datetime, made_by: str, act_id: UUID) -> Closing | None:
        """Close what comes next in a book, if it is over, and tell the organisation's journal by this row; else None.

        Entries that are being written are waited for; those that come later belong to the first open day. Raises
        `DataRefused` when somebody else has just closed it.
        """


MESSAGE_AT_MOST = 4096
"""Characters of one message. Source: Telegram Bot API, sendMessage."""


class HintStore(Protocol):
    """Words between processes: of what they would find anyway, a little later."""

    async def give(self) -> None:
        """Tell the pages that something has changed.

        Never in a transaction that writes: all that tell wait for one another.
        """

    def requested(self) -> AsyncGenerator[None]:
        """One item as soon as it listens, since earlier words are not heard, and one for each word of a request."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The persistence of one process, wired by `ops`."""

    leases: LeaseStore
    inbox: InboxStore
    units: UnitStore
    outbox: OutboxStore
    deadlines: DeadlineStore
    state: ActorStateStore
    telemetry: TelemetryStore
    notices: NoticeStore
    hints: HintStore
    payments: PaymentStore
    closings: ClosingStore
