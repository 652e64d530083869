"""A PIN that a controller has accepted. Source: domain.md, "Exit and payment"; docs/identity.md, rule 6."""

from datetime import timedelta

from syspark.domain.access import Plan
from syspark.domain.session import Status
from tests.domain.park import ALICE, CAR, ENTRY, EXIT, NOON, VAN, Park, setup_of

HOUR_S = 3600


def entered(*pins: float, sensors: tuple[str, ...] = ()) -> Park:
    """Drivers came in by PIN, so many seconds apart; an hour ago."""
    park = Park()
    for apart_s in pins:
        park.pass_time(apart_s)
        park.pin(ENTRY)
        park.fated("acked")
    park.pass_time(HOUR_S)
    return park


def test_a_pin_admits_whoever_is_in_front_of_it() -> None:
    park = Park()
    assert park.pin(ENTRY) == "pin-admitted"
    (session,) = park.inside()
    assert (session.holder_key, session.plan, session.opened_at) == (f"pin:{session.id}", Plan.SUBSCRIBER, NOON)
    assert (park.sent_to(ENTRY), park.state.occupancy, park.texts()) == (1, 1, ["LIBRE:9"])


def test_a_pin_admits_also_when_the_site_is_full() -> None:
    park = Park(setup_of(capacity=0))
    assert park.pin(ENTRY) == "pin-admitted"
    assert (park.sent_to(ENTRY), park.texts()) == (1, ["LIBRE:0"])


def test_a_pin_within_two_seconds_is_the_same_one_and_after_them_another_driver_s() -> None:
    park = Park()
    park.pin(ENTRY)
    park.fated("acked")
    park.pass_time(1.9)
    assert park.pin(ENTRY) == "pin-repeated"
    park.pass_time(0.1)
    assert park.pin(ENTRY) == "pin-admitted"
    assert len(park.inside()) == 2


def test_a_pin_of_the_entry_is_none_of_the_exit() -> None:
    park = entered(0)
    park.pin(ENTRY)
    assert park.pin(EXIT) == "pin-exit-guessed"


def test_a_pin_whose_opening_went_wrong_opens_again_for_the_same_session() -> None:
    park = Park()
    park.pin(ENTRY)
    park.fated("expired")
    park.pass_time(1)
    assert park.pin(ENTRY) == "entry-again"
    park.fated("expired")
    park.pass_time(30)
    assert park.pin(ENTRY) == "entry-again"
    assert (len(park.sessions), park.sent_to(ENTRY), len(park.witnesses)) == (1, 3, 1)


def test_a_driver_whom_the_sensor_sees_standing_there_still_types_for_the_same_session() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    park.pin(ENTRY)
    park.fated("acked")
    park.pass_time(20)
    assert park.pin(ENTRY) == "entry-again"
    park.leave(ENTRY)
    park.arrive(ENTRY)
    assert park.pin(ENTRY) == "pin-admitted" or park.pass_time(2) == []
    park.pass_time(5)
    assert park.state.occupancy == len(park.inside())


def test_an_old_pin_opens_nothing() -> None:
    park = Park()
    assert park.pin(ENTRY, age_s=11) == "pin-admitted"
    assert (park.sent_to(ENTRY), park.state.occupancy) == (0, 1)
    park.pass_time(HOUR_S)
    assert park.pin(EXIT, age_s=60) == "pin-exit-guessed"
    assert (park.sent_to(EXIT), park.state.occupancy) == (0, 0)


def test_a_pin_at_the_exit_lets_out_the_oldest_that_came_by_pin_for_a_person_to_look_at() -> None:
    park = entered(0, 60, 60)
    park.badge(ALICE, ENTRY)
    park.pass_time(120)
    assert park.pin(EXIT) == "pin-exit-guessed"
    first, *others = park.sessions.values()
    assert (first.status, first.closed_as, first.review) == (Status.CLOSED, "pin", ("pin_exit_guessed",))
    assert all(other.status is Status.ACTIVE for other in others)
    assert (park.sent_to(EXIT), park.state.occupancy) == (1, 3)


