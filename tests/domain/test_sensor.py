"""Presence and its errors: what a sensor adds to a lane. Source: domain.md, "Exit and payment"; contract.md."""

from datetime import timedelta

from syspark.domain.messages import OpenLane, OpenReason
from syspark.domain.session import Status
from syspark.domain.site.state import Answer
from syspark.domain.site.words import BADGE_AGAIN
from tests.domain.park import ALICE, BOB, CAR, CAROL, ENTRY, EXIT, Park, setup_of

TEN_S = timedelta(seconds=10)


def park_with_sensors() -> Park:
    return Park(setup_of(sensors=(ENTRY, EXIT)))


def inside(park: Park) -> Park:
    """Alice and Carol are in the car park."""
    for uid in (ALICE, CAROL):
        park.arrive(ENTRY)
        park.badge(uid)
        park.fated("acked")
        park.leave(ENTRY)
    park.pass_time(3600)
    return park


def test_presence_begins_and_its_end_closes_a_cycle() -> None:
    park = park_with_sensors()
    assert (park.arrive(ENTRY), park.state.lane(ENTRY).cycle) == ("vehicle-arrived", 0)
    assert park.arrive(ENTRY) == "presence-unchanged"
    assert (park.leave(ENTRY), park.state.lane(ENTRY).cycle) == ("vehicle-gone", 1)


def test_presence_of_a_lane_without_sensor_is_only_noted() -> None:
    park = Park()
    assert park.arrive(ENTRY) == "presence-without-lane"
    assert park.state.lane(ENTRY).present is False


def test_a_departure_after_an_opening_confirms_the_entry_and_its_command() -> None:
    park = park_with_sensors()
    park.arrive(ENTRY)
    park.badge(ALICE)
    assert park.leave(ENTRY) == "vehicle-passed"
    assert park.visit(ALICE).confirmed
    assert park.openings()[-1].fate == "confirmed"


def test_a_departure_after_an_opening_that_failed_is_no_passage() -> None:
    park = park_with_sensors()
    park.arrive(ENTRY)
    park.badge(ALICE)
    park.fated("expired")
    assert park.leave(ENTRY) == "vehicle-gone"
    assert not park.visit(ALICE).confirmed


def test_a_departure_at_the_exit_confirms_that_the_vehicle_is_out() -> None:
    park = inside(park_with_sensors())
    park.arrive(EXIT)
    park.badge(ALICE)
    assert park.leave(EXIT) == "vehicle-passed"
    assert park.visit(ALICE).answer is Answer.GOOD
    assert park.badge(ALICE, ENTRY) == "badge-repeated"
    park.pass_time(20)
    park.arrive(ENTRY)
    assert park.badge(ALICE) == "entry-admitted"


def test_a_vehicle_that_stands_there_still_is_opened_for_again_in_the_same_session() -> None:
    """The broker took the command and the arm did not rise: no second session, and nobody waits for a minute."""
    park = park_with_sensors()
    park.arrive(ENTRY)
    park.badge(ALICE)
    park.fated("acked")
    for waited_s in (20, 60):
        park.pass_time(waited_s)
        assert park.badge(ALICE) == "entry-again"
        park.fated("acked")
    assert (park.sent_to(ENTRY), len(park.sessions), park.state.occupancy) == (3, 1, 1)


def test_a_vehicle_that_turned_back_and_returns_within_a_minute_is_let_in() -> None:
    park = park_with_sensors()
    park.arrive(ENTRY)
    park.badge(ALICE)
    park.leave(ENTRY)
    park.pass_time(30)
    park.arrive(ENTRY)
    assert park.badge(ALICE) == "entry-again"
    assert (park.sent_to(ENTRY), len(park.sessions)) == (2, 1)


def test_a_vehicle_that_comes_to_the_entry_later_has_missed_its_exit() -> None:
    park = inside(park_with_sensors())
    park.arrive(ENTRY)
    assert park.badge(ALICE) == "entry-after-missed-exit"


