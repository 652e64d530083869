"""What a session answers at the exit, and what it owes. Source: domain.md, "Exit and payment"."""

from datetime import datetime

from syspark.domain.decision import Decision, Moment, ToSite, later
from syspark.domain.messages import SESSION_OVER, ExitGranted, ExitRequested, LeftUnpaid, PaymentDue
from syspark.domain.policy import SitePolicy
from syspark.domain.review import Review
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
from syspark.domain.tariff import Quote, after_payment, credits_of, quote
from syspark.domain.units import Cents

PAY_LATER = "pay-later"
"""Why a vehicle is let out that a person has said may pay later."""


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
    read = ExitAsked(
        at=at.fact_at,
        waiting_since=_waiting_since(session, policy, stands_since),
        unbilled=request.unbilled,
        queued_s=request.queued_s,
    )
    session = evolve(session, read)
    known = (*session.review, *((Review.STAY_OVERLONG,) if session.confirmed else ()))
    review = tuple(why for why in request.review if why not in known)
    due, why = _asked_for(session, request, read.waiting_since)
    if due is not None and not session.pays_later:
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
    why = why if due is None else PAY_LATER
    closed = SessionClosed(at=at.now, left_at=at.fact_at, closed_as=why, review=review, unpaid=due)
    return Decision(
        rule=f"exit-{why}",
        events=(*reopened, read, closed),
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
    since = session.since
    if session.plan.parks_free:
        if session.free_until is None or at <= session.free_until:
            return None, "right"
        since = session.free_until
    if since is None:
        # Nobody is held hostage: without a known entry there is no price, a person looks at it afterwards.
        return None, "entry-unknown"
    due = priced(session, since, at)
    settled = settled_cents(session)
    if settled:
        due = after_payment(due, settled)
    if session.status is Status.PAID:
        why = "payment" if session.paid_cents or not settled else "waived"
        if due.total_cents == 0 or session.paid_at is None or at <= leave_by(session, session.paid_at):
            return None, why
        return due, "overstay"
    return (due, "payment-due") if due.total_cents > 0 else (None, "payment" if settled else "free")


def settled_cents(session: Session) -> Cents:
    """What counts as paid for the stay, with what a person has let the driver off."""
    return Cents(session.paid_cents + session.money.waived_cents)


def leave_by(session: Session, paid_at: datetime) -> datetime:
    """Until when a vehicle that was paid for at `paid_at` may leave; who queued for the exit has that much longer."""
    tariff = session.tariff
    minutes = tariff.lane_grace_minutes if session.paid_at_lane else tariff.exit_grace_minutes
    return later(paid_at, minutes * 60 + session.queued_s)


def due_now(session: Session, policy: SitePolicy, now: datetime) -> tuple[Quote | None, str]:
    """What is due at `now`, as `owed` tells; of a session that is over, what its vehicle still owes.

    The fee is frozen while it waits at the exit: until it has left and was not read there again for a while.
    """
    if not session.status.is_open:
        return session.unpaid, "nothing-due"
    waits = session.status is Status.PENDING_PAYMENT or (
        session.asked_at is not None and (now - session.asked_at).total_seconds() <= policy.freeze_lost_after_s
    )
    return owed(session, session.waiting_since if waits and session.waiting_since is not None else now)


def priced(session: Session, since: datetime, at: datetime) -> Quote:
    """What its stay costs from `since` to `at` by the tariff it was begun under."""
    credited = credits_of(session.unbilled, session.queued_s, until=at)
    return quote(
        session.tariff,
        since,
        at,
        zone=session.zone,
        credits=credited,
        discounts=session.discounts,
        version=session.tariff_version,
    )


def _asked_for(session: Session, request: ExitRequested, at: datetime) -> tuple[Quote | None, str]:
    if request.by_pin:
        return None, "pin"
    if request.waived is not None:
        return None, request.waived
    return owed(session, at)


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
