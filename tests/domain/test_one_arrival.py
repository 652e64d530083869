"""Plate, badge and PIN of one vehicle are one session. Source: domain.md, "Identity and fusion"; docs/identity.md."""

import pytest

from syspark.domain.access import Plan
from syspark.domain.identity import WitnessKind
from syspark.domain.session import Status
from syspark.domain.units import HolderKey, Lane
from tests.domain.park import ALICE, BOB, CAR, CAROL, ENTRY, EXIT, NOBODY, VAN, Park, setup_of

HOUR_S = 3600
UNWATCHED, WATCHED = (), (ENTRY, EXIT)
BOTH = pytest.mark.parametrize("sensors", [UNWATCHED, WATCHED], ids=["without sensor", "with sensor"])


def at_entry(sensors: tuple[object, ...] = WATCHED, capacity: int = 10) -> Park:
    park = Park(setup_of(sensors=sensors, capacity=capacity))  # type: ignore[arg-type]
    if sensors:
        park.arrive(ENTRY)
    return park


def kinds(park: Park) -> list[WitnessKind]:
    return sorted(witness.kind for _, witness in park.witnesses)


@BOTH
def test_a_subscriber_s_badge_after_the_plate_makes_the_visitor_s_session_a_subscriber_s(
    sensors: tuple[object, ...],
) -> None:
    park = at_entry(sensors)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(9)
    assert park.badge(ALICE, ENTRY) == "badge-joined"
    (session,) = park.inside()
    assert (session.plan, park.rules[-1]) == (Plan.SUBSCRIBER, "right-raised")
    assert (park.sent_to(ENTRY), park.state.occupancy) == (1, 1)
    assert kinds(park) == [WitnessKind.BADGE, WitnessKind.PLATE]


@BOTH
def test_a_plate_after_the_badge_is_its_witness(sensors: tuple[object, ...]) -> None:
    park = at_entry(sensors)
    park.badge(ALICE, ENTRY)
    park.fated("acked")
    park.pass_time(10)
    assert park.plate(CAR, ENTRY) == "plate-joined"
    assert (len(park.sessions), park.sent_to(ENTRY), park.session(ALICE).plan) == (1, 1, Plan.SUBSCRIBER)


@BOTH
@pytest.mark.parametrize("by", ["plate", "badge"])
def test_either_witness_leads_out_whatever_came_in_first(sensors: tuple[object, ...], by: str) -> None:
    park = at_entry(sensors)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(3)
    park.badge(ALICE, ENTRY)
    if sensors:
        park.leave(ENTRY)
    park.restart()
    park.pass_time(10 * HOUR_S)
    assert (park.plate(CAR, EXIT) if by == "plate" else park.badge(ALICE, EXIT)) == "exit-asked"
    (session,) = park.sessions.values()
    assert (session.status, session.closed_as, park.state.occupancy) == (Status.CLOSED, "right", 0)


def test_at_a_watched_lane_a_plate_belongs_to_the_badge_for_a_minute_and_a_badge_to_the_plate_for_15_s() -> None:
    park = at_entry()
    park.badge(ALICE, ENTRY)
    park.fated("acked")
    park.pass_time(60)
    assert park.plate(CAR, ENTRY) == "plate-joined"
    park = at_entry()
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(15)
    assert park.badge(ALICE, ENTRY) == "badge-joined"
    park = at_entry()
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(16)
    assert park.badge(ALICE, ENTRY) == "entry-admitted"


def test_at_a_lane_without_sensor_they_belong_together_for_ten_seconds() -> None:
    park = at_entry(UNWATCHED)
    park.badge(ALICE, ENTRY)
    park.fated("acked")
    park.pass_time(11)
    assert park.plate(CAR, ENTRY) == "plate-admitted"
    assert len(park.inside()) == 2


def test_who_comes_after_the_vehicle_has_left_the_sensor_is_another_one() -> None:
    park = at_entry()
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(4)
    park.leave(ENTRY)
    assert park.badge(BOB, ENTRY) == "entry-admitted"
    assert len(park.inside()) == 2


def test_an_opening_for_somebody_else_ends_the_stand_at_a_lane_without_sensor() -> None:
    park = at_entry(UNWATCHED)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(2)
    park.plate(VAN, ENTRY)
    park.fated("acked")
    park.pass_time(1)
    park.badge(ALICE, ENTRY)
    van = park.visits.by_key(park.holder(VAN))
    assert van is not None
    assert HolderKey(ALICE) in van.keys