def test_a_badge_read_before_the_sensor_tells_of_the_vehicle_is_of_the_same_cycle() -> None:
    park = inside(park_with_sensors())
    park.badge(ALICE, EXIT, settle=False)
    park.arrive(EXIT)
    assert park.sent_to(EXIT) == 1
    park.pass_time(60)
    park.leave(EXIT)
    park.badge(CAROL, EXIT, settle=False)
    park.arrive(EXIT)
    assert park.rules[-1] == "payment-asked"
    assert "payment-asked-again" in park.pass_time(12)


def test_a_vehicle_that_has_gone_before_the_answer_opens_nothing_and_may_ask_again() -> None:
    park = inside(park_with_sensors())
    park.arrive(EXIT)
    park.badge(ALICE, settle=False)
    park.leave(EXIT)
    assert park.rules[-1] == "exit-vehicle-gone"
    assert (park.sent_to(EXIT), park.state.occupancy) == (0, 1)
    park.pass_time(1)
    park.arrive(EXIT)
    assert park.badge(ALICE) == "exit-asked-again"
    assert (park.sent_to(EXIT), park.state.occupancy) == (1, 1)


def test_a_vehicle_that_has_gone_is_asked_for_no_payment() -> None:
    park = inside(park_with_sensors())
    park.arrive(EXIT)
    park.badge(CAROL, settle=False)
    park.leave(EXIT)
    assert park.rules[-1] == "payment-vehicle-gone"
    assert park.asks() == []


def test_an_exit_whose_opening_failed_is_repeated_in_the_same_cycle() -> None:
    park = inside(park_with_sensors())
    park.arrive(EXIT)
    park.badge(ALICE)
    park.fated("expired")
    park.pass_time(1)
    assert park.badge(ALICE) == "exit-asked-again"
    assert park.sent_to(EXIT) == 2


def test_an_exit_that_did_not_open_though_the_broker_took_it_is_repeated_in_the_same_cycle() -> None:
    park = inside(park_with_sensors())
    park.arrive(EXIT)
    park.badge(ALICE)
    park.fated("acked")
    park.pass_time(16)
    assert park.badge(ALICE) == "exit-asked-again"
    assert (park.sent_to(EXIT), park.state.occupancy) == (2, 1)


def test_a_sensor_stuck_on_one_vehicle_locks_nobody_in() -> None:
    """The cycle never ends: the same badge exits twice in it, on two visits."""
    park = park_with_sensors()
    park.arrive(EXIT)
    for _ in range(2):
        park.badge(ALICE, ENTRY)
        park.fated("acked")
        park.pass_time(3600)
        park.badge(ALICE, EXIT)
        park.fated("acked")
        park.pass_time(3600)
    assert park.sent_to(EXIT) == 2


def test_a_sensor_that_is_not_believed_neither_ends_a_cycle_nor_tells_a_lane() -> None:
    park = inside(park_with_sensors())
    assert park.trust(EXIT, trusted=False) == "sensor-distrusted"
    park.badge(ALICE, EXIT, settle=False)
    park.arrive(EXIT)
    park.leave(EXIT)
    assert park.sent_to(EXIT) == 1
    park.badge(CAROL, EXIT)
    park.arrive(EXIT)
    park.leave(EXIT)
    assert "payment-asked-again" in park.pass_time(12)
    assert park.trust(EXIT, trusted=True) == "sensor-trusted"


def test_who_went_before_a_sensor_was_believed_again_is_not_the_next_one() -> None:
    """It says that somebody is there while it cannot see: its word that nobody is overtakes that it can again."""
    park = park_with_sensors()
    park.trust(ENTRY, trusted=False)
    park.arrive(ENTRY)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(6)
    park.leave(ENTRY)
    park.trust(ENTRY, trusted=True)
    park.pass_time(3)
    park.arrive(ENTRY)
    assert park.badge(ALICE, ENTRY) == "entry-admitted"
    assert len(park.sessions) == 2


def test_the_next_opening_of_a_lane_whose_sensor_is_not_believed_ends_the_cycle() -> None:
    park = inside(park_with_sensors())
    park.trust(EXIT, trusted=False)
    before = park.state.lane(EXIT).cycle
    park.badge(ALICE, EXIT)
    assert park.state.lane(EXIT).cycle == before + 1


