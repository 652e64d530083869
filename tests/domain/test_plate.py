"""A plate at the entry and at the exit, alone. Source: domain.md, "Identity and fusion"; docs/identity.md."""

import dataclasses
from datetime import timedelta

import pytest

from syspark.domain.access import Plan
from syspark.domain.facts import BarrierReported
from syspark.domain.messages import SensorTrustChanged
from syspark.domain.session import Status
from syspark.domain.site.state import DeviceSetup, LaneState
from syspark.domain.units import DeviceName, Lane, Plate
from tests.domain.park import ALICE, CAR, ENTRY, EXIT, NOBODY, NOON, VAN, Park, setup_of

HOUR_S = 3600


def lane(park: Park, name: Lane) -> LaneState:
    return park.state.lane(name)


def entered(*, sensors: tuple[Lane, ...] = (), capacity: int = 10, hours: int = 1) -> Park:
    """The car was admitted by its plate, and has stood inside for some hours."""
    park = Park(setup_of(sensors=sensors, capacity=capacity))
    if sensors:
        park.arrive(ENTRY)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    if sensors:
        park.leave(ENTRY)
    park.pass_time(hours * HOUR_S)
    return park


def test_a_plate_nobody_knows_is_a_visitor_and_is_admitted() -> None:
    park = Park()
    assert park.plate(CAR, ENTRY, confidence=0.8) == "plate-admitted"
    (session,) = park.inside()
    assert (session.plan, session.opened_at, session.holder_key) == (Plan.VISITOR, NOON, park.holder(CAR))
    assert (park.sent_to(ENTRY), park.state.occupancy, park.texts()) == (1, 1, ["LIBRE:9"])
    ((of, witness),) = park.witnesses
    assert (of, witness.key, witness.confidence, witness.masked) == (session.id, park.holder(CAR), 0.8, "..3BB")


@pytest.mark.parametrize(
    ("plate", "confidence", "doubtful"),
    [
        ("AA123BB", None, False),
        ("AA123BB", 0.60, False),
        ("AA123BB", 0.59, True),
        ("AA123B8", 0.80, False),
        ("AA123B8", 0.79, True),
        ("ABCDEFG", 0.89, True),
    ],
)
def test_a_plate_its_camera_was_not_sure_of_is_admitted_and_waits_for_a_person(
    plate: str, confidence: float | None, doubtful: bool
) -> None:
    park = Park()
    assert park.plate(Plate(plate), ENTRY, confidence=confidence) == "plate-admitted"
    assert [session.review for session in park.inside()] == [("plate_doubtful",) if doubtful else ()]


def test_a_plate_that_was_here_before_keeps_its_subject() -> None:
    park = Park()
    park.plate(CAR, ENTRY)
    subject = park.holder(CAR)
    park.pass_time(900)
    park.plate(CAR, EXIT)
    park.fated("acked")
    park.pass_time(2 * HOUR_S)
    assert park.plate(CAR, ENTRY) == "plate-admitted"
    assert list(park.subjects) == [CAR]
    assert [session.holder_key for session in park.sessions.values()] == [subject, subject]


def test_the_same_plate_within_a_minute_is_the_same_reading() -> None:
    park = Park()
    park.plate(CAR, ENTRY)
    park.fated("acked")
    for _ in range(5):
        park.pass_time(11)
        assert park.plate(CAR, ENTRY) == "plate-repeated"
    assert (len(park.sessions), park.sent_to(ENTRY), len(park.witnesses)) == (1, 1, 1)


def test_a_car_that_stays_in_view_of_a_lane_without_sensor_has_not_missed_its_exit() -> None:
    park = Park()
    park.plate(CAR, ENTRY)
    park.fated("acked")
    for _ in range(10):
        park.pass_time(31)
        assert park.plate(CAR, ENTRY) == "plate-repeated"
    assert (len(park.sessions), park.sent_to(ENTRY)) == (1, 1)


@pytest.mark.parametrize("fate", ["expired", "unknown", "failed"])
def test_a_plate_whose_opening_went_wrong_opens_again_for_the_same_session(fate: str) -> None:
    park = Park()
    park.plate(CAR, ENTRY)
    park.fated(fate)
    park.pass_time(1)
    assert park.plate(CAR, ENTRY) == "entry-again"
    assert (len(park.sessions), park.sent_to(ENTRY), park.state.occupancy, len(park.witnesses)) == (1, 2, 1, 1)


