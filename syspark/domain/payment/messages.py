"""What a session and its site are told about money. Source: docs/money.md.

Money that came or went is told by the provider alone: its webhook and what it lists bring the same words, in any order
and as often as they like.
"""

from datetime import date, datetime

from syspark.domain.message import Message
from syspark.domain.payment.payment import DisputeStatus, Means, RefundStatus
from syspark.domain.units import Cents, HolderKey, Lane, OfferId, SessionId


class AskPrice(Message, frozen=True, kw_only=True, tag="ask-price"):
    """Portal to session: offer your price, under this id, for 10 minutes. `lane`: where the driver stands."""

    offer_id: OfferId
    lane: Lane | None = None


class ConfirmStay(Message, frozen=True, kw_only=True, tag="confirm-stay"):
    """Portal to session: the driver of a stay beyond the site's longest came on this day of the site's calendar; None:
    not on the one that is known.
    """

    arrived_on: date | None
    author: str


class UseCode(Message, frozen=True, kw_only=True, tag="use-code"):
    """Portal to session: the driver has typed this discount code."""

    code: str


class CheckoutOpened(Message, frozen=True, kw_only=True, tag="checkout-opened"):
    """Portal to session: the offer can be paid at the provider, who knows it by this name."""

    offer_id: OfferId
    checkout_ref: str
    expires_at: datetime


class CheckoutRefused(Message, frozen=True, kw_only=True, tag="checkout-refused"):
    """Portal to session: the provider will not have the offer paid."""

    offer_id: OfferId
    why: str


class PaymentTold(Message, frozen=True, kw_only=True, tag="payment-told"):
    """Provider to session: this was paid for the offer at `paid_at`."""

    offer_id: OfferId
    checkout_ref: str
    payment_ref: str
    amount_cents: Cents
    currency: str
    means: Means
    paid_at: datetime


class PaymentFailed(Message, frozen=True, kw_only=True, tag="payment-failed"):
    """Provider to session: a try to pay the offer has failed; another may follow."""

    offer_id: OfferId
    why: str


class CheckoutEnded(Message, frozen=True, kw_only=True, tag="checkout-ended"):
    """Provider to session: the offer can be paid no more, and was not."""

    offer_id: OfferId


class RefundTold(Message, frozen=True, kw_only=True, tag="refund-told"):
    """Provider to session: so much of a payment goes back."""

    payment_ref: str
    refund_ref: str
    amount_cents: Cents
    currency: str
    means: Means
    status: RefundStatus


class DisputeTold(Message, frozen=True, kw_only=True, tag="dispute-told"):
    """Provider to session: the payer contests a payment."""

    payment_ref: str
    dispute_ref: str
    amount_cents: Cents
    currency: str
    means: Means
    status: DisputeStatus
    reason: str = ""


class OrderRefused(Message, frozen=True, kw_only=True, tag="order-refused"):
    """Cashier to session: the provider will never do what you have ordered of it."""

    order_id: str
    why: str


class Waive(Message, frozen=True, kw_only=True, tag="waive"):
    """Operator to session: nothing has to be paid of what is due."""

    reason: str
    author: str


class PayLater(Message, frozen=True, kw_only=True, tag="pay-later"):
    """Operator to session: the vehicle may leave, what is due stays due."""

    reason: str
    author: str


class RefundPayment(Message, frozen=True, kw_only=True, tag="refund-payment"):
    """Operator to session: give so much of a payment back. `second_author` agrees, where the policy wants two."""

    payment_ref: str
    amount_cents: Cents
    reason: str
    author: str
    second_author: str | None = None


class MovePayment(Message, frozen=True, kw_only=True, tag="move-payment"):
    """Operator to session: the payment was for another session's vehicle; it counts there."""

    payment_ref: str
    to: SessionId
    reason: str
    author: str


class PaymentMoved(Message, frozen=True, kw_only=True, tag="payment-moved"):
    """Session to session: this payment was for your vehicle."""

    payment_ref: str
    from_session: SessionId
    amount_cents: Cents
    currency: str
    means: Means
    paid_at: datetime
    author: str


class RecordOnSite(Message, frozen=True, kw_only=True, tag="record-on-site"):
    """Operator to session: so much was paid on site, against this receipt."""

    means: Means
    receipt_number: str
    amount_cents: Cents
    author: str


class SessionPaid(Message, frozen=True, kw_only=True, tag="session-paid"):
    """Session to site: nothing is due of this vehicle until `leave_by`."""

    session_id: SessionId
    key: HolderKey
    paid_at: datetime
    leave_by: datetime
    amount_cents: Cents
    currency: str
    provider_ref: str


class PaymentPath(Message, frozen=True, kw_only=True, tag="payment-path"):
    """Reconciler to site: nobody can pay at the provider since then; None: payments work."""

    down_since: datetime | None = None


ProviderTold = PaymentTold | PaymentFailed | CheckoutEnded | RefundTold | DisputeTold
"""What a provider tells of money, by webhook or in its lists."""

MoneyAsked = Waive | PayLater | RefundPayment | MovePayment | RecordOnSite
"""What an operator asks of a session about money."""

SessionMoney = (
    AskPrice
    | ConfirmStay
    | UseCode
    | CheckoutOpened
    | CheckoutRefused
    | ProviderTold
    | OrderRefused
    | MoneyAsked
    | PaymentMoved
)
SiteMoney = SessionPaid | PaymentPath
