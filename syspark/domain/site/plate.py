"""What a plate that a camera has read means. Source: domain.md, "Identity and fusion"."""

import dataclasses

from syspark.domain.access import VISITOR, Grant, Refusal
from syspark.domain.decision import Decision, Moment, also
from syspark.domain.facts import PlateRead
from syspark.domain.identity import Witness, WitnessKind, masked
from syspark.domain.messages import Reported
from syspark.domain.plates import believed
from syspark.domain.review import Review
from syspark.domain.site import admission, quarantine
from syspark.domain.site.arrivals import arrival_of, misread_of, read_before
from syspark.domain.site.cameras import side_of
from syspark.domain.site.events import MatchesSuggested, Observed, PhotoTaken, SeenAgain, SiteEvent, SubjectMet
from syspark.domain.site.fusion import join, to_join
from syspark.domain.site.gate import entry_refusal, grant_of
from syspark.domain.site.lane import lane_of_read, let_out_lately
from syspark.domain.site.likeness import certain, suggestions
from syspark.domain.site.reading import Case, Reading, reading_of
from syspark.domain.site.state import Answer, Arrival, Known, SiteSetup, SiteState, Visit
from syspark.domain.units import HolderKey, Lane, Side

PLATES_OF_ONE = 4
"""Of one vehicle while it stands at a lane: its own, a trailer's, and each of them misread."""


