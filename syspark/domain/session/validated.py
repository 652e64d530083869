"""What partners take over of a session's price, and what that has cost them. Source: docs/partners.md."""

from syspark.domain.decision import Decision, HandOver, Moment, ToSite
from syspark.domain.partner_messages import (
    GiveValidation,
    Returned,
    ValidationReturned,
    ValidationSpent,
    WithdrawValidation,
)
from syspark.domain.session.booking import validation_line
from syspark.domain.session.events import (
    Booked,
    DiscountGiven,
    DiscountSpent,
    DiscountWithdrawn,
    SessionClosed,
    SessionEvent,
    SessionVoided,
    evolve,
)
from syspark.domain.session.leaving import PAY_LATER, priced, settled_cents
from syspark.domain.session.money import may_leave
from syspark.domain.session.offer import superseded
from syspark.domain.session.state import Session, Status
from syspark.domain.tariff import Discount, Quote, What
from syspark.domain.units import Cents, ValidationId

_BILLED = frozenset({"free", "payment", "waived", "override", PAY_LATER})
"""How a session ends whose stay had a price; with a debt it had one in any case."""


def asked(session: Session, message: GiveValidation | WithdrawValidation, at: Moment) -> Decision[SessionEvent]:
    """Take over what a partner gives, or give it back."""
    match message:
        case GiveValidation(discount=discount):
            return _given(session, discount, at)
        case WithdrawValidation():
            return _withdrawn(session, message)


def _given(session: Session, discount: Discount, at: Moment) -> Decision[SessionEvent]:
    if any(one.ref == discount.ref for one in session.discounts):
        return Decision(rule="validation-given-before")
    if session.status is Status.PAID:
        return Decision(rule="validation-after-payment", handovers=(_returned(session, discount.ref, Returned.PAID),))
    if not session.status.is_open:
        return Decision(rule="validation-too-late", handovers=(_returned(session, discount.ref, Returned.OVER),))
    given = DiscountGiven(discount=discount)
    # Who stands at the exit is asked for what is due now, or let out.
    waits = session.status is Status.PENDING_PAYMENT
    leaves = may_leave(evolve(session, given), None, at) if waits else ()
    return Decision(rule="validated", events=(*superseded(session.money.payments), given), handovers=leaves)


def _withdrawn(session: Session, message: WithdrawValidation) -> Decision[SessionEvent]:
    if all(one.ref != message.validation_id for one in session.discounts):
        return Decision(rule="validation-unknown", refused="this session has no such validation")
    back = _returned(session, message.validation_id, Returned.TAKEN_BACK, message.author)
    gone = DiscountWithdrawn(ref=message.validation_id)
    return Decision(rule="validation-taken-back", events=(*superseded(session.money.payments), gone), handovers=(back,))


def settled(
    session: Session, decided: Decision[SessionEvent], at: Moment
) -> tuple[tuple[SessionEvent, ...], tuple[HandOver, ...]]:
    """What a decision that ends the session tells of its validations, each once: a session that goes on after all
    is taken off what they have cost by then.
    """
    held = [one for one in session.discounts if one.ref and not one.spent]
    events: list[SessionEvent] = []
    told: list[HandOver] = []
    before = session
    for event in decided.events if held else ():
        match event:
            case SessionClosed():
                cost = _cost(before, event)
                for one in held:
                    cents = cost.get(one.ref, Cents(0))
                    events.append(DiscountSpent(ref=one.ref, cents=cents))
                    if cents:
                        events.append(Booked(entry=validation_line(session, one, cents, at)))
                    spent = ValidationSpent(validation_id=ValidationId(one.ref), session_id=session.id, cents=cents)
                    told.append(ToSite(spent))
            case SessionVoided():
                events += [DiscountWithdrawn(ref=one.ref) for one in held]
                told += [_returned(session, one.ref, Returned.OVER) for one in held]
            case _:
                pass
        before = evolve(before, event)
    return tuple(events), tuple(told)


def _cost(session: Session, closed: SessionClosed) -> dict[str, Cents]:
    """What each validation takes over of the price that was settled, and no more than was left to be taken over."""
    quote = closed.unpaid or _settled_by(session, closed)
    if quote is None:
        return {}
    lines = [line for line in quote.lines if line.what not in {What.DISCOUNT, What.ALREADY_PAID}]
    left = max(0, sum(line.total_cents for line in lines) - settled_cents(session))
    cost = {}
    for line in quote.lines:
        if line.what == What.DISCOUNT:
            taken = min(-line.total_cents, left)
            left -= taken
            cost[line.ref] = Cents(taken)
    return cost


def _settled_by(session: Session, closed: SessionClosed) -> Quote | None:
    """The price that was paid last; without one, that of the moment it left."""
    if session.status is Status.PAID and session.paid_cents:
        counted = [one for one in session.money.payments if one.counts]
        return max(counted, key=lambda one: one.paid_at or one.made_at).quote if counted else None
    since = session.free_until if session.plan.parks_free else session.opened_at
    if since is None or closed.closed_as not in _BILLED:
        return None
    return priced(session, since, session.waiting_since or closed.left_at)


def _returned(session: Session, ref: str, why: Returned, author: str = "") -> ToSite:
    told = ValidationReturned(validation_id=ValidationId(ref), session_id=session.id, why=why, author=author)
    return ToSite(told)
