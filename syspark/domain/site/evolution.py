"""How events change what a site knows: its snapshot after each."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from syspark.domain.access import Plan
from syspark.domain.site.access_state import access_after
from syspark.domain.site.departure import with_one
from syspark.domain.site.events import (
    ANSWERS,
    BadgeOffered,
    BarrierSaid,
    CameraSaw,
    CommandEnded,
    ConfusionsLearned,
    ControllerHeard,
    CountCorrected,
    CountDoubted,
    CredentialChanged,
    DepartureTold,
    DisplayTold,
    EmergencyDeclared,
    EmergencyEnded,
    EnrolmentBegun,
    ExitHeldUp,
    ExitReaderShown,
    HelpAsked,
    HelpEnded,
    HolderChanged,
    IdentityRead,
    LaneModeChanged,
    LaneOpened,
    LaneOpenedByHand,
    MatchesSuggested,
    MatchRiskChanged,
    NothingRead,
    Observed,
    OpeningClaimed,
    OpeningSeen,
    PartnerChanged,
    PassageRefused,
    PassbackReset,
    PaymentAsked,
    PaymentAskEnded,
    PaymentPathChanged,
    PhotoTaken,
    PinGuessed,
    PlatesForgotten,
    PolicyChanged,
    PresenceChanged,
    ProofTaken,
    RightRaised,
    SeenAgain,
    SiteEvent,
    SubjectMet,
    TariffPublished,
    TrustChanged,
    ValidationChanged,
    VisitBegun,
    VisitChanged,
    VisitEnded,
    VisitFound,
    VisitResumed,
    WaitingEnded,
    WaitWatched,
    WitnessKept,
    WitnessWithdrawn,
)
from syspark.domain.site.state import Answer, Arrival, HeldUp, Identity, LaneOpening, LaneState, Outage, SiteState
from syspark.domain.units import Lane, SessionId, Side

ARRIVALS_KEPT = 3
"""Of a lane: the vehicle there, and those before it whose witnesses may still be on their way."""
ARRIVALS_KEPT_S = 120
OUTAGES_KEPT = 16
BEFORE_SEEN_S = 60
"""How long before the sensor sees a vehicle somebody may have been read, or the lane opened, for it."""


EMERGENCIES_KEPT = 8
"""How many evacuations a site remembers: they are not billed to whoever stayed."""


def evolve(state: SiteState, event: SiteEvent, sensors: frozenset[Lane]) -> SiteState:
    """The site's snapshot after an event."""
    match event:
        case VisitBegun() | VisitResumed() | VisitEnded() | RightRaised() | CountCorrected() | CountDoubted():
            return _count(state, event)
        case (
            IdentityRead()
            | SeenAgain()
            | PassageRefused()
            | MatchesSuggested()
            | NothingRead()
            | WaitingEnded()
            | PhotoTaken()
            | LaneOpened()
            | LaneOpenedByHand()
            | PresenceChanged()
            | BarrierSaid()
            | TrustChanged()
            | CameraSaw()
        ):
            lane = _lane_after(state.lane(event.lane), event, watched=state.watched(event.lane, sensors))
            return state.with_lane(event.lane, lane)
        case PaymentAsked(ask=ask):
            lane = _closed(state.lane(Lane.EXIT), "payment-due", ask.asked_at)
            return replace(state.with_lane(Lane.EXIT, lane), ask=ask)
        case WaitWatched(lane=name, watch=watch):
            return state.with_lane(name, replace(state.lane(name), watch=watch))
        case PaymentAskEnded():
            return replace(state, ask=None)
        case (
            ProofTaken()
            | MatchRiskChanged()
            | DepartureTold()
            | PaymentPathChanged()
            | ExitHeldUp()
            | ExitReaderShown()
        ):
            return _measured(state, event)
        case ConfusionsLearned(learned=learned, version=version):
            return replace(state, learned=learned, learned_version=version)
        case DisplayTold(display=display, texts=texts):
            return replace(state, display=display, texts=texts)
        case EmergencyDeclared(emergency=emergency):
            return replace(state, emergencies=(*state.emergencies, emergency)[-EMERGENCIES_KEPT:])
        case EmergencyEnded(emergency=emergency):
            ended = (*state.emergencies[:-1], emergency)
            return replace(state, emergencies=ended, passback_from=emergency.ended_at)
        case OpeningClaimed(lane=name, session_id=session_id):
            lane = state.lane(name)
            claimed = replace(lane.opening, session_id=session_id) if lane.opening is not None else None
            return state.with_lane(name, replace(lane, opening=claimed))
        case CommandEnded():
            return _with_answer(state, event)
        case (
            CredentialChanged()
            | EnrolmentBegun()
            | BadgeOffered()
            | LaneModeChanged()
            | PassbackReset()
            | ControllerHeard()
            | PinGuessed()
            | HelpAsked()
            | HelpEnded()
        ):
            return access_after(state, event)
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