def test_a_plate_at_a_full_site_is_refused_and_told_so_with_its_masked_plate() -> None:
    park = Park(setup_of(capacity=0))
    assert park.plate(CAR, ENTRY) == "site-full"
    assert [(stop.cause, stop.masked_plate) for stop in park.stops()] == [("PARKING COMPLET", "..3BB")]
    assert (park.sessions, park.openings()) == ({}, [])
    assert lane(park, ENTRY).closed_because == "site-full"


def test_a_plate_refused_for_want_of_a_place_is_refused_once_a_minute_and_admitted_when_there_is_one() -> None:
    park = Park(setup_of(capacity=1))
    park.badge(ALICE)
    park.fated("acked")
    park.pass_time(30)
    assert park.plate(CAR, ENTRY) == "site-full"
    park.pass_time(5)
    assert park.plate(CAR, ENTRY) == "plate-repeated"
    park.pass_time(56)
    park.badge(ALICE, EXIT)
    assert park.plate(CAR, ENTRY) == "plate-admitted"


def test_an_old_plate_begins_a_session_and_opens_nothing() -> None:
    park = Park()
    assert park.plate(CAR, ENTRY, age_s=11) == "plate-admitted"
    assert (len(park.inside()), park.state.occupancy, park.sent_to(ENTRY)) == (1, 1, 0)


def test_the_plate_that_entered_may_leave_for_nothing_within_the_free_minutes() -> None:
    park = Park()
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(900)
    assert park.plate(CAR, EXIT) == "exit-asked"
    assert park.sent_to(EXIT) == 1
    (session,) = park.sessions.values()
    assert (session.status, session.closed_as, park.state.occupancy) == (Status.CLOSED, "free", 0)
    assert [witness.lane for _, witness in park.witnesses] == [ENTRY, EXIT]


def test_a_visitor_s_plate_is_asked_to_pay_under_its_masked_plate() -> None:
    park = entered(hours=2)
    park.plate(CAR, EXIT)
    (ask,) = park.asks()
    assert (ask.masked_plate, ask.amount) == ("..3BB", 300)
    assert (lane(park, EXIT).closed_because, park.sent_to(EXIT)) == ("payment-due", 0)


def test_the_masked_plate_is_known_after_a_restart() -> None:
    park = entered(hours=2)
    park.restart()
    park.plate(CAR, EXIT)
    assert [ask.masked_plate for ask in park.asks()] == ["..3BB"]


def test_a_plate_that_waits_to_pay_is_asked_about_once_a_minute() -> None:
    park = entered(hours=2)
    park.plate(CAR, EXIT)
    park.pass_time(59)
    assert park.plate(CAR, EXIT) == "plate-repeated"
    park.pass_time(1)
    assert park.plate(CAR, EXIT) == "exit-asked"
    assert park.rules[-1] == "payment-asked"


def test_a_plate_that_did_not_enter_is_refused_at_the_exit_charges_nobody_and_is_seen_waiting() -> None:
    park = entered(sensors=(EXIT,))
    park.arrive(EXIT)
    park.pass_time(2)
    assert park.plate(VAN, EXIT, photo=True) == "plate-unknown"
    assert (park.sent_to(EXIT), park.asks(), len(park.sessions)) == (0, [], 1)
    seen = lane(park, EXIT)
    assert (seen.closed_because, seen.closed_at) == ("plate-unknown", park.now)
    assert (seen.waiting_since, seen.photo_at) == (park.now - timedelta(seconds=2), park.now)
    assert seen.identity is not None
    assert (seen.identity.key, seen.identity.masked) == (park.holder(VAN), "..6GH")
    assert park.texts()[-1] == "PLAQUE INCONNUE"
    assert park.pass_time(5) == ["display-restored"]


def test_a_plate_not_known_at_the_exit_is_refused_once_a_minute() -> None:
    park = Park()
    park.plate(VAN, EXIT)
    park.pass_time(30)
    assert park.plate(VAN, EXIT) == "plate-repeated"
    park.pass_time(30)
    assert park.plate(VAN, EXIT) == "plate-unknown"
    assert len(park.subjects) == 1


