"""What a database in memory holds, and transactions over it that are undone as a whole."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec
from msgspec.structs import replace

from syspark.domain.closing import Closing
from syspark.domain.units import CommandId, SessionId, SiteId
from syspark.ports import DataRefused
from syspark.rows import (
    Address,
    AlarmRow,
    ChainedEntry,
    CredentialRow,
    Deadline,
    Fence,
    HolderRow,
    InboxRow,
    LedgerRow,
    LinkPosition,
    NoticeFate,
    NoticeRow,
    OpeningRow,
    OrderFate,
    OutboxRow,
    PartnerMonthRow,
    PartnerRow,
    PaymentRow,
    ProviderOrderRow,
    RejectedMessage,
    RowStatus,
    SessionRow,
    SiteRow,
    Snapshot,
    SubjectRow,
    ValidationRow,
    WitnessRow,
)

K = TypeVar("K")
V = TypeVar("V")

LONG_AGO = datetime.min.replace(tzinfo=UTC)
WitnessKey = tuple[SessionId, UUID, str]


class StoredRow(msgspec.Struct, frozen=True):
    """An inbox row with what became of it; `row` carries its seq and tries."""

    row: InboxRow
    status: RowStatus = RowStatus.NEW
    outcome: str = ""
    starts: int = 0


class Partition(msgspec.Struct, frozen=True):
    """A partition's row: who holds it until when, and where its link stood."""

    owner: str
    epoch: int
    lease_until: datetime
    position: LinkPosition

    def is_held_by(self, fence: Fence) -> bool:
        """Whether the fence still stands here. A lease that ran out untaken does not fence: nobody else wrote."""
        return (self.owner, self.epoch) == (fence.owner, fence.epoch)


@dataclass(slots=True)
class Index:
    """Keys of rows by what they are looked up by. `opened`: by site and hour, which may name a session too many."""

    open: dict[SiteId, dict[SessionId, None]] = field(default_factory=dict)
    opened: dict[tuple[SiteId, int], dict[SessionId, None]] = field(default_factory=dict)
    of_session: dict[SessionId, dict[WitnessKey, None]] = field(default_factory=dict)
    of_holder: dict[tuple[SiteId, str], dict[SessionId, None]] = field(default_factory=dict)
    standing: dict[tuple[UUID, SiteId | None, str], str] = field(default_factory=dict)


@dataclass(slots=True)
class Tables:
    """Every row of one database. `undone` indexes the `new` rows by seq, `rejected` keeps what the edge refused.

    `index` finds sessions, witnesses and standing alarms: what one event costs must not grow with what is kept.
    """

    partition_count: int = 1
    partitions: dict[int, Partition] = field(default_factory=dict)
    workers: dict[str, tuple[datetime, bool]] = field(default_factory=dict)
    inbox: dict[UUID, StoredRow] = field(default_factory=dict)
    undone: dict[int, UUID] = field(default_factory=dict)
    newest: dict[int, int] = field(default_factory=dict)
    event_ids: dict[tuple[UUID, SiteId | None, str], UUID] = field(default_factory=dict)
    levels: dict[tuple[int, str], bytes] = field(default_factory=dict)
    rejected: dict[UUID, RejectedMessage] = field(default_factory=dict)
    snapshots: dict[Address, Snapshot] = field(default_factory=dict)
    sessions: dict[SessionId, SessionRow] = field(default_factory=dict)
    outbox: dict[CommandId, OutboxRow] = field(default_factory=dict)
    deadlines: dict[tuple[Address, str], Deadline] = field(default_factory=dict)
    journal: dict[tuple[str, int], ChainedEntry] = field(default_factory=dict)
    salts: dict[tuple[str, int], dict[str, bytes]] = field(default_factory=dict)
    heads: dict[str, ChainedEntry] = field(default_factory=dict)
    credentials: dict[tuple[SiteId, str], CredentialRow] = field(default_factory=dict)
    holders: dict[tuple[SiteId, str], HolderRow] = field(default_factory=dict)
    subjects: dict[UUID, SubjectRow] = field(default_factory=dict)
    subject_of_plate: dict[tuple[SiteId, str], UUID] = field(default_factory=dict)
    witnesses: dict[WitnessKey, WitnessRow] = field(default_factory=dict)
    withdrawn: dict[WitnessKey, datetime] = field(default_factory=dict)
    openings: dict[UUID, OpeningRow] = field(default_factory=dict)
    sites: dict[SiteId, SiteRow] = field(default_factory=dict)
    changed_sites: list[SiteId] = field(default_factory=list)
    last_seen: dict[tuple[SiteId, str], datetime] = field(default_factory=dict)
    alarms: dict[str, AlarmRow] = field(default_factory=dict)
    notices: dict[UUID, tuple[NoticeRow, NoticeFate]] = field(default_factory=dict)
    payments: dict[UUID, PaymentRow] = field(default_factory=dict)
    receipts: dict[UUID, int] = field(default_factory=dict)
    ledger: dict[UUID, LedgerRow] = field(default_factory=dict)
    provider_orders: dict[str, tuple[ProviderOrderRow, OrderFate]] = field(default_factory=dict)
    closings: list[Closing] = field(default_factory=list)
    index: Index = field(default_factory=Index)
    partners: dict[UUID, PartnerRow] = field(default_factory=dict)
    partner_months: dict[tuple[UUID, str], PartnerMonthRow] = field(default_factory=dict)
    validations: dict[UUID, ValidationRow] = field(default_factory=dict)
    last_seq: int = 0
    hearing: set[asyncio.Event] = field(default_factory=set)
    """Who listens for requests, in every process."""

    def held(self, fences: Iterable[Fence]) -> set[int]:
        """The partitions whose fence still stands."""
        return {fence.partition for fence in fences if self.partition(fence.partition).is_held_by(fence)}

    def partition(self, number: int) -> Partition:
        """A partition's row, as the migrations leave it until somebody takes it."""
        if number in self.partitions:
            return self.partitions[number]
        return Partition("", 0, LONG_AGO, LinkPosition(uuid5(NAMESPACE_OID, f"partition {number}"), None, 0, 0))

    def next_seq(self) -> int:
        """A place in the order; like a sequence's, it is not given back when the transaction fails."""
        self.last_seq += 1
        return self.last_seq


