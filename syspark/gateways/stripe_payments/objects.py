"""Stripe's objects, as far as we read them, and what they tell a session. Source: Stripe API reference, 2026-10-28.

Ours carry in their metadata whom they are about. What does not is somebody else's on the same account, or was made by
hand in Stripe's dashboard, and says itself only which payment it concerns.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec

from syspark.domain.payment.messages import (
    CheckoutEnded,
    DisputeTold,
    PaymentFailed,
    PaymentTold,
    ProviderTold,
    RefundTold,
)
from syspark.domain.payment.payment import DisputeStatus, Means, RefundStatus
from syspark.domain.units import Cents, OfferId, SessionId, SiteId
from syspark.payment_ports import CheckoutWanted, PaymentWord, ProviderRefund, ProviderWord

Named = Annotated[str, msgspec.Meta(pattern=r"\A[!-~]{1,255}\Z")]
Amount = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Currency = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z]{3}\Z")]
Uuid = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
Metadata = Mapping[str, str]

_REFUNDS = {
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
_DISPUTES = {
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.OPEN,
    "lost": DisputeStatus.LOST,
    "won": DisputeStatus.WON,
    "warning_closed": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
}


class Tags(msgspec.Struct, frozen=True):
    """Whom an object of ours is about: its metadata."""

    organisation: UUID
    site: Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9-]{1,31}\Z")]
    session: Uuid
    offer: Uuid


class Charge(msgspec.Struct, frozen=True):
    """What a payment was taken by."""

    created: int


class PaymentError(msgspec.Struct, frozen=True):
    """Why a try to pay has failed: a code of Stripe's."""

    code: Named | None = None
    decline_code: Named | None = None


class PaymentIntent(msgspec.Struct, frozen=True):
    """A payment, its tries included."""

    id: Named
    metadata: Metadata = {}
    status: str = ""
    last_payment_error: PaymentError | None = None
    latest_charge: Charge | str | None = None


class CheckoutSession(msgspec.Struct, frozen=True):
    """A page where a driver pays."""

    id: Named
    created: int
    expires_at: int
    payment_status: str
    status: str | None = None
    url: str | None = None
    amount_total: Amount | None = None
    currency: Currency | None = None
    payment_intent: PaymentIntent | Named | None = None
    metadata: Metadata | None = None


class Refund(msgspec.Struct, frozen=True):
    """Money given back. Made in Stripe's dashboard, its metadata is empty."""

    id: Named
    created: int
    amount: Amount
    currency: Currency
    status: str | None = None
    payment_intent: PaymentIntent | Named | None = None
    metadata: Metadata | None = None


class Dispute(msgspec.Struct, frozen=True):
    """A payment that its payer's bank questions. Its metadata is never ours."""

    id: Named
    created: int
    amount: Amount
    currency: Currency
    status: str
    reason: Named
    payment_intent: PaymentIntent | Named | None = None


def metadata_of(wanted: CheckoutWanted) -> dict[str, str]:
    """What the objects of a checkout carry."""
    return {
        "organisation": str(wanted.organisation_id),
        "site": wanted.site_id,
        "session": wanted.session_id,
        "offer": wanted.offer_id,
    }


def tags_of(metadata: Metadata | None) -> Tags | None:
    """Whom it is about; None: not ours."""
    try:
        return msgspec.convert(metadata or {}, Tags)
    except msgspec.ValidationError:
        return None