def test_one_character_read_wrong_is_another_plate() -> None:
    park = entered()
    assert park.plate(Plate("AA123B8"), EXIT) == "plate-unknown"
    assert len(park.inside()) == 1


def test_a_plate_that_has_just_left_is_still_in_view() -> None:
    park = Park()
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(900)
    park.plate(CAR, EXIT)
    park.fated("acked")
    park.pass_time(59)
    assert park.plate(CAR, ENTRY) == "plate-still-in-view"
    assert park.state.occupancy == 0
    park.pass_time(1)
    assert park.plate(CAR, ENTRY) == "plate-admitted"


def test_presence_of_three_seconds_says_that_the_plate_has_come_back() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    park.plate(CAR, ENTRY)
    park.leave(ENTRY)
    park.pass_time(900)
    park.plate(CAR, EXIT)
    park.fated("acked")
    park.pass_time(10)
    park.arrive(ENTRY)
    park.pass_time(2)
    assert park.plate(CAR, ENTRY) == "plate-still-in-view"
    park.pass_time(1)
    assert park.plate(CAR, ENTRY) == "plate-admitted"


def test_a_plate_seen_entering_while_inside_missed_its_exit() -> None:
    park = entered(hours=24)
    assert park.plate(CAR, ENTRY) == "entry-after-missed-exit"
    first, second = park.sessions.values()
    assert (first.status, first.closed_as, first.review) == (Status.CLOSED, "exit_missed", ("exit_missed",))
    assert first.left_at == NOON
    assert (second.opened_at, second.plan, park.state.occupancy) == (park.now, Plan.VISITOR, 1)


def test_a_plate_whose_exit_was_missed_enters_a_site_that_only_itself_fills() -> None:
    park = entered(capacity=1)
    assert park.plate(CAR, ENTRY) == "entry-after-missed-exit"


def test_what_was_asked_at_the_exit_before_it_was_seen_entering_again_counts_it_out_once() -> None:
    park = entered()
    park.plate(CAR, EXIT, settle=False)
    park.pass_time(70)
    park.plate(CAR, ENTRY, settle=False)
    park.settle()
    assert (park.state.occupancy, len(park.inside())) == (1, 1)


def test_a_plate_the_camera_itself_doubts_speaks_for_nobody_but_shows_its_picture() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    assert park.plate(CAR, ENTRY, valid=False, photo=True) == "plate-not-valid"
    assert (park.sessions, park.subjects, lane(park, ENTRY).identity) == ({}, {}, None)
    assert lane(park, ENTRY).photo_at == park.now
    assert park.plate(CAR, valid=False) == "plate-not-valid"


def test_without_a_lane_the_camera_s_place_tells_it() -> None:
    setup = setup_of()
    camera = {DeviceName("vision"): DeviceSetup("vision", EXIT)}
    park = Park(dataclasses.replace(setup, devices={**setup.devices, **camera}))
    assert park.plate(CAR) == "plate-unknown"


def test_without_a_lane_and_a_place_the_rule_for_badges_tells_it() -> None:
    park = Park()
    assert park.plate(CAR) == "plate-admitted"
    park.fated("acked")
    park.pass_time(61)
    assert park.plate(CAR) == "exit-asked"


def test_a_badge_without_lane_belongs_where_a_plate_waits() -> None:
    park = Park()
    park.plate(VAN, EXIT)
    park.pass_time(20)
    assert park.badge(ALICE) == "exit-entry-unknown"


def test_a_plate_that_waits_no_more_tells_no_lane() -> None:
    park = Park()
    park.plate(VAN, EXIT)
    park.pass_time(61)
    assert park.badge(ALICE) == "entry-admitted"


def test_a_second_plate_read_in_the_same_stand_is_of_the_same_vehicle() -> None:
    """A trailer, or the same plate misread: the sensor has seen one vehicle only."""
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(1)
    assert park.plate(VAN, ENTRY) == "plate-joined"
    assert (len(park.sessions), park.sent_to(ENTRY), park.state.occupancy) == (1, 1, 1)
    park.leave(ENTRY)
    park.pass_time(5)
    park.arrive(ENTRY)
    assert park.plate(Plate("ZZ999ZZ"), ENTRY) == "plate-admitted"
    assert (len(park.sessions), park.sent_to(ENTRY)) == (2, 2)