def _measured(
    state: SiteState,
    event: ProofTaken | MatchRiskChanged | DepartureTold | PaymentPathChanged | ExitHeldUp | ExitReaderShown,
) -> SiteState:
    match event:
        case ProofTaken(proof=proof):
            return replace(state, proof=proof)
        case MatchRiskChanged(risk=risk):
            return replace(state, match_risk=risk)
        case DepartureTold(departure=told):
            return replace(state, departures=with_one(state.departures, told))
        case PaymentPathChanged(down_since=down_since, at=at):
            began, outages = state.payments_down_since, state.outages
            if began is not None and at is not None and down_since is None:
                outages = (*outages, Outage(since=began, until=at))[-OUTAGES_KEPT:]
            return replace(state, payments_down_since=down_since, outages=outages)
        case ExitHeldUp(since=since, until=until):
            return replace(state, held_up=HeldUp(since=since, until=until))
        case ExitReaderShown(times=times):
            return replace(state, exit_reader=times)


def _count(
    state: SiteState, event: VisitBegun | VisitResumed | VisitEnded | RightRaised | CountCorrected | CountDoubted
) -> SiteState:
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


def _lane_after(
    lane: LaneState,
    event: IdentityRead
    | SeenAgain
    | PassageRefused
    | MatchesSuggested
    | NothingRead
    | WaitingEnded
    | PhotoTaken
    | LaneOpened
    | LaneOpenedByHand
    | PresenceChanged
    | BarrierSaid
    | TrustChanged
    | CameraSaw,
    *,
    watched: bool,
) -> LaneState:
    match event:
        case IdentityRead():
            return _read(lane, event, watched=watched)
        case SeenAgain(key=key, at=at):
            return replace(
                lane,
                arrivals=tuple(
                    replace(one, witnesses=tuple(replace(w, at=at) if w.key == key else w for w in one.witnesses))
                    for one in lane.arrivals
                ),
            )
        case PassageRefused(why=why, at=at) | NothingRead(why=why, at=at):
            return _closed(lane, why, at)
        case MatchesSuggested(suggestions=suggestions):
            return replace(lane, suggestions=suggestions) if lane.waiting_since is not None else lane
        case WaitingEnded():
            return _nobody_waits(lane)
        case PhotoTaken(photo_id=photo_id, at=at):
            return replace(lane, photo_id=photo_id, photo_at=at)
        case LaneOpened(withheld=True, at=at):
            return _closed(lane, "withheld", at)
        case LaneOpened() | LaneOpenedByHand():
            return _opened(lane, event, watched=watched)
        case PresenceChanged():
            return _presence(lane, event)
        case CameraSaw():
            return _pictured(lane, event)
        case BarrierSaid(state=said, at=at):
            return replace(lane, barrier=said, barrier_at=at)
        case TrustChanged(trusted=trusted):
            # What only the sensor told is known no more, once it cannot be believed.
            told = lane if trusted or lane.identity is not None else _nobody_waits(lane)
            return replace(told, trusted=trusted)


