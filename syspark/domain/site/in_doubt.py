"""Of what was told without a lane, or late, what is not certain: a person looks at the visits it concerns.

Vehicles pass a sensor one by one, and who is let through by a badge shows nothing more. A badge that was told late is
taken for that of the vehicle at the entry; what that vehicle shows after all makes it another's, which was at the exit.
Source: domain.md, "Offline sites": "flags what cannot be reconciled".
"""

from msgspec.structs import replace

from syspark.domain.decision import Decision, HandOver, ToSession, also
from syspark.domain.facts import BadgeRead
from syspark.domain.messages import VisitDoubted
from syspark.domain.review import Review
from syspark.domain.site.alone import BACK_AT_ENTRY, CAME_IN_BEFORE, SAME_EXIT, another_stands, is_over
from syspark.domain.site.events import SiteEvent, VisitChanged
from syspark.domain.site.exit_reader import KNOWN, NOBODY_AT_ENTRY, NONE_THERE, is_unclear
from syspark.domain.site.lane import just_entered, opened_by_itself, shown_at_entry, vehicle_waits
from syspark.domain.site.reading import Case, Reading
from syspark.domain.site.state import Answer, Visit
from syspark.domain.units import Lane

_TAKEN_FOR_ENTRY = frozenset({"badge-repeated", "entry-again", "entry-confirmed"})
"""The rules by which a badge of a vehicle inside is one more reading of its entry."""


def doubts(lane: Lane, lane_rule: str, case: Case) -> tuple[Review, ...]:
    """Why a person should look at the visit that a badge without lane begins, ends or may have ended."""
    unclear = NONE_THERE < case.state.exit_reader < KNOWN and is_unclear(lane_rule, case)
    doubtful = unclear or _is_behind(lane_rule, case) or _nobody_came_in(lane_rule, case)
    return (Review.LANE_NOT_TOLD,) if doubtful or _is_told_late(lane, lane_rule, case) else ()


def _is_behind(lane_rule: str, case: Case) -> bool:
    """Whether a badge is taken for one at the entry too soon after another was let in there to be the next one's."""
    visit, entry = case.known.visit, case.state.lane(Lane.ENTRY)
    opening, present_at = entry.opening, entry.present_at
    if lane_rule != "lane-vehicle-waits" or opening is None or opening.answer is Answer.BAD or present_at is None:
        return False
    another = opening.read_at >= present_at and (visit is None or visit.session_id != opening.session_id)
    apart_s = abs((case.at.fact_at - opening.read_at).total_seconds())
    return another and apart_s < case.setup.policy.one_vehicle_after_opening_s


def _nobody_came_in(lane_rule: str, case: Case) -> bool:
    """Whether who leaves has only just been taken to stand at the entry: nobody came in there."""
    visit = case.known.visit
    inside = lane_rule == NOBODY_AT_ENTRY and visit is not None and visit.inside
    return inside and visit is not None and just_entered(visit, case.setup, case.at)


def _is_told_late(lane: Lane, lane_rule: str, case: Case) -> bool:
    """Whether the order of what is told late leaves open what a badge did.

    Its driver has left, or has come back, and left before unseen: which of the two its order alone does not tell, while
    the vehicle at the entry has shown nothing yet. Nor who came in, where that vehicle has shown another badge.
    """
    visit, entry = case.known.visit, case.state.lane(Lane.ENTRY)
    if visit is not None and lane_rule == BACK_AT_ENTRY:
        # What was said at the same moment may be told in either order, and a restart forgets who had come.
        return visit.come_by_exit is None or entry.come <= visit.come_by_exit + 1
    if case.at.age_s <= case.setup.policy.late_after_s:
        return False
    if visit is not None and (lane, lane_rule) == SAME_EXIT:
        return another_stands(visit, case.state, case.setup)
    there, shown = vehicle_waits(case.state, Lane.ENTRY, case.setup), shown_at_entry(case.state, case.setup)
    another = shown is not None and shown.session_id is not None
    if visit is None or not visit.inside:
        refused = shown is not None and (visit is not None or is_over(case.at, case.setup))
        return lane is Lane.ENTRY and (another or refused)
    return lane is Lane.ENTRY or (lane_rule == CAME_IN_BEFORE and there and not another)


def told_late(decided: Decision[SiteEvent], read: BadgeRead, case: Case) -> Decision[SiteEvent]:
    """The decision; a badge told too late to know how long after its entry it was read makes a visit doubtful.

    It is dated when it may have been read at the earliest, and was read at the exit if that was long after. Unless a
    sensor shows that its vehicle stands at the entry still.
    """
    visit, entry, policy, at = case.known.visit, case.state.lane(Lane.ENTRY), case.setup.policy, case.at
    if decided.rule == "entry-again" and visit is not None and was_told_before(visit, case):
        # Told twice by the broker, or by a driver for whom nothing had opened.
        return also(decided, handovers=(ToSession(visit.session_id, VisitDoubted(why=Review.NOT_LET_IN)),))
    if read.lane is not None or visit is None or visit.lane is not Lane.ENTRY or decided.rule not in _TAKEN_FOR_ENTRY:
        return decided
    in_time = at.age_s <= policy.late_after_s or (at.now - visit.read_at).total_seconds() <= policy.exit_after_s
    left = entry.cycle_since is not None and entry.cycle_since > visit.read_at
    stands = vehicle_waits(case.state, Lane.ENTRY, case.setup) and not left
    if in_time or stands or is_over(at, case.setup):
        return decided
    return also(decided, handovers=(ToSession(visit.session_id, VisitDoubted(why=Review.LANE_NOT_TOLD)),))


def time_not_told(case: Case) -> tuple[Review, ...]:
    """Why a person should look at the visit that a PIN told of a long absence begins: it may have left in it, too."""
    return (Review.TIME_NOT_TOLD,) if is_over(case.at, case.setup) else ()


def was_told_before(visit: Visit, case: Case) -> bool:
    """Whether a visit was begun at the entry by a badge told late that its site opens for: nothing more is shown."""
    late = (visit.tried_at - visit.read_at).total_seconds() > case.setup.policy.late_after_s
    begun = visit.lane is Lane.ENTRY and visit.inside and not visit.by_pin
    return late and begun and opened_by_itself(visit, case.state)


def pin_told_again(decided: Decision[SiteEvent], case: Case, visit: Visit) -> Decision[SiteEvent]:
    """A PIN told late once more at the exit may be of the one longest inside by PIN: all drivers type the same.

    Each is of one more: when one that may have left leaves after all, it was of the next.
    """
    inside = (case.known.oldest_pin, case.known.next_pin)
    others = (one for one in inside if one is not None and one.session_id != visit.session_id)
    other = next((one for one in others if not one.may_have_left), None)
    if other is None:
        return decided
    doubted = ToSession(other.session_id, VisitDoubted(why=Review.PIN_EXIT_GUESSED))
    return also(decided, events=(VisitChanged(visit=replace(other, may_have_left=True)),), handovers=(doubted,))


def before_it(case: Case, reading: Reading) -> tuple[HandOver, ...]:
    """That the visit is in doubt whose badge was taken for that of the vehicle which a reading is of."""
    if not case.state.watched(Lane.ENTRY, case.setup.sensors):
        return ()
    identity = case.state.lane(Lane.ENTRY).identity
    visit = case.known.arrived.get(identity.session_id) if identity is not None and identity.session_id else None
    if visit is None or identity is None or identity.key == reading.witness.key or not was_told_before(visit, case):
        return ()
    return (ToSession(visit.session_id, VisitDoubted(why=Review.LANE_NOT_TOLD)),)
