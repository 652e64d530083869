"""The price a driver is offered, and the page where they pay it. Source: domain.md, "Exit and payment"; docs/money.md.

An offer is valid for some minutes; then its checkout is ended at the provider, who may answer that it was paid already.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from syspark.domain.decision import Decision, Moment, Timer, later
from syspark.domain.messages import DeadlineReached
from syspark.domain.payment.messages import (
    AskPrice,
    CheckoutEnded,
    CheckoutOpened,
    CheckoutRefused,
    PaymentFailed,
    UseCode,
)
from syspark.domain.payment.order import ExpireCheckout
from syspark.domain.payment.payment import Payment
from syspark.domain.policy import SitePolicy
from syspark.domain.session.confirming import to_confirm
from syspark.domain.session.events import DiscountGiven, PaymentChanged, ProviderAsked, SessionEvent
from syspark.domain.session.leaving import due_now, settled_cents
from syspark.domain.session.state import Session
from syspark.domain.tariff import discount_of
from syspark.domain.units import OfferId

OFFER_TIMER = "offer"


def priced(session: Session, asked: AskPrice, policy: SitePolicy, at: Moment) -> Decision[SessionEvent]:
    """Offer what is due now, or what the vehicle owes that has left; whatever was offered before is paid no more."""
    if session.money.offer(asked.offer_id) is not None:
        return Decision(rule="price-offered-already")
    due, why = due_now(session, policy, at.now)
    if due is None:
        return Decision(rule=f"price-{why}", refused="there is nothing to pay")
    if to_confirm(session, policy, at.now):
        return Decision(rule="price-to-confirm", refused="its driver has to say on which day they came")
    offer = Payment(
        id=asked.offer_id,
        quote=due,
        made_at=at.now,
        valid_until=later(at.now, policy.offer_valid_s),
        after_cents=settled_cents(session),
        lane=asked.lane,
    )
    return Decision(
        rule="price-offered",
        events=(*superseded(session.money.payments), PaymentChanged(payment=offer)),
        timers=(Timer(key=f"{OFFER_TIMER}:{offer.id}", at=offer.valid_until),),
    )


def code_used(session: Session, used: UseCode, at: Moment) -> Decision[SessionEvent]:
    """Take off what a discount code of its tariff does: one code for a stay, on a day on which it counts."""
    discount = discount_of(session.tariff, used.code, at.now, session.zone)
    if discount is None:
        return Decision(rule="code-unknown", refused="this code does not count here today")
    if any(not one.ref for one in session.discounts):
        return Decision(rule="code-used-already", refused="a code was used for this stay already")
    events = (*superseded(session.money.payments), DiscountGiven(discount=discount))
    return Decision(rule="code-used", events=events)


def superseded(payments: Sequence[Payment]) -> tuple[SessionEvent, ...]:
    """Nobody is to pay these offers any more, as far as they can be paid at all."""
    return tuple(event for payment in payments if payment.is_live for event in _ended(payment))


def due_to_end(session: Session, reached: DeadlineReached) -> Decision[SessionEvent]:
    """An offer's time is over."""
    payment = session.money.offer(OfferId(reached.about))
    if payment is None or not payment.is_live:
        return Decision(rule="offer-over-already")
    return Decision(rule="offer-over", events=_ended(payment))


def checkout(
    session: Session, told: CheckoutOpened | CheckoutRefused | CheckoutEnded | PaymentFailed, at: Moment
) -> Decision[SessionEvent]:
    """What the provider makes of an offer, short of its being paid."""
    payment = session.money.offer(told.offer_id)
    if payment is None or not payment.is_live:
        if isinstance(told, CheckoutOpened) and (payment is None or not payment.is_paid):
            return Decision(rule="checkout-of-no-offer", events=(_expire(told.offer_id, told.checkout_ref),))
        return Decision(rule="checkout-over-already")
    match told:
        case CheckoutOpened(checkout_ref=checkout_ref):
            opened = replace(payment, checkout_ref=checkout_ref)
            if session.money.payments[-1] != payment or at.now >= payment.valid_until:
                return Decision(rule="checkout-too-late", events=(PaymentChanged(payment=opened), *_ended(opened)))
            return Decision(rule="checkout-opened", events=(PaymentChanged(payment=opened),))
        case CheckoutRefused(why=why):
            refused = replace(payment, ended=True, failed=why)
            return Decision(rule="checkout-refused", events=(PaymentChanged(payment=refused),))
        case CheckoutEnded():
            return Decision(rule="checkout-ended", events=(PaymentChanged(payment=replace(payment, ended=True)),))
        case PaymentFailed(why=why):
            return Decision(rule="payment-failed", events=(PaymentChanged(payment=replace(payment, failed=why)),))


def _ended(payment: Payment) -> tuple[SessionEvent, ...]:
    """A checkout may be paid until the provider says that it has ended; without one nothing can be."""
    if payment.checkout_ref is None:
        return (PaymentChanged(payment=replace(payment, ended=True)),)
    return (_expire(payment.id, payment.checkout_ref),)


def _expire(offer_id: OfferId, checkout_ref: str) -> ProviderAsked:
    return ProviderAsked(
        order=ExpireCheckout(id=f"expire:{checkout_ref}", offer_id=offer_id, checkout_ref=checkout_ref)
    )
