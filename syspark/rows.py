"""What is persisted for the actors: the rows that travel between the two wings and the database.

A row is data only; who may write which is told in docs/writers.md. Dozens are made for one exit: as structs they cost a
tenth of what frozen dataclasses do. One with other values is made by `msgspec.structs.replace`.
"""

import enum
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from syspark.domain.alarm_book import Alarm
from syspark.domain.recorded import Recorded
from syspark.domain.units import CommandId, SessionId, SiteId

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when a site's first tariff counts: also for stays that are told of later."""

TARIFFS_KEPT = 8
"""Versions of its tariff that a site's configuration has: more than may wait for their date."""

RecipientKind = Literal["site", "session", "device", "organisation", "alarms", "controller"]


class Address(msgspec.Struct, frozen=True):
    """The actor a durable message is for.

    A device's id is `<site>/<device>`, that of a site's controllers the site's, that of alarms the site's or the
    organisation's.
    """

    kind: RecipientKind
    id: str


class Scope(msgspec.Struct, frozen=True):
    """Whom a row belongs to. `partition` is the recipient's; `site_id` is None for what concerns an organisation."""

    organisation_id: UUID
    site_id: SiteId | None
    partition: int


class RowStatus(enum.StrEnum):
    """The life of an inbox row."""

    NEW = "new"
    DONE = "done"
    PARKED = "parked"
    REFUSED = "refused"


class DeliveryKey(msgspec.Struct, frozen=True):
    """How the broker delivered a fact: what a redelivery is recognised by.

    `broker_session` names one persistent session of one partition, `number` counts its QoS 1 deliveries,
    `digest` is of topic and payload.
    """

    broker_session: UUID
    packet_id: int
    number: int
    digest: bytes


class LevelMark(msgspec.Struct, frozen=True):
    """The value of a level this row brings: what later repeats on the same topic are compared with."""

    topic: str
    digest: bytes


class InboxRow(msgspec.Struct, frozen=True):
    """One durable message. `id` is made by the writer; `seq` is given by the database and orders a mailbox.

    `fact_at` is when the fact happened as far as can be proven; hand-overs copy it.
    """

    id: UUID
    scope: Scope
    recipient: Address
    kind: str
    body: bytes
    fact_at: datetime
    received_at: datetime
    event_id: str | None = None
    delivery: DeliveryKey | None = None
    level: LevelMark | None = None
    seq: int = 0
    tries: int = 0


class RejectedMessage(msgspec.Struct, frozen=True):
    """A message that was refused at the edge; `payload` is redacted and at most 1 KiB."""

    id: UUID
    scope: Scope
    topic: str
    payload: str
    reason: str
    detail: str
    received_at: datetime


class Snapshot(msgspec.Struct, frozen=True):
    """An actor's last-known state. `version` is the one this write makes; its predecessor must be stored (0 = none)."""

    scope: Scope
    actor: Address
    version: int
    body: bytes


