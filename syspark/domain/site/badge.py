"""What a badge at a reader means. Source: domain.md, "Access"; contract.md, "A badge is a claim, not a grant"."""

import dataclasses
from datetime import datetime

from msgspec.structs import replace

from syspark.domain.access import Credential, Plan, Refusal, refusal
from syspark.domain.decision import Command, Decision, Moment, Timer, ToSession, later
from syspark.domain.facts import BadgeRead
from syspark.domain.messages import ExitMissed, ExitRequested
from syspark.domain.orders import MoveBarrier
from syspark.domain.session import Session
from syspark.domain.site import display
from syspark.domain.site.events import (
    BadgeRefused,
    IdentityRead,
    LaneOpened,
    PaymentAskEnded,
    SiteEvent,
    VisitBegun,
    VisitChanged,
    VisitEnded,
)
from syspark.domain.site.lane import just_entered, lane_of_read, let_out_lately, stands_at_entry, still_outside
from syspark.domain.site.state import Answer, Known, SiteSetup, SiteState, Visit
from syspark.domain.units import Lane, SessionId, Uid


def badge_read(state: SiteState, read: BadgeRead, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Decide a badge: a repeat, an entry, an exit, or a refusal."""
    visit = known.visit
    if visit is not None and _repeated(visit, setup, at):
        return Decision(rule="badge-repeated")
    lane, lane_rule = lane_of_read(read.lane, state, visit, setup, at)
    if lane is Lane.EXIT:
        decision = _exit(state, read.uid, known, setup, at)
    elif visit is None or not visit.inside:
        decision = _enter(state, read.uid, known.credential, setup, at)
    else:
        decision = _enter_again(state, visit, known.credential, setup, at)
    decision.given["lane_rule"] = lane_rule
    return decision


def _repeated(visit: Visit, setup: SiteSetup, at: Moment) -> bool:
    """Whether this is the last accepted read once more; one that led to nothing may be repeated at once."""
    since_s = abs((at.fact_at - visit.read_at).total_seconds())
    return visit.answer is not Answer.BAD and since_s < setup.policy.badge_repeat_s


def _enter(
    state: SiteState,
    uid: Uid,
    credential: Credential | None,
    setup: SiteSetup,
    at: Moment,
    before: tuple[SiteEvent, ...] = (),
) -> Decision[SiteEvent]:
    why = refusal(credential, setup.capacity - state.occupancy, at.fact_at)
    if why is not None:
        return _refuse(uid, Lane.ENTRY, why, setup, at)
    assert credential is not None
    opening, opened = open_lane(uid, Lane.ENTRY, at, setup, session_id=at.session_id, read_at=at.fact_at)
    session = Session(
        id=at.session_id,
        uid=uid,
        plan=credential.plan,
        tariff=setup.tariff,
        tariff_version=setup.tariff_version,
        opened_at=at.fact_at,
        decided_at=at.now,
        entry_command=opening.id,
    )
    visit = Visit(
        session_id=session.id,
        uid=uid,
        opened_at=at.fact_at,
        read_at=at.fact_at,
        tried_at=at.now,
        lane=Lane.ENTRY,
        command_id=opened.command_id,
        answer=asked(opened),
    )
    asked_again, restore = display.after_opening(opened, setup, at, place=1)
    shown = asked_again or (display.free_places(setup, state.occupancy + 1, at, 1),)
    return Decision(
        rule="entry-admitted",
        events=(
            *before,
            IdentityRead(lane=Lane.ENTRY, uid=uid, at=at.fact_at),
            VisitBegun(session=session, visit=visit),
            opened,
        ),
        commands=(opening, *shown),
        timers=restore,
    )


def _enter_again(
    state: SiteState, visit: Visit, credential: Credential | None, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """A vehicle whose session is open is read at the entry."""
    if still_outside(visit, setup, at) or stands_at_entry(state, visit, setup, at):
        # Its place is counted already, but its right may have ended since.
        why = refusal(credential, 1, at.fact_at)
        return _open_again(visit, setup, at) if why is None else _refuse(visit.uid, Lane.ENTRY, why, setup, at)
    if just_entered(visit, setup, at):
        return Decision(rule="entry-confirmed", events=(VisitChanged(visit=replace(visit, read_at=at.fact_at)),))
    ended: tuple[SiteEvent, ...] = (VisitEnded(visit=replace(visit, left_at=at.now, answer=Answer.GOOD)),)
    silent: tuple[Timer, ...] = ()
    if state.ask is not None and state.ask.session_id == visit.session_id:
        ended = (*ended, PaymentAskEnded(why="entered again"))
        silent = (Timer(key=display.PAYMENT_TIMER, at=None),)
    left = replace(state, occupancy=state.occupancy - 1)
    decision = _enter(left, visit.uid, credential, setup, at, before=ended)
    if decision.rule != "entry-admitted":
        return decision
    missed = ToSession(visit.session_id, ExitMissed(last_seen_at=visit.read_at))
    return dataclasses.replace(
        decision, rule="entry-after-missed-exit", handovers=(missed,), timers=decision.timers + silent
    )


def _open_again(visit: Visit, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Open the entry once more for the same session: whatever was tried before, the vehicle stands outside."""
    opening, opened = open_lane(visit.uid, Lane.ENTRY, at, setup, session_id=visit.session_id, read_at=at.fact_at)
    tried = replace(
        visit,
        read_at=at.fact_at,
        tried_at=at.now,
        lane=Lane.ENTRY,
        command_id=opened.command_id,
        answer=asked(opened),
        confirmed=False,
    )
    shown, restore = display.after_opening(opened, setup, at, place=1)
    return Decision(
        rule="entry-again",
        events=(IdentityRead(lane=Lane.ENTRY, uid=visit.uid, at=at.fact_at), VisitChanged(visit=tried), opened),
        commands=(opening, *shown),
        timers=restore,
    )


def _exit(state: SiteState, uid: Uid, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    visit, credential = known.visit, known.credential
    identity = IdentityRead(lane=Lane.EXIT, uid=uid, at=at.fact_at)
    cycle = state.lane(Lane.EXIT).cycle
    if visit is not None and (visit.inside or let_out_lately(visit, setup, at)):
        asking = replace(
            visit, read_at=at.fact_at, lane=Lane.EXIT, confirmed=True, command_id=None, answer=Answer.PENDING
        )
        return Decision(
            rule="exit-asked" if visit.inside else "exit-asked-again",
            events=(identity, VisitChanged(visit=asking)),
            handovers=(ToSession(visit.session_id, ExitRequested(lane=Lane.EXIT, cycle=cycle)),),
        )
    if credential is None:
        return _refuse(uid, Lane.EXIT, Refusal.UNKNOWN, setup, at)
    return _exit_without_entry(uid, credential.plan, identity, cycle, setup, at)


def _exit_without_entry(
    uid: Uid, plan: Plan, identity: IdentityRead, cycle: int, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """Nobody saw this vehicle enter: it gets a session without an invented time, for a person to look at."""
    session = Session(
        id=at.session_id,
        uid=uid,
        plan=plan,
        tariff=setup.tariff,
        tariff_version=setup.tariff_version,
        opened_at=None,
        decided_at=at.now,
        review=("entry_unknown",),
    )
    visit = Visit(
        session_id=session.id,
        uid=uid,
        opened_at=None,
        read_at=at.fact_at,
        tried_at=at.now,
        lane=Lane.EXIT,
        confirmed=True,
    )
    return Decision(
        rule="exit-entry-unknown",
        events=(identity, VisitBegun(session=session, visit=visit)),
        handovers=(ToSession(session.id, ExitRequested(lane=Lane.EXIT, cycle=cycle)),),
    )


def _refuse(uid: Uid, lane: Lane, why: Refusal, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    # Who is refused stands there all the same: operators see them waiting.
    events = (IdentityRead(lane=lane, uid=uid, at=at.fact_at), BadgeRefused(lane=lane, uid=uid, why=why))
    if why is Refusal.FULL:
        return Decision(rule=why, events=events, commands=(display.full(setup, at),))
    shown, restore = display.notice(setup, display.REFUSALS[why], lane, at, since=at.fact_at)
    return Decision(rule=why, events=events, commands=(shown,), timers=(restore,))


def open_lane(
    uid: Uid, lane: Lane, at: Moment, setup: SiteSetup, *, session_id: SessionId, read_at: datetime
) -> tuple[Command, LaneOpened]:
    """The command that opens a lane for a vehicle, withheld when the fact behind it is too old to act on."""
    late = at.age_s > setup.policy.late_after_s
    command = Command(
        id=at.command_id(0),
        order=MoveBarrier(lane=lane, session_id=session_id, read_at=read_at),
        expires_at=later(at.fact_at, setup.policy.barrier_expiry_s),
        withheld=late,
    )
    opened = LaneOpened(
        lane=lane, uid=uid, session_id=session_id, command_id=command.id, read_at=read_at, withheld=late
    )
    return command, opened


def asked(opened: LaneOpened) -> Answer:
    """What the driver has of an opening when it is decided."""
    return Answer.BAD if opened.withheld else Answer.PENDING