def test_an_unknown_fate_with_the_vehicle_still_there_is_decided_again_once() -> None:
    park = park_with_sensors()
    park.arrive(ENTRY)
    park.badge(ALICE)
    assert park.fated("unknown") == "fate-unknown-look-again"
    assert park.pass_time(3) == ["decide-again-opened"]
    again = park.openings()[-1].command
    assert (park.sent_to(ENTRY), again.expires_at, again.withheld) == (2, park.now + TEN_S, False)
    park.fated("acked")
    assert park.visit(ALICE).confirmed
    assert park.pass_time(60) == ["something-read"]


def test_an_unknown_fate_at_the_exit_is_decided_again_and_does_not_move_the_entry() -> None:
    park = inside(park_with_sensors())
    park.arrive(EXIT)
    park.badge(ALICE)
    tried_at = park.visit(ALICE).tried_at
    park.fated("unknown")
    assert park.pass_time(3) == ["decide-again-opened"]
    assert (park.visit(ALICE).tried_at, park.session(ALICE).status) == (tried_at, Status.CLOSED)


def test_an_unknown_fate_is_not_decided_again_for_a_vehicle_that_left_meanwhile() -> None:
    park = park_with_sensors()
    park.arrive(ENTRY)
    park.badge(ALICE)
    park.fated("unknown")
    park.leave(ENTRY)
    assert park.pass_time(3) == ["decide-again-nobody-waits"]
    assert park.sent_to(ENTRY) == 1


def test_an_unknown_fate_is_not_decided_again_when_the_driver_badged_meanwhile() -> None:
    park = park_with_sensors()
    park.arrive(ENTRY)
    park.badge(ALICE)
    park.fated("unknown")
    park.badge(ALICE)
    assert park.pass_time(3) == ["decide-again-not-needed"]
    assert park.sent_to(ENTRY) == 2


def test_an_unknown_fate_is_not_decided_again_two_minutes_after_the_read() -> None:
    park = park_with_sensors()
    park.arrive(ENTRY)
    park.badge(ALICE)
    park.pass_time(118)
    park.fated("unknown")
    assert park.pass_time(3) == ["decide-again-nobody-waits"]


def test_an_unknown_fate_without_a_sensor_asks_the_driver_to_badge_again() -> None:
    park = Park()
    park.badge(ALICE)
    assert park.fated("unknown") == "fate-bad-badge-again"
    assert park.texts()[-1] == BADGE_AGAIN.fr
    assert park.pass_time(5) == ["display-restored"]


def test_an_opening_that_was_never_sent_asks_the_driver_to_badge_again() -> None:
    park = Park()
    park.badge(ALICE)
    park.pass_time(10)
    assert park.fated("expired") == "fate-bad-badge-again"
    assert park.texts()[-1] == BADGE_AGAIN.fr


def test_a_fate_that_comes_long_after_its_read_asks_nobody() -> None:
    park = Park()
    park.badge(ALICE)
    park.pass_time(3600)
    park.fated("unknown")
    assert BADGE_AGAIN.fr not in park.texts()


def test_another_vehicle_ends_nothing_of_what_waits_at_the_other_lane() -> None:
    park = inside(park_with_sensors())
    park.arrive(EXIT)
    park.badge(CAROL)
    park.arrive(ENTRY)
    park.badge(BOB, ENTRY)
    assert "payment-asked-again" in park.pass_time(12)


def test_an_opening_the_broker_took_is_confirmed_by_the_passage() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    park.badge(ALICE, ENTRY)
    park.fated("acked")
    assert park.leave(ENTRY) == "vehicle-passed"
    assert (park.visit(ALICE).confirmed, park.openings()[0].fate) == (True, "confirmed")


def test_a_passage_confirms_what_a_person_opened_for_nobody_known() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    park.tell(OpenLane(lane=ENTRY, reason=OpenReason.GOODWILL, author="ada"))
    park.fated("acked")
    assert park.leave(ENTRY) == "vehicle-passed"
    assert park.openings()[0].fate == "confirmed"
