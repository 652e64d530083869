"""When a site needs a person: somebody waits too long, it is full, an opening came to nothing.

Source: domain.md, "Devices, health, alarms": a vehicle waiting is amber after a minute and red after two.
"""

from collections.abc import Iterator

from syspark.domain import alarms
from syspark.domain.alarm_details import TAKEN
from syspark.domain.alarm_kind import AlarmKind, Severity
from syspark.domain.decision import Decision, HandOver, Moment, Timer, also, later
from syspark.domain.facts import BarrierReported
from syspark.domain.messages import CommandFated, Reported, SiteMessage
from syspark.domain.site.events import (
    CommandEnded,
    IdentityRead,
    LaneOpened,
    LaneOpenedByHand,
    PresenceChanged,
    SiteEvent,
    WaitingEnded,
    WaitWatched,
)
from syspark.domain.site.evolution import evolve
from syspark.domain.site.ledger import OPENING
from syspark.domain.site.state import Answer, Known, SiteSetup, SiteState, WaitWatch
from syspark.domain.units import Lane

WAITING_TIMER = "waiting"
BARRIER_TIMER = "barrier-answers"
ANSWERS_WITHIN_S = 15
"""A command is good for 10 s, and a barrier's word takes its time through a bridge."""
LOOK_AGAIN_S = 60
"""How often who waits over the limit is looked at: whose end of waiting told nobody must not stay an alarm."""
ROOM_AGAIN = 50
"""A fiftieth of the places, one at least, must be free again before a site is no longer full."""

_FATES = {
    "expired": AlarmKind.COMMAND_EXPIRED,
    "unknown": AlarmKind.BARRIER_NOT_CONFIRMED,
    "failed": AlarmKind.BARRIER_NOT_CONFIRMED,
    "refused": AlarmKind.BARRIER_NOT_CONFIRMED,
}


