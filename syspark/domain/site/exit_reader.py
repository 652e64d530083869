"""Whether the exit has a reader for badges too, learned from badges that tell no lane.

Where it has none, a badge that is read while a vehicle waits at the entry is that vehicle's, also when its holder is
believed inside. Where it has one, its holder leaves, and who waits at the entry has not been read yet: to open the
entry would let them in for nothing, and hold the other one. Source: contract.md, "Rule for a badge without lane",
which does not tell the two apart; decision record 31.
"""

import dataclasses
from datetime import datetime

from syspark.domain.decision import Decision, Moment, Timer, ToSession, also, later
from syspark.domain.identity import WitnessKind
from syspark.domain.messages import VisitDoubted
from syspark.domain.review import Review
from syspark.domain.site.arrivals import in_cycle
from syspark.domain.site.events import ExitReaderShown, SiteEvent, VisitBegun
from syspark.domain.site.lane import (
    SEEN_WITHIN_S,
    came_in_alone,
    just_entered,
    let_out_lately,
    opened_by_itself,
    plate_waits,
    shown_at_entry,
)
from syspark.domain.site.reading import Case
from syspark.domain.site.state import Answer, Known, LaneState, SiteSetup, SiteState, Visit
from syspark.domain.units import Lane

KNOWN, NONE_THERE = 2, -3
"""How often it has to be shown that the exit has a reader, and how often it was not until it is held to have none."""

NOBODY_AT_ENTRY = "lane-nobody-at-entry"
CAME_TIMER = "came-in"


def lane_by_reader(visit: Visit | None, state: SiteState, setup: SiteSetup, at: Moment) -> tuple[Lane, str] | None:
    """Where a badge was read that tells no lane, as far as the exit's reader tells; None: as anywhere else."""
    entry, watched = state.lane(Lane.ENTRY), state.watched(Lane.ENTRY, setup.sensors)
    if visit is not None and _stands_at_exit(visit, state, setup, at):
        return Lane.EXIT, "lane-not-let-out"
    if not watched or any(plate_waits(state, lane, setup, at) for lane in Lane):
        return None
    if entry.present:
        # Whoever stands at the entry has been let in already, or has shown another badge: it is not theirs.
        opened = entry.opening is not None and entry.opening.answer is not Answer.BAD
        known = opened or _has_shown_another(visit, state, setup)
        there = state.exit_reader >= KNOWN or (known and state.exit_reader > NONE_THERE)
        inside = _is_inside(visit, state, setup, at) and not _tries_again(entry, visit, at)
        return (Lane.EXIT, "lane-reader-at-exit") if there and inside else None
    if visit is None or _may_be_back(visit, state, setup, at):
        return None  # a badge is often held to the reader before the sensor tells of its vehicle
    if visit.inside and just_entered(visit, setup, at) and not _nobody_came_in(visit, state, at):
        return None
    was_there = visit.lane is Lane.EXIT and let_out_lately(visit, setup, at)
    return (Lane.EXIT, NOBODY_AT_ENTRY) if was_there or state.exit_reader >= KNOWN else None


def is_unclear(lane_rule: str, case: Case) -> bool:
    """Whether a badge that is taken to be read at the entry may have been read at the exit as well."""
    return lane_rule == "lane-vehicle-waits" and _is_inside(case.known.visit, case.state, case.setup, case.at)


def looked_after(decided: Decision[SiteEvent], lane_rule: str, case: Case) -> Decision[SiteEvent]:
    """The decision; whether anybody has come in by a badge is looked at soon where its sensor sees nobody yet."""
    begun = [event.visit for event in decided.events if isinstance(event, VisitBegun)]
    entry, watched = case.state.lane(Lane.ENTRY), case.state.watched(Lane.ENTRY, case.setup.sensors)
    # A sensor that has never told of a vehicle proves nothing by its silence.
    silent = watched and not entry.present and entry.cycle_since is not None
    if lane_rule == "lane-said" or not silent or not begun or begun[0].lane is not Lane.ENTRY:
        return decided
    timer = Timer(f"{CAME_TIMER}:{begun[0].session_id}", later(case.at.now, case.setup.policy.one_arrival_unwatched_s))
    return also(decided, timers=(timer,))


def came_in(state: SiteState, known: Known, setup: SiteSetup, due_at: datetime) -> Decision[SiteEvent]:
    """Whether a vehicle had come, when that was due, by a badge that was read before the entry's sensor saw it."""
    visit, watched = known.visit, state.watched(Lane.ENTRY, setup.sensors)
    if visit is None or not visit.inside or visit.lane is not Lane.ENTRY or not watched:
        return Decision(rule="somebody-came-in")
    if _has_come(state.lane(Lane.ENTRY), visit, due_at):
        return Decision(rule="somebody-came-in")
    return Decision(
        rule="nobody-came-in", handovers=(ToSession(visit.session_id, VisitDoubted(why=Review.LANE_NOT_TOLD)),)
    )


