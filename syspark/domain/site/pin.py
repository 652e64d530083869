"""What a PIN means that a controller has accepted: a grant already made. Source: domain.md, "Exit and payment"."""

from syspark.domain import alarms
from syspark.domain.access import Grant, clocks_of
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.decision import Decision, Moment, also
from syspark.domain.facts import PinAccepted
from syspark.domain.identity import Witness, WitnessKind, pin_key
from syspark.domain.review import Review
from syspark.domain.site import admission
from syspark.domain.site.alone import is_over, unless_gone
from syspark.domain.site.arrivals import arrival_of, in_cycle
from syspark.domain.site.events import PinGuessed, SiteEvent
from syspark.domain.site.fusion import join, to_join
from syspark.domain.site.in_doubt import before_it, pin_told_again, time_not_told, was_told_before
from syspark.domain.site.lane import came_in_alone, let_out_lately, not_passed, opened_by_itself, vehicle_waits
from syspark.domain.site.reading import Case, Reading, reading_of
from syspark.domain.site.state import Answer, Arrival, Known, SiteSetup, SiteState, Visit
from syspark.domain.units import Lane, SessionId


def pin_accepted(state: SiteState, pin: PinAccepted, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Decide a PIN: a repeat, another witness of an arrival, an entry also when the site is full, or an exit."""
    case = Case(state, known, setup, at)
    again = _typed_before(case, pin.lane)
    if again is not None:
        return _again(case, pin.lane, *again)
    arrival = unless_gone(arrival_of(state, _witness(pin.lane, at.session_id, at), setup), at, setup)
    reading = _reading(case, pin.lane, at.session_id, arrival)
    theirs = to_join(case, reading)
    if pin.lane is Lane.EXIT:
        return _exit(case, reading, None if theirs is not None and _has_gone_out(case, theirs) else theirs)
    if theirs is not None and was_told_before(theirs, case):
        entered = admission.enter(case, reading.by_itself(None), None, "pin-admitted")
        return also(entered, handovers=before_it(case, reading))
    if theirs is not None:
        return join(case, _reading(case, Lane.ENTRY, theirs.session_id, arrival), theirs, "pin-joined")
    return admission.enter(case, reading.by_itself(None), None, "pin-admitted")


def _again(case: Case, lane: Lane, arrival: Arrival, visit: Visit) -> Decision[SiteEvent]:
    came_to_nothing = visit.answer is Answer.BAD and _stands_still(case, lane, visit)
    acted_s = abs((case.at.fact_at - visit.read_at).total_seconds())
    # What another witness has asked for just now is under way for this one too.
    under_way = acted_s < case.setup.policy.badge_repeat_s
    repeated = under_way or _apart_s(arrival, case.at) < case.setup.policy.pin_repeat_s
    late = lane is Lane.EXIT and case.at.age_s > case.setup.policy.late_after_s
    if repeated and not came_to_nothing:
        again: Decision[SiteEvent] = Decision(rule="pin-repeated")
        return pin_told_again(again, case, visit) if late else again
    reading = _reading(case, lane, visit.session_id, arrival)
    if lane is Lane.ENTRY:
        return admission.open_again(case, reading, visit)
    again = admission.ask_to_leave(case, reading, visit, "pin-exit", by_pin=True)
    return pin_told_again(again, case, visit) if late else again


def _exit(case: Case, reading: Reading, theirs: Visit | None) -> Decision[SiteEvent]:
    """Let out who stands there; else whoever of those that came by PIN is longest inside, for a person to look at."""
    arrival = reading.arrival
    if theirs is not None and not theirs.inside and theirs.answer is not Answer.BAD:
        return join(case, _reading(case, Lane.EXIT, theirs.session_id, arrival), theirs, "pin-joined")
    standing = theirs or _standing(case)
    if standing is not None:
        reading = _reading(case, Lane.EXIT, standing.session_id, arrival).by_itself(standing)
        review = () if standing.by_pin else (Review.PIN_EXIT_WITHOUT_PIN_ENTRY,)
        left = admission.ask_to_leave(case, reading, standing, "pin-exit", by_pin=True, review=review)
        late = case.at.age_s > case.setup.policy.late_after_s
        doubted = standing.may_have_left or (late and not standing.by_pin)
        return pin_told_again(left, case, standing) if doubted else left
    oldest = case.known.oldest_pin
    if oldest is not None:
        reading = _reading(case, Lane.EXIT, oldest.session_id, arrival).by_itself(oldest)
        guessed = admission.ask_to_leave(
            case, reading, oldest, "pin-exit-guessed", by_pin=True, review=(Review.PIN_EXIT_GUESSED,)
        )
        guessed = pin_told_again(guessed, case, oldest) if oldest.may_have_left else guessed
        return _counted(case, guessed)
    grant = Grant(plan=case.setup.policy.pin_plan)
    return admission.leave_without_entry(case, reading.by_itself(None), grant, "pin-exit-without-entry", by_pin=True)


def _counted(case: Case, guessed: Decision[SiteEvent]) -> Decision[SiteEvent]:
    """A guess is counted; too many on one day are an alarm."""
    day = f"{case.at.fact_at.astimezone(clocks_of(case.setup.zone)):%Y-%m-%d}"
    last, times = case.state.pins_guessed
    too_many = day == last and times >= case.setup.policy.pin_guesses_a_day
    alarm = (alarms.raised(AlarmKind.PIN_GUESSED, about=day),) if too_many else ()
    return also(guessed, events=(PinGuessed(day=day),), handovers=alarm)


def _standing(case: Case) -> Visit | None:
    """Whose vehicle was read at the exit and has not left since, so long as that proves anything."""
    identity = case.state.lane(Lane.EXIT).identity
    visit = case.known.arrived.get(identity.session_id) if identity is not None and identity.session_id else None
    if identity is None or visit is None or not visit.inside:
        return None
    fresh = abs((case.at.fact_at - identity.at).total_seconds()) < case.setup.policy.read_fresh_s
    return visit if vehicle_waits(case.state, Lane.EXIT, case.setup) or (fresh and visit.by_pin) else None


def _typed_before(case: Case, name: Lane) -> tuple[Arrival, Visit] | None:
    """The arrival whose driver types a PIN once more: the PIN itself does not tell whose it is."""
    for arrival in reversed(case.state.lane(name).arrivals):
        visit = case.known.arrived.get(arrival.session_id) if arrival.session_id is not None else None
        if visit is None or not any(one.kind is WitnessKind.PIN for one in arrival.witnesses):
            continue
        if not in_cycle(arrival, case.at.fact_at) and _has_gone_in(case, visit):
            continue  # both are told without times: the one before has gone
        if case.at.age_s > case.setup.policy.late_after_s and _was_more_told(case, name, arrival, visit):
            continue  # what is delivered twice is so at once
        if _apart_s(arrival, case.at) < case.setup.policy.pin_repeat_s:
            return arrival, visit
        if in_cycle(arrival, case.at.fact_at) and _stands_still(case, name, visit):
            return arrival, visit
    return None


def _was_more_told(case: Case, name: Lane, arrival: Arrival, visit: Visit) -> bool:
    """Whether somebody was read at a lane, or came to the entry, since a PIN was told of an arrival there."""
    if arrival != case.state.lane(name).arrivals[-1]:
        return True
    return name is Lane.EXIT and visit.come_by_exit not in {None, case.state.lane(Lane.ENTRY).come}


def _has_gone_in(case: Case, visit: Visit) -> bool:
    """Whether a site that tells late has let a vehicle in, as it says or as its order does."""
    late = case.at.age_s > case.setup.policy.late_after_s
    return (late and visit.confirmed) or came_in_alone(visit, case.state, case.setup)


def _has_gone_out(case: Case, visit: Visit) -> bool:
    """Whether a site that tells late has let a vehicle out by its badge: a PIN told after that is the next driver's."""
    late = case.at.age_s > case.setup.policy.late_after_s
    gone = not visit.inside or is_over(case.at, case.setup)
    return late and gone and not visit.by_pin and opened_by_itself(visit, case.state)


def _stands_still(case: Case, name: Lane, visit: Visit) -> bool:
    """Whether the vehicle is known not to have passed: a sensor sees it, or what it was opened for came to nothing."""
    if name is Lane.ENTRY:
        stays = not_passed(case.state, visit, case.setup, case.at)
    else:
        stays = visit.inside or (let_out_lately(visit, case.setup, case.at) and not _was_told_late(case, visit))
    return stays and (visit.answer is Answer.BAD or vehicle_waits(case.state, name, case.setup))


def _was_told_late(case: Case, visit: Visit) -> bool:
    """Whether a vehicle had been let out by its site, by PIN, long before that was told: it stands there no more."""
    told_s = (visit.left_at - visit.read_at).total_seconds() if visit.left_at is not None else 0.0
    return told_s > case.setup.policy.late_after_s


def _apart_s(arrival: Arrival, at: Moment) -> float:
    typed = (one.at for one in arrival.witnesses if one.kind is WitnessKind.PIN)
    return min(abs((at.fact_at - one).total_seconds()) for one in typed)


def _witness(lane: Lane, session_id: SessionId, at: Moment) -> Witness:
    return Witness(key=pin_key(session_id), kind=WitnessKind.PIN, lane=lane, at=at.fact_at, cause=str(at.cause))


def _reading(case: Case, lane: Lane, session_id: SessionId, arrival: Arrival | None) -> Reading:
    witness, right = _witness(lane, session_id, case.at), Grant(plan=case.setup.policy.pin_plan)
    return reading_of(witness, arrival, case.known, right=right, review=time_not_told(case))
