"""Whether the exit has a reader for badges too, learned from badges that tell no lane.

Where it has none, a badge that is read while a vehicle waits at the entry is that vehicle's, also when its holder is
believed inside. Where it has one, its holder leaves, and who waits at the entry has not been read yet: to open the
entry would let them in for nothing, and hold the other one. Source: contract.md, "Rule for a badge without lane",
which does not tell the two apart; decision record 31.
"""

import dataclasses

from syspark.domain.decision import Decision, Moment
from syspark.domain.review import Review
from syspark.domain.site.events import ExitReaderShown, SiteEvent
from syspark.domain.site.lane import came_in_alone, just_entered, let_out_lately, plate_waits
from syspark.domain.site.reading import Case
from syspark.domain.site.state import Answer, SiteSetup, SiteState, Visit
from syspark.domain.units import Lane

KNOWN, NONE_THERE = 2, -3
"""How often it has to be shown that the exit has a reader, and how often it was not until it is held to have none."""

NOBODY_AT_ENTRY = "lane-nobody-at-entry"
SEEN_WITHIN_S = 5
"""Of a vehicle whose badge is read at the entry its sensor tells by then."""


def lane_by_reader(visit: Visit | None, state: SiteState, setup: SiteSetup, at: Moment) -> tuple[Lane, str] | None:
    """Where a badge was read that tells no lane, as far as the exit's reader tells; None: as anywhere else."""
    entry, watched = state.lane(Lane.ENTRY), state.watched(Lane.ENTRY, setup.sensors)
    if visit is not None and _stands_at_exit(visit, state, setup, at):
        return Lane.EXIT, "lane-not-let-out"
    if not watched or any(plate_waits(state, lane, setup, at) for lane in Lane):
        return None
    if entry.present:
        # Whoever stands at the entry has been let in already: it is not theirs.
        served = state.exit_reader > NONE_THERE and entry.opening is not None and entry.opening.answer is not Answer.BAD
        there = state.exit_reader >= KNOWN or served
        return (Lane.EXIT, "lane-reader-at-exit") if there and _is_inside(visit, state, setup, at) else None
    if visit is None:
        return None  # a badge is often held to the reader before the sensor tells of its vehicle
    if visit.inside and just_entered(visit, setup, at) and not _nobody_came_in(visit, state, at):
        return None
    was_there = visit.lane is Lane.EXIT and let_out_lately(visit, setup, at)
    return (Lane.EXIT, NOBODY_AT_ENTRY) if was_there or state.exit_reader >= KNOWN else None


def doubts(lane_rule: str, case: Case) -> tuple[Review, ...]:
    """Why a person should look at the visit that a badge begins at the entry."""
    unclear = NONE_THERE < case.state.exit_reader < KNOWN and _is_unclear(lane_rule, case)
    return (Review.LANE_NOT_TOLD,) if unclear else ()


def was_at_exit(lane_rule: str, case: Case) -> tuple[Review, ...]:
    """Why a person should look at the visit of who leaves: its badge was taken for one at the entry, nobody came in."""
    visit = case.known.visit
    at_exit = lane_rule == NOBODY_AT_ENTRY and visit is not None and visit.inside
    if visit is None or not at_exit or not just_entered(visit, case.setup, case.at):
        return ()
    return (Review.LANE_NOT_TOLD,)


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
    if _is_unclear(lane_rule, case):
        return max(NONE_THERE, times - 1) if times <= 0 else times
    visit = case.known.visit
    if times < KNOWN or visit is None or lane_rule != "lane-vehicle-waits" or entry.present_at is None:
        return times
    # Whom the exit was opened for is read again, and the same vehicle stands at the entry: it is theirs.
    mistaken = let_out_lately(visit, case.setup, case.at) and entry.present_at <= visit.read_at
    return 0 if mistaken else times


def _is_unclear(lane_rule: str, case: Case) -> bool:
    """Whether a badge that is taken to be read at the entry may have been read at the exit as well."""
    return lane_rule == "lane-vehicle-waits" and _is_inside(case.known.visit, case.state, case.setup, case.at)


def _nobody_came_in(visit: Visit, state: SiteState, at: Moment) -> bool:
    """Whether the sensor at the entry has seen nobody since a badge was taken to be read there."""
    entry = state.lane(Lane.ENTRY)
    since = (at.fact_at - visit.read_at).total_seconds()
    return since >= SEEN_WITHIN_S and (entry.cycle_since is None or entry.cycle_since <= visit.read_at)


def _stands_at_exit(visit: Visit, state: SiteState, setup: SiteSetup, at: Moment) -> bool:
    """Whether a vehicle was to be let out a moment ago, and neither we nor its site have opened for it."""
    asked = visit.lane is Lane.EXIT and visit.answer is Answer.BAD and not visit.counted_out
    if state.watched(Lane.EXIT, setup.sensors):
        return False
    return asked and let_out_lately(visit, setup, at) and not (visit.by_pin or visit.plan.parks_free)


def _is_inside(visit: Visit | None, state: SiteState, setup: SiteSetup, at: Moment) -> bool:
    if visit is None or not visit.inside or just_entered(visit, setup, at):
        return False
    return visit.confirmed or came_in_alone(visit, state, setup)