def learned(decided: Decision[SiteEvent], lane_rule: str, case: Case) -> Decision[SiteEvent]:
    """The decision, with what it shows of a reader at the exit."""
    times = _times_shown(decided.rule, lane_rule, case)
    if times == case.state.exit_reader:
        return decided
    return dataclasses.replace(decided, events=(*decided.events, ExitReaderShown(times=times)))


def _times_shown(rule: str, lane_rule: str, case: Case) -> int:
    state, times = case.state, case.state.exit_reader
    entry = state.lane(Lane.ENTRY)
    if rule == "exit-asked" and lane_rule == "lane-open-session":
        alone = state.watched(Lane.ENTRY, case.setup.sensors) and not entry.present
        return min(KNOWN, max(times, 0) + 1) if alone else times
    if is_unclear(lane_rule, case):
        # What is told late comes several at once while one vehicle waits: they cannot all be its own.
        shown = times <= 0 and case.at.age_s <= case.setup.policy.late_after_s
        return max(NONE_THERE, times - 1) if shown else times
    visit = case.known.visit
    if times < KNOWN or visit is None or lane_rule != "lane-vehicle-waits" or entry.present_at is None:
        return times
    # Whom the exit was opened for is read again, and the same vehicle stands at the entry: it is theirs.
    mistaken = let_out_lately(visit, case.setup, case.at) and entry.present_at <= visit.read_at
    return 0 if mistaken else times


def _has_shown_another(visit: Visit | None, state: SiteState, setup: SiteSetup) -> bool:
    """Whether another badge was read of the vehicle at the entry, admitted or not: a second one is another driver's."""
    shown = shown_at_entry(state, setup)
    if shown is None or visit is None:
        return False
    return shown.kind is WitnessKind.BADGE and shown.key not in visit.keys


def _tries_again(entry: LaneState, visit: Visit | None, at: Moment) -> bool:
    """Whether a vehicle stands at the entry since its badge was told so late that its site may have let it in alone.

    It has not: its sensor sees the vehicle still. A site opens alone while it is cut off, not while a worker is away.
    """
    if visit is None or visit.confirmed or visit.answer is not Answer.BAD:
        return False
    theirs = (one for one in entry.arrivals if one.session_id == visit.session_id and one.since is not None)
    return any(in_cycle(one, at.fact_at) for one in theirs)


def _nobody_came_in(visit: Visit, state: SiteState, at: Moment) -> bool:
    """Whether the sensor at the entry has seen nobody since a badge was taken to be read there."""
    entry = state.lane(Lane.ENTRY)
    since = (at.fact_at - visit.read_at).total_seconds()
    return since >= SEEN_WITHIN_S and (entry.cycle_since is None or entry.cycle_since <= visit.read_at)


def _may_be_back(visit: Visit, state: SiteState, setup: SiteSetup, at: Moment) -> bool:
    """Whether who was let out well a while ago may be back: controllers open for them at either lane."""
    if visit.inside or visit.left_at is None or visit.answer is not Answer.GOOD or not opened_by_itself(visit, state):
        return False
    return (at.fact_at - visit.left_at).total_seconds() > setup.policy.exit_after_s


def _stands_at_exit(visit: Visit, state: SiteState, setup: SiteSetup, at: Moment) -> bool:
    """Whether a vehicle was to be let out a moment ago, and neither we nor its site have opened for it."""
    asked = visit.lane is Lane.EXIT and visit.answer is Answer.BAD and not visit.counted_out
    if state.watched(Lane.EXIT, setup.sensors):
        return False
    return asked and let_out_lately(visit, setup, at) and not (visit.by_pin or visit.plan.parks_free)


def _has_come(entry: LaneState, visit: Visit, due_at: datetime) -> bool:
    """Whether the entry's sensor has seen a vehicle since a visit's badge was read, which was let in by no other.

    Who stands there may have come after it was due only: what is decided late is decided of then.
    """
    own = next((one for one in entry.arrivals if one.session_id == visit.session_id), None)
    if own is None:
        return entry.cycle_since is not None and entry.cycle_since > visit.read_at
    others = (one for one in entry.arrivals if one.id != own.id and one.since == own.since)
    stands = entry.present_at is not None and entry.present_at <= due_at
    came = stands or own.ended_at is not None
    return came and all(one.session_id is None for one in others)


def _is_inside(visit: Visit | None, state: SiteState, setup: SiteSetup, at: Moment) -> bool:
    if visit is None or not visit.inside or just_entered(visit, setup, at):
        return False
    return visit.confirmed or came_in_alone(visit, state, setup)
