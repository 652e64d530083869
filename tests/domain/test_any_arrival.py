"""Whatever order, repetition and delay the witnesses of one vehicle come in with, it is one vehicle."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from syspark.domain.access import Plan
from syspark.domain.facts import BadgeRead, Fact, PinAccepted, PlateRead
from syspark.domain.identity import WitnessKind
from syspark.domain.messages import Reported
from syspark.domain.session import Status
from syspark.domain.units import DeviceName, Lane, Plate, Side
from tests.domain.park import ALICE, CAR, ENTRY, EXIT, NOON, TRAILER, Park, setup_of
from tests.examples import examples

DELAYS_S = st.sampled_from([0, 0, 0, 0.5, 3, 9, 11, 30, 120, 230])
SHOWN_S = st.sampled_from([0, 0, 0, 0.5, 3, 9, 11, 30, 110])
"""Of a badge or a PIN: told later, once its vehicle has left the sensor, it is the next one's (docs/offline.md)."""


@dataclass(frozen=True)
class Delivery:
    """A witness read some seconds after noon, that comes in some seconds later; a plate at one end of the vehicle."""

    kind: WitnessKind
    read_s: float
    comes_s: float
    side: Side = Side.FRONT


@st.composite
def shown(draw: st.DrawFn, *, watched: bool) -> list[WitnessKind]:
    """What one vehicle may be read by: without a sensor, who is let through by a badge types no PIN beside it."""
    badge_or_pin = [WitnessKind.BADGE, WitnessKind.PIN]
    return [WitnessKind.PLATE, *(badge_or_pin if watched else [draw(st.sampled_from(badge_or_pin))])]


@st.composite
def deliveries(draw: st.DrawFn, by: list[WitnessKind], *, watched: bool) -> list[Delivery]:
    """Each witness once to three times; the times they were read at are those of one arrival."""
    badge_s, pin_s = draw(st.integers(0, 9)), draw(st.integers(0, 9))
    earliest, latest = (max(badge_s, pin_s) - 15, min(badge_s, pin_s) + 60) if watched else (0, 9)
    read_s = {
        WitnessKind.BADGE: badge_s,
        WitnessKind.PIN: pin_s,
        WitnessKind.PLATE: draw(st.integers(max(0, earliest), latest)),
    }
    kinds = draw(st.lists(st.sampled_from(sorted(by)), min_size=1, unique=True))
    found = [
        Delivery(kind, read_s[kind], read_s[kind] + delay_s)
        for kind in kinds
        for delay_s in draw(st.lists(DELAYS_S if kind is WitnessKind.PLATE else SHOWN_S, min_size=1, max_size=3))
    ]
    return draw(st.permutations(found))


@st.composite
def ends(draw: st.DrawFn, *, watched: bool) -> list[Delivery]:
    """A car's plate in front and its trailer's at the rear, each once to three times."""
    front_s = draw(st.integers(2, 20))
    read_s = {Side.FRONT: front_s, Side.REAR: front_s + draw(st.integers(-2, 40 if watched else 10))}
    found = [
        Delivery(WitnessKind.PLATE, read_s[side], read_s[side] + delay_s, side)
        for side in draw(st.lists(st.sampled_from(Side), min_size=1, unique=True))
        for delay_s in draw(st.lists(DELAYS_S, min_size=1, max_size=3))
    ]
    return draw(st.permutations(found))


def plate_of(delivery: Delivery) -> Plate:
    return CAR if delivery.side is Side.FRONT else TRAILER


def fact_of(delivery: Delivery, lane: Lane) -> Fact:
    assert delivery.kind is not WitnessKind.SENSOR, "nobody reports that nothing was read"
    match delivery.kind:
        case WitnessKind.BADGE:
            return BadgeRead(uid=ALICE, lane=lane)
        case WitnessKind.PLATE:
            return PlateRead(plate=plate_of(delivery), lane=lane, side=delivery.side)
        case WitnessKind.PIN:
            return PinAccepted(lane=lane)


