"""How events change what a site knows: its snapshot after each."""

from msgspec.structs import replace

from syspark.domain.access import Plan
from syspark.domain.site.access_state import access_after
from syspark.domain.site.departure import with_one
from syspark.domain.site.events import (
    ANSWERS,
    AccessEvent,
    CommandEnded,
    ConfusionsLearned,
    CountCorrected,
    CountDoubted,
    CountEvent,
    DepartureTold,
    DisplayTold,
    EmergencyDeclared,
    EmergencyEnded,
    ExitHeldUp,
    ExitReaderShown,
    HolderChanged,
    LaneEvent,
    MatchRiskChanged,
    Observed,
    OpeningSeen,
    PartnerChanged,
    PaymentAsked,
    PaymentAskEnded,
    PaymentEvent,
    PaymentPathChanged,
    PlatesForgotten,
    PolicyChanged,
    ProofTaken,
    RightRaised,
    SiteEvent,
    SubjectMet,
    TariffPublished,
    ValidationChanged,
    VisitBegun,
    VisitChanged,
    VisitEnded,
    VisitFound,
    VisitResumed,
    WitnessKept,
    WitnessWithdrawn,
)
from syspark.domain.site.lane_evolution import closed, identity_of, lane_after
from syspark.domain.site.state import Answer, HeldUp, Outage, SiteState
from syspark.domain.units import Lane

OUTAGES_KEPT = 16
EMERGENCIES_KEPT = 8
"""How many evacuations a site remembers: they are not billed to whoever stayed."""


def evolve(state: SiteState, event: SiteEvent, sensors: frozenset[Lane]) -> SiteState:
    """The site's snapshot after an event."""
    if isinstance(event, LaneEvent):
        lane = lane_after(state.lane(event.lane), event, watched=state.watched(event.lane, sensors))
        return state.with_lane(event.lane, lane)
    if isinstance(event, CountEvent):
        return _count(state, event)
    if isinstance(event, AccessEvent):
        return access_after(state, event)
    if isinstance(event, PaymentEvent):
        return _payment(state, event)
    match event:
        case ProofTaken(proof=proof):
            return replace(state, proof=proof)
        case MatchRiskChanged(risk=risk):
            return replace(state, match_risk=risk)
        case DepartureTold(departure=told):
            return replace(state, departures=with_one(state.departures, told))
        case ExitReaderShown(times=times):
            return replace(state, exit_reader=times)
        case ConfusionsLearned(learned=learned, version=version):
            return replace(state, learned=learned, learned_version=version)
        case DisplayTold(display=display, texts=texts):
            return replace(state, display=display, texts=texts)
        case EmergencyDeclared(emergency=emergency):
            return replace(state, emergencies=(*state.emergencies, emergency)[-EMERGENCIES_KEPT:])
        case EmergencyEnded(emergency=emergency):
            ended = (*state.emergencies[:-1], emergency)
            return replace(state, emergencies=ended, passback_from=emergency.ended_at)
        case CommandEnded():
            return _with_answer(state, event)
        case (
            VisitChanged()
            | SubjectMet()
            | WitnessKept()
            | VisitFound()
            | WitnessWithdrawn()
            | HolderChanged()
            | PolicyChanged()
            | TariffPublished()
            | PlatesForgotten()
            | OpeningSeen()
            | Observed()
            | PartnerChanged()
            | ValidationChanged()
        ):
            return state


def _payment(state: SiteState, event: PaymentEvent) -> SiteState:
    match event:
        case PaymentAsked(ask=ask):
            lane = closed(state.lane(Lane.EXIT), "payment-due", ask.asked_at)
            return replace(state.with_lane(Lane.EXIT, lane), ask=ask)
        case PaymentAskEnded():
            return replace(state, ask=None)
        case PaymentPathChanged(down_since=down_since, at=at):
            began, outages = state.payments_down_since, state.outages
            if began is not None and at is not None and down_since is None:
                outages = (*outages, Outage(since=began, until=at))[-OUTAGES_KEPT:]
            return replace(state, payments_down_since=down_since, outages=outages)
        case ExitHeldUp(since=since, until=until):
            return replace(state, held_up=HeldUp(since=since, until=until))


def _count(state: SiteState, event: CountEvent) -> SiteState:
    """Who is inside, after an event that changes it."""
    match event:
        case VisitBegun() | VisitResumed():
            return replace(state, occupancy=state.occupancy + 1, inside=_counted(state, event.visit.plan, 1))
        case VisitEnded():
            return replace(state, occupancy=state.occupancy - 1, inside=_counted(state, event.visit.plan, -1))
        case RightRaised(was=was, now=now):
            state = replace(state, inside=_counted(state, was, -1))
            return replace(state, inside=_counted(state, now, 1))
        case CountCorrected(by=by, at=corrected_at):
            occupancy = state.occupancy + by
            return replace(state, occupancy=occupancy, count_corrected_at=corrected_at, count_unsure_since=None)
        case CountDoubted(at=doubted_at):
            return replace(state, count_unsure_since=doubted_at)


def _counted(state: SiteState, plan: Plan, change: int) -> dict[Plan, int]:
    return {**state.inside, plan: state.inside.get(plan, 0) + change}


def _with_answer(state: SiteState, event: CommandEnded) -> SiteState:
    answer = ANSWERS.get(event.fate)
    for name, before in state.lanes.items():
        opening = before.opening
        if answer is None or opening is None or opening.command_id != event.command_id:
            continue
        lane = replace(before, opening=replace(opening, answer=answer))
        if answer is Answer.BAD and lane.waiting_since is None:
            whose = (one for one in reversed(lane.arrivals) if one.session_id == opening.session_id)
            there = next((identity_of(one) for one in whose), None) if opening.waiting_since is not None else None
            waits = replace(lane, waiting_since=opening.waiting_since, identity=lane.identity or there)
            lane = closed(waits, event.fate, event.at)
        return state.with_lane(name, lane)
    return state
