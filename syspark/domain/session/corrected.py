"""What a person's corrections mean for a session. Source: domain.md, "Parking session"; docs/corrections.md."""

from syspark.domain.corrections import (
    ClearReview,
    CloseByHand,
    FlagReview,
    IdentityCorrected,
    MergedInto,
    PartFound,
    SessionCorrection,
    SessionEnded,
    VoidSession,
)
from syspark.domain.decision import Decision, Moment, ToSite
from syspark.domain.payment.messages import MovePayment
from syspark.domain.review import Review
from syspark.domain.session.desk import moved
from syspark.domain.session.events import (
    HolderCorrected,
    Merged,
    ReviewCleared,
    ReviewFlagged,
    SessionClosed,
    SessionEvent,
    SessionVoided,
)
from syspark.domain.session.state import BY_HAND, Session

CHANGED_SINCE = "changed-since"


def corrected(session: Session, correction: SessionCorrection, version: int, at: Moment) -> Decision[SessionEvent]:
    """Put right what a person has found, unless the session has changed since they looked."""
    if correction.version != version:
        return Decision(rule=CHANGED_SINCE, refused="the session has changed since it was shown: look again")
    told = SessionEnded(session_id=session.id, key=session.holder_key, plan=session.plan, at=at.now)
    ended = (ToSite(told),)
    match correction:
        case CloseByHand():
            closed = SessionClosed(at=at.now, left_at=session.last_seen_at, closed_as=BY_HAND)
            return Decision(rule="closed-by-hand", events=(*_looked_at(session), closed), handovers=ended)
        case VoidSession():
            if any(paid.counts and session.money.left_cents(paid) > 0 for paid in session.money.payments):
                return Decision(rule="void-of-paid", refused="money was paid for it: give it back or move it first")
            void = SessionVoided(at=at.now)
            return Decision(rule="voided", events=(*_looked_at(session), void), handovers=ended)
        case FlagReview():
            if Review.FLAGGED in session.review:
                return Decision(rule="review-flagged-already", refused="the session is in review already")
            return Decision(rule="review-flagged", events=(ReviewFlagged(why=Review.FLAGGED),))
        case ClearReview():
            if not session.review:
                return Decision(rule="review-not-asked", refused="the session is not in review")
            return Decision(rule="review-cleared", events=(ReviewCleared(),))


def _looked_at(session: Session) -> tuple[SessionEvent, ...]:
    """Whoever puts a session right has looked at it."""
    return (ReviewCleared(),) if session.review else ()


def identified(session: Session, told: IdentityCorrected) -> Decision[SessionEvent]:
    """The session goes by the holder a person has found and by their right; what was doubted is settled."""
    corrected = HolderCorrected(holder_key=told.holder_key, grant=told.grant)
    return Decision(rule="identity-corrected", events=(corrected, *_looked_at(session)))


def merged(session: Session, told: MergedInto, at: Moment) -> Decision[SessionEvent]:
    """The session was a part of another: if it is open, it never happened by itself, and what was paid counts there."""
    events: tuple[SessionEvent, ...] = (Merged(into=told.into), *_looked_at(session))
    if not session.status.is_open:
        return Decision(rule="merged", events=events)
    moves = [
        moved(
            session, MovePayment(payment_ref=paid.payment_ref, to=told.into, reason=told.reason, author=told.author), at
        )
        for paid in session.money.payments
        if paid.payment_ref is not None and paid.counts
    ]
    return Decision(
        rule="merged",
        events=(*events, *(event for move in moves for event in move.events), SessionVoided(at=at.now)),
        handovers=tuple(handover for move in moves for handover in move.handovers),
    )


def part_found(session: Session, told: PartFound, at: Moment) -> Decision[SessionEvent]:
    """The part of the visit that was missing settles what was doubted, and may tell when the vehicle left."""
    events = _looked_at(session)
    if told.left_at is not None and session.status.is_open:
        events = (*events, SessionClosed(at=at.now, left_at=told.left_at, closed_as="merged"))
    return Decision(rule="part-found", events=events)
