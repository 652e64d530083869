"""What a decision changes, in one transaction."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec

from syspark.domain.units import CommandId
from syspark.rows.access import CredentialRow, HolderRow, PinRow
from syspark.rows.address import Address, Scope
from syspark.rows.alarm import AlarmRow, NoticeRow
from syspark.rows.journal import JournalEntry
from syspark.rows.mailbox import InboxRow, RowStatus
from syspark.rows.money import LedgerRow, PaymentRow, ProviderOrderRow
from syspark.rows.outbox import Deadline, OutboxRow
from syspark.rows.partner import PartnerMonthRow, PartnerRow, ValidationRow
from syspark.rows.session import SessionRow, SubjectRow, Withdrawal, WitnessRow
from syspark.rows.site import PolicyRow, SiteRow, TariffChange


class Snapshot(msgspec.Struct, frozen=True):
    """An actor's last-known state. `version` is the one this write makes; its predecessor must be stored (0 = none)."""

    scope: Scope
    actor: Address
    version: int
    body: bytes


class OpeningRow(msgspec.Struct, frozen=True):
    """An opening that a barrier told of and no command asked for; `because` None: nothing explains it."""

    id: UUID
    scope: Scope
    lane: str
    at: datetime
    because: str | None


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


class Landed(enum.Enum):
    """How a unit's transaction ended."""

    COMMITTED = enum.auto()
    DUPLICATE = enum.auto()
    FENCED = enum.auto()
