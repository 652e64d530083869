"""What a lane and the displays show of themselves: who waits since when, why it stays closed, what is said."""

from datetime import timedelta

import pytest

from syspark.domain.facts import BarrierReported
from syspark.domain.messages import OpenLane, OpenReason
from syspark.domain.site.events import DisplayTold
from syspark.domain.site.state import Display, LaneState
from syspark.domain.units import HolderKey, Lane
from tests.domain.park import ALICE, BOB, CAR, CAROL, ENTRY, EXIT, NOBODY, NOON, VAN, Park, setup_of

BOTH = pytest.mark.parametrize("sensors", [(), (ENTRY, EXIT)], ids=["without sensor", "with sensor"])


def lane(park: Park, name: Lane = ENTRY) -> LaneState:
    return park.state.lane(name)


def at(seconds: float) -> object:
    return NOON + timedelta(seconds=seconds)


def opened_by_hand(park: Park, name: Lane = ENTRY) -> str:
    return park.tell(OpenLane(lane=name, reason=OpenReason.GOODWILL, author="ada")).rule


def test_who_the_sensor_sees_waits_since_then_and_no_more_once_it_is_let_through() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    park.pass_time(4)
    assert (lane(park).waiting_since, lane(park).closed_because) == (NOON, None)
    park.plate(CAR, ENTRY)
    assert lane(park).waiting_since is None
    park.fated("acked")
    park.leave(ENTRY)
    assert (lane(park).waiting_since, lane(park).identity) == (None, None)


@BOTH
def test_who_is_refused_waits_and_the_rule_is_told(sensors: tuple[Lane, ...]) -> None:
    park = Park(setup_of(sensors=sensors))
    park.pass_time(1)
    park.badge(NOBODY, ENTRY)
    seen = lane(park)
    assert (seen.waiting_since, seen.closed_because, seen.closed_at) == (at(1), "badge-unknown", at(1))


@BOTH
@pytest.mark.parametrize("fate", ["expired", "unknown", "failed"])
def test_whose_opening_comes_to_nothing_waits_again_since_the_same_time(sensors: tuple[Lane, ...], fate: str) -> None:
    park = Park(setup_of(sensors=sensors))
    park.badge(ALICE, ENTRY)
    assert lane(park).waiting_since is None
    park.pass_time(10)
    park.fated(fate)
    seen = lane(park)
    assert (seen.waiting_since, seen.closed_because, seen.closed_at) == (NOON, fate, at(10))
    assert seen.identity is not None
    assert seen.identity.key == HolderKey(ALICE)
    park.pass_time(1)
    park.badge(ALICE, ENTRY)
    assert (lane(park).waiting_since, lane(park).closed_because) == (None, None)


def test_an_opening_withheld_keeps_its_driver_waiting() -> None:
    park = Park()
    park.badge(ALICE, ENTRY, age_s=11)
    assert (lane(park).waiting_since, lane(park).closed_because) == (at(-11), "withheld")


def test_nobody_waits_for_what_happened_long_ago() -> None:
    park = Park()
    park.plate(VAN, EXIT, age_s=3600)
    assert (lane(park, EXIT).waiting_since, lane(park, EXIT).closed_because) == (None, None)


@BOTH
def test_an_opening_by_hand_ends_the_waiting_and_its_failure_brings_it_back(sensors: tuple[Lane, ...]) -> None:
    park = Park(setup_of(sensors=sensors))
    park.badge(NOBODY, ENTRY)
    park.pass_time(5)
    assert opened_by_hand(park) == "open-lane"
    assert (lane(park).waiting_since, lane(park).closed_because) == (None, None)
    park.fated("expired")
    assert (lane(park).waiting_since, lane(park).closed_because) == (NOON, "expired")


def test_an_opening_by_hand_for_nobody_there_makes_nobody_wait_when_it_fails() -> None:
    park = Park()
    opened_by_hand(park)
    park.fated("expired")
    assert (lane(park).waiting_since, lane(park).closed_because) == (None, None)


