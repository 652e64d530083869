"""Which readings are of one vehicle. Source: domain.md, "Identity and fusion"; a PIN counts as a badge there.

Told by the times of the facts and not of their decisions, so that the order in which they come in does not matter.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from syspark.domain.identity import Witness, WitnessKind
from syspark.domain.policy import SitePolicy
from syspark.domain.site.ends import BOTH_ENDS_S
from syspark.domain.site.state import Answer, Arrival, LaneOpening, LaneState, SiteSetup, SiteState
from syspark.domain.units import HolderKey, Lane, Side


def read_before(state: SiteState, lanes: Iterable[Lane], witness: Witness) -> Iterator[tuple[Arrival, float]]:
    """Where this holder was read lately, and how many seconds before or after, the latest arrival first."""
    for lane in lanes:
        for arrival in reversed(state.lane(lane).arrivals):
            for other in arrival.witnesses:
                if other.key == witness.key:
                    yield arrival, abs(_apart_s(witness, other))


def arrival_of(
    state: SiteState, witness: Witness, setup: SiteSetup, *, kept: bool = False, side: Side | None = None
) -> Arrival | None:
    """The arrival at its lane that a reading belongs to, the nearest in time; None: it begins one.

    `kept`: by a site that was cut off, whose sensor's word of that time is lost. `side` is the end of the vehicle
    that a camera read.
    """
    lane, watched = state.lane(witness.lane), state.watched(witness.lane, setup.sensors)
    one_vehicle_s = 0.0 if kept or _has_shut(lane, witness.at) else setup.policy.one_vehicle_after_opening_s
    nearest: tuple[float, Arrival] | None = None
    for arrival in reversed(lane.arrivals):
        # A sensor that has not seen the vehicle (yet) does not tell how long it stands there.
        seen = watched and (lane.present or arrival.ended_at is not None)
        # A front that follows is the next vehicle's; the rear is still this one's while nobody has seen it.
        rear = side is Side.REAR and side not in arrival.sides
        if not rear and _is_next_in_line(arrival, witness, lane.opening, one_vehicle_s):
            continue
        if not watched and _is_next_driver(arrival, witness, lane.opening):
            continue
        stood = seen and (lane.opening is None or lane.opening.answer is Answer.BAD)
        apart_s = _belongs(arrival, witness, setup.policy, seen=seen, kept=kept, side=side, stood=stood)
        if apart_s is not None and (nearest is None or apart_s < nearest[0]):
            nearest = (apart_s, arrival)
    return nearest[1] if nearest is not None else None


def misread_of(state: SiteState, witness: Witness, alike: Collection[HolderKey], setup: SiteSetup) -> Arrival | None:
    """The arrival at its lane whose plate was read once more with one confusion; None: it is another vehicle's.

    `alike` are the holders one confusion away. Nobody else was read in between, and no sensor sees that another one has
    come since: fleets have plates that look alike.
    """
    lane = state.lane(witness.lane)
    came_at = lane.present_at if state.watched(witness.lane, setup.sensors) else None
    for arrival in reversed(lane.arrivals):
        if came_at is not None and arrival.ended_at is not None and witness.at >= came_at:
            continue
        for other in arrival.witnesses:
            near = other.key in alike and abs(_apart_s(witness, other)) < setup.policy.plate_repeat_s
            if near and not _read_between(lane.arrivals, arrival, witness, other):
                return arrival
    return None


def _read_between(arrivals: Iterable[Arrival], arrival: Arrival, one: Witness, other: Witness) -> bool:
    first, last = sorted((one.at, other.at))
    others = (read for another in arrivals if another.id != arrival.id for read in another.witnesses)
    return any(first <= read.at <= last for read in others)


def _is_next_in_line(arrival: Arrival, witness: Witness, opening: LaneOpening | None, within_s: float) -> bool:
    """Whether another plate is of a car close behind the one let through: the sensor sees no gap between them."""
    if witness.kind is not WitnessKind.PLATE or opening is None or opening.answer is not Answer.GOOD:
        return False
    if opening.session_id is None or opening.session_id != arrival.session_id or arrival.has(witness.key):
        return False
    seen = any(other.kind in {WitnessKind.PLATE, WitnessKind.SENSOR} for other in arrival.witnesses)
    return seen and (witness.at - opening.read_at).total_seconds() > within_s


def _has_shut(lane: LaneState, at: datetime) -> bool:
    """Whether the barrier says that it has closed behind the vehicle it was opened for last."""
    if lane.opening is None or lane.barrier != "closed" or lane.barrier_at is None:
        return False
    return lane.opening.read_at < lane.barrier_at <= at


def _is_next_driver(arrival: Arrival, witness: Witness, opening: LaneOpening | None) -> bool:
    """Whether a PIN comes beside a badge that the lane was opened for, or a badge beside such a PIN.

    Nobody whom either has let through shows the other: it is the driver behind, whom no sensor tells apart.
    """
    if opening is None or opening.answer is Answer.BAD:
        return False
    if opening.session_id is None or opening.session_id != arrival.session_id:
        return False
    shown = {one.kind for one in (*arrival.witnesses, witness)} - {WitnessKind.PLATE, WitnessKind.SENSOR}
    return witness.kind in shown and len(shown) > 1


def in_cycle(arrival: Arrival, at: datetime) -> bool:
    """Whether what was read at `at` can be of this arrival's vehicle: not of one before it, nor of one after it."""
    return (arrival.since is None or at >= arrival.since) and (arrival.ended_at is None or at < arrival.ended_at)