def plate_read(
    state: SiteState, reported: Reported, read: PlateRead, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """Decide a plate: a repeat, another witness of an arrival, an entry, an exit, still in view, or not known here.

    Where neither camera nor configuration tells the lane, the rule for a badge without lane does.
    """
    said = read.lane or setup.lane_of(reported.device)
    if not read.valid:
        return _noted(reported, read, said, at, "plate-not-valid")
    lane, lane_rule = lane_of_read(said, state, known.visit, setup, at)
    decision = _at_lane(Case(state, known, setup, at), reported, read, lane)
    decision.given["lane_rule"] = lane_rule
    return decision


def _noted(reported: Reported, read: PlateRead, lane: Lane | None, at: Moment, rule: str) -> Decision[SiteEvent]:
    """A reading nobody can believe speaks for nobody, but its picture shows who stands there."""
    if read.photo and lane is not None:
        taken = PhotoTaken(lane=lane, photo_id=str(at.cause), at=at.fact_at)
        return Decision(rule=rule, events=(taken,))
    return Decision(rule=rule, events=(Observed(device=reported.device),))


def _is_one_too_many(arrival: Arrival, witness: Witness) -> bool:
    """Whether a camera finds more plates at one vehicle than there can be: the lane remembers no more of them."""
    plates = sum(one.kind is WitnessKind.PLATE for one in arrival.witnesses)
    return plates >= PLATES_OF_ONE and not arrival.has(witness.key)


def _at_lane(case: Case, reported: Reported, read: PlateRead, lane: Lane) -> Decision[SiteEvent]:
    known, at, visit = case.known, case.at, case.known.visit
    subject, side = known.subject or at.subject_id, side_of(read, lane, case.setup.policy)
    witness = Witness(
        key=HolderKey(subject),
        kind=WitnessKind.PLATE,
        lane=lane,
        at=at.fact_at,
        cause=str(at.cause),
        masked=masked(read.plate),
        confidence=read.confidence,
        rear=side is Side.REAR,
    )
    grant = grant_of(case, lane, known.right) if known.right is not None else VISITOR
    refused = entry_refusal(case, grant)
    for arrival, apart_s in read_before(case.state, (lane,), witness):
        if apart_s < case.setup.policy.plate_repeat_s and _answered(arrival, visit, lane, refused):
            return _repeated(case, witness, apart_s)
    misread = _misread_of(case, witness)
    if misread is not None and visit is not None and _is_taken_for(visit, misread, lane):
        return Decision(rule="plate-repeated")
    arrival_now = misread or arrival_of(case.state, witness, case.setup, kept=reported.replayed, side=side)
    if visit is None and arrival_now is not None and _is_one_too_many(arrival_now, witness):
        return _noted(reported, read, lane, at, "plate-one-too-many")
    met = None if known.subject is not None else SubjectMet(subject=subject, plate=read.plate)
    right = grant if isinstance(grant, Grant) else None
    doubts = _doubts(read, case)
    reading = reading_of(witness, arrival_now, known, right=right, photo=read.photo, met=met, review=doubts)
    reading = dataclasses.replace(reading, side=side)
    theirs = to_join(case, reading)
    if theirs is not None:
        return join(case, reading, theirs, "plate-joined")
    if visit is not None and _accepted_before(case, visit, lane):
        return Decision(rule="plate-repeated")
    if lane is Lane.EXIT and side is Side.REAR and visit is not None and _is_towed(case, arrival_now, visit):
        return _noted(reported, read, lane, at, "plate-of-another-visit")
    reading = reading.by_itself(visit)
    if lane is Lane.EXIT:
        return _exit(case, reading)
    if visit is None or not visit.inside:
        if visit is not None and _still_in_view(case, visit):
            return Decision(rule="plate-still-in-view")
        return admission.enter(case, reading, refused, "plate-admitted")
    anew = entry_refusal(case, grant, leaving=visit)
    return admission.enter_while_inside(case, reading, visit, anew=anew, again=None, rule="plate-admitted")


def _doubts(read: PlateRead, case: Case) -> tuple[Review, ...]:
    """What a person should look at while the car is parked: a plate its camera was not sure of, or an odd one."""
    if read.confidence is None or believed(read.plate, read.confidence) >= case.setup.policy.doubtful_below:
        return ()
    return (Review.PLATE_DOUBTFUL,)


def _misread_of(case: Case, witness: Witness) -> Arrival | None:
    """The arrival of the vehicle whose plate this is with one confusion; who was let out may have been followed."""
    arrival = misread_of(case.state, witness, case.known.alike, case.setup)
    if arrival is None or witness.lane is Lane.ENTRY or arrival.session_id is None:
        return arrival
    theirs = case.known.arrived.get(arrival.session_id)
    return arrival if theirs is not None and (theirs.inside or theirs.answer is Answer.BAD) else None


def _is_taken_for(visit: Visit, misread: Arrival, lane: Lane) -> bool:
    """Whether a car inside only has the plate that another one's was taken for: no proof that it is here itself."""
    known = lane is Lane.ENTRY or misread.session_id is not None
    return known and visit.inside and visit.session_id != misread.session_id


def _is_towed(case: Case, arrival: Arrival | None, own: Visit) -> bool:
    """Whether a plate came in with one vehicle and is behind another one now, which waits to leave by its own visit."""
    whose = arrival.session_id if arrival is not None else None
    theirs = case.known.arrived.get(whose) if whose is not None else None
    return theirs is not None and theirs.inside and theirs.session_id != own.session_id


def _answered(arrival: Arrival, visit: Visit | None, lane: Lane, refused: Refusal | None) -> bool:
    """Whether asking once more would be answered as before: nothing went wrong, and what was refused still is."""
    if arrival.session_id is not None:
        return visit is None or visit.answer is not Answer.BAD
    return visit is None and (lane is Lane.EXIT or refused is not None)


def _accepted_before(case: Case, visit: Visit, lane: Lane) -> bool:
    """Whether the plate's vehicle was acted for at this lane just now, and too many others were read there since."""
    apart_s = abs((case.at.fact_at - visit.read_at).total_seconds())
    return visit.lane is lane and visit.answer is not Answer.BAD and apart_s < case.setup.policy.plate_repeat_s


def _repeated(case: Case, witness: Witness, apart_s: float) -> Decision[SiteEvent]:
    """The same reading once more; who stands in view for long, where no sensor tells that, is not coming back."""
    policy, watched = case.setup.policy, case.state.watched(witness.lane, case.setup.sensors)
    if witness.lane is Lane.ENTRY and not watched and apart_s * 2 >= policy.plate_repeat_s:
        again = SeenAgain(lane=witness.lane, key=witness.key, at=witness.at)
        return Decision(rule="plate-repeated", events=(again,))
    return Decision(rule="plate-repeated")


def _still_in_view(case: Case, visit: Visit) -> bool:
    """Whether a plate at the entry is of a vehicle that drives off, and not of one that has come back."""
    assert visit.left_at is not None
    policy, read_at = case.setup.policy, case.at.fact_at
    if (read_at - visit.left_at).total_seconds() >= policy.still_in_view_s:
        return False
    present_at = case.state.lane(Lane.ENTRY).present_at
    if present_at is None or not case.state.watched(Lane.ENTRY, case.setup.sensors):
        return True
    return (read_at - present_at).total_seconds() < policy.come_back_presence_s


def _exit(case: Case, reading: Reading) -> Decision[SiteEvent]:
    known, policy, confidence = case.known, case.setup.policy, reading.witness.confidence
    visit = known.visit
    if visit is not None and (visit.inside or let_out_lately(visit, case.setup, case.at)):
        return admission.ask_to_leave(case, reading, visit, "exit-asked" if visit.inside else "exit-asked-again")
    theirs = certain(known, confidence, policy)
    if theirs is not None:
        return admission.ask_to_leave(case, reading, theirs, "exit-asked-one-confusion")
    suggested = suggestions(known, confidence, policy)
    if not suggested and len(known.unread) == 1 and known.unread[0].answer is not Answer.BAD:
        return admission.ask_to_leave(
            case, reading, known.unread[0], "exit-paired", review=(Review.PAIRED_WITH_UNREAD,)
        )
    stands_open = quarantine.stands_open(case.state, Lane.EXIT, case.at.fact_at)
    if stands_open or (not suggested and quarantine.may_have_come_unread(case.state, policy, case.at.fact_at)):
        return admission.leave_without_entry(case, reading, VISITOR, "exit-entry-unknown")
    refused = admission.refuse(case, reading, Refusal.PLATE_UNKNOWN)
    if not suggested:
        return refused
    return also(refused, events=(MatchesSuggested(lane=reading.lane, suggestions=suggested),))
