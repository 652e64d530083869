"""Stripe's events: proven by their signature, then read. Source: Stripe, "Verify webhook signatures manually".

The library's own `construct_event` takes the machine's clock, accepts signatures from the future, and raises what is no
error of its own for a body that is not UTF-8: only its signature is used.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
import stripe

from syspark.domain.payment.payment import Means
from syspark.gateways.stripe_payments import objects
from syspark.payment_ports import PaymentWord, ProviderWord, SignatureRefused

WITHIN = timedelta(seconds=300)
"""How old a signature may be, and how far ahead of us the provider's clock."""

LONGEST_SIGNATURE = 1000

T = TypeVar("T")
_SIGNED_AT = re.compile(r"(?:^|,)t=([0-9]{1,12})(?=,)")


class _Data(msgspec.Struct, frozen=True):
    object: msgspec.Raw


class _Event(msgspec.Struct, frozen=True, tag="event", tag_field="object"):
    id: objects.Named
    type: str
    livemode: bool
    created: int
    data: _Data


def read(
    body: bytes, signature: str, now: datetime, *, secrets: Sequence[str], live: bool, means: Means
) -> ProviderWord | PaymentWord | None:
    """What a webhook tells; None: nothing that concerns us. Raises `SignatureRefused`."""
    prove(body, signature, now, secrets)
    try:
        event = msgspec.json.decode(body, type=_Event)
        if event.livemode is not live:
            raise SignatureRefused(f"an event of {'live' if event.livemode else 'test'} mode, which we are not in")
        return _word(event, means)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise SignatureRefused("it is not an event as Stripe writes them") from error


def prove(body: bytes, signature: str, now: datetime, secrets: Sequence[str]) -> None:
    """Raise `SignatureRefused` unless one of the secrets has signed this body just now."""
    if not signature.isascii() or len(signature) > LONGEST_SIGNATURE:
        raise SignatureRefused("the signature is not one")
    signed_at = _SIGNED_AT.findall(signature)
    if len(signed_at) != 1:
        raise SignatureRefused("the signature does not say when")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise SignatureRefused("it is not UTF-8") from None
    if not any(_signed(text, signature, secret) for secret in secrets):
        raise SignatureRefused("no secret of ours has signed it")
    if abs(now - objects.moment(int(signed_at[0]))) > WITHIN:
        raise SignatureRefused("it was signed long ago, or will be")


def _signed(text: str, signature: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(text, signature, secret, tolerance=None))
    except stripe.SignatureVerificationError:
        return False


def _word(event: _Event, means: Means) -> ProviderWord | PaymentWord | None:
    event_id, at = f"{means}:{event.id}", objects.moment(event.created)
    about = event.data.object
    match event.type:
        case "checkout.session.completed" | "checkout.session.async_payment_succeeded":
            session = _as(about, objects.CheckoutSession)
            # Completed, and still unpaid: a bank takes days. Its own event says how that ends.
            return objects.paid(session, means, event_id, at) if session.payment_status == "paid" else None
        case "checkout.session.async_payment_failed":
            return objects.failed(_as(about, objects.CheckoutSession).metadata, "refused by the bank", event_id, at)
        case "payment_intent.payment_failed":
            intent = _as(about, objects.PaymentIntent)
            return objects.failed(intent.metadata, objects.why_failed(intent), event_id, at)
        case "checkout.session.expired":
            return objects.ended(_as(about, objects.CheckoutSession), event_id, at)
        case "refund.created" | "refund.updated" | "refund.failed":
            return objects.refunded(_as(about, objects.Refund), means, event_id, at)
        case "charge.dispute.created" | "charge.dispute.updated" | "charge.dispute.closed":
            return objects.disputed(_as(about, objects.Dispute), means, event_id, at)
        case _:
            return None


def _as(about: msgspec.Raw, kind: type[T]) -> T:
    return msgspec.json.decode(about, type=kind)
