"""A vehicle of which nothing is read, at the entry and then at the exit. Source: domain.md, "Identity and fusion"."""

import pytest

from syspark.domain.access import Plan
from syspark.domain.messages import AskHelp
from syspark.domain.policy import SitePolicy
from syspark.domain.session import Session, Status
from syspark.domain.units import Plate
from tests.domain.park import ALICE, CAR, ENTRY, EXIT, VAN, Park, setup_of

ADMITTING = SitePolicy(unread_admitted=True)


def park_of(policy: SitePolicy | None = None, *, capacity: int = 10) -> Park:
    """A site with a sensor on each lane."""
    return Park(setup_of(sensors=(ENTRY, EXIT), policy=policy, capacity=capacity))


def came_unread(park: Park) -> Session:
    """A vehicle was let in with plate unknown, and has driven in."""
    park.arrive(ENTRY)
    assert park.pass_time(8) == ["entry-unread"]
    park.fated("acked")
    park.leave(ENTRY)
    park.pass_time(61)
    return park.inside()[-1]


def test_after_8_s_with_nothing_read_the_lane_says_so_to_operators() -> None:
    park = park_of()
    park.arrive(ENTRY)
    assert park.pass_time(7.9) == []
    assert park.state.lane(ENTRY).closed_because is None
    assert park.pass_time(0.1) == ["nothing-read"]
    assert (park.state.lane(ENTRY).closed_because, park.inside(), park.openings()) == ("nothing-read", [], [])


def test_at_the_exit_it_is_said_too_and_nobody_is_let_in_there() -> None:
    park = park_of(ADMITTING)
    park.arrive(EXIT)
    assert park.pass_time(8) == ["nothing-read"]
    assert park.state.lane(EXIT).closed_because == "nothing-read"


def test_who_is_read_after_that_is_let_in_as_always() -> None:
    park = park_of()
    park.arrive(ENTRY)
    park.pass_time(9)
    assert park.plate(CAR, ENTRY) == "plate-admitted"
    assert park.state.lane(ENTRY).closed_because is None


@pytest.mark.parametrize("read", ["before", "within 8 s", "gone"])
def test_who_was_read_or_has_gone_is_nobody_unread(read: str) -> None:
    park = park_of(ADMITTING)
    if read == "before":
        park.plate(CAR, ENTRY)
    park.arrive(ENTRY)
    if read == "within 8 s":
        park.badge(ALICE, ENTRY)
    if read == "gone":
        park.leave(ENTRY)
    assert "entry-unread" not in park.pass_time(60)
    assert "nothing-read" not in park.rules


def test_where_the_site_wants_it_the_entry_opens_with_plate_unknown_for_a_person_to_review() -> None:
    park = park_of(ADMITTING)
    session = came_unread(park)
    assert (session.plan, session.review, park.sent_to(ENTRY)) == (Plan.VISITOR, ("entry_unread",), 1)
    assert park.state.occupancy == 1


def test_a_full_site_lets_nobody_in_unread() -> None:
    park = park_of(ADMITTING, capacity=0)
    park.arrive(ENTRY)
    assert park.pass_time(8) == ["nothing-read"]
    assert (park.state.lane(ENTRY).closed_because, park.openings()) == ("site-full", [])


def test_a_presence_that_comes_late_opens_for_nobody() -> None:
    park = park_of(ADMITTING)
    park.arrive(ENTRY)
    (key,) = [key for key in park.timers if key.startswith("unread")]
    due = park.timers.pop(key)
    park.pass_time(30)
    park.timers[key] = due
    assert park.pass_time(0) == ["nothing-read"]
    assert park.openings() == []


def test_a_plate_read_after_all_is_a_witness_of_the_same_visit() -> None:
    park = park_of(ADMITTING)
    park.arrive(ENTRY)
    park.pass_time(8)
    park.pass_time(3)
    assert park.plate(CAR, ENTRY) == "plate-joined"
    assert len(park.inside()) == 1
    park.leave(ENTRY)
    park.pass_time(600)
    park.arrive(EXIT)
    assert park.plate(CAR, EXIT) == "exit-asked"