def _belongs(
    arrival: Arrival, witness: Witness, policy: SitePolicy, *, seen: bool, kept: bool, side: Side | None, stood: bool
) -> float | None:
    """How far a reading is from this arrival's in seconds, None when it is of another vehicle.

    `stood`: nothing was opened for the vehicle that the sensor sees, whose driver tries until something is.
    """
    if not in_cycle(arrival, witness.at):
        return None
    same = [other for other in arrival.witnesses if other.key == witness.key]
    if same:
        apart_s = abs(_apart_s(witness, same[0]))
        return apart_s if seen or apart_s < policy.repeat_s(witness.kind) else None
    of_kind = [other for other in arrival.witnesses if other.kind is witness.kind]
    # A trailer's plate, or the same one misread; a second badge is a second driver.
    if of_kind and not seen and not _is_other_end(arrival, witness, of_kind, side):
        return None
    if of_kind and witness.kind is not WitnessKind.PLATE:
        return None
    # Counted from its first plate: of a sensor that is stuck each car would else be the one before.
    if any(abs(_apart_s(witness, other)) > policy.plate_after_badge_s for other in of_kind):
        return None
    near = [
        abs(_apart_s(witness, other))
        for other in arrival.witnesses
        if _together(witness, other, policy, seen=seen and (not kept or other.kind is witness.kind), stood=stood)
    ]
    return min(near, default=None)


def _is_other_end(arrival: Arrival, witness: Witness, plates: Iterable[Witness], side: Side | None) -> bool:
    """Whether a plate no sensor tells of is at the other end of an arrival's vehicle, its trailer's or its own.

    The rear may be read while it drives on; a front that is read later than together with a rear follows a motorcycle.
    """
    if side is None or side in arrival.sides:
        return False
    after_front_s = (_apart_s(witness, one) if side is Side.REAR else _apart_s(one, witness) for one in plates)
    return all(apart_s >= -BOTH_ENDS_S for apart_s in after_front_s)


def _together(one: Witness, other: Witness, policy: SitePolicy, *, seen: bool, stood: bool) -> bool:
    apart_s = _apart_s(one, other)
    if not seen:
        return abs(apart_s) <= policy.one_arrival_unwatched_s
    if one.kind is other.kind:
        return abs(apart_s) <= policy.plate_after_badge_s
    if WitnessKind.PLATE not in {one.kind, other.kind}:
        return abs(apart_s) <= policy.badge_after_plate_s
    plate_later_s = apart_s if one.kind is WitnessKind.PLATE else -apart_s
    badge_later_s = policy.plate_after_badge_s if stood else policy.badge_after_plate_s
    return -badge_later_s <= plate_later_s <= policy.plate_after_badge_s


def _apart_s(one: Witness, other: Witness) -> float:
    return (one.at - other.at).total_seconds()