def test_a_plate_that_comes_late_joins_the_badge_it_was_read_with() -> None:
    """Its vehicle has left the sensor since, and another one stands there."""
    park = at_entry()
    park.badge(ALICE, ENTRY)
    park.fated("acked")
    park.pass_time(5)
    park.leave(ENTRY)
    park.pass_time(3)
    park.arrive(ENTRY)
    park.badge(BOB, ENTRY)
    park.fated("acked")
    park.pass_time(5)
    park.last_read = park.now.min.replace(tzinfo=park.now.tzinfo)
    assert park.plate(CAR, ENTRY, age_s=11) == "plate-joined"
    alice = park.visits.by_key(park.holder(CAR))
    assert alice is not None
    assert HolderKey(ALICE) in alice.keys
    assert (len(park.sessions), park.sent_to(ENTRY)) == (2, 2)


def test_each_witness_counts_once_however_often_it_comes() -> None:
    park = at_entry()
    park.plate(CAR, ENTRY)
    park.fated("acked")
    for _ in range(3):
        park.pass_time(1)
        park.badge(ALICE, ENTRY)
        park.plate(CAR, ENTRY)
    assert park.rules.count("badge-joined") == 1
    assert kinds(park) == [WitnessKind.BADGE, WitnessKind.PLATE]


@BOTH
def test_a_pin_after_the_plate_raises_its_right_and_opens_nothing_more(sensors: tuple[object, ...]) -> None:
    park = at_entry(sensors)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(8)
    assert park.pin(ENTRY) == "pin-joined"
    (session,) = park.inside()
    assert (session.plan, park.sent_to(ENTRY), park.visits.oldest_pin is not None) == (Plan.SUBSCRIBER, 1, True)


@BOTH
def test_a_badge_of_no_right_is_refused_beside_a_plate_and_opens_no_exit(sensors: tuple[object, ...]) -> None:
    park = at_entry(sensors)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(1)
    assert park.badge(NOBODY, ENTRY) == "badge-unknown"
    if sensors:
        park.leave(ENTRY)
    park.pass_time(900)
    assert park.badge(NOBODY, EXIT) == "badge-unknown"
    assert (park.sent_to(EXIT), park.state.occupancy, kinds(park)) == (0, 1, [WitnessKind.PLATE])


@BOTH
def test_a_badge_refused_before_a_vehicle_came_is_none_of_its_witnesses(sensors: tuple[object, ...]) -> None:
    park = Park(setup_of(sensors=sensors))  # type: ignore[arg-type]
    assert park.badge(NOBODY, ENTRY) == "badge-unknown"
    park.pass_time(2)
    if sensors:
        park.arrive(ENTRY)
    assert park.plate(CAR, ENTRY) == "plate-admitted"
    park.pass_time(900)
    assert park.badge(NOBODY, EXIT) == "badge-unknown"
    assert (park.sent_to(EXIT), park.state.occupancy, kinds(park)) == (0, 1, [WitnessKind.PLATE])


def test_a_plate_refused_at_a_full_site_is_taken_along_by_the_pin_that_admits_it() -> None:
    park = at_entry(capacity=0)
    assert park.plate(CAR, ENTRY) == "site-full"
    park.pass_time(10)
    assert park.pin(ENTRY) == "pin-admitted"
    assert park.witnesses[-1][1].key == park.holder(CAR)
    assert (park.sent_to(ENTRY), park.state.occupancy) == (1, 1)


def test_what_went_wrong_for_the_first_witness_is_tried_again_for_the_second() -> None:
    park = at_entry()
    park.plate(CAR, ENTRY)
    park.fated("expired")
    park.pass_time(3)
    assert park.badge(ALICE, ENTRY) == "entry-again"
    (session,) = park.inside()
    assert (park.sent_to(ENTRY), session.plan, len(park.witnesses)) == (2, Plan.SUBSCRIBER, 2)


