"""What is persisted for the actors: the rows that travel between the two wings and the database.

A row is data only; who may write which is told in docs/writers.md. Dozens are made for one exit: as structs they cost a
tenth of what frozen dataclasses do. One with other values is made by `msgspec.structs.replace`.
"""

from syspark.rows.access import CredentialRow, HolderRow, PinRow
from syspark.rows.address import Address, RecipientKind, Scope
from syspark.rows.alarm import AlarmRow, NoticeFate, NoticeRow
from syspark.rows.journal import ChainedEntry, JournalEntry
from syspark.rows.lease import Fence, Lease, LinkPosition, Standing
from syspark.rows.mailbox import DeliveryKey, InboxRow, LevelMark, RejectedMessage, RowStatus
from syspark.rows.money import LedgerRow, OrderFate, PaymentRow, ProviderOrderRow
from syspark.rows.outbox import Deadline, Fate, FateRecord, OutboxRow
from syspark.rows.partner import PartnerMonthRow, PartnerRow, PartnersOfSite, ValidationRow
from syspark.rows.session import OPEN_STATUSES, SessionRow, Stood, SubjectRow, Withdrawal, WitnessKind, WitnessRow
from syspark.rows.site import (
    ALWAYS,
    TARIFFS_KEPT,
    DeviceRow,
    LaneRow,
    PolicyRow,
    SiteChanges,
    SiteRow,
    TariffChange,
    TariffRow,
)
from syspark.rows.unit import Landed, OpeningRow, Snapshot, Unit

__all__ = [
    "ALWAYS",
    "OPEN_STATUSES",
    "TARIFFS_KEPT",
    "Address",
    "AlarmRow",
    "ChainedEntry",
    "CredentialRow",
    "Deadline",
    "DeliveryKey",
    "DeviceRow",
    "Fate",
    "FateRecord",
    "Fence",
    "HolderRow",
    "InboxRow",
    "JournalEntry",
    "Landed",
    "LaneRow",
    "Lease",
    "LedgerRow",
    "LevelMark",
    "LinkPosition",
    "NoticeFate",
    "NoticeRow",
    "OpeningRow",
    "OrderFate",
    "OutboxRow",
    "PartnerMonthRow",
    "PartnerRow",
    "PartnersOfSite",
    "PaymentRow",
    "PinRow",
    "PolicyRow",
    "ProviderOrderRow",
    "RecipientKind",
    "RejectedMessage",
    "RowStatus",
    "Scope",
    "SessionRow",
    "SiteChanges",
    "SiteRow",
    "Snapshot",
    "Standing",
    "Stood",
    "SubjectRow",
    "TariffChange",
    "TariffRow",
    "Unit",
    "ValidationRow",
    "Withdrawal",
    "WitnessKind",
    "WitnessRow",
]
