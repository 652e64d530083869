"""What taking money needs from a payment provider, as a protocol; only `ops` knows which one runs.

A provider is believed in two ways only: an event it has signed, and what it answers when we ask. Both become the same
words to a session, which alone decides what they mean. Source: domain.md, "Exit and payment".
"""

import enum
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from syspark.domain.payment.messages import DisputeTold, ProviderTold, RefundTold
from syspark.domain.payment.payment import Means, RefundStatus
from syspark.domain.units import Cents, OfferId, SessionId, SiteId
from syspark.errors import PermanentError


class PaymentRefused(PermanentError):  # noqa: N818 - named for what the provider did
    """The provider will never do this as asked; the text says why, without secrets."""


class SignatureRefused(PermanentError):  # noqa: N818
    """What came is not proven to be the provider's: signature, its time, the mode, or a body that cannot be signed."""


class CheckoutWanted(msgspec.Struct, frozen=True, kw_only=True):
    """A page wanted where a driver pays an offer. `label` is what they read there, in `language`: `fr`, `en` or `auto`
    (their browser's).

    `offer_id` is the idempotency key: asked again, the same page is given. `expires_at` may be put off to what the
    provider allows; `expire_checkout` ends it on time.
    """

    offer_id: OfferId
    session_id: SessionId
    site_id: SiteId
    organisation_id: UUID
    amount_cents: Cents
    currency: str
    label: str
    language: str
    success_url: str
    cancel_url: str
    expires_at: datetime


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """A page where a driver pays, until `expires_at` as far as the provider is concerned."""

    ref: str
    url: str
    expires_at: datetime


class CheckoutState(enum.StrEnum):
    """What has become of a checkout. `COMPLETE`: it was paid, or its payment is under way."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class ProviderRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as the provider knows it. `payment_ref` is of the payment it gives back."""

    ref: str
    payment_ref: str
    amount_cents: Cents
    currency: str
    status: RefundStatus
    at: datetime


class ProviderWord(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider tells of one session, for its mailbox.

    `event_id` is the row's: an event's own, or made of what a listing shows, so that the same listing is one row for
    ever. `at`: when it happened, by the provider's clock.
    """

    organisation_id: UUID
    site_id: SiteId
    session_id: SessionId
    event_id: str
    at: datetime
    message: ProviderTold


class PaymentWord(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider tells of a payment without saying whose: refunds made by hand there, and disputes.

    Whose it is stands in the payment's row; without one it is not ours.
    """

    payment_ref: str
    event_id: str
    at: datetime
    message: RefundTold | DisputeTold


class PaymentProvider(Protocol):
    """Where drivers pay. Methods that ask raise `Unavailable("payments")` while it is away or busy."""

    @property
    def name(self) -> Means:
        """What receipts and ledger call its money: `SANDBOX` wherever it is not real, at Stripe's own test mode too."""

    @property
    def live(self) -> bool:
        """Whether the money is real."""

    async def open_checkout(self, wanted: CheckoutWanted) -> Checkout:
        """Open a page, once for each offer. Raises `PaymentRefused`."""

    async def expire_checkout(self, ref: str) -> CheckoutState:
        """End a page, so that nobody pays there any more; tells what it is now. Raises `PaymentRefused`: unknown."""

    async def refund(
        self, payment_ref: str, amount_cents: Cents, currency: str, key: str, metadata: Mapping[str, str]
    ) -> ProviderRefund:
        """Give money back, once for each `key`. Raises `PaymentRefused`: more than is left, or already disputed."""

    def told_since(self, since: datetime) -> AsyncIterator[ProviderWord]:
        """Everything it knows of our checkouts, refunds and disputes made at or after `since`, each kind by age.

        What is still open or under way tells nothing. A payment comes before its refunds and disputes.
        """

    def read_event(self, body: bytes, signature: str, now: datetime) -> ProviderWord | PaymentWord | None:
        """What a webhook tells; None: nothing that concerns us. Raises `SignatureRefused`."""

    async def probe(self) -> None:
        """Raise `Unavailable` or `PaymentRefused` unless it answers us."""

    async def close(self) -> None:
        """End its connections. Never fails."""
