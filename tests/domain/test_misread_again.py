"""The same vehicle read twice, once with one confusion. Source: domain.md, "Entry repeated"."""

import pytest

from syspark.domain.units import Plate
from tests.domain.park import ENTRY, EXIT, Park, setup_of

CAR, CONFUSED, NEIGHBOUR, OTHER = Plate("BD123BB"), Plate("BO123BB"), Plate("BD124BB"), Plate("XY987ZT")


def admitted(*, sensors: bool = False) -> Park:
    """The car has just been admitted."""
    park = Park(setup_of(sensors=(ENTRY, EXIT) if sensors else ()))
    if sensors:
        park.arrive(ENTRY)
    assert park.plate(CAR, ENTRY) == "plate-admitted"
    park.fated("acked")
    return park


@pytest.mark.parametrize("sensors", [False, True])
def test_one_confusion_within_a_minute_is_the_same_vehicle(sensors: bool) -> None:
    park = admitted(sensors=sensors)
    if sensors:
        park.leave(ENTRY)
    park.pass_time(40)
    assert park.plate(CONFUSED, ENTRY) == "plate-joined"
    assert (len(park.sessions), park.sent_to(ENTRY), len(park.witnesses)) == (1, 1, 2)
    assert park.plate(CONFUSED, ENTRY) == "plate-repeated"


def test_the_plate_read_right_the_second_time_finds_the_session_at_the_exit() -> None:
    park = Park()
    park.plate(CONFUSED, ENTRY)
    park.pass_time(20)
    assert park.plate(CAR, ENTRY) == "plate-joined"
    park.pass_time(600)
    assert park.plate(CAR, EXIT) == "exit-asked"


def test_distance_one_alone_is_another_vehicle_of_the_fleet() -> None:
    park = admitted()
    park.pass_time(20)
    assert park.plate(NEIGHBOUR, ENTRY) == "plate-admitted"
    assert len(park.inside()) == 2


def test_with_another_vehicle_in_between_one_confusion_is_another_vehicle() -> None:
    park = admitted()
    park.pass_time(20)
    park.plate(OTHER, ENTRY)
    park.pass_time(20)
    assert park.plate(CONFUSED, ENTRY) == "plate-admitted"
    assert len(park.inside()) == 3


def test_after_a_minute_one_confusion_is_another_vehicle() -> None:
    park = admitted()
    park.pass_time(61)
    assert park.plate(CONFUSED, ENTRY) == "plate-admitted"


def test_whom_the_sensor_sees_come_after_it_is_another_vehicle() -> None:
    park = admitted(sensors=True)
    park.leave(ENTRY)
    park.pass_time(20)
    park.arrive(ENTRY)
    assert park.plate(CONFUSED, ENTRY) == "plate-admitted"


def test_a_confusion_with_a_car_inside_does_not_say_that_it_left() -> None:
    park = admitted()
    park.pass_time(600)
    park.plate(CONFUSED, ENTRY)
    park.fated("acked")
    park.pass_time(20)
    assert park.plate(CAR, ENTRY) == "plate-repeated"
    assert len(park.inside()) == 2


def test_who_waits_to_pay_is_not_taken_for_another_when_read_with_a_confusion() -> None:
    park = admitted()
    park.pass_time(3 * 3600)
    park.plate(CAR, EXIT)
    park.pass_time(11)
    assert park.plate(CONFUSED, EXIT) == "plate-joined"
    assert (park.state.ask is not None, park.state.lane(EXIT).suggestions) == (True, ())


def test_who_follows_one_that_was_let_out_is_not_taken_for_it() -> None:
    park = admitted()
    park.pass_time(600)
    park.plate(CAR, EXIT)
    park.fated("acked")
    park.pass_time(20)
    assert park.plate(CONFUSED, EXIT, confidence=0.99) == "plate-unknown"
    assert park.state.lane(EXIT).waiting_since is not None
