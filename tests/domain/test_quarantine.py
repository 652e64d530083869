"""Lanes that stand open: what is not read then bills nobody. Source: domain.md, "Lane modes"."""

import pytest

from syspark.domain.messages import LaneMode, SetLaneMode
from syspark.domain.session import Status
from syspark.domain.units import Lane
from tests.domain.park import ALICE, CAR, ENTRY, EXIT, VAN, Park, setup_of

HOUR_S = 3600


def put(park: Park, lane: Lane, mode: LaneMode) -> None:
    """An operator puts a lane into a mode."""
    park.tell(SetLaneMode(lane=lane, mode=mode, author="ada"))


def parked(*, capacity: int = 10) -> Park:
    """The car came in an hour ago."""
    park = Park(setup_of(capacity=capacity))
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(HOUR_S)
    return park


def stood_open(park: Park, lane: Lane, mode: LaneMode = LaneMode.HELD_OPEN) -> None:
    """A lane stood open for an hour."""
    put(park, lane, mode)
    park.pass_time(HOUR_S)
    put(park, lane, LaneMode.CONTROLLED)


@pytest.mark.parametrize("mode", [LaneMode.HELD_OPEN, LaneMode.UNCONTROLLED])
def test_who_is_read_at_an_exit_that_stands_open_is_asked_for_nothing(mode: LaneMode) -> None:
    park = parked()
    put(park, EXIT, mode)
    park.plate(CAR, EXIT)
    (session,) = park.sessions.values()
    assert (session.status, session.closed_as, park.asks()) == (Status.CLOSED, "held-open", [])


def test_who_leaves_before_or_after_the_exit_stood_open_pays_as_always() -> None:
    park = parked()
    stood_open(park, EXIT)
    park.plate(CAR, EXIT)
    assert len(park.asks()) == 1


def test_a_read_that_comes_late_counts_when_it_happened() -> None:
    park = parked()
    stood_open(park, EXIT)
    park.plate(CAR, EXIT, age_s=60)
    assert [one.closed_as for one in park.sessions.values()] == ["held-open"]


def test_a_vehicle_that_may_have_left_and_come_back_unread_is_not_billed_and_is_reviewed() -> None:
    park = parked()
    stood_open(park, EXIT)
    stood_open(park, ENTRY)
    park.plate(CAR, EXIT)
    (session,) = park.sessions.values()
    assert (session.closed_as, session.review, park.asks()) == ("stay-in-doubt", ("stay-in-doubt",), [])


@pytest.mark.parametrize("lanes", [(ENTRY,), (ENTRY, EXIT)])
def test_who_could_not_come_back_unread_pays_as_always(lanes: tuple[Lane, ...]) -> None:
    park = parked()
    for lane in lanes:
        stood_open(park, lane)
        park.pass_time(60)
    park.plate(CAR, EXIT)
    assert len(park.asks()) == 1


def test_a_plate_nobody_knows_leaves_when_the_entry_stood_open_within_the_longest_stay() -> None:
    park = Park()
    stood_open(park, ENTRY)
    park.pass_time(23 * HOUR_S)
    assert park.plate(CAR, EXIT) == "exit-entry-unknown"
    (session,) = park.sessions.values()
    assert (session.opened_at, session.closed_as, park.sent_to(EXIT)) == (None, "entry-unknown", 1)
    park.pass_time(2 * HOUR_S)
    assert park.plate(VAN, EXIT) == "plate-unknown"


def test_at_an_entry_that_stands_open_a_plate_is_admitted_also_when_the_site_is_full() -> None:
    park = Park(setup_of(capacity=1))
    park.badge(ALICE, ENTRY)
    park.pass_time(61)
    put(park, ENTRY, LaneMode.HELD_OPEN)
    assert park.plate(CAR, ENTRY) == "plate-admitted"
    assert park.state.occupancy == 2


def test_a_lane_that_is_closed_is_no_open_one() -> None:
    park = parked()
    put(park, EXIT, LaneMode.CLOSED)
    park.plate(CAR, EXIT)
    assert len(park.asks()) == 1
