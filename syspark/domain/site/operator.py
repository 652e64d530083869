"""What an operator's request means. Source: domain.md, "Audit": every manual opening has one of eight reasons."""

from msgspec.structs import replace

from syspark.domain.decision import Command, Decision, HandOver, Moment, Timer, ToSession, later
from syspark.domain.messages import LeftUnpaid, OpenLane, SessionOverridden
from syspark.domain.orders import Because, MoveBarrier
from syspark.domain.site import display
from syspark.domain.site.events import LaneOpenedByHand, PaymentAskEnded, SiteEvent, VisitChanged, VisitEnded
from syspark.domain.site.lane import known_to_wait
from syspark.domain.site.opening import open_lane
from syspark.domain.site.state import Answer, Known, SiteSetup, SiteState, Visit
from syspark.domain.units import Lane


def open_by_operator(
    state: SiteState, asked: OpenLane, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """Open a lane because a person says so, for whom it is known to wait there, or for nobody known.

    Refused when the request is too old to be about what the person saw.
    """
    if at.age_s > setup.policy.late_after_s:
        return Decision(rule="open-lane-late", refused=f"the request was {at.age_s:.0f} s old: look again, then press")
    visit = known.visit
    if visit is None or not visit.inside or not known_to_wait(state, asked.lane, setup, at):
        return _for_nobody_known(asked, setup, at)
    opening, opened = open_lane(
        visit.key, asked.lane, at, setup, session_id=visit.session_id, read_at=at.fact_at, because=Because.OVERRIDE
    )
    tried = replace(visit, lane=asked.lane, read_at=at.fact_at, command_id=opening.id, answer=Answer.PENDING)
    if asked.lane is Lane.ENTRY:
        # Whoever has it opened sees them outside still.
        event = VisitChanged(visit=replace(tried, tried_at=at.now, confirmed=False))
        return Decision(rule="open-lane", events=(event, opened), commands=(opening,))
    return _let_out(state, asked, tried, setup, at, opening=opening, events=(opened,))


def _let_out(
    state: SiteState,
    asked: OpenLane,
    visit: Visit,
    setup: SiteSetup,
    at: Moment,
    *,
    opening: Command,
    events: tuple[SiteEvent, ...],
) -> Decision[SiteEvent]:
    told = SessionOverridden(reason=asked.reason, author=asked.author)
    ended, handovers, timers = overridden(state, visit, told, at)
    return Decision(
        rule="open-lane",
        events=(*ended, *events),
        commands=(opening, display.free_places(setup, state, at, 1, change=-1, plan=visit.plan)),
        handovers=handovers,
        timers=timers,
    )


def overridden(
    state: SiteState, visit: Visit, told: SessionOverridden | LeftUnpaid, at: Moment
) -> tuple[tuple[SiteEvent, ...], tuple[HandOver, ...], tuple[Timer, ...]]:
    """A vehicle leaves by override, or by timed release: its session is told, and nothing more is asked of it."""
    left = VisitEnded(visit=replace(visit, left_at=at.now, confirmed=True, counted_out=True))
    handover = ToSession(visit.session_id, told)
    if state.ask is None or state.ask.session_id != visit.session_id:
        return (left,), (handover,), ()
    return (
        (left, PaymentAskEnded(why="let out by an operator")),
        (handover,),
        (Timer(key=display.PAYMENT_TIMER, at=None),),
    )


def _for_nobody_known(asked: OpenLane, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    command = Command(
        id=at.command_id(0),
        order=MoveBarrier(lane=asked.lane, read_at=at.fact_at, because=Because.OVERRIDE),
        expires_at=later(at.fact_at, setup.policy.barrier_expiry_s),
    )
    opened = LaneOpenedByHand(
        lane=asked.lane, command_id=command.id, reason=asked.reason, author=asked.author, at=at.now
    )
    return Decision(rule="open-lane", events=(opened,), commands=(command,))