def test_without_sensor_a_second_plate_is_a_second_vehicle() -> None:
    park = Park()
    park.plate(CAR, ENTRY)
    park.pass_time(1)
    assert park.plate(VAN, ENTRY) == "plate-admitted"
    assert (len(park.sessions), park.sent_to(ENTRY)) == (2, 2)


def test_a_sensor_that_is_not_believed_holds_no_vehicle_there() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    assert lane(park, ENTRY).waiting_since == NOON
    park.tell(SensorTrustChanged(lane=ENTRY, trusted=False))
    assert lane(park, ENTRY).waiting_since is None
    park.plate(CAR, ENTRY)
    park.pass_time(1)
    assert park.plate(VAN, ENTRY) == "plate-admitted"


def test_a_sensor_that_sees_nobody_makes_no_second_plate_the_first_vehicle_s() -> None:
    """A sensor that never speaks: two cars in a row are two."""
    park = Park(setup_of(sensors=(ENTRY,)))
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(5)
    assert park.plate(VAN, ENTRY) == "plate-admitted"
    park.fated("acked")
    park.pass_time(30)
    assert park.badge(NOBODY, ENTRY) == "badge-unknown"
    assert (lane(park, ENTRY).waiting_since, len(park.inside())) == (park.now, 2)


def test_a_car_close_behind_another_is_let_in_for_itself_though_the_sensor_sees_no_gap() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(11)
    assert park.plate(VAN, ENTRY) == "plate-admitted"
    assert (len(park.inside()), park.sent_to(ENTRY), park.state.occupancy) == (2, 2, 2)


def test_a_car_read_once_the_barrier_has_closed_is_another_though_the_sensor_has_told_of_no_gap_yet() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(6)
    park.report("barriere_entree", BarrierReported(lane=ENTRY, state="closed"))
    assert park.plate(VAN, ENTRY) == "plate-admitted"
    assert (len(park.inside()), park.sent_to(ENTRY)) == (2, 2)


def test_a_second_plate_is_of_the_vehicle_that_no_opening_has_let_through_yet() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    park.plate(CAR, ENTRY)
    park.fated("failed")
    park.pass_time(11)
    assert park.plate(VAN, ENTRY) == "entry-again"
    assert (len(park.inside()), park.sent_to(ENTRY)) == (1, 2)


def test_at_a_sensor_that_is_stuck_every_car_is_let_in_and_the_lane_remembers_no_more_than_a_few() -> None:
    park = Park(setup_of(capacity=100, sensors=(ENTRY,)))
    park.arrive(ENTRY)
    for number in range(30):
        park.plate(Plate(f"ST{number:03}UC"), ENTRY)
        park.fated("acked")
        park.pass_time(40)
    assert (len(park.inside()), park.sent_to(ENTRY)) == (30, 30)
    assert sum(len(one.witnesses) for one in lane(park, ENTRY).arrivals) <= 3


def test_a_camera_that_finds_ever_other_plates_at_one_vehicle_fills_neither_lane_nor_site() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.arrive(ENTRY)
    for number in range(100):
        park.plate(Plate(f"FL{number:03}IC"), ENTRY, photo=True)
        park.pass_time(0.05)
    assert park.rules[-1] == "plate-one-too-many"
    assert (len(park.inside()), len(park.subjects), park.sent_to(ENTRY)) == (1, 4, 1)
    assert len(lane(park, ENTRY).arrivals[-1].witnesses) == 4


def test_who_holds_a_session_is_let_out_however_many_plates_were_found_before() -> None:
    park = Park(setup_of(sensors=(ENTRY, EXIT)))
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(600)
    park.arrive(EXIT)
    for number in range(10):
        park.plate(Plate(f"FL{number:03}IC"), EXIT)
    assert park.plate(CAR, EXIT) == "exit-asked"
    assert (park.inside(), park.sent_to(EXIT)) == ([], 1)


@pytest.mark.parametrize(("plate", "shown"), [("A1", "..1"), ("AB1", "..1"), ("AB12", "..12"), ("AA123BB", "..3BB")])
def test_no_public_screen_shows_a_whole_plate_however_short(plate: str, shown: str) -> None:
    park = Park(setup_of(capacity=0))
    park.plate(Plate(plate), ENTRY)
    assert [stop.masked_plate for stop in park.stops()] == [shown]