def test_the_one_plate_nobody_knows_at_the_exit_is_that_of_the_one_vehicle_let_in_unread() -> None:
    park = park_of(ADMITTING)
    session = came_unread(park)
    park.arrive(EXIT)
    assert park.plate(CAR, EXIT) == "exit-paired"
    left = park.sessions[session.id]
    assert (left.status, left.review, park.sent_to(EXIT)) == (
        Status.CLOSED,
        ("entry_unread", "paired_with_unread"),
        1,
    )


def test_who_has_to_pay_after_it_was_paired_is_reviewed_too() -> None:
    park = park_of(ADMITTING)
    session = came_unread(park)
    park.pass_time(3 * 3600)
    park.arrive(EXIT)
    assert park.plate(CAR, EXIT) == "exit-paired"
    assert (len(park.asks()), park.sessions[session.id].review) == (1, ("entry_unread", "paired_with_unread"))


def test_it_is_paired_after_a_restart_too() -> None:
    park = park_of(ADMITTING)
    came_unread(park)
    park.restart()
    park.arrive(EXIT)
    assert park.plate(CAR, EXIT) == "exit-paired"


def test_of_two_vehicles_let_in_unread_none_is_taken() -> None:
    park = park_of(ADMITTING)
    came_unread(park)
    came_unread(park)
    park.arrive(EXIT)
    assert park.plate(CAR, EXIT) == "plate-unknown"
    assert (len(park.inside()), park.sent_to(EXIT)) == (2, 0)


def test_a_plate_that_looks_like_an_open_sessions_is_suggested_and_not_paired() -> None:
    park = park_of(ADMITTING)
    park.plate(VAN, ENTRY)
    park.fated("acked")
    park.pass_time(61)
    came_unread(park)
    park.arrive(EXIT)
    assert park.plate(Plate("EF456GJ"), EXIT) == "plate-unknown"
    assert [one.masked for one in park.state.lane(EXIT).suggestions] == ["..6GH"]


def test_an_unknown_plate_that_a_person_lets_out_is_recorded_once_without_an_invented_time() -> None:
    park = park_of()
    park.arrive(EXIT)
    park.plate(CAR, EXIT)
    assert park.open_by_hand(EXIT) == "open-lane-entry-unknown"
    (session,) = park.sessions.values()
    assert (session.opened_at, session.status, session.closed_as) == (None, Status.CLOSED, "override")
    assert "entry_unknown" in session.review
    assert (park.sent_to(EXIT), park.state.occupancy) == (1, 0)
    assert park.plate(CAR, EXIT) == "plate-repeated"
    park.open_by_hand(EXIT)
    assert len(park.sessions) == 1


def test_an_unknown_plate_that_nobody_answers_is_let_out_and_recorded() -> None:
    park = park_of()
    park.arrive(EXIT)
    park.plate(CAR, EXIT)
    park.tell(AskHelp(lane=EXIT, author="intercom"))
    assert "timed-release-entry-unknown" in park.pass_time(181)
    (session,) = park.sessions.values()
    assert (session.opened_at, session.status, park.sent_to(EXIT)) == (None, Status.CLOSED, 1)
    assert "entry_unknown" in session.review


def test_tailgating_stops_the_clock_and_records_the_debt() -> None:
    park = park_of()
    park.badge(ALICE, ENTRY)
    park.fated("acked")
    park.pass_time(61)
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(3 * 3600)
    park.arrive(EXIT)
    park.badge(ALICE, EXIT)
    park.fated("acked")
    park.pass_time(12)
    assert park.plate(CAR, EXIT) == "exit-asked"
    assert park.state.ask is not None
    assert park.leave(EXIT) == "vehicle-tailgated"
    session = list(park.sessions.values())[-1]
    assert (session.closed_as, session.unpaid is not None) == ("left_unpaid", True)
    assert (park.state.ask is None, park.state.occupancy) == (True, 0)
    park.pass_time(3600)
    assert park.plate(CAR, ENTRY) == "plate-admitted", "debt never locks"


def test_who_was_asked_to_pay_and_leaves_by_an_own_opening_owes_nothing_more() -> None:
    park = park_of()
    park.plate(CAR, ENTRY)
    park.fated("acked")
    park.pass_time(3 * 3600)
    park.arrive(EXIT)
    park.plate(CAR, EXIT)
    park.open_by_hand(EXIT)
    assert park.leave(EXIT) == "vehicle-passed"