def drawn(
    state: SiteState, message: SiteMessage, decision: Decision[SiteEvent], known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """The decision with what it means for those who watch: whose wait begins or ends, whether the site is full."""
    if isinstance(message, Reported) and isinstance(message.fact, BarrierReported):
        # A barrier's own word is decided by less of the state than the rest of this takes.
        return _heard(message.fact, decision)
    if not decision.events:
        return decision
    after = state
    for event in decision.events:
        after = evolve(after, event, setup.sensors)
    told: tuple[HandOver, ...] = (
        *_full(state.occupancy, after.occupancy, setup.capacity),
        *_came_to_nothing(message, known, state),
    )
    events: list[SiteEvent] = []
    timers = [*_awaited(state, decision, at)]
    for name in _lanes(decision, state):
        lane, watch = after.lane(name), state.lane(name).watch
        waits = lane.waiting_since is not None
        if waits and watch is WaitWatch.OFF:
            events.append(WaitWatched(lane=name, watch=WaitWatch.ON))
            timers.append(Timer(f"{WAITING_TIMER}:{name}", later(at.now, setup.policy.waiting_amber_s)))
        elif not waits and watch is not WaitWatch.OFF and _lets_go(decision, name):
            events.append(WaitWatched(lane=name, watch=WaitWatch.OFF))
            timers.append(Timer(f"{WAITING_TIMER}:{name}", None))
            if watch is WaitWatch.TOLD:
                told = (*told, alarms.cleared(AlarmKind.VEHICLE_WAITING, name))
    if not events and not told and not timers:
        return decision
    return also(decision, events=events, handovers=told, timers=timers)


def waiting_due(state: SiteState, name: Lane, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Somebody may have waited for a minute, or for two."""
    lane, key = state.lane(name), f"{WAITING_TIMER}:{name}"
    if lane.waiting_since is None:
        over = (alarms.cleared(AlarmKind.VEHICLE_WAITING, name),) if lane.watch is WaitWatch.TOLD else ()
        return Decision(rule="waits-no-more", events=(WaitWatched(lane=name, watch=WaitWatch.OFF),), handovers=over)
    amber, red = (later(lane.waiting_since, s) for s in (setup.policy.waiting_amber_s, setup.policy.waiting_red_s))
    if at.now < amber:
        return Decision(rule="waits-not-long", timers=(Timer(key, amber),))
    severity = Severity.WARNING if at.now < red else Severity.CRITICAL
    return Decision(
        rule="waits-long",
        events=(WaitWatched(lane=name, watch=WaitWatch.TOLD),) if lane.watch is not WaitWatch.TOLD else (),
        handovers=(alarms.raised(AlarmKind.VEHICLE_WAITING, name, severity=severity),),
        timers=(Timer(key, red if at.now < red else later(at.now, LOOK_AGAIN_S)),),
    )


def barrier_due(state: SiteState, name: Lane, at: Moment) -> Decision[SiteEvent]:
    """A barrier that tells what it does was told to open, and has not said that it does."""
    lane = state.lane(name)
    failed = lane.opening is not None and lane.opening.answer is Answer.BAD
    if failed or lane.barrier in OPENING or lane.told_open_at is None:
        return Decision(rule="barrier-not-awaited")
    if (due := later(lane.told_open_at, ANSWERS_WITHIN_S)) > at.now:
        return Decision(rule="barrier-not-late", timers=(Timer(f"{BARRIER_TIMER}:{name}", due),))
    return Decision(rule="barrier-silent", handovers=(alarms.raised(AlarmKind.BARRIER_NOT_CONFIRMED, name),))


def _awaited(state: SiteState, decision: Decision[SiteEvent], at: Moment) -> Iterator[Timer]:
    """When a barrier that tells what it does should have said that it opens."""
    for event in decision.events:
        match event:
            case LaneOpened(lane=name, withheld=False) | LaneOpenedByHand(lane=name):
                if state.lane(name).barrier is not None:
                    yield Timer(f"{BARRIER_TIMER}:{name}", later(at.now, ANSWERS_WITHIN_S))
            case _:
                continue


def _heard(fact: BarrierReported, decision: Decision[SiteEvent]) -> Decision[SiteEvent]:
    if fact.state not in OPENING:
        return decision
    return also(decision, timers=(Timer(f"{BARRIER_TIMER}:{fact.lane}", None),))


def _lanes(decision: Decision[SiteEvent], state: SiteState) -> Iterator[Lane]:
    """The lanes where somebody may begin to wait, or cease to."""
    for name in Lane:
        opening = state.lane(name).opening
        for event in decision.events:
            match event:
                case IdentityRead() | PresenceChanged() | LaneOpened() | LaneOpenedByHand() | WaitingEnded():
                    concerns = event.lane is name
                case CommandEnded(command_id=command_id):
                    concerns = opening is not None and opening.command_id == command_id
                case _:
                    concerns = False
            if concerns:
                yield name
                break


def _lets_go(decision: Decision[SiteEvent], name: Lane) -> bool:
    """Whether somebody was let through, or has left: reading a lane alone ends no wait."""
    return any(
        isinstance(event, LaneOpened | LaneOpenedByHand | PresenceChanged | WaitingEnded) and event.lane is name
        for event in decision.events
    )


def _full(before: int, after: int, capacity: int) -> Iterator[HandOver]:
    room = capacity - max(1, capacity // ROOM_AGAIN)
    if before < capacity <= after:
        yield alarms.raised(AlarmKind.PARKING_FULL, detail=TAKEN.written(inside=after, places=capacity))
    elif after <= room < before:
        yield alarms.cleared(AlarmKind.PARKING_FULL)


def _came_to_nothing(message: SiteMessage, known: Known, state: SiteState) -> Iterator[HandOver]:
    if not isinstance(message, CommandFated) or message.fate not in _FATES:
        return
    lanes = (
        name for name, lane in state.lanes.items() if lane.opening and lane.opening.command_id == message.command_id
    )
    lane = next(lanes, known.visit.lane if known.visit is not None else None)
    if lane is not None:
        yield alarms.raised(_FATES[message.fate], lane)