def test_who_is_asked_to_pay_waits_for_that_until_it_leaves() -> None:
    park = Park(setup_of(sensors=(EXIT,)))
    park.badge(CAROL, ENTRY)
    park.fated("acked")
    park.pass_time(7200)
    park.arrive(EXIT)
    park.badge(CAROL, EXIT)
    seen = lane(park, EXIT)
    assert (seen.waiting_since, seen.closed_because, seen.closed_at) == (at(7200), "payment-due", at(7200))
    park.leave(EXIT)
    assert (lane(park, EXIT).waiting_since, lane(park, EXIT).closed_because) == (None, None)


def test_the_next_vehicle_at_a_lane_without_sensor_has_its_own_time_and_reason() -> None:
    park = Park(setup_of(capacity=0))
    park.plate(CAR, ENTRY, photo=True)
    park.pass_time(100)
    park.badge(NOBODY, ENTRY)
    seen = lane(park)
    assert (seen.waiting_since, seen.closed_because, seen.photo_id) == (at(100), "badge-unknown", None)


def test_a_second_witness_leaves_time_reason_and_photo_as_they_are() -> None:
    park = Park(setup_of(capacity=0))
    park.plate(CAR, ENTRY, photo=True)
    photo = lane(park).photo_id
    park.pass_time(3)
    park.badge(ALICE, ENTRY)
    seen = lane(park)
    assert (seen.waiting_since, seen.closed_because, seen.photo_id, seen.photo_at) == (NOON, "site-full", photo, NOON)
    assert photo is not None


def test_the_photo_is_named_by_the_row_that_brought_it() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    park.plate(CAR, ENTRY, photo=True)
    assert lane(park).photo_id == park.witnesses[-1][1].cause
    park.leave(ENTRY)
    assert (lane(park).photo_id, lane(park).photo_at) == (None, None)


def test_what_the_barrier_says_is_known_with_its_time() -> None:
    park = Park()
    park.report("barriere_entree", BarrierReported(lane=ENTRY, state="open"))
    park.pass_time(6)
    park.report("barriere_entree", BarrierReported(lane=ENTRY, state="closed"))
    assert (lane(park).barrier, lane(park).barrier_at) == ("closed", at(6))


def test_the_displays_say_what_they_were_told_last_and_until_when() -> None:
    park = Park()
    park.badge(NOBODY, ENTRY)
    until = NOON + timedelta(seconds=5)
    assert park.state.display == Display(text="BADGE INCONNU", kind="prompt", lane=ENTRY, until=until)
    park.pass_time(5)
    assert park.state.display == Display(text="LIBRE:10", kind="information")


def test_the_displays_say_how_much_is_to_be_paid() -> None:
    park = Park()
    park.badge(CAROL, ENTRY)
    park.fated("acked")
    park.pass_time(7200)
    park.badge(CAROL, EXIT)
    until = NOON + timedelta(seconds=7212)
    assert park.state.display == Display(text="A PAYER 3.00 EUR", kind="payment", lane=EXIT, until=until)


def test_a_text_shown_once_more_is_no_change() -> None:
    park = Park()
    park.sync()
    park.sync()
    told = park.told[-1][1].events
    park.sync()
    assert (told, park.told[-1][1].events) == ((), ())


def test_that_a_notice_is_over_is_no_consequence_of_what_shows_nothing() -> None:
    park = Park()
    park.badge(NOBODY, ENTRY)
    park.pass_time(3)
    park.badge(NOBODY, EXIT)
    park.pass_time(3)
    park.know(BOB)
    assert not any(isinstance(event, DisplayTold) for event in park.told[-1][1].events)


def test_the_next_vehicle_waits_though_the_lane_was_opened_by_hand_long_before() -> None:
    """For one the sensor never saw, such as a motorcycle."""
    park = Park(setup_of(sensors=(EXIT,)))
    opened_by_hand(park, EXIT)
    park.fated("acked")
    park.pass_time(61)
    park.arrive(EXIT)
    assert lane(park, EXIT).waiting_since == at(61)
    park.plate(VAN, EXIT)
    seen = lane(park, EXIT)
    assert (seen.waiting_since, seen.closed_because) == (at(61), "plate-unknown")