def test_a_badge_whose_exit_was_missed_joins_the_plate_it_comes_with() -> None:
    park = at_entry(UNWATCHED)
    park.badge(ALICE, ENTRY)
    park.fated("acked")
    park.pass_time(5 * HOUR_S)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(4)
    assert park.badge(ALICE, ENTRY) == "badge-joined"
    first, second = park.sessions.values()
    assert (first.status, first.closed_as, second.plan) == (Status.CLOSED, "exit_missed", Plan.SUBSCRIBER)
    assert (park.state.occupancy, park.visit(ALICE).session_id) == (1, second.id)


def test_at_the_exit_a_subscriber_s_badge_lets_out_the_visitor_who_was_asked_to_pay() -> None:
    park = at_entry(UNWATCHED)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(3 * HOUR_S)
    park.plate(CAR, EXIT)
    assert len(park.asks()) == 1
    park.pass_time(6)
    assert park.badge(ALICE, EXIT) == "badge-joined"
    (session,) = park.sessions.values()
    assert (session.plan, session.closed_as, park.sent_to(EXIT), park.state.ask) == (Plan.SUBSCRIBER, "right", 1, None)


def test_at_the_exit_who_holds_a_session_goes_by_it_whoever_stands_beside() -> None:
    park = at_entry(UNWATCHED)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(60)
    park.badge(ALICE, ENTRY)
    park.fated("acked")
    park.pass_time(3 * HOUR_S)
    park.plate(CAR, EXIT)
    park.pass_time(3)
    assert park.badge(ALICE, EXIT) == "exit-asked"
    assert park.session(ALICE).status is Status.CLOSED
    assert len(park.inside()) == 1


@BOTH
def test_plate_and_badge_at_the_exit_open_it_once(sensors: tuple[object, ...]) -> None:
    park = at_entry(sensors)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(2)
    park.badge(ALICE, ENTRY)
    if sensors:
        park.leave(ENTRY)
    park.pass_time(HOUR_S)
    if sensors:
        park.arrive(EXIT)
    park.plate(CAR, EXIT)
    park.fated("acked")
    park.pass_time(4)
    assert park.badge(ALICE, EXIT) == "badge-joined"
    assert (park.sent_to(EXIT), park.state.occupancy) == (1, 0)


def test_a_payment_is_asked_for_on_while_another_witness_of_the_same_vehicle_is_read() -> None:
    park = at_entry(UNWATCHED)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(2)
    park.badge(CAROL, ENTRY)
    park.pass_time(3 * HOUR_S)
    park.plate(CAR, EXIT)
    park.pass_time(4)
    assert park.badge(CAROL, EXIT) == "badge-joined"
    asked = len(park.asks())
    park.pass_time(30)
    assert len(park.asks()) > asked


@pytest.mark.parametrize("lane", [ENTRY, EXIT])
def test_without_sensor_a_pin_beside_a_badge_that_was_opened_for_is_the_next_driver_s(lane: Lane) -> None:
    park = two_inside() if lane is EXIT else Park()
    park.badge(ALICE, lane)
    park.fated("acked")
    park.pass_time(6)
    assert park.pin(lane) == ("pin-admitted" if lane is ENTRY else "pin-exit-guessed")
    assert len(park.inside()) == park.state.occupancy == (2 if lane is ENTRY else 0)


@pytest.mark.parametrize("lane", [ENTRY, EXIT])
def test_without_sensor_a_badge_beside_a_pin_that_was_opened_for_is_the_next_driver_s(lane: Lane) -> None:
    park = two_inside() if lane is EXIT else Park()
    park.pin(lane)
    park.fated("acked")
    park.pass_time(6)
    assert park.badge(ALICE, lane) == ("entry-admitted" if lane is ENTRY else "exit-asked")
    assert len(park.inside()) == park.state.occupancy == (2 if lane is ENTRY else 0)


def test_a_pin_beside_a_badge_whose_opening_came_to_nothing_is_the_same_driver_s() -> None:
    park = Park()
    park.badge(ALICE, ENTRY)
    park.fated("expired")
    park.pass_time(6)
    assert park.pin(ENTRY) == "entry-again"
    assert (len(park.inside()), park.sent_to(ENTRY)) == (1, 2)


def two_inside() -> Park:
    """Alice and one who came by PIN, an hour ago."""
    park = Park()
    park.pin(ENTRY)
    park.fated("acked")
    park.pass_time(60)
    park.badge(ALICE, ENTRY)
    park.fated("acked")
    park.pass_time(HOUR_S)
    return park