class Transaction:
    """Changes to tables, taken back when its block raises."""

    def __init__(self) -> None:
        self._undo: list[tuple[dict[object, object], object, list[object]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            for table, key, before in reversed(self._undo):
                if before:
                    table[key] = before[0]
                else:
                    table.pop(key, None)

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Insert or replace a row."""
        self._remember(table, key)
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> None:
        """Remove a row if it is there."""
        self._remember(table, key)
        table.pop(key, None)

    def _remember(self, table: dict[K, V], key: K) -> None:
        before = [table[key]] if key in table else []
        self._undo.append((table, key, before))  # type: ignore[arg-type]


def hour_of(moment: datetime) -> int:
    """The hour a session was opened in, counted from 1970."""
    return int(moment.timestamp() // 3600)


def insert_row(tables: Tables, change: Transaction, row: InboxRow) -> InboxRow:
    """Put a row into its mailbox with its seq, its event id and its level; it must not be there yet."""
    require_storable(row.kind, row.recipient.id, row.event_id or "", row.level.topic if row.level else "")
    numbered = replace(row, seq=tables.next_seq())
    # A level is kept apart from its row, and is not read back with it.
    stored = StoredRow(replace(numbered, level=None))
    partition = row.scope.partition
    change.put(tables.inbox, row.id, stored)
    change.put(tables.undone, numbered.seq, row.id)
    change.put(tables.newest, partition, numbered.seq)
    if row.event_id is not None:
        change.put(tables.event_ids, event_key(row), row.id)
    if row.level is not None:
        change.put(tables.levels, (partition, row.level.topic), row.level.digest)
    return numbered


def finish_row(tables: Tables, change: Transaction, stored: StoredRow, status: RowStatus, outcome: str) -> None:
    """Take a row out of the line. A done row's body is emptied; any other is kept for whoever looks into it."""
    row = replace(stored.row, body=b"") if status is RowStatus.DONE else stored.row
    change.put(tables.inbox, row.id, replace(stored, row=row, status=status, outcome=outcome))
    change.drop(tables.undone, row.seq)


def event_key(row: InboxRow) -> tuple[UUID, SiteId | None, str]:
    """What a publisher's event id is unique within: its site."""
    return row.scope.organisation_id, row.scope.site_id, row.event_id or ""


def undone_rows(tables: Tables, after_seq: int) -> Sequence[InboxRow]:
    """Rows still `new` above a place in the order, in order."""
    return [tables.inbox[tables.undone[seq]].row for seq in sorted(tables.undone) if seq > after_seq]


def require_storable(*texts: str) -> None:
    """Refuse what PostgreSQL cannot hold as text: NUL, and lone surrogates. Raises `DataRefused`."""
    for text in texts:
        if "\0" in text or (not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)):
            raise DataRefused(f"{text!r} cannot be stored as text")


def require_uuid(text: str) -> None:
    """Refuse an id that is not a UUID as text. Raises `DataRefused`."""
    try:
        UUID(text)
    except ValueError as error:
        raise DataRefused(f"{text!r} is not a UUID") from error
