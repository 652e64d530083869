"""An operator opens a lane: for whom it is known to wait there, for nobody known, or not at all."""

from datetime import timedelta

from syspark.domain.messages import OpenLane, OpenReason
from syspark.domain.session import Status
from syspark.domain.units import Lane
from tests.domain.park import CAROL, ENTRY, EXIT, NOBODY, Park, setup_of

HOUR_S = 3600


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
