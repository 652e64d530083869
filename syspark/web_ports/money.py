"""What the pages about money read, as a protocol: payments, what was booked, what the provider says, what is closed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol
from uuid import UUID

from syspark.domain.closing import Closing, Entry
from syspark.domain.units import SiteId

Shown = Literal["paid", "disputed", "back", "on-site"]
"""Which payments: all that came; contested; of which something went back; taken by a person on site."""


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A price that was offered and the payment it became; `body` is JSON of the domain's `Payment`."""

    id: UUID
    site_id: SiteId
    site_name: str
    zone: str
    session_id: UUID
    state: str
    means: str
    amount_cents: int
    currency: str
    body: bytes
    made_at: datetime
    checkout_ref: str | None
    payment_ref: str | None
    paid_at: datetime | None
    refunded_cents: int
    receipt_number: int | None
    receipt_code: str | None


@dataclass(frozen=True, slots=True)
class DayLine:
    """What was booked of a kind by a means on a site's day; `closed`: the number of the day's closing."""

    site_id: SiteId
    site_name: str
    local_day: date
    kind: str
    means: str
    currency: str
    count: int
    amount_cents: int
    vat_cents: int
    closed: int | None


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """What a provider's own list says of a site's day; `body` is JSON of `syspark.domain.comparison.ComparedDay`."""

    site_id: SiteId
    site_name: str
    provider: str
    local_day: date
    compared_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What the provider is to do for a session and has not, or will never; `body` is the order's tagged JSON."""

    id: str
    site_id: SiteId
    site_name: str
    zone: str
    session_id: UUID
    body: bytes
    fate: str
    tries: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ClosingLine:
    """A closing and where."""

    site_name: str
    closing: Closing


@dataclass(frozen=True, slots=True)
class SellerLine:
    """Who sells at these sites."""

    name: str
    address: str
    siren: str
    vat_number: str
    sites: tuple[str, ...]


class MoneyReads(Protocol):
    """Money, for pages; `site_id` None is every site."""

    async def of_session(self, session_id: UUID) -> Sequence[PaymentLine]:
        """What was offered to a session and paid, in that order."""

    async def payments(
        self, shown: Shown, site_id: SiteId | None, before: datetime, limit: int
    ) -> Sequence[PaymentLine]:
        """Payments that came before a moment, the newest first."""

    async def orders(self, site_id: SiteId | None, older_than: datetime, limit: int) -> Sequence[OrderLine]:
        """What the provider refused, the newest first, and what it has not done although it was asked before that."""

    async def days(self, site_id: SiteId | None, first: date, last: date) -> Sequence[DayLine]:
        """What was booked on these days, the newest first."""

    async def compared(self, site_id: SiteId | None, first: date, last: date) -> Sequence[ComparedLine]:
        """What the provider says of these days, the newest first."""

    async def closings(self, site_id: SiteId | None, limit: int) -> Sequence[ClosingLine]:
        """Closings, the newest first."""

    async def closing(self, site_id: SiteId, seq: int) -> ClosingLine | None:
        """One closing of a site."""

    async def entries(self, site_id: SiteId, first: date, last: date, limit: int) -> Sequence[Entry]:
        """What was booked at a site on these days, in order."""

    async def sessions_named(self, text: str) -> Collection[UUID]:
        """The sessions of a receipt's code, or of a provider's reference."""

    async def sellers(self) -> Sequence[SellerLine]:
        """Who sells where."""
