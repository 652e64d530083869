"""What a badge at a reader means. Source: domain.md, "Access"; contract.md, "A badge is a claim, not a grant"."""

from msgspec.structs import replace

from syspark.domain.access import Grant, Refusal
from syspark.domain.decision import Decision, Moment, also
from syspark.domain.facts import BadgeRead
from syspark.domain.identity import Witness, WitnessKind
from syspark.domain.review import Review
from syspark.domain.site import admission, display, exit_reader, in_doubt, passback
from syspark.domain.site.alone import is_over, lane_by_order, left_before_end, opens_alone, unless_gone
from syspark.domain.site.arrivals import arrival_of, in_cycle, read_before
from syspark.domain.site.enrolment import offered
from syspark.domain.site.events import SiteEvent
from syspark.domain.site.exit_reader import lane_by_reader
from syspark.domain.site.fusion import join, to_join
from syspark.domain.site.gate import entry_refusal, grant_of
from syspark.domain.site.lane import lane_of_read, let_out_lately, opened_by_itself, vehicle_waits
from syspark.domain.site.quarantine import stands_open
from syspark.domain.site.reading import Case, Reading, reading_of
from syspark.domain.site.state import Answer, Arrival, Known, SiteSetup, SiteState
from syspark.domain.units import HolderKey, Lane


