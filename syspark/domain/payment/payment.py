"""A price that was offered, and what became of it. Source: domain.md, "Exit and payment"."""

import enum
from datetime import datetime

import msgspec
from msgspec.structs import replace

from syspark.domain.tariff import Quote
from syspark.domain.units import Cents, Lane, OfferId, SessionId


class Means(enum.StrEnum):
    """How money came; `NONE` is what is booked without any."""

    STRIPE = "stripe"
    SANDBOX = "sandbox"
    CASH = "cash"
    TERMINAL = "terminal"
    NONE = "none"

    @property
    def on_site(self) -> bool:
        """Whether a person has taken it, and no provider knows of it."""
        return self in {Means.CASH, Means.TERMINAL}


class PaymentState(enum.StrEnum):
    """How far a payment is."""

    OFFERED = "offered"
    OPEN = "open"
    PAID = "paid"
    PART_REFUNDED = "part-refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    EXPIRED = "expired"
    FAILED = "failed"
    MOVED = "moved"


class NotCounted(enum.StrEnum):
    """Why money that came does not count, and goes back."""

    MISMATCH = "mismatch"
    SESSION_VOID = "session-void"
    SESSION_CLOSED = "session-closed"
    SECOND_PAYMENT = "second-payment"


class Payment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A price offered to the driver of a session, the checkout that was opened for it, and the money that came.

    `after_cents` is what had been paid for the stay when it was offered: who has paid since pays a second time.
    `lane`: where the driver stood. `ended`: its checkout can take no money any more. `failed`: why the last try to pay
    failed. From `payment_ref` on it is paid: `amount_cents` in `currency` came by `means` at `paid_at`;
    `sent_back`: why the money does not count and goes back; `moved_to`: the session it counts for instead.
    `receipt` is the number of the paper a person gave on site. `ordered_back_cents` is what we have told the provider
    to give back, done or not.
    """

    id: OfferId
    quote: Quote
    made_at: datetime
    valid_until: datetime
    after_cents: Cents = Cents(0)
    lane: Lane | None = None
    checkout_ref: str | None = None
    ended: bool = False
    failed: str | None = None
    payment_ref: str | None = None
    means: Means = Means.NONE
    amount_cents: Cents = Cents(0)
    currency: str = ""
    paid_at: datetime | None = None
    sent_back: NotCounted | None = None
    moved_to: SessionId | None = None
    receipt: str | None = None
    ordered_back_cents: Cents = Cents(0)

    @property
    def is_paid(self) -> bool:
        """Whether its money has come."""
        return self.payment_ref is not None

    @property
    def counts(self) -> bool:
        """Whether its money counts for the stay it was offered for."""
        return self.is_paid and self.sent_back is None and self.moved_to is None

    @property
    def is_live(self) -> bool:
        """Whether it can still be paid."""
        return not self.is_paid and not self.ended


class RefundStatus(enum.StrEnum):
    """How far a refund is, in this order: a failed one had succeeded, or was pending."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money that goes back, as the provider tells it."""

    ref: str
    payment_ref: str
    amount_cents: Cents
    status: RefundStatus


class DisputeStatus(enum.StrEnum):
    """How far a dispute is, in this order: an inquiry takes no money yet, an open one has, a won one gives it back."""

    INQUIRY = "inquiry"
    OPEN = "open"
    LOST = "lost"
    WON = "won"


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that its payer contests, as the provider tells it."""

    ref: str
    payment_ref: str
    amount_cents: Cents
    status: DisputeStatus
    reason: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All money of a session. `waived_cents` is what a person has let the driver off."""

    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    waived_cents: Cents = Cents(0)

    def with_payment(self, payment: Payment) -> "Account":
        """The account with a payment as it is now; offers that ended unpaid are forgotten when another one follows."""
        kept = tuple(one for one in self.payments if one.id != payment.id)
        if len(kept) == len(self.payments):
            kept = tuple(one for one in kept if one.is_paid or not one.ended)
            return replace(self, payments=(*kept, payment))
        return replace(self, payments=tuple(payment if one.id == payment.id else one for one in self.payments))

    def with_refund(self, refund: Refund) -> "Account":
        """The account with a refund as it is now."""
        return replace(self, refunds=(*(one for one in self.refunds if one.ref != refund.ref), refund))

    def with_dispute(self, dispute: Dispute) -> "Account":
        """The account with a dispute as it is now."""
        return replace(self, disputes=(*(one for one in self.disputes if one.ref != dispute.ref), dispute))

    def offer(self, offer_id: OfferId) -> Payment | None:
        """The payment offered under this id."""
        return next((one for one in self.payments if one.id == offer_id), None)

    def payment(self, payment_ref: str) -> Payment | None:
        """The payment the provider knows by this name."""
        return next((one for one in self.payments if one.payment_ref == payment_ref), None)

    def refund(self, refund_ref: str) -> Refund | None:
        """The refund the provider knows by this name."""
        return next((one for one in self.refunds if one.ref == refund_ref), None)

    def dispute(self, dispute_ref: str) -> Dispute | None:
        """The dispute the provider knows by this name."""
        return next((one for one in self.disputes if one.ref == dispute_ref), None)

    def refunded_cents(self, payment_ref: str | None) -> Cents:
        """What of a payment has gone back."""
        gone = (one for one in self.refunds if one.payment_ref == payment_ref and one.status is RefundStatus.SUCCEEDED)
        return Cents(sum(one.amount_cents for one in gone))

    def left_cents(self, payment: Payment) -> Cents:
        """What of a payment neither has gone back nor is ordered to."""
        return Cents(payment.amount_cents - max(payment.ordered_back_cents, self.refunded_cents(payment.payment_ref)))

    @property
    def is_disputed(self) -> bool:
        """Whether a dispute is not closed: its evidence has to be kept."""
        return any(one.status in {DisputeStatus.INQUIRY, DisputeStatus.OPEN} for one in self.disputes)

    def state(self, payment: Payment) -> PaymentState:
        """How far one of its payments is."""
        if not payment.is_paid:
            if payment.ended:
                return PaymentState.EXPIRED
            if payment.failed is not None:
                return PaymentState.FAILED
            return PaymentState.OPEN if payment.checkout_ref is not None else PaymentState.OFFERED
        disputes = [one.status for one in self.disputes if one.payment_ref == payment.payment_ref]
        if any(status is not DisputeStatus.WON for status in disputes):
            return PaymentState.DISPUTED
        refunded_cents = self.refunded_cents(payment.payment_ref)
        if refunded_cents:
            return PaymentState.REFUNDED if refunded_cents >= payment.amount_cents else PaymentState.PART_REFUNDED
        return PaymentState.MOVED if payment.moved_to is not None else PaymentState.PAID
