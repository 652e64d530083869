"""What an operator's request means. Source: domain.md, "Audit": every manual opening has one of eight reasons."""

from msgspec.structs import replace

from syspark.domain.decision import Command, Decision, Moment, Timer, ToSession, later
from syspark.domain.messages import OpenLane, SessionOverridden
from syspark.domain.orders import MoveBarrier
from syspark.domain.site import display
from syspark.domain.site.events import LaneOpenedByHand, PaymentAskEnded, SiteEvent, VisitChanged, VisitEnded
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
    if visit is None or not visit.inside:
        return _for_nobody_known(asked, setup, at)
    opening, opened = open_lane(visit.key, asked.lane, at, setup, session_id=visit.session_id, read_at=at.fact_at)
    tried = replace(visit, lane=asked.lane, read_at=at.fact_at, command_id=opening.id, answer=Answer.PENDING)
    if asked.lane is Lane.ENTRY:
        event = VisitChanged(visit=replace(tried, tried_at=at.now))
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
    """A vehicle leaves by override: its session is told, and nothing more is asked of it."""
    timers: tuple[Timer, ...] = ()
    if state.ask is not None and state.ask.session_id == visit.session_id:
        events = (*events, PaymentAskEnded(why="let out by an operator"))
        timers = (Timer(key=display.PAYMENT_TIMER, at=None),)
    left = VisitEnded(visit=replace(visit, left_at=at.now, confirmed=True, counted_out=True))
    overridden = SessionOverridden(reason=asked.reason, author=asked.author)
    return Decision(
        rule="open-lane",
        events=(left, *events),
        commands=(opening, display.free_places(setup, state.occupancy - 1, at, 1)),
        handovers=(ToSession(visit.session_id, overridden),),
        timers=timers,
    )


def _for_nobody_known(asked: OpenLane, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    command = Command(
        id=at.command_id(0),
        order=MoveBarrier(lane=asked.lane, read_at=at.fact_at),
        expires_at=later(at.fact_at, setup.policy.barrier_expiry_s),
    )
    opened = LaneOpenedByHand(
        lane=asked.lane, command_id=command.id, reason=asked.reason, author=asked.author, at=at.now
    )
    return Decision(rule="open-lane", events=(opened,), commands=(command,))
