"""What a session's decisions make true, and the session after each."""

from datetime import datetime

from msgspec.structs import replace

from syspark.domain.access import Grant, Plan
from syspark.domain.decision import Event
from syspark.domain.payment.entry import Entry, EntryKind
from syspark.domain.payment.order import ProviderOrder
from syspark.domain.payment.payment import Dispute, Payment, Refund
from syspark.domain.review import Review
from syspark.domain.session.state import Session, Status
from syspark.domain.tariff import Credit, Discount, Quote
from syspark.domain.units import Cents, HolderKey, SessionId


class ExitAsked(Event, frozen=True, kw_only=True, tag="exit-asked"):
    """The vehicle was read at the exit at `at`; it is waiting since `waiting_since`, by which its fee is counted.

    `unbilled` and `queued_s` as in `Session`.
    """

    at: datetime
    waiting_since: datetime
    unbilled: tuple[Credit, ...] = ()
    queued_s: int = 0


class PaymentRequested(Event, frozen=True, kw_only=True, tag="payment-requested"):
    """The stay has a price that is not paid."""

    quote: Quote


class PaymentLeft(Event, frozen=True, kw_only=True, tag="payment-left"):
    """The vehicle has turned back from the exit: it parks on, and will be asked again."""


class SessionClosed(Event, frozen=True, kw_only=True, tag="session-closed"):
    """The vehicle is let out, or known to have left; `unpaid` is what was due and was not paid."""

    at: datetime
    left_at: datetime
    closed_as: str
    review: tuple[Review, ...] = ()
    unpaid: Quote | None = None


class SessionReopened(Event, frozen=True, kw_only=True, tag="session-reopened"):
    """The vehicle was let out but stands there still: its session takes back its previous state."""

    status: Status


class SessionVoided(Event, frozen=True, kw_only=True, tag="session-voided"):
    """There was no such stay."""

    at: datetime


class PlanRaised(Event, frozen=True, kw_only=True, tag="plan-raised"):
    """A better right than the one it was begun under counts from now on."""

    plan: Plan
    until: datetime | None = None
    pool: str | None = None


class EntryCorrected(Event, frozen=True, kw_only=True, tag="entry-corrected"):
    """A replay has told when the vehicle entered."""

    opened_at: datetime


class LeavingCorrected(Event, frozen=True, kw_only=True, tag="leaving-corrected"):
    """A replay has told when the vehicle of a closed session left, or by when it entered what it owes."""

    left_at: datetime
    closed_as: str
    unpaid: Quote | None = None


class HolderCorrected(Event, frozen=True, kw_only=True, tag="holder-corrected"):
    """A person has found whose vehicle it is; `grant` None: the right it goes by stays."""

    holder_key: HolderKey
    grant: Grant | None = None


class Merged(Event, frozen=True, kw_only=True, tag="merged"):
    """The session was a part of another one."""

    into: SessionId


class StayConfirmed(Event, frozen=True, kw_only=True, tag="stay-confirmed"):
    """The driver has named the day they came, longer ago than anybody stays at the site: no exit was missed."""


class ReviewFlagged(Event, frozen=True, kw_only=True, tag="review-flagged"):
    """A person should look at it, for this reason too."""

    why: Review


class ReviewCleared(Event, frozen=True, kw_only=True, tag="review-cleared"):
    """A person has looked at it; with `why`, what was told since has settled that doubt alone."""

    why: Review | None = None


class PaymentChanged(Event, frozen=True, kw_only=True, tag="payment-changed"):
    """A price was offered, or something has become of one."""

    payment: Payment


class PaymentCounted(Event, frozen=True, kw_only=True, tag="payment-counted"):
    """So much more counts as paid for the stay since `at`; `settled`: nothing is due. `at_lane`: it was paid there."""

    cents: Cents
    at: datetime
    settled: bool
    at_lane: bool = False


class PaymentUncounted(Event, frozen=True, kw_only=True, tag="payment-uncounted"):
    """So much counts for the stay no more: it was paid for another one."""

    cents: Cents


class DueWaived(Event, frozen=True, kw_only=True, tag="due-waived"):
    """A person has let the driver off so much."""

    cents: Cents
    at: datetime


class ToPayLater(Event, frozen=True, kw_only=True, tag="to-pay-later"):
    """A person lets the vehicle leave without paying."""


class RefundChanged(Event, frozen=True, kw_only=True, tag="refund-changed"):
    """Money goes back."""

    refund: Refund


class DisputeChanged(Event, frozen=True, kw_only=True, tag="dispute-changed"):
    """A payment is contested, or no more."""

    dispute: Dispute


class DebtChanged(Event, frozen=True, kw_only=True, tag="debt-changed"):
    """What the vehicle that left still owes; None: nothing any more."""

    unpaid: Quote | None = None


class Booked(Event, frozen=True, kw_only=True, tag="booked"):
    """A line of the ledger."""

    entry: Entry


class ProviderAsked(Event, frozen=True, kw_only=True, tag="provider-asked"):
    """The payment provider is to do something."""

    order: ProviderOrder


class DiscountWithdrawn(Event, frozen=True, kw_only=True, tag="discount-withdrawn"):
    """A partner's validation counts no more."""

    ref: str


class DiscountSpent(Event, frozen=True, kw_only=True, tag="discount-spent"):
    """The session has ended: its validation has cost the partner so much, and takes over no more than that."""

    ref: str
    cents: Cents


class DiscountGiven(Event, frozen=True, kw_only=True, tag="discount-given"):
    """Somebody else takes over a part of what is due."""

    discount: Discount


