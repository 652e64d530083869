"""What a replay tells a session of the time its site was cut off. Source: domain.md, "Offline sites"."""

from datetime import datetime

from syspark.domain.decision import Decision, Moment, also
from syspark.domain.messages import EntryTold, LeavingTold, ReplayConflict, VisitDoubted
from syspark.domain.review import Review
from syspark.domain.session.events import (
    EntryCorrected,
    LeavingCorrected,
    ReviewCleared,
    ReviewFlagged,
    SessionClosed,
    SessionEvent,
    evolve,
)
from syspark.domain.session.leaving import owed
from syspark.domain.session.state import BY_HAND, Session, Status
from syspark.domain.tariff import Quote

_BY_PRICE = frozenset({"entry-unknown", "free", "left_unpaid"})
"""How a session was closed that another time of entry would close otherwise."""


def told(
    session: Session, message: EntryTold | LeavingTold | ReplayConflict | VisitDoubted, at: Moment
) -> Decision[SessionEvent]:
    """Put the session right by what a replay tells."""
    match message:
        case EntryTold(opened_at=opened_at):
            told = _entry_told(session, opened_at)
            lifted = message.let_in and Review.NOT_LET_IN in session.review
            return also(told, events=(ReviewCleared(why=Review.NOT_LET_IN),)) if lifted else told
        case LeavingTold():
            return _leaving_told(session, message, at)
        case ReplayConflict():
            return _conflict(session)
        case VisitDoubted(why=why):
            # Twice may be the broker's doing; who tries a third time was not let in: the next exit is of another visit.
            thrice = why is Review.NOT_LET_IN and why in session.review
            return Decision(rule="visit-doubted", events=_flagged(session, Review.REPLAY_CONFLICT if thrice else why))


def _entry_told(session: Session, opened_at: datetime) -> Decision[SessionEvent]:
    """An entry: the earliest one counts, and what is over is priced by it."""
    if session.opened_at is not None and session.opened_at <= opened_at:
        return Decision(rule="entry-known-already")
    # Where the clocks of two devices differ, a stay is short, never negative.
    corrected = EntryCorrected(opened_at=min(opened_at, session.left_at or opened_at))
    entered = evolve(session, corrected)
    if entered.left_at is None or entered.closed_as not in _BY_PRICE:
        return Decision(rule="entry-told", events=(corrected,))
    closed_as, unpaid = _left_alone(entered, entered.left_at)
    repriced = LeavingCorrected(left_at=entered.left_at, closed_as=closed_as, unpaid=unpaid)
    return Decision(rule="entry-told", events=(corrected, repriced))


def _leaving_told(session: Session, told: LeavingTold, at: Moment) -> Decision[SessionEvent]:
    """An exit: the site let the vehicle out by itself, and what it owed then is a debt."""
    if session.before_close is Status.PAID or (session.paid_cents and (told.missed or not session.status.is_open)):
        return _conflict(session)
    left_at = max(told.left_at, session.opened_at or told.left_at)
    closed_as, unpaid = ("exit_missed", None) if told.missed else _left_alone(session, left_at)
    if session.closed_as == BY_HAND:
        closed_as, unpaid = BY_HAND, session.unpaid  # what a person has said of it stands, but for when
    corrected = LeavingCorrected(left_at=left_at, closed_as=closed_as, unpaid=unpaid)
    flags = _flagged(session, Review.PIN_EXIT_GUESSED) if told.guessed else ()
    if session.status.is_open:
        closed = SessionClosed(at=at.now, left_at=left_at, closed_as=closed_as, unpaid=unpaid)
        return Decision(rule="leaving-told", events=(closed, corrected, *flags))
    return Decision(rule="leaving-told", events=(corrected, *flags))


def _conflict(session: Session) -> Decision[SessionEvent]:
    """What is told cannot be after what is known: a person should look."""
    return Decision(rule="replay-conflict", events=_flagged(session, Review.REPLAY_CONFLICT))


def _flagged(session: Session, why: Review) -> tuple[SessionEvent, ...]:
    return () if why in session.review else (ReviewFlagged(why=why),)


def _left_alone(session: Session, left_at: datetime) -> tuple[str, Quote | None]:
    """As what a session closes whose vehicle was let out by the site alone, and what it owes."""
    unpaid, why = owed(session, left_at)
    return (why, None) if unpaid is None else ("left_unpaid", unpaid)