class SessionRow(msgspec.Struct, frozen=True):
    """A parking session as stored. `version` is the one this write makes, 1 for a new session.

    `holder_key` is whom it was begun for: a badge's UID, a subject's id, or `pin:<session>`. Only as read back by
    `ActorStateStore.sessions_of` it has `holder_keys`, those of all its witnesses in the order they were first read,
    and `subjects`, the ids and plates among them; neither is written with the session. `in_review` and `unpaid_cents`
    are what lists of sessions are found by.
    """

    id: SessionId
    scope: Scope
    version: int
    status: str
    holder_key: str
    opened_at: datetime | None
    closed_at: datetime | None
    body: bytes
    holder_keys: tuple[str, ...] = ()
    subjects: tuple[tuple[str, str], ...] = ()
    in_review: bool = False
    unpaid_cents: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the vehicle still holds this session."""
        return self.status in OPEN_STATUSES


OPEN_STATUSES = ("active", "pending_payment", "paid")


class SubjectRow(msgspec.Struct, frozen=True):
    """A plate, in the only place where it is stored: everything else holds this id. Its salt is made by the store."""

    id: UUID
    scope: Scope
    plate: str


WitnessKind = Literal["badge", "plate", "pin", "sensor"]


class WitnessRow(msgspec.Struct, frozen=True):
    """A reading that speaks for a session's vehicle. `cause` is its inbox row, and the id of its photo if it has one.

    `read_at` is when it was read as far as can be proven; `confidence` is the camera's, from 0 to 1. Only as read back
    it has its `plate`, if it is of one that was not erased.
    """

    session_id: SessionId
    scope: Scope
    kind: WitnessKind
    holder_key: str
    lane: str
    read_at: datetime
    confidence: float | None
    cause: UUID
    plate: str | None = None


class Withdrawal(msgspec.Struct, frozen=True):
    """What was read for this holder speaks for the session's vehicle no more, by a person's word at `at`."""

    session_id: SessionId
    holder_key: str
    at: datetime


class Stood(msgspec.Struct, frozen=True):
    """A session with its witnesses, in the order they were read."""

    row: SessionRow
    witnesses: tuple[WitnessRow, ...]


class JournalEntry(msgspec.Struct, frozen=True):
    """One event or audit line before it is chained. `personal` values are hashed into it and kept beside it.

    `session_id` is the parking session it is about: a way to find it, no part of what is chained.
    """

    chain: str
    organisation_id: UUID
    site_id: SiteId | None
    at: datetime
    fact_at: datetime
    actor: Address
    kind: str
    rule: str
    inputs: bytes
    cause: UUID
    personal: Mapping[str, str] = msgspec.field(default_factory=dict)
    session_id: SessionId | None = None

    @property
    def recorded(self) -> Recorded:
        """The row as its decision is explained from it, and made again."""
        return Recorded(
            self.actor.kind, self.kind, self.rule, self.at, self.fact_at, self.cause, self.inputs, self.personal
        )


class ChainedEntry(msgspec.Struct, frozen=True):
    """A journal row as stored, with its place in the chain."""

    entry: JournalEntry
    seq: int
    commitments: Mapping[str, str]
    previous: bytes
    digest: bytes


class Fate(enum.StrEnum):
    """What became of a command. `acked` is the broker's word, `confirmed` the site's."""

    QUEUED = "queued"
    SENT = "sent"
    ACKED = "acked"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    WITHHELD = "withheld"
    UNKNOWN = "unknown"
    FAILED = "failed"
    REFUSED = "refused"


class OutboxRow(msgspec.Struct, frozen=True):
    """A command that was decided. `order` is the tagged JSON of a domain order; no secret and no PIN is in it."""

    id: CommandId
    scope: Scope
    order_kind: str
    order: bytes
    device: str
    author: str
    fate: Fate
    created_at: datetime
    fact_at: datetime
    expires_at: datetime | None
    epoch: int


class FateRecord(msgspec.Struct, frozen=True):
    """A command's new fate, and the hand-over that tells whoever decided it (None: nobody waits for it)."""

    command_id: CommandId
    fate: Fate
    at: datetime
    tell: InboxRow | None = None


class Deadline(msgspec.Struct, frozen=True):
    """A timer that matters: at most one per actor and key. `at` None clears it."""

    scope: Scope
    actor: Address
    key: str
    at: datetime | None


class CredentialRow(msgspec.Struct, frozen=True):
    """A badge known at a site, or a plate by the id of its subject, with the plan of its holder.

    `windows` is as `syspark.domain.access.text_of` writes it. Only as read back it has the `pool` of a holder who
    shares places: an id and how many.
    """

    uid: str
    site_id: SiteId
    holder: str
    plan: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    blocked: bool = False
    kind: str = "badge"
    windows: str = ""
    lane: str | None = None
    temporary: bool = False
    pool: tuple[str, int] | None = None


class PolicyRow(msgspec.Struct, frozen=True):
    """A version of a site's policy, from now on its present one; `body` is JSON."""

    site_id: SiteId
    version: int
    body: bytes
    author: str


class TariffRow(msgspec.Struct, frozen=True):
    """A version of a site's tariff, for stays that begin from `starts_at` on; `body` is JSON."""

    version: int
    starts_at: datetime
    body: bytes


class TariffChange(msgspec.Struct, frozen=True):
    """A new version of a site's tariff; `now`: it is the present one."""

    site_id: SiteId
    row: TariffRow
    author: str
    now: bool


class HolderRow(msgspec.Struct, frozen=True):
    """A holder known at a site by name; `places` are shared by all who come under it; `id` is of a new one."""

    id: UUID
    site_id: SiteId
    name: str
    kind: str
    places: int | None = None


class LaneRow(msgspec.Struct, frozen=True):
    """A lane of a site and whether a presence sensor watches it."""

    lane: str
    has_sensor: bool


