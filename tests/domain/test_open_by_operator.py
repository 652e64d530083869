"""An operator opens a lane: for whom it is known to wait there, for nobody known, or not at all."""

from datetime import timedelta

import pytest

from syspark.domain.messages import OpenLane, OpenReason
from syspark.domain.session import Status
from syspark.domain.units import Lane, Plate
from tests.domain.park import CAR, CAROL, ENTRY, EXIT, NOBODY, VAN, Park, setup_of

HOUR_S = 3600
BOTH = pytest.mark.parametrize("sensors", [(), (EXIT,)], ids=["without sensor", "with sensor"])


def opening(lane: Lane = EXIT, reason: OpenReason = OpenReason.CANNOT_PAY) -> OpenLane:
    """What the dashboard's button puts into the mailbox."""
    return OpenLane(lane=lane, reason=reason, author="ada")


def visitor_asked_to_pay() -> Park:
    """A visitor stands at the exit and has been asked for the price of two hours."""
    park = Park()
    park.badge(CAROL)
    park.fated("acked")
    park.pass_time(2 * HOUR_S)
    park.badge(CAROL)
    assert len(park.asks()) == 1
    return park


def test_who_is_asked_to_pay_is_let_out_and_asked_no_more() -> None:
    park = visitor_asked_to_pay()

    decision = park.tell(opening())
    park.settle()

    assert decision.rule == "open-lane"
    assert park.sent_to(EXIT) == 1
    assert park.session(CAROL).status is Status.CLOSED
    assert park.session(CAROL).closed_as == "override"
    assert park.state.occupancy == 0
    park.pass_time(60)
    assert len(park.asks()) == 1


def test_a_session_let_out_by_an_operator_goes_to_review() -> None:
    park = visitor_asked_to_pay()

    park.tell(opening())
    park.settle()

    assert "override" in park.session(CAROL).review


def test_the_decision_names_reason_and_author_for_the_session() -> None:
    park = visitor_asked_to_pay()

    [handover] = park.tell(opening()).handovers

    assert handover.message.reason is OpenReason.CANNOT_PAY  # type: ignore[attr-defined]
    assert handover.message.author == "ada"  # type: ignore[attr-defined]


def test_a_lane_opens_also_for_a_vehicle_nobody_knows() -> None:
    park = Park()
    park.badge(NOBODY)

    decision = park.tell(opening(ENTRY, OpenReason.ENTITLED))

    assert decision.rule == "open-lane"
    assert park.sent_to(ENTRY) == 1
    assert not park.inside()


def test_a_driver_whose_entry_failed_is_let_in_under_the_same_session() -> None:
    park = Park(setup_of(sensors=[ENTRY]))
    park.arrive(ENTRY)
    park.badge(CAROL)
    park.fated("expired")
    session = park.session(CAROL)

    park.tell(opening(ENTRY, OpenReason.ENTITLED))

    assert park.sent_to(ENTRY) == 2
    assert park.inside() == [session]
    assert park.state.occupancy == 1


def test_a_request_older_than_what_the_person_saw_is_refused() -> None:
    park = visitor_asked_to_pay()

    decision = park.tell(opening(), fact_at=park.now - timedelta(seconds=11))

    assert decision.rule == "open-lane-late"
    assert decision.refused is not None
    assert park.sent_to(EXIT) == 0


def test_an_opening_by_hand_whose_fate_is_unknown_is_not_repeated_by_itself() -> None:
    park = visitor_asked_to_pay()
    park.tell(opening())
    park.settle()

    park.fated("unknown")
    park.pass_time(30)

    assert park.sent_to(EXIT) == 1


def test_a_driver_who_backed_away_is_not_let_out_by_what_is_opened_for_another() -> None:
    park = visitor_asked_to_pay()
    park.pass_time(HOUR_S)
    park.tell(opening())
    park.settle()
    assert (park.session(CAROL).status, park.state.occupancy) == (Status.PENDING_PAYMENT, 1)
    assert park.openings()[-1].command.order.session_id is None  # type: ignore[union-attr]


@BOTH
def test_whose_plate_is_read_after_the_exit_was_opened_for_them_leaves_by_that(sensors: tuple[Lane, ...]) -> None:
    park = inside_since_hours(sensors)
    park.tell(opening())
    park.pass_time(1)
    assert park.plate(CAR, EXIT) == "exit-by-hand"
    [session] = park.sessions.values()
    assert (session.status, session.closed_as, session.review) == (Status.CLOSED, "override", ("override",))
    assert (park.asks(), park.sent_to(EXIT), park.state.occupancy) == ([], 1, 0)


def test_what_was_opened_by_hand_lets_out_one_vehicle_only() -> None:
    park = inside_since_hours((EXIT,), VAN)
    park.tell(opening())
    park.plate(CAR, EXIT)
    park.fated("acked")
    park.pass_time(12)
    assert park.plate(VAN, EXIT) == "exit-asked"
    assert (len(park.asks()), park.state.occupancy) == (1, 1)


@BOTH
def test_an_opening_by_hand_that_failed_lets_out_nobody(sensors: tuple[Lane, ...]) -> None:
    park = inside_since_hours(sensors)
    park.tell(opening())
    park.fated("failed")
    assert park.plate(CAR, EXIT) == "exit-asked"
    assert (len(park.asks()), park.state.occupancy) == (1, 1)


@BOTH
def test_whose_opening_by_hand_fails_after_the_plate_was_read_asks_again(sensors: tuple[Lane, ...]) -> None:
    park = inside_since_hours(sensors)
    park.tell(opening())
    park.pass_time(1)
    park.plate(CAR, EXIT)
    park.fated("failed")
    park.pass_time(2)
    assert park.plate(CAR, EXIT) == "exit-asked-again"
    assert (len(park.inside()), park.state.occupancy) in {(0, 0), (1, 1)}


def test_what_was_opened_by_hand_a_while_ago_says_nothing_of_who_comes_later() -> None:
    park = inside_since_hours(())
    park.tell(opening())
    park.fated("acked")
    park.pass_time(11)
    assert park.plate(CAR, EXIT) == "exit-asked"


def inside_since_hours(sensors: tuple[Lane, ...], *others: Plate) -> Park:
    """Visitors whose stay has a price, one of them at the exit where a sensor watches it."""
    park = Park(setup_of(sensors=sensors))
    for plate in (CAR, *others):
        park.plate(plate, ENTRY)
        park.fated("acked")
        park.pass_time(60)
    park.pass_time(2 * HOUR_S)
    if sensors:
        park.arrive(EXIT)
    return park


def test_for_whom_the_entry_is_opened_once_more_is_outside_until_that_opening_went_well() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.badge(CAROL, ENTRY)
    park.fated("acked")
    park.open_by_hand(ENTRY)
    assert not park.visit(CAROL).confirmed
    park.fated("acked")
    assert park.visit(CAROL).confirmed
