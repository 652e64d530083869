"""How events change what a site knows of one lane: who stands there, and what was done for them."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from syspark.domain.identity import WitnessKind
from syspark.domain.site.events import (
    BarrierSaid,
    CameraSaw,
    IdentityRead,
    LaneEvent,
    LaneOpened,
    LaneOpenedByHand,
    MatchesSuggested,
    NothingRead,
    OpeningClaimed,
    PassageRefused,
    PhotoTaken,
    PresenceChanged,
    SeenAgain,
    TrustChanged,
    WaitingEnded,
    WaitWatched,
)
from syspark.domain.site.state import Answer, Arrival, Identity, LaneOpening, LaneState
from syspark.domain.units import SessionId, Side

ARRIVALS_KEPT = 3
"""Of a lane: the vehicle there, and those before it whose witnesses may still be on their way."""
ARRIVALS_KEPT_S = 120
BEFORE_SEEN_S = 60
"""How long before the sensor sees a vehicle somebody may have been read, or the lane opened, for it."""


def lane_after(lane: LaneState, event: LaneEvent, *, watched: bool) -> LaneState:
    """The lane after an event; `watched`: by a sensor that is believed."""
    match event:
        case IdentityRead():
            return _read(lane, event, watched=watched)
        case SeenAgain():
            return replace(lane, arrivals=tuple(_seen_again(one, event) for one in lane.arrivals))
        case PassageRefused(why=why, at=at) | NothingRead(why=why, at=at):
            return closed(lane, why, at)
        case MatchesSuggested(suggestions=suggestions):
            return replace(lane, suggestions=suggestions) if lane.waiting_since is not None else lane
        case WaitingEnded():
            return _nobody_waits(lane)
        case PhotoTaken(photo_id=photo_id, at=at):
            return replace(lane, photo_id=photo_id, photo_at=at)
        case LaneOpened(withheld=True, at=at):
            return closed(lane, "withheld", at)
        case LaneOpened() | LaneOpenedByHand():
            return _opened(lane, event, watched=watched)
        case PresenceChanged():
            return _presence(lane, event)
        case CameraSaw():
            return _pictured(lane, event)
        case OpeningClaimed(session_id=session_id):
            return replace(lane, opening=lane.opening and replace(lane.opening, session_id=session_id))
        case WaitWatched(watch=watch):
            return replace(lane, watch=watch)
        case BarrierSaid(state=said, at=at):
            return replace(lane, barrier=said, barrier_at=at)
        case TrustChanged(trusted=trusted):
            # What only the sensor told is known no more, once it cannot be believed.
            told = lane if trusted or lane.identity is not None else _nobody_waits(lane)
            return replace(told, trusted=trusted)


def _seen_again(arrival: Arrival, event: SeenAgain) -> Arrival:
    witnesses = (replace(one, at=event.at) if one.key == event.key else one for one in arrival.witnesses)
    return replace(arrival, witnesses=tuple(witnesses))


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
    if event.passed:
        return _let_in_alone(lane, arrival)
    there = watched and lane.present
    let_through = _let_through(lane, None if found is None else arrival.session_id, there=there)
    if arrival.ended_at is not None or (let_through and not watched):
        return lane  # of a vehicle that is no longer there
    lane = replace(lane, identity=identity_of(arrival))
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


def _let_in_alone(lane: LaneState, arrival: Arrival) -> LaneState:
    """Who the site has let through stands there no more; what a camera tells later may be of them if none has yet."""
    if any(one.kind is WitnessKind.PLATE for one in arrival.witnesses):
        over = replace(arrival, ended_at=arrival.ended_at or max(one.at for one in arrival.witnesses))
        lane = replace(lane, arrivals=tuple(over if one.id == over.id else one for one in lane.arrivals))
    if lane.identity is None or lane.identity.session_id != arrival.session_id:
        return lane
    return replace(_nobody_waits(lane), identity=None)


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


def identity_of(arrival: Arrival) -> Identity:
    """Who was read last of an arrival."""
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


def closed(lane: LaneState, why: str, at: datetime) -> LaneState:
    """Why the lane stays closed for whoever waits there."""
    return replace(lane, closed_because=why, closed_at=at) if lane.waiting_since is not None else lane