def come(park: Park, lane: Lane, found: list[Delivery], *, watched: bool, restart: bool) -> None:
    """All of it happens at a lane, from now on; the vehicle leaves the sensor after its last reading."""
    began = park.now
    left_s = max(one.read_s for one in found) + 1
    if watched:
        park.arrive(lane)
    steps: list[tuple[float, Delivery | None]] = sorted(
        [*((one.comes_s, one) for one in found), (left_s, None)], key=lambda step: step[0]
    )
    for at_s, delivery in steps:
        park.pass_time(max(0.0, at_s - (park.now - began).total_seconds()))
        if delivery is None:
            if watched:
                park.leave(lane)
        else:
            reported = Reported(device=DeviceName("reader"), fact=fact_of(delivery, lane))
            park.tell(reported, fact_at=began + timedelta(seconds=delivery.read_s))
            park.settle()
        for one in park.openings():
            if one.fate == "queued":
                park.fated("acked", one.command.id)
        if restart:
            park.restart()


@given(st.booleans(), st.booleans(), st.data())
@settings(max_examples=examples(300))
def test_whoever_enters_has_one_session_one_place_one_opening_and_each_witness_once(
    watched: bool, restart: bool, data: st.DataObject
) -> None:
    park = Park(setup_of(sensors=(ENTRY, EXIT) if watched else ()))
    found = data.draw(deliveries(data.draw(shown(watched=watched)), watched=watched))
    come(park, ENTRY, found, watched=watched, restart=restart)
    (session,) = park.sessions.values()
    kinds = {one.kind for one in found}
    assert Counter(one.kind for _, one in park.witnesses) == Counter(kinds)
    assert (park.state.occupancy, park.sent_to(ENTRY) <= 1) == (1, True)
    assert session.plan is (Plan.VISITOR if kinds == {WitnessKind.PLATE} else Plan.SUBSCRIBER)
    if any(one.comes_s - one.read_s <= 10 for one in found):
        assert park.sent_to(ENTRY) == 1


@given(st.booleans(), st.booleans(), st.data())
@settings(max_examples=examples(300))
def test_whoever_leaves_is_let_out_once(watched: bool, restart: bool, data: st.DataObject) -> None:
    park = Park(setup_of(sensors=(ENTRY, EXIT) if watched else ()))
    by = data.draw(shown(watched=watched))
    come(park, ENTRY, [Delivery(kind, 0, 0) for kind in by], watched=watched, restart=restart)
    park.pass_time(7200)
    found = data.draw(deliveries(by, watched=watched))
    come(park, EXIT, found, watched=watched, restart=restart)
    (session,) = park.sessions.values()
    assert (session.status, park.state.occupancy) == (Status.CLOSED, 0)
    assert park.sent_to(EXIT) <= 1
    at_exit = Counter(one.kind for _, one in park.witnesses if one.lane is EXIT)
    assert at_exit == Counter({one.kind for one in found})
    assert session.opened_at == NOON


@given(st.booleans(), st.booleans(), st.data())
@settings(max_examples=examples(150))
def test_a_car_with_a_trailer_enters_once_whichever_end_is_read_how_often_and_when(
    watched: bool, restart: bool, data: st.DataObject
) -> None:
    park = Park(setup_of(sensors=(ENTRY, EXIT) if watched else ()))
    found = data.draw(ends(watched=watched))
    come(park, ENTRY, found, watched=watched, restart=restart)
    assert (len(park.sessions), park.state.occupancy, park.sent_to(ENTRY) <= 1) == (1, 1, True)
    assert Counter(one.key for _, one in park.witnesses) == Counter({park.holder(plate_of(one)) for one in found})


@given(st.booleans(), st.booleans(), st.data())
@settings(max_examples=examples(150))
def test_a_car_with_a_trailer_leaves_once_whichever_end_is_read_how_often_and_when(
    watched: bool, restart: bool, data: st.DataObject
) -> None:
    park = Park(setup_of(sensors=(ENTRY, EXIT) if watched else ()))
    both = [Delivery(WitnessKind.PLATE, 5 * place, 5 * place, side) for place, side in enumerate(Side)]
    come(park, ENTRY, both, watched=watched, restart=restart)
    park.pass_time(600)
    come(park, EXIT, data.draw(ends(watched=watched)), watched=watched, restart=restart)
    (session,) = park.sessions.values()
    assert (session.status, park.state.occupancy, park.sent_to(EXIT) <= 1) == (Status.CLOSED, 0, True)
