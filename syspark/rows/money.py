"""Payments, the ledger, and what the provider is to do."""

import enum
from datetime import date, datetime
from uuid import UUID

import msgspec

from syspark.domain.units import SessionId
from syspark.rows.address import Scope


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