def _read(lane: LaneState, event: IdentityRead, *, watched: bool) -> LaneState:
    witness, sides = event.witness, () if event.side is None else (event.side,)
    lane = replace(lane, pictured=_with(lane.pictured, sides))
    found = next((one for one in lane.arrivals if one.id == event.arrival), None)
    if found is None:
        over = watched and lane.cycle_since is not None and witness.at < lane.cycle_since
        arrival = Arrival(
            id=event.arrival,
            witnesses=(witness,),
            session_id=event.session_id,
            since=lane.cycle_since if watched and not over else None,
            ended_at=lane.cycle_since if over else None,
            sides=sides,
        )
        arrivals = (*_not_long_ago(lane.arrivals, witness.at), arrival)[-ARRIVALS_KEPT:]
    else:
        others = tuple(one for one in found.witnesses if one.key != witness.key)
        session_id = event.session_id or found.session_id
        seen = _with(found.sides, sides)
        arrival = replace(found, witnesses=(*others, witness), session_id=session_id, sides=seen)
        arrivals = tuple(arrival if one.id == arrival.id else one for one in lane.arrivals)
    # Without a sensor who waits may show a badge again and again: that is news of them, and nobody new.
    still = lane.identity is not None and event.session_id is not None and lane.identity.session_id == event.session_id
    lane = replace(lane, arrivals=arrivals)
    there = watched and lane.present
    let_through = _let_through(lane, None if found is None else arrival.session_id, there=there)
    if arrival.ended_at is not None or (let_through and not watched):
        return lane  # of a vehicle that is no longer there
    lane = replace(lane, identity=_identity_of(arrival))
    if found is None and not still:
        lane = replace(lane, closed_because=None, closed_at=None, photo_id=None, photo_at=None)
    if found is None or arrival.session_id is not None:
        lane = replace(lane, suggestions=())
    if event.photo:
        lane = replace(lane, photo_id=witness.cause, photo_at=witness.at)
    if let_through:
        return lane
    since = lane.waiting_since if found is not None or there or still else None
    return replace(lane, waiting_since=since or (witness.at if event.waits else None))


def _pictured(lane: LaneState, event: CameraSaw) -> LaneState:
    """A camera has seen the vehicle there: whose plate it read once more, it has read at this end too."""
    again = next((one.id for one in reversed(lane.arrivals) if event.key is not None and one.has(event.key)), None)
    sides = (event.side,)
    return replace(
        lane,
        cameras={**lane.cameras, event.side: event.camera},
        pictured=_with(lane.pictured, sides),
        arrivals=tuple(
            replace(one, sides=_with(one.sides, sides)) if one.id == again else one for one in lane.arrivals
        ),
    )


def _with(sides: tuple[Side, ...], more: tuple[Side, ...]) -> tuple[Side, ...]:
    return tuple(side for side in Side if side in sides or side in more)


def _let_through(lane: LaneState, session_id: SessionId | None, *, there: bool) -> bool:
    """Whether the lane was opened for this vehicle already: for its session, or by hand for who is seen there."""
    opening = lane.opening
    if opening is None or opening.answer is Answer.BAD:
        return False
    return there if opening.session_id is None else opening.session_id == session_id


def _opened(lane: LaneState, event: LaneOpened | LaneOpenedByHand, *, watched: bool) -> LaneState:
    """An opening was sent: nobody waits any more, and a lane that no sensor watches is taken to be empty again."""
    session_id = event.session_id if isinstance(event, LaneOpened) else None
    opening = LaneOpening(
        command_id=event.command_id,
        read_at=event.read_at if isinstance(event, LaneOpened) else event.at,
        session_id=session_id,
        waiting_since=lane.waiting_since,
        reason=None if isinstance(event, LaneOpened) else event.reason,
        author=None if isinstance(event, LaneOpened) else event.author,
        because=event.because,
    )
    lane = replace(_nobody_waits(lane), opening=opening, told_open_at=event.at)
    if watched:
        return lane
    # What is read a little later may still be of the vehicle it was opened for.
    ended = _ended(lane.arrivals, opening.read_at, but=session_id)
    return replace(lane, cycle=lane.cycle + 1, cycle_since=event.at, identity=None, arrivals=ended)