def badge_read(state: SiteState, read: BadgeRead, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Decide a badge: a repeat, another witness of an arrival, an entry, an exit, or a refusal."""
    by_order = lane_by_order(HolderKey(read.uid), state, known, setup, at) if read.lane is None else None
    by_reader = lane_by_reader(known.visit, state, setup, at) if read.lane is None else None
    lane, lane_rule = by_order or by_reader or lane_of_read(read.lane, state, known.visit, setup, at)
    case = Case(state, known, setup, at)
    doubts = in_doubt.doubts(lane, lane_rule, case) if read.lane is None else ()
    decision = offered(case, HolderKey(read.uid), lane) or _at_lane(case, read, lane, doubts)
    decision.given["lane_rule"] = lane_rule
    decision = exit_reader.looked_after(in_doubt.told_late(decision, read, case), lane_rule, case)
    return exit_reader.learned(decision, lane_rule, case)


def _at_lane(case: Case, read: BadgeRead, lane: Lane, doubts: tuple[Review, ...]) -> Decision[SiteEvent]:
    known, at = case.known, case.at
    visit = known.visit
    key, kind = HolderKey(read.uid), WitnessKind.BADGE
    witness = Witness(key=key, kind=kind, lane=lane, at=at.fact_at, cause=str(at.cause))
    if visit is not None and read.lane is not Lane.ENTRY and left_before_end(visit, case.setup, at):
        return admission.left_as_told(witness, visit)
    over = is_over(at, case.setup)
    if _read_before(case, witness, (lane,) if read.lane is not None or over else tuple(Lane)):
        return Decision(rule="badge-repeated")
    grant = grant_of(case, lane, known.right)
    right = grant if isinstance(grant, Grant) else None
    arrival = unless_gone(arrival_of(case.state, witness, case.setup), at, case.setup)
    reading = reading_of(witness, arrival, known, right=right, review=doubts)
    # A badge of no right speaks for nobody: as a witness it would open the exit from then on.
    theirs = to_join(case, reading) if right is not None or visit is not None else None
    if theirs is not None:
        return join(case, reading, theirs, "badge-joined")
    asked = _asked_again(case, arrival) if right is None and visit is None and lane is Lane.ENTRY else None
    if asked is not None:
        return asked
    if _accepted_before(case) and not (over and visit is not None and visit.lane is not lane):
        return Decision(rule="badge-repeated")
    reading = reading.by_itself(visit)
    if lane is Lane.EXIT:
        return _exit(case, reading)
    if _kept_out(case, read):
        return _not_let_in(case, reading)
    if visit is None or not visit.inside:
        entered = admission.enter(case, reading, entry_refusal(case, grant), "entry-admitted")
        return also(entered, handovers=in_doubt.before_it(case, reading)) if read.lane is None else entered
    anew, again = entry_refusal(case, grant, leaving=visit), grant if isinstance(grant, Refusal) else None
    if read.lane is None or not passback.passed_back(case, reading, visit):
        return admission.enter_while_inside(case, reading, visit, anew=anew, again=again, rule="entry-admitted")
    anew = anew or passback.refused(case)
    decision = admission.enter_while_inside(case, reading, visit, anew=anew, again=again, rule="entry-admitted")
    return passback.told(decision, visit)


def _asked_again(case: Case, arrival: Arrival | None) -> Decision[SiteEvent] | None:
    """Open for who stands at the entry since their visit began, and for whom nothing has opened: any badge asks for it.

    One of no right speaks for nobody itself: it counts as one more reading of what the visit was begun for.
    """
    visit = case.known.arrived.get(arrival.session_id) if arrival is not None and arrival.session_id else None
    if visit is None or arrival is None:
        return None
    shown = next((one for one in arrival.witnesses if one.key == visit.key), None)
    waits = visit.inside and visit.answer is Answer.BAD and not (visit.confirmed or opened_by_itself(visit, case.state))
    stands = waits and vehicle_waits(case.state, Lane.ENTRY, case.setup)
    if shown is None or not stands or case.at.age_s > case.setup.policy.late_after_s:
        return None
    return admission.open_again(case, Reading(replace(shown, at=case.at.fact_at), arrival), visit)


def _kept_out(case: Case, read: BadgeRead) -> bool:
    """Whether nothing opened for a badge at the entry: it was told too late, and its site's controllers do not know it.

    Who is inside and was read at the entry for certain, or is refused anyhow, is decided as if it were read now, unless
    nobody can stand there any more.
    """
    visit, right = case.known.visit, case.known.right
    if not case.state.controllers or opens_alone(case.state, right):
        return False
    may_enter = right is not None and (read.lane is None or visit is None or not visit.inside)
    late = may_enter and case.at.age_s > case.setup.policy.late_after_s
    return (late or is_over(case.at, case.setup)) and not stands_open(case.state, Lane.ENTRY, case.at.fact_at)


def _not_let_in(case: Case, reading: Reading) -> Decision[SiteEvent]:
    """Begin nothing; who may stand there still is asked to badge again. Who is inside may have stood at the exit."""
    inside = case.known.visit is not None and case.known.visit.inside
    read = () if inside else reading.events(None, case)
    doubted = () if inside else in_doubt.before_it(case, reading)
    shown, restore = display.badge_again(case.setup, Lane.ENTRY, case.at, read_at=case.at.fact_at)
    return Decision(rule="badge-not-let-in", events=read, commands=shown, handovers=doubted, timers=restore)


def _read_before(case: Case, witness: Witness, lanes: tuple[Lane, ...]) -> bool:
    """Whether this is the same reading once more; one that led to nothing may be repeated at once."""
    visit = case.known.visit
    if visit is None or visit.answer is Answer.BAD:
        return False
    over, within_s = is_over(case.at, case.setup), case.setup.policy.badge_repeat_s
    return any(
        apart_s < within_s and not (over and not in_cycle(arrival, witness.at))
        for arrival, apart_s in read_before(case.state, lanes, witness)
    )


def _accepted_before(case: Case) -> bool:
    """Whether the badge's vehicle was acted for just now, though the lane knows nothing of it any more."""
    visit = case.known.visit
    if visit is None or visit.answer is Answer.BAD:
        return False
    return abs((case.at.fact_at - visit.read_at).total_seconds()) < case.setup.policy.badge_repeat_s


def _exit(case: Case, reading: Reading) -> Decision[SiteEvent]:
    visit, right = case.known.visit, case.known.right
    if visit is not None and (visit.inside or let_out_lately(visit, case.setup, case.at)):
        rule = "exit-asked" if visit.inside else "exit-asked-again"
        return admission.ask_to_leave(case, reading, visit, rule, review=reading.review)
    if right is None:
        return admission.refuse(case, reading, Refusal.UNKNOWN)
    grant = reading.right or Grant(plan=right.credential.plan)
    return admission.leave_without_entry(case, reading, grant, "exit-entry-unknown")