MoneyEvent = (
    PaymentChanged
    | PaymentCounted
    | PaymentUncounted
    | DueWaived
    | ToPayLater
    | RefundChanged
    | DisputeChanged
    | DebtChanged
    | Booked
    | ProviderAsked
    | DiscountGiven
    | DiscountWithdrawn
    | DiscountSpent
)

SessionEvent = (
    ExitAsked
    | PaymentRequested
    | PaymentLeft
    | SessionClosed
    | SessionReopened
    | SessionVoided
    | PlanRaised
    | EntryCorrected
    | LeavingCorrected
    | HolderCorrected
    | Merged
    | StayConfirmed
    | ReviewFlagged
    | ReviewCleared
    | MoneyEvent
)


DOUBTFUL_ENDS = (Review.EXIT_MISSED, Review.LEFT_UNPAID)
"""Ends that a person looks at, unless a replay tells better."""


def _without(review: tuple[Review, ...], *reasons: Review) -> tuple[Review, ...]:
    return tuple(why for why in review if why not in reasons)


def evolve(session: Session, event: SessionEvent) -> Session:
    """The session after an event."""
    match event:
        case ExitAsked():
            return replace(
                session,
                asked_at=event.at,
                waiting_since=event.waiting_since,
                unbilled=event.unbilled,
                queued_s=event.queued_s,
                review=_without(session.review, Review.NOT_LET_IN),
            )
        case PaymentRequested():
            return replace(session, status=Status.PENDING_PAYMENT, quoted=event.quote)
        case PaymentLeft():
            return replace(session, status=Status.ACTIVE, quoted=None)
        case SessionClosed():
            return replace(
                session,
                status=Status.CLOSED,
                before_close=session.status,
                closed_at=event.at,
                left_at=event.left_at,
                closed_as=event.closed_as,
                review=session.review + event.review,
                unpaid=event.unpaid,
            )
        case SessionReopened():
            return replace(session, status=event.status, closed_at=None, left_at=None, closed_as=None, unpaid=None)
        case SessionVoided():
            return replace(session, status=Status.VOID, closed_at=event.at, closed_as="void")
        case PlanRaised():
            return replace(session, plan=event.plan, free_until=event.until, pool=event.pool)
        case EntryCorrected(opened_at=opened_at):
            return replace(session, opened_at=opened_at, review=_without(session.review, Review.ENTRY_UNKNOWN))
        case LeavingCorrected(closed_as=closed_as):
            review = _without(session.review, *DOUBTFUL_ENDS, Review.NOT_LET_IN)
            return replace(
                session,
                left_at=event.left_at,
                closed_as=closed_as,
                unpaid=event.unpaid,
                review=(*review, *(end for end in DOUBTFUL_ENDS if end == closed_as)),
            )
        case HolderCorrected(grant=grant):
            session = replace(session, holder_key=event.holder_key)
            if grant is None:
                return session
            return replace(session, plan=grant.plan, free_until=grant.until, pool=grant.pool)
        case Merged():
            return replace(session, merged_into=event.into)
        case ReviewFlagged() | ReviewCleared() | StayConfirmed():
            return _doubted(session, event)
        case _:
            return _money(session, event)


def _doubted(session: Session, event: ReviewFlagged | ReviewCleared | StayConfirmed) -> Session:
    match event:
        case ReviewFlagged(why=why):
            return replace(session, review=(*session.review, why))
        case ReviewCleared(why=why):
            return replace(session, review=_without(session.review, why) if why is not None else ())
        case StayConfirmed():
            return replace(session, confirmed=True, review=_without(session.review, Review.STAY_OVERLONG))


def _money(session: Session, event: MoneyEvent) -> Session:
    money = session.money
    match event:
        case PaymentChanged(payment=payment):
            return replace(session, money=money.with_payment(payment))
        case PaymentCounted():
            paid = replace(session, paid_cents=Cents(session.paid_cents + event.cents), paid_at=event.at)
            return _settled(paid, at_lane=event.at_lane) if event.settled else paid
        case PaymentUncounted(cents=cents):
            status = Status.ACTIVE if session.status is Status.PAID else session.status
            return replace(session, paid_cents=Cents(session.paid_cents - cents), status=status)
        case DueWaived():
            waived = replace(money, waived_cents=Cents(money.waived_cents + event.cents))
            return _settled(replace(session, money=waived, paid_at=event.at))
        case ToPayLater():
            return replace(session, pays_later=True)
        case RefundChanged(refund=refund):
            return replace(session, money=money.with_refund(refund))
        case DisputeChanged(dispute=dispute):
            return replace(session, money=money.with_dispute(dispute))
        case DebtChanged(unpaid=unpaid):
            return replace(session, unpaid=unpaid)
        case Booked(entry=entry):
            if entry.kind is EntryKind.DEBT:
                return replace(session, debt_entry=entry.id)
            return replace(session, debt_entry=None) if entry.counter_of == session.debt_entry else session
        case DiscountGiven(discount=discount):
            return replace(session, discounts=(*session.discounts, discount))
        case DiscountWithdrawn(ref=ref):
            return replace(session, discounts=tuple(one for one in session.discounts if one.ref != ref))
        case DiscountSpent(ref=ref, cents=cents):
            spent = (
                replace(one, budget_cents=cents, spent=True) if one.ref == ref else one for one in session.discounts
            )
            return replace(session, discounts=tuple(spent))
        case ProviderAsked():
            return session


def _settled(session: Session, *, at_lane: bool = False) -> Session:
    """Nothing is due of an open session; one that is over stays so."""
    if not session.status.is_open:
        return session
    return replace(session, status=Status.PAID, quoted=None, paid_at_lane=at_lane)
