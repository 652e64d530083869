"""The life of a parking session. Source: domain.md, "Parking session" and "Exit and payment"."""

from dataclasses import replace

from syspark.domain.corrections import (
    ClearReview,
    CloseByHand,
    FlagReview,
    IdentityCorrected,
    MergedInto,
    PartFound,
    VoidSession,
)
from syspark.domain.decision import Decision, Moment
from syspark.domain.messages import (
    DeadlineReached,
    EntryTold,
    ExitMissed,
    ExitRequested,
    LeavingTold,
    LeftUnpaid,
    ReplayConflict,
    RightShown,
    SessionMessage,
    SessionOverridden,
    TurnedBack,
    VisitDoubted,
)
from syspark.domain.partner_messages import GiveValidation, SessionPartners, WithdrawValidation
from syspark.domain.payment.messages import (
    AskPrice,
    CheckoutEnded,
    CheckoutOpened,
    CheckoutRefused,
    ConfirmStay,
    DisputeTold,
    MovePayment,
    OrderRefused,
    PayLater,
    PaymentFailed,
    PaymentMoved,
    PaymentTold,
    RecordOnSite,
    RefundPayment,
    RefundTold,
    SessionMoney,
    UseCode,
    Waive,
)
from syspark.domain.policy import SitePolicy
from syspark.domain.review import Review
from syspark.domain.session import confirming, corrected, desk, leaving, money, offer, replayed, validated
from syspark.domain.session.booking import with_debt
from syspark.domain.session.events import PaymentLeft, PlanRaised, ReviewFlagged, SessionClosed, SessionEvent, evolve
from syspark.domain.session.moves import refusal
from syspark.domain.session.state import BY_HAND, Session, Status

__all__ = ["BY_HAND", "Session", "SessionEvent", "Status", "decide", "evolve"]


def decide(
    session: Session,
    message: SessionMessage,
    policy: SitePolicy,
    at: Moment,
    *,
    version: int,
    owes_already: bool = False,
) -> Decision[SessionEvent]:
    """What a message means for this session, whose row has this version.

    `owes_already`: its vehicle has a debt of another stay.
    """
    decided = _decided(session, message, policy, at, version=version)
    more: tuple[SessionEvent, ...] = with_debt(session, decided, at)
    if more and owes_already:
        more = (*more, ReviewFlagged(why=Review.OWES_AGAIN))
    spent, told = validated.settled(session, decided, at)
    if not more and not told:
        return decided
    return replace(decided, events=(*decided.events, *more, *spent), handovers=(*decided.handovers, *told))


def _decided(
    session: Session, message: SessionMessage, policy: SitePolicy, at: Moment, *, version: int
) -> Decision[SessionEvent]:
    refused = refusal(session.status, message)
    if refused is not None:
        if isinstance(message, ExitRequested):
            return leaving.ended(session, message, at)
        return Decision(rule=refused[0], refused=refused[1])
    match message:
        case ExitRequested():
            return leaving.asked(session, message, policy, at)
        case TurnedBack():
            return _turned_back(session, message)
        case LeftUnpaid():
            return leaving.left_unpaid(session, message, at)
        case ExitMissed():
            closed = SessionClosed(
                at=at.now, left_at=message.last_seen_at, closed_as="exit_missed", review=(Review.EXIT_MISSED,)
            )
            return Decision(rule="exit-missed", events=(closed,))
        case EntryTold() | LeavingTold() | ReplayConflict() | VisitDoubted():
            return replayed.told(session, message, at)
        case RightShown(plan=plan, until=until, pool=pool):
            if not plan.better_than(session.plan):
                return Decision(rule="right-not-better")
            return Decision(rule="right-raised", events=(PlanRaised(plan=plan, until=until, pool=pool),))
        case SessionOverridden():
            return _overridden(session, at)
        case CloseByHand() | VoidSession() | FlagReview() | ClearReview():
            return corrected.corrected(session, message, version, at)
        case IdentityCorrected():
            return corrected.identified(session, message)
        case MergedInto():
            return corrected.merged(session, message, at)
        case PartFound():
            return corrected.part_found(session, message, at)
        case _:
            return _money(session, message, policy, at)


def _money(
    session: Session, message: SessionMoney | SessionPartners | DeadlineReached, policy: SitePolicy, at: Moment
) -> Decision[SessionEvent]:
    """What money means for it."""
    match message:
        case AskPrice():
            return offer.priced(session, message, policy, at)
        case ConfirmStay():
            return confirming.told(session, message, policy, at)
        case GiveValidation() | WithdrawValidation():
            return validated.asked(session, message, at)
        case UseCode():
            return offer.code_used(session, message, at)
        case CheckoutOpened() | CheckoutRefused() | CheckoutEnded() | PaymentFailed():
            return offer.checkout(session, message, at)
        case DeadlineReached():
            return offer.due_to_end(session, message)
        case PaymentTold():
            return money.paid(session, message, at)
        case PaymentMoved():
            return money.moved_here(session, message, policy, at)
        case RefundTold():
            return money.refunded(session, message, at)
        case DisputeTold():
            return money.disputed(session, message, at)
        case OrderRefused():
            return money.order_refused(session, message)
        case Waive() | PayLater() | RefundPayment() | MovePayment() | RecordOnSite():
            return desk.asked(session, message, policy, at)


def _turned_back(session: Session, told: TurnedBack) -> Decision[SessionEvent]:
    if session.asked_at is not None and session.asked_at > told.asked_at:
        return Decision(rule="turned-back-and-came-again")
    return Decision(rule="turned-back", events=(PaymentLeft(),))


def _overridden(session: Session, at: Moment) -> Decision[SessionEvent]:
    """A person lets the vehicle out: what was due then is recorded, and left to whoever settles it."""
    due, _ = leaving.owed(session, session.waiting_since or at.fact_at)
    let_out = SessionClosed(at=at.now, left_at=at.fact_at, closed_as="override", review=(Review.OVERRIDE,), unpaid=due)
    return Decision(rule="exit-override", events=(let_out,))
