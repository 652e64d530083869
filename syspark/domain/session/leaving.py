"""What a session answers at the exit, and what it owes. Source: domain.md, "Exit and payment"."""

from datetime import datetime, timedelta

from syspark.domain.decision import Decision, Moment, ToSite, later
from syspark.domain.messages import SESSION_OVER, ExitGranted, ExitRequested, LeftUnpaid, PaymentDue
from syspark.domain.policy import SitePolicy
from syspark.domain.session.events import (
    ExitAsked,
    PaymentRequested,
    ReviewFlagged,
    SessionClosed,
    SessionEvent,
    SessionReopened,
    evolve,
)
from syspark.domain.session.state import Session, Status
from syspark.domain.tariff import Quote, after_payment, quote


def asked(session: Session, request: ExitRequested, policy: SitePolicy, at: Moment) -> Decision[SessionEvent]:
    """Let the vehicle out, or ask for what is due; once more for one that was let out and stands there still."""
    resumed = session.status is Status.CLOSED
    reopened: tuple[SessionEvent, ...] = ()
    if resumed:
        # By the fact's time, as the site has judged it at its own now, which is later: what it let pass must pass here.
        since_s = (at.fact_at - session.closed_at).total_seconds() if session.closed_at else 0.0
        if session.before_close is None or since_s > policy.same_exit_s:
            return ended(session, request, at)
        reopened = (SessionReopened(status=session.before_close),)
        session = evolve(session, reopened[0])
    stands_since = min(request.stands_since or at.fact_at, at.fact_at)
    read = ExitAsked(at=at.fact_at, waiting_since=_waiting_since(session, policy, stands_since))
    review = tuple(why for why in request.review if why not in session.review)
    due, why = _asked_for(session, request, read.waiting_since)
    if due is not None:
        message = PaymentDue(
            session_id=session.id,
            key=session.holder_key,
            lane=request.lane,
            cycle=request.cycle,
            quote=due,
            resumed=resumed,
        )
        return Decision(
            rule=f"exit-{why}",
            events=(*reopened, read, PaymentRequested(quote=due), *(ReviewFlagged(why=why) for why in review)),
            handovers=(ToSite(message),),
        )
    return Decision(
        rule=f"exit-{why}",
        events=(*reopened, read, SessionClosed(at=at.now, left_at=at.fact_at, closed_as=why, review=review)),
        handovers=(ToSite(_granted(session, request, why, at.now, resumed=resumed)),),
    )


def ended(session: Session, request: ExitRequested, at: Moment) -> Decision[SessionEvent]:
    """A vehicle stands at the exit with a session that is over: the session stays, and nobody is held hostage."""
    granted = _granted(session, request, SESSION_OVER, session.closed_at or at.now, resumed=False)
    return Decision(
        rule="exit-of-ended-session",
        handovers=(ToSite(granted),),
        refused=f"the session is {session.status}; the vehicle is let out",
    )


def left_unpaid(session: Session, left: LeftUnpaid, at: Moment) -> Decision[SessionEvent]:
    """The clock stops when the vehicle left; what was due then stays due, and nobody is held back for it."""
    due, why = owed(session, session.waiting_since or left.left_at)
    closed_as = why if due is None else "left_unpaid"
    closed = SessionClosed(at=at.now, left_at=left.left_at, closed_as=closed_as, unpaid=due)
    return Decision(rule="left-unpaid" if due is not None else "left-nothing-due", events=(closed,))


def owed(session: Session, at: datetime) -> tuple[Quote | None, str]:
    """What is still to be paid at `at` and why; None and why nothing is.

    A stay whose right has ended is charged from then on. A paid stay that lasts longer than its grace is charged
    for the difference only, as of that moment.
    """
    since = session.opened_at
    if session.plan.parks_free:
        if session.free_until is None or at <= session.free_until:
            return None, "right"
        since = session.free_until
    if since is None:
        # Nobody is held hostage: without a known entry there is no price, a person looks at it afterwards.
        return None, "entry-unknown"
    if session.status is Status.PAID:
        paid_at = session.paid_at
        if paid_at is None or at <= later(paid_at, session.tariff.exit_grace_minutes * 60):
            return None, "payment"
        rest = after_payment(priced(session, since, at), session.paid_cents)
        return (rest, "overstay") if rest.total_cents > 0 else (None, "payment")
    due = priced(session, since, at)
    return (due, "payment-due") if due.total_cents > 0 else (None, "free")


def priced(session: Session, since: datetime, at: datetime) -> Quote:
    """What its stay costs from `since` to `at` by the tariff it was begun under."""
    return quote(session.tariff, since, at, zone=session.zone, version=session.tariff_version)


def _asked_for(session: Session, request: ExitRequested, at: datetime) -> tuple[Quote | None, str]:
    if request.by_pin:
        return None, "pin"
    if request.waived is not None:
        return None, request.waived
    return owed(session, at - timedelta(seconds=request.unbilled_s))


def _granted(session: Session, asked: ExitRequested, why: str, closed_at: datetime, *, resumed: bool) -> ExitGranted:
    return ExitGranted(
        session_id=session.id,
        key=session.holder_key,
        lane=asked.lane,
        cycle=asked.cycle,
        why=why,
        closed_at=closed_at,
        resumed=resumed,
    )


def _waiting_since(session: Session, policy: SitePolicy, read_at: datetime) -> datetime:
    """Since when the vehicle waits at the exit: its first read there, unless it was not read for too long since."""
    if session.waiting_since is None or session.asked_at is None:
        return read_at
    unread_s = (read_at - session.asked_at).total_seconds()
    return read_at if unread_s > policy.freeze_lost_after_s else min(session.waiting_since, read_at)
