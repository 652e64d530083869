"""The life of a parking session. Source: domain.md, "Parking session" and "Exit and payment"."""

import enum
from datetime import datetime, timedelta

import msgspec

from syspark.domain.access import Plan
from syspark.domain.decision import Decision, Event, Moment, ToSite
from syspark.domain.messages import (
    SESSION_OVER,
    ExitGranted,
    ExitMissed,
    ExitRequested,
    PaymentDue,
    RightShown,
    SessionMessage,
    SessionOverridden,
)
from syspark.domain.policy import SitePolicy
from syspark.domain.tariff import Quote, Tariff, quote
from syspark.domain.units import CommandId, HolderKey, SessionId


class Status(enum.StrEnum):
    """Where a session stands; a state not reachable by a rule of this module is never entered."""

    ACTIVE = "active"
    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    CLOSED = "closed"
    VOID = "void"


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A parking session. `opened_at` None: nobody saw it enter, and no time is invented.

    `holder_key` is whom it was begun for; its witnesses are rows of their own. `tariff` is pinned at entry. `left_at`
    is when the vehicle left as far as known, `closed_at` when that was decided; `before_close` is the state a failed
    exit goes back to. `asked_at` is when it was last read at the exit, `waiting_since` when it was first: there the fee
    freezes. `right_until` is when the right it was begun under ends, `pool` whose place it takes.
    """

    id: SessionId
    holder_key: HolderKey
    plan: Plan
    tariff: Tariff
    tariff_version: int
    opened_at: datetime | None
    decided_at: datetime
    status: Status = Status.ACTIVE
    entry_command: CommandId | None = None
    left_at: datetime | None = None
    closed_at: datetime | None = None
    closed_as: str | None = None
    before_close: Status | None = None
    quoted: Quote | None = None
    asked_at: datetime | None = None
    waiting_since: datetime | None = None
    review: tuple[str, ...] = ()
    right_until: datetime | None = None
    pool: str | None = None


class ExitAsked(Event, frozen=True, kw_only=True, tag="exit-asked"):
    """The vehicle was read at the exit at `at`; it is waiting since `waiting_since`, by which its fee is counted."""

    at: datetime
    waiting_since: datetime


class PaymentRequested(Event, frozen=True, kw_only=True, tag="payment-requested"):
    """The stay has a price that is not paid."""

    quote: Quote


class SessionClosed(Event, frozen=True, kw_only=True, tag="session-closed"):
    """The vehicle is let out, or known to have left."""

    at: datetime
    left_at: datetime
    closed_as: str
    review: tuple[str, ...] = ()


class SessionReopened(Event, frozen=True, kw_only=True, tag="session-reopened"):
    """The vehicle was let out but stands there still: its session takes back its previous state."""

    status: Status


class PlanRaised(Event, frozen=True, kw_only=True, tag="plan-raised"):
    """A better right than the one it was begun under counts from now on."""

    plan: Plan
    until: datetime | None = None
    pool: str | None = None


SessionEvent = ExitAsked | PaymentRequested | SessionClosed | SessionReopened | PlanRaised


def evolve(session: Session, event: SessionEvent) -> Session:
    """The session after an event."""
    match event:
        case ExitAsked():
            return msgspec.structs.replace(session, asked_at=event.at, waiting_since=event.waiting_since)
        case PaymentRequested():
            return msgspec.structs.replace(session, status=Status.PENDING_PAYMENT, quoted=event.quote)
        case SessionClosed():
            return msgspec.structs.replace(
                session,
                status=Status.CLOSED,
                before_close=session.status,
                closed_at=event.at,
                left_at=event.left_at,
                closed_as=event.closed_as,
                review=session.review + event.review,
            )
        case PlanRaised():
            return msgspec.structs.replace(session, plan=event.plan, right_until=event.until, pool=event.pool)
        case SessionReopened():
            return msgspec.structs.replace(session, status=event.status, closed_at=None, left_at=None, closed_as=None)


def decide(session: Session, message: SessionMessage, policy: SitePolicy, at: Moment) -> Decision[SessionEvent]:
    """What a message means for this session."""
    match message:
        case ExitRequested():
            return _exit(session, message, policy, at)
        case ExitMissed():
            if session.status in {Status.CLOSED, Status.VOID}:
                return Decision(rule="session-already-ended", refused=f"the session is {session.status}")
            closed = SessionClosed(
                at=at.now, left_at=message.last_seen_at, closed_as="exit_missed", review=("exit_missed",)
            )
            return Decision(rule="exit-missed", events=(closed,))
        case RightShown(plan=plan, until=until, pool=pool):
            if not plan.better_than(session.plan):
                return Decision(rule="right-not-better")
            return Decision(rule="right-raised", events=(PlanRaised(plan=plan, until=until, pool=pool),))
        case SessionOverridden():
            if session.status in {Status.CLOSED, Status.VOID}:
                return Decision(rule="session-already-ended", refused=f"the session is {session.status}")
            let_out = SessionClosed(at=at.now, left_at=at.fact_at, closed_as="override", review=("override",))
            return Decision(rule="exit-override", events=(let_out,))


def _exit(session: Session, asked: ExitRequested, policy: SitePolicy, at: Moment) -> Decision[SessionEvent]:
    status_before = session.status
    reopened: tuple[SessionEvent, ...] = ()
    if session.status in {Status.CLOSED, Status.VOID}:
        # By the fact's time, as the site has judged it at its own now, which is later: what it let pass must pass here.
        since_s = (at.fact_at - session.closed_at).total_seconds() if session.closed_at else 0.0
        if session.status is Status.VOID or session.before_close is None or since_s > policy.same_exit_s:
            return _ended(session, asked, at)
        reopened = (SessionReopened(status=session.before_close),)
        session = evolve(session, reopened[0])
    read = ExitAsked(at=at.fact_at, waiting_since=_waiting_since(session, policy, at.fact_at))
    resumed = status_before is Status.CLOSED
    due, why = _due(session, asked, read.waiting_since)
    if due is not None and due.total_cents > 0:
        message = PaymentDue(
            session_id=session.id,
            key=session.holder_key,
            lane=asked.lane,
            cycle=asked.cycle,
            quote=due,
            resumed=resumed,
        )
        return Decision(
            rule="exit-payment-due",
            events=(*reopened, read, PaymentRequested(quote=due)),
            handovers=(ToSite(message),),
        )
    return Decision(
        rule=f"exit-{why}",
        events=(*reopened, read, SessionClosed(at=at.now, left_at=at.fact_at, closed_as=why, review=asked.review)),
        handovers=(ToSite(_granted(session, asked, why, at.now, resumed=resumed)),),
    )


def _ended(session: Session, asked: ExitRequested, at: Moment) -> Decision[SessionEvent]:
    """A vehicle stands at the exit with a session that is over: the session stays, and nobody is held hostage."""
    granted = _granted(session, asked, SESSION_OVER, session.closed_at or at.now, resumed=False)
    return Decision(
        rule="exit-of-ended-session",
        handovers=(ToSite(granted),),
        refused=f"the session is {session.status}; the vehicle is let out",
    )


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


def _due(session: Session, asked: ExitRequested, at: datetime) -> tuple[Quote | None, str]:
    """What is still to be paid at `at`, and why nothing is where nothing is."""
    if asked.by_pin:
        return None, "pin"
    if asked.waived is not None:
        return None, asked.waived
    if session.status is Status.PAID:
        return None, "payment"
    if session.plan.parks_free:
        return None, "right"
    if session.opened_at is None:
        # Nobody is held hostage: without a known entry there is no price, a person looks at it afterwards.
        return None, "entry-unknown"
    return quote(session.tariff, session.opened_at, at - timedelta(seconds=asked.unbilled_s)), "free"