class DeviceRow(msgspec.Struct, frozen=True):
    """A device of a site: what it is, on which lane, and the contract generation an operator says it speaks."""

    site_id: SiteId
    name: str
    kind: str
    lane: str | None
    speaks: str


class PinRow(msgspec.Struct, frozen=True):
    """The PIN that opens a lane of a site, encrypted."""

    lane: str
    sealed: bytes


class SiteRow(msgspec.Struct, frozen=True):
    """A site's configuration as the actors read it. `policy` and `tariff` are JSON of their current versions.

    `tariffs` are the versions that start last, the last one first, of a site that had several.

    `secret_hashes` is not what compares messages: shared secrets are encrypted at rest and opened by the caller.
    """

    id: SiteId
    organisation_id: UUID
    partition: int
    name: str
    zone: str
    currency: str
    capacity: int
    sealed_secrets: tuple[bytes, ...]
    policy: bytes
    policy_version: int
    tariff: bytes
    tariff_version: int
    lanes: tuple[LaneRow, ...]
    devices: tuple[DeviceRow, ...]
    pins: tuple[PinRow, ...] = ()
    tariffs: tuple[TariffRow, ...] = ()

    def with_tariff(self, change: TariffChange) -> "SiteRow":
        """It with one more version of its tariff."""
        before = self.tariffs or (TariffRow(self.tariff_version, ALWAYS, self.tariff),)
        last = sorted((*before, change.row), key=lambda one: (one.starts_at, one.version), reverse=True)[:TARIFFS_KEPT]
        site = msgspec.structs.replace(self, tariffs=tuple(last))
        if not change.now:
            return site
        return msgspec.structs.replace(site, tariff=change.row.body, tariff_version=change.row.version)


class SiteChanges(msgspec.Struct, frozen=True):
    """What a look at the configuration has found: the `sites` that may have changed, and `seen`, since when to ask the
    next time.
    """

    seen: int
    sites: Sequence[SiteRow]


class AlarmRow(msgspec.Struct, frozen=True):
    """An alarm as pages read it; its own id is the row's."""

    scope: Scope
    alarm: Alarm


class NoticeFate(enum.StrEnum):
    """What became of telling people: it waits, was sent, was too old, or nobody could ever send it."""

    WAITING = "waiting"
    SENT = "sent"
    EXPIRED = "expired"
    REFUSED = "refused"


class NoticeRow(msgspec.Struct, frozen=True):
    """What people are to be told of an alarm, until it is too old to matter. `body` is JSON of an alarm's `Notice`."""

    id: UUID
    scope: Scope
    alarm_id: UUID
    body: bytes
    created_at: datetime
    expires_at: datetime


class OpeningRow(msgspec.Struct, frozen=True):
    """An opening that a barrier told of and no command asked for; `because` None: nothing explains it."""

    id: UUID
    scope: Scope
    lane: str
    at: datetime
    because: str | None


class PaymentRow(msgspec.Struct, frozen=True):
    """A price that was offered to a session, and the payment it became; `id` is the offer's.

    `body` is JSON of `syspark.domain.payment.payment.Payment`. Only as read back it has the number and the code of its
    receipt, which the store gives when it is first written as paid: the number is the next of the site's seller.
    """

    id: UUID
    scope: Scope
    session_id: SessionId
    state: str
    means: str
    amount_cents: int
    currency: str
    body: bytes
    made_at: datetime
    checkout_ref: str | None = None
    payment_ref: str | None = None
    paid_at: datetime | None = None
    refunded_cents: int = 0
    receipt_number: int | None = None
    receipt_code: str | None = None


class LedgerRow(msgspec.Struct, frozen=True):
    """A line of the ledger, never changed. `local_day` is the site's own at `at`; the store adds the site's seller."""

    id: UUID
    scope: Scope
    session_id: SessionId
    at: datetime
    local_day: date
    kind: str
    means: str
    amount_cents: int
    currency: str
    vat_cents: int = 0
    payment_id: UUID | None = None
    author: str = ""
    reason: str = ""
    counter_of: UUID | None = None