def moment(seconds: int) -> datetime:
    """Stripe's seconds as a time. Raises `ValueError` for one no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("no moment of any calendar") from error


def paid(session: CheckoutSession, means: Means, event_id: str, at: datetime) -> ProviderWord | None:
    """The word of a checkout that was paid, at that time."""
    tags, payment_ref = tags_of(session.metadata), ref_of(session.payment_intent)
    if tags is None or payment_ref is None or session.amount_total is None or session.currency is None:
        return None
    told = PaymentTold(
        offer_id=OfferId(tags.offer),
        checkout_ref=session.id,
        payment_ref=payment_ref,
        amount_cents=Cents(session.amount_total),
        currency=session.currency.upper(),
        means=means,
        paid_at=at,
    )
    return _word(tags, event_id, at, told)


def ended(session: CheckoutSession, event_id: str, at: datetime) -> ProviderWord | None:
    """The word of a checkout that nobody paid in time."""
    tags = tags_of(session.metadata)
    return None if tags is None else _word(tags, event_id, at, CheckoutEnded(offer_id=OfferId(tags.offer)))


def failed(metadata: Metadata | None, why: str, event_id: str, at: datetime) -> ProviderWord | None:
    """The word of a try to pay that came to nothing; another may follow."""
    tags = tags_of(metadata)
    told = None if tags is None else PaymentFailed(offer_id=OfferId(tags.offer), why=why)
    return None if tags is None or told is None else _word(tags, event_id, at, told)


def why_failed(intent: PaymentIntent) -> str:
    """Why the last try failed, in Stripe's codes."""
    error = intent.last_payment_error
    return (error.decline_code or error.code if error is not None else None) or "failed"


def refunded(refund: Refund, means: Means, event_id: str, at: datetime) -> ProviderWord | PaymentWord | None:
    """The word of a refund."""
    payment_ref = ref_of(refund.payment_intent)
    if payment_ref is None:
        return None
    told = RefundTold(
        payment_ref=payment_ref,
        refund_ref=refund.id,
        amount_cents=Cents(refund.amount),
        currency=refund.currency.upper(),
        means=means,
        status=status_of(refund),
    )
    tags = tags_of(refund.metadata) or _intent_tags(refund.payment_intent)
    return _by_payment(payment_ref, tags, event_id, at, told)


def disputed(dispute: Dispute, means: Means, event_id: str, at: datetime) -> ProviderWord | PaymentWord | None:
    """The word of a dispute as it stands."""
    payment_ref = ref_of(dispute.payment_intent)
    if payment_ref is None:
        return None
    told = DisputeTold(
        payment_ref=payment_ref,
        dispute_ref=dispute.id,
        amount_cents=Cents(dispute.amount),
        currency=dispute.currency.upper(),
        means=means,
        status=_DISPUTES.get(dispute.status, DisputeStatus.OPEN),
        reason=dispute.reason,
    )
    return _by_payment(payment_ref, _intent_tags(dispute.payment_intent), event_id, at, told)


def refund_of(refund: Refund, payment_ref: str) -> ProviderRefund:
    """A refund that was asked for."""
    return ProviderRefund(
        ref=refund.id,
        payment_ref=payment_ref,
        amount_cents=Cents(refund.amount),
        currency=refund.currency.upper(),
        status=status_of(refund),
        at=moment(refund.created),
    )


def status_of(refund: Refund) -> RefundStatus:
    """What has become of it; what Stripe still waits for is pending."""
    return _REFUNDS.get(refund.status or "", RefundStatus.PENDING)


def ref_of(named: PaymentIntent | str | None) -> str | None:
    """A payment's id, whether the payment came along or not."""
    return named.id if isinstance(named, PaymentIntent) else named


def _intent_tags(named: PaymentIntent | str | None) -> Tags | None:
    return tags_of(named.metadata) if isinstance(named, PaymentIntent) else None


def _by_payment(
    payment_ref: str, tags: Tags | None, event_id: str, at: datetime, told: RefundTold | DisputeTold
) -> ProviderWord | PaymentWord:
    if tags is None:
        return PaymentWord(payment_ref=payment_ref, event_id=event_id, at=at, message=told)
    return _word(tags, event_id, at, told)


def _word(tags: Tags, event_id: str, at: datetime, message: ProviderTold) -> ProviderWord:
    return ProviderWord(
        organisation_id=tags.organisation,
        site_id=SiteId(tags.site),
        session_id=SessionId(tags.session),
        event_id=event_id,
        at=at,
        message=message,
    )
