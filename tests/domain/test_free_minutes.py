"""Free minutes count once per plate per 4 h. Source: domain.md, "Identity and fusion"."""

import pytest

from syspark.domain.access import Plan
from syspark.domain.units import Uid
from tests.domain.park import CAR, ENTRY, EXIT, VAN, Park, badge_of, setup_of

MINUTE_S, HOUR_S = 60, 3600
ZOE = Uid("20E00000")


def came_and_left(park: Park) -> None:
    """The car was inside for ten minutes, for nothing."""
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(10 * MINUTE_S)
    park.plate(CAR, EXIT)
    park.fated("acked")


def free_minutes(park: Park) -> int:
    """Those of the latest session."""
    return list(park.sessions.values())[-1].tariff.free_minutes


@pytest.mark.parametrize(("hours", "free"), [(0.2, 0), (3.8, 0), (3.9, 30), (24, 30)])
def test_a_plate_has_its_free_minutes_again_four_hours_after_it_came_in(hours: float, free: int) -> None:
    park = Park()
    came_and_left(park)
    park.pass_time(hours * HOUR_S)
    assert park.plate(CAR, ENTRY) == "plate-admitted"
    assert free_minutes(park) == free


def test_whoever_comes_back_pays_from_the_first_minute() -> None:
    park = Park()
    came_and_left(park)
    park.pass_time(HOUR_S)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(10 * MINUTE_S)
    park.plate(CAR, EXIT)
    assert [ask.amount for ask in park.asks()] == [50]


def test_a_stay_without_free_minutes_puts_them_off_no_further() -> None:
    park = Park()
    for _ in range(3):
        came_and_left(park)
        park.pass_time(110 * MINUTE_S)
    assert [one.tariff.free_minutes for one in park.sessions.values()] == [30, 0, 30]


def test_another_plate_has_its_own() -> None:
    park = Park()
    came_and_left(park)
    park.plate(VAN, ENTRY)
    assert free_minutes(park) == 30


def test_a_stay_that_was_free_by_right_uses_none_up() -> None:
    park = Park(setup_of(sensors=(ENTRY,)), badges=[badge_of(ZOE, Plan.SUBSCRIBER)])
    park.arrive(ENTRY)
    park.badge(ZOE, ENTRY)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.leave(ENTRY)
    park.pass_time(10 * MINUTE_S)
    park.plate(CAR, EXIT)
    park.fated("acked")
    park.pass_time(HOUR_S)
    park.arrive(ENTRY)
    park.plate(CAR, ENTRY)
    assert free_minutes(park) == 30