class OrderFate(enum.StrEnum):
    """What became of an order to the payment provider: it waits, was done, or will never be."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


class ProviderOrderRow(msgspec.Struct, frozen=True):
    """What the payment provider is to do for a session; `id` is its idempotency key, `body` the order's tagged JSON.

    `tries` is only as read back.
    """

    id: str
    scope: Scope
    session_id: SessionId
    body: bytes
    created_at: datetime
    tries: int = 0


class PartnerRow(msgspec.Struct, frozen=True):
    """A partner of a site; `body` is JSON of its `syspark.domain.partner.Partner`."""

    id: UUID
    scope: Scope
    name: str
    body: bytes


class PartnerMonthRow(msgspec.Struct, frozen=True):
    """What a partner has validated in a month of the site's calendar (`2026-06`)."""

    partner_id: UUID
    scope: Scope
    month: str
    validated: int
    held_cents: int
    spent_cents: int


class ValidationRow(msgspec.Struct, frozen=True):
    """A plate a partner takes over; `live` while something can become of it still. `body` is JSON."""

    id: UUID
    scope: Scope
    partner_id: UUID
    subject: UUID
    month: str
    made_at: datetime
    live: bool
    body: bytes


class PartnersOfSite(msgspec.Struct, frozen=True):
    """The partners of a site, their months that can change still, and the validations that are not over."""

    partners: tuple[PartnerRow, ...] = ()
    months: tuple[PartnerMonthRow, ...] = ()
    live: tuple[ValidationRow, ...] = ()


class Unit(msgspec.Struct, frozen=True):
    """Everything one decided inbox row changes, in one transaction, or nothing of it.

    `outcome` is short JSON for whoever waits for the answer. `forgotten` are subjects whose plates are over their time:
    the store erases those that no witness, no credential and no live validation refers to at that moment.
    """

    row: InboxRow
    status: RowStatus
    outcome: str
    snapshot: Snapshot | None = None
    sessions: tuple[SessionRow, ...] = ()
    journal: tuple[JournalEntry, ...] = ()
    outbox: tuple[OutboxRow, ...] = ()
    handovers: tuple[InboxRow, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    confirmed: tuple[CommandId, ...] = ()
    credentials: tuple[CredentialRow, ...] = ()
    subjects: tuple[SubjectRow, ...] = ()
    witnesses: tuple[WitnessRow, ...] = ()
    holders: tuple[HolderRow, ...] = ()
    policy: PolicyRow | None = None
    pins: tuple[PinRow, ...] = ()
    openings: tuple[OpeningRow, ...] = ()
    new_site: SiteRow | None = None
    alarms: tuple[AlarmRow, ...] = ()
    notices: tuple[NoticeRow, ...] = ()
    withdrawn: tuple[Withdrawal, ...] = ()
    payments: tuple[PaymentRow, ...] = ()
    ledger: tuple[LedgerRow, ...] = ()
    provider_orders: tuple[ProviderOrderRow, ...] = ()
    tariff: TariffChange | None = None
    forgotten: tuple[UUID, ...] = ()
    partners: tuple[PartnerRow, ...] = ()
    partner_months: tuple[PartnerMonthRow, ...] = ()
    validations: tuple[ValidationRow, ...] = ()


class Fence(msgspec.Struct, frozen=True):
    """The right to write for a partition: refused once another owner or epoch stands in its row."""

    partition: int
    owner: str
    epoch: int


class LinkPosition(msgspec.Struct, frozen=True):
    """Where a partition's broker session stood when it was last stored with the lease.

    `marker_at`: send time of the last own marker received; `deliveries`: QoS 1 deliveries counted;
    `low_seq`: every inbox row of the partition at or below it is no longer `new`.
    """

    broker_session: UUID
    marker_at: datetime | None
    deliveries: int
    low_seq: int


class Lease(msgspec.Struct, frozen=True):
    """A partition taken: its fence, its remaining seconds when it was granted, and where its predecessor stood."""

    fence: Fence
    remaining_s: float
    position: LinkPosition


class Standing(msgspec.Struct, frozen=True):
    """Where a worker stands among the others, by the database's clock.

    `workers`: everybody who lives, itself included, and whether they reach the broker. `free`: partitions that may be
    taken. `ours`: partitions that stand in its own name, whether it holds them or its predecessor did.
    """

    workers: Mapping[str, bool]
    free: tuple[int, ...]
    ours: tuple[int, ...]


class Landed(enum.Enum):
    """How a unit's transaction ended."""

    COMMITTED = enum.auto()
    DUPLICATE = enum.auto()
    FENCED = enum.auto()