def test_each_pin_at_the_exit_lets_out_the_next_one_also_after_a_restart() -> None:
    park = entered(0, 60, 60)
    for left in (2, 1, 0):
        park.restart()
        park.pass_time(10)
        assert park.pin(EXIT) == "pin-exit-guessed"
        park.fated("acked")
        assert [session.opened_at for session in park.inside()] == [
            NOON + timedelta(seconds=60 * n) for n in range(3 - left, 3)
        ]
    park.pass_time(10)
    assert park.pin(EXIT) == "pin-exit-without-entry"


def test_the_pin_session_whose_plate_stands_at_the_exit_is_the_one_let_out() -> None:
    park = Park()
    park.pin(ENTRY)
    park.fated("acked")
    park.pass_time(60)
    park.pin(ENTRY)
    park.fated("acked")
    park.pass_time(5)
    assert park.plate(CAR, ENTRY) == "plate-joined"
    park.pass_time(2 * HOUR_S)
    park.plate(CAR, EXIT, settle=False)
    park.pass_time(3)
    assert park.pin(EXIT) == "pin-exit"
    first, second = park.sessions.values()
    assert (first.status, second.status, second.review) == (Status.ACTIVE, Status.CLOSED, ())
    assert (park.sent_to(EXIT), park.rules[-1]) == (1, "exit-already-open")


def test_a_visitor_asked_to_pay_who_types_the_exit_s_pin_is_out_for_a_person_to_look_at() -> None:
    park = Park(setup_of(sensors=(EXIT,)))
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(30)
    park.pin(ENTRY)
    park.fated("acked")
    park.pass_time(2 * HOUR_S)
    park.arrive(EXIT)
    park.plate(CAR, EXIT)
    assert len(park.asks()) == 1
    park.pass_time(40)
    assert park.pin(EXIT) == "pin-exit"
    visitor, by_pin = park.sessions.values()
    assert (visitor.closed_as, visitor.review) == ("pin", ("pin_exit_without_pin_entry",))
    assert (by_pin.status, park.sent_to(EXIT), park.state.ask) == (Status.ACTIVE, 1, None)


def test_a_pin_at_the_exit_after_the_lane_was_opened_for_the_plate_adds_a_witness_only() -> None:
    park = Park()
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(900)
    park.plate(CAR, EXIT)
    park.fated("acked")
    park.pass_time(5)
    assert park.pin(EXIT) == "pin-joined"
    assert (park.sent_to(EXIT), park.state.occupancy, len(park.sessions)) == (1, 0, 1)


def test_a_pin_at_the_exit_takes_along_the_plate_that_was_not_known_there() -> None:
    park = entered(0)
    park.plate(VAN, EXIT)
    park.pass_time(5)
    assert park.pin(EXIT) == "pin-exit-guessed"
    (session,) = park.sessions.values()
    assert park.holder(VAN) in {witness.key for of, witness in park.witnesses if of == session.id}


def test_a_pin_at_the_exit_with_nobody_inside_is_a_session_without_entry() -> None:
    park = Park()
    assert park.pin(EXIT) == "pin-exit-without-entry"
    (session,) = park.sessions.values()
    assert (session.opened_at, session.review, session.closed_as) == (None, ("entry_unknown",), "pin")
    assert (park.sent_to(EXIT), park.state.occupancy) == (1, 0)
    park.fated("acked")
    park.pass_time(1)
    assert park.pin(EXIT) == "pin-repeated"


def test_a_pin_session_leaves_free_by_its_plate_too() -> None:
    park = Park()
    park.pin(ENTRY)
    park.fated("acked")
    park.pass_time(8)
    park.plate(CAR, ENTRY)
    park.pass_time(30 * HOUR_S)
    assert park.plate(CAR, EXIT) == "exit-asked"
    (session,) = park.sessions.values()
    assert (session.closed_as, park.visits.oldest_pin) == ("right", None)
