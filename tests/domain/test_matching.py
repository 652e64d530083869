"""A person says whose vehicle stands at the exit. Source: domain.md, "Identity and fusion"."""

import pytest

from syspark.domain.messages import MatchVehicle
from syspark.domain.session import Status
from syspark.domain.units import Lane, Plate, SessionId
from tests.domain.park import CAR, ENTRY, EXIT, VAN, Park, setup_of

HOUR_S = 3600
MISREAD = Plate("AA123RR")


def waiting(*, sensors: tuple[Lane, ...] = (), hours: float = 0.1) -> Park:
    """The car is inside for a while, and its plate was misread at the exit."""
    park = Park(setup_of(sensors=sensors))
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(hours * HOUR_S)
    if EXIT in sensors:
        park.arrive(EXIT)
    assert park.plate(MISREAD, EXIT) == "plate-unknown"
    return park


def match(park: Park, session_id: SessionId | None = None, lane: Lane = EXIT) -> str:
    """An operator says that the vehicle there is that session's, the car's unless told."""
    asked = MatchVehicle(lane=lane, session_id=session_id or next(iter(park.sessions)), reason="misread", author="ada")
    decision = park.tell(asked)
    park.settle()
    return decision.refused or decision.rule


def test_a_vehicle_matched_by_a_person_leaves_as_its_session_and_the_misread_plate_is_a_witness() -> None:
    park = waiting()
    assert match(park) == "vehicle-matched"
    (session,) = park.sessions.values()
    assert (session.status, session.closed_as, park.sent_to(EXIT)) == (Status.CLOSED, "free", 1)
    assert [witness.masked for _, witness in park.witnesses] == ["..3BB", "..3RR"]
    assert park.state.lane(EXIT).closed_because is None


def test_a_vehicle_matched_by_a_person_is_asked_for_what_its_own_session_owes() -> None:
    park = waiting(hours=3)
    assert match(park) == "vehicle-matched"
    assert (len(park.asks()), park.sent_to(EXIT)) == (1, 0)


def test_the_time_a_person_took_to_match_it_is_not_billed() -> None:
    park = waiting(sensors=(EXIT,), hours=(30 + 15) / 60)
    park.pass_time(90)
    match(park)
    assert [ask.amount for ask in park.asks()] == [50], "one step: it was read at the end of it"


def test_whoever_presses_second_changes_nothing() -> None:
    park = waiting(sensors=(EXIT,))
    match(park)
    assert match(park) == "vehicle-matched-before"
    assert park.sent_to(EXIT) == 1


@pytest.mark.parametrize(
    ("after", "why"),
    [
        ("gone", "nobody who was read waits there any more"),
        ("left", "that session is not open"),
        ("known", "the vehicle there has a session already"),
    ],
)
def test_a_match_that_is_true_no_more_is_refused_and_told_why(after: str, why: str) -> None:
    park = waiting(sensors=(EXIT,))
    if after == "gone":
        park.leave(EXIT)
    elif after == "left":
        park.leave(EXIT)
        park.arrive(EXIT)
        park.plate(CAR, EXIT)
        park.leave(EXIT)
        park.pass_time(70)
        park.arrive(EXIT)
        park.plate(MISREAD, EXIT)
    else:
        park.leave(EXIT)
        park.plate(VAN, ENTRY)
        park.pass_time(HOUR_S)
        park.plate(VAN, EXIT)
    before = park.state
    assert match(park) == why
    assert park.state == before


def test_a_vehicle_is_matched_at_the_exit_only() -> None:
    park = waiting()
    assert match(park, lane=ENTRY) == "a vehicle is matched at the exit"


def test_a_session_nobody_knows_is_not_matched() -> None:
    assert match(waiting(), SessionId("0190")) == "that session is not open"