def _presence(lane: LaneState, event: PresenceChanged) -> LaneState:
    if event.present:
        known = _remembered(lane, event.at) if lane.trusted else lane
        lane = replace(known, present=True, present_at=event.at)
        opened = lane.opening is not None and lane.opening.answer is not Answer.BAD
        if not lane.trusted or opened:
            return lane
        return replace(lane, waiting_since=lane.waiting_since or event.at)
    lane = replace(lane, present=False, present_at=None)
    if not lane.trusted:
        # A sensor that cannot see says that somebody is there: who stood there has gone all the same.
        return replace(lane, arrivals=_ended(lane.arrivals, event.at))
    return replace(
        _nobody_waits(lane),
        cycle=lane.cycle + 1,
        cycle_since=event.at,
        identity=None,
        opening=None,
        arrivals=_ended(lane.arrivals, event.at),
        photo_id=None,
        photo_at=None,
        pictured=(),
    )


def _nobody_waits(lane: LaneState) -> LaneState:
    return replace(lane, waiting_since=None, closed_because=None, closed_at=None, suggestions=())


def _remembered(lane: LaneState, at: datetime) -> LaneState:
    """What is known of a lane that may be of the vehicle its sensor sees from `at` on; older news are of others."""

    def old(news: datetime | None) -> bool:
        return news is not None and (at - news).total_seconds() > BEFORE_SEEN_S

    if lane.opening is not None and old(lane.opening.read_at):
        lane = replace(lane, opening=None)
    if lane.identity is None or old(lane.identity.at):
        lane = replace(_nobody_waits(lane), identity=None)
    return replace(lane, photo_id=None, photo_at=None) if old(lane.photo_at) else lane


def _identity_of(arrival: Arrival) -> Identity:
    last = max(arrival.witnesses, key=lambda witness: witness.at)
    return Identity(key=last.key, kind=last.kind, at=last.at, session_id=arrival.session_id, masked=last.masked)


def _not_long_ago(arrivals: Iterable[Arrival], at: datetime) -> Iterator[Arrival]:
    """Those arrivals that a reading of `at`, or one a little older that comes later, may still belong to."""
    for arrival in arrivals:
        if (at - max(witness.at for witness in arrival.witnesses)).total_seconds() < ARRIVALS_KEPT_S:
            yield arrival


def _ended(arrivals: Iterable[Arrival], at: datetime, *, but: SessionId | None = None) -> tuple[Arrival, ...]:
    return tuple(
        one if one.ended_at is not None or (but is not None and one.session_id == but) else replace(one, ended_at=at)
        for one in arrivals
    )


def _closed(lane: LaneState, why: str, at: datetime) -> LaneState:
    """Why the lane stays closed for whoever waits there."""
    return replace(lane, closed_because=why, closed_at=at) if lane.waiting_since is not None else lane


def _with_answer(state: SiteState, event: CommandEnded) -> SiteState:
    answer = ANSWERS.get(event.fate)
    for name, before in state.lanes.items():
        opening = before.opening
        if answer is None or opening is None or opening.command_id != event.command_id:
            continue
        lane = replace(before, opening=replace(opening, answer=answer))
        if answer is Answer.BAD and lane.waiting_since is None:
            whose = (one for one in reversed(lane.arrivals) if one.session_id == opening.session_id)
            there = next((_identity_of(one) for one in whose), None) if opening.waiting_since is not None else None
            waits = replace(lane, waiting_since=opening.waiting_since, identity=lane.identity or there)
            lane = _closed(waits, event.fate, event.at)
        return state.with_lane(name, lane)
    return state