def test_the_next_vehicle_waits_though_one_was_let_through_while_the_sensor_was_not_believed() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.trust(ENTRY, trusted=False)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(3600)
    park.trust(ENTRY, trusted=True)
    park.arrive(ENTRY)
    assert lane(park).waiting_since == at(3600)


def test_a_vehicle_does_not_wait_since_somebody_on_foot_was_refused() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.badge(NOBODY, ENTRY)
    park.pass_time(3600)
    park.arrive(ENTRY)
    seen = lane(park)
    assert (seen.waiting_since, seen.closed_because, seen.identity) == (at(3600), None, None)


def test_who_is_refused_just_before_the_sensor_sees_the_vehicle_waits_since_then() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.badge(NOBODY, ENTRY)
    park.pass_time(2)
    park.arrive(ENTRY)
    seen = lane(park)
    assert (seen.waiting_since, seen.closed_because) == (NOON, "badge-unknown")


def test_a_site_that_has_connected_is_told_twice_what_to_show() -> None:
    """Mosquitto's bridge says that it is there some milliseconds before it subscribes."""
    park = Park()
    park.plate(CAR, ENTRY)
    park.pass_time(30)
    before = len(park.texts())
    assert park.bridge(online=True) == "bridge-online"
    assert park.pass_time(1) == ["display-restored"]
    assert park.texts()[before:] == ["LIBRE:9", "LIBRE:9"]
    assert park.bridge(online=False) == "bridge-offline"
    assert park.pass_time(10) == []


def test_who_is_refused_where_no_sensor_sees_them_is_taken_to_have_gone_after_a_while() -> None:
    park = Park()
    park.plate(VAN, EXIT)
    park.pass_time(119)
    assert lane(park, EXIT).waiting_since == NOON
    park.pass_time(2)
    seen = lane(park, EXIT)
    assert (seen.waiting_since, seen.closed_because, seen.closed_at) == (None, None, None)


def test_news_of_who_waits_unseen_keep_them_waiting() -> None:
    park = Park()
    park.plate(VAN, EXIT)
    park.pass_time(100)
    park.plate(VAN, EXIT)
    park.pass_time(119)
    assert lane(park, EXIT).waiting_since == at(100)
    park.pass_time(2)
    assert lane(park, EXIT).waiting_since is None


def test_who_stands_before_a_sensor_waits_for_as_long_as_it_sees_them() -> None:
    park = Park(setup_of(sensors=(EXIT,)))
    park.arrive(EXIT)
    park.plate(VAN, EXIT)
    park.pass_time(3600)
    assert lane(park, EXIT).waiting_since == NOON


def test_who_does_not_pay_and_is_not_seen_is_taken_to_have_gone_some_time_after_the_last_request() -> None:
    park = Park()
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(7200)
    park.plate(CAR, EXIT)
    park.pass_time(301)
    assert lane(park, EXIT).waiting_since is not None
    park.pass_time(120)
    assert lane(park, EXIT).waiting_since is None


def test_whose_opening_failed_unseen_is_taken_to_have_gone_after_a_while() -> None:
    park = Park()
    park.badge(ALICE, ENTRY)
    park.pass_time(10)
    park.fated("expired")
    assert lane(park).waiting_since == NOON
    park.pass_time(121)
    assert lane(park).waiting_since is None


def test_who_only_a_sensor_no_longer_believed_has_seen_is_taken_to_have_gone_after_a_while() -> None:
    park = Park(setup_of(sensors=(EXIT,)))
    park.arrive(EXIT)
    park.plate(VAN, EXIT)
    park.trust(EXIT, trusted=False)
    assert lane(park, EXIT).waiting_since == NOON
    park.pass_time(121)
    assert lane(park, EXIT).waiting_since is None
