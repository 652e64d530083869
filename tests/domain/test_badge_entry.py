"""A badge at the entry. Source: domain.md, "Access" and "Identity and fusion"; contract.md, "A badge is a claim"."""

from datetime import timedelta

import pytest

from syspark.domain.access import Plan
from syspark.domain.orders import MoveBarrier
from syspark.domain.session import Status
from syspark.domain.site.words import BADGE_AGAIN
from syspark.domain.units import HolderKey
from tests.domain.park import ALICE, BOB, CAROL, ENTRY, EXIT, NOBODY, NOON, Park, badge_of, setup_of


def test_a_known_badge_opens_the_entry_and_begins_a_session() -> None:
    park = Park()
    assert park.badge(ALICE) == "entry-admitted"
    (opening,) = park.openings()
    session = park.session(ALICE)
    order = opening.command.order
    assert isinstance(order, MoveBarrier)
    assert (order.lane, order.session_id, order.read_at) == (ENTRY, session.id, NOON)
    assert opening.command.expires_at == NOON + timedelta(seconds=10)
    assert (session.opened_at, session.entry_command, session.plan) == (NOON, opening.command.id, Plan.SUBSCRIBER)
    assert park.state.occupancy == 1
    assert park.texts() == ["LIBRE:9"]


def test_the_same_badge_within_15_s_does_nothing() -> None:
    park = Park()
    park.badge(ALICE)
    park.fated("acked")
    park.pass_time(14.9)
    assert park.badge(ALICE) == "badge-repeated"
    assert len(park.openings()) == 1


def test_a_repeat_is_told_by_the_time_of_the_facts_not_of_their_decision() -> None:
    park = Park()
    park.badge(ALICE, age_s=9)
    park.fated("acked")
    park.pass_time(7)
    assert park.badge(ALICE) != "badge-repeated"


@pytest.mark.parametrize("fate", ["expired", "unknown", "failed", "refused"])
def test_a_read_that_led_to_nothing_may_be_repeated_at_once_and_opens_the_entry(fate: str) -> None:
    park = Park()
    park.badge(ALICE)
    park.fated(fate)
    park.pass_time(1)
    assert park.badge(ALICE) == "entry-again"
    assert park.sent_to(ENTRY) == 2
    assert (len(park.sessions), park.state.occupancy, park.sent_to(EXIT)) == (1, 1, 0)


def test_a_withheld_opening_is_recorded_never_sent_and_the_next_badge_opens_the_entry() -> None:
    park = Park()
    assert park.badge(ALICE, age_s=11) == "entry-admitted"
    (opening,) = park.openings()
    assert opening.command.withheld
    assert (len(park.inside()), park.state.occupancy) == (1, 1)
    assert park.badge(ALICE) == "entry-again"
    assert (park.sent_to(ENTRY), park.sent_to(EXIT), len(park.sessions)) == (1, 0, 1)


def test_a_fact_of_exactly_10_s_still_opens() -> None:
    park = Park()
    park.badge(ALICE, age_s=10)
    assert park.sent_to(ENTRY) == 1


def test_who_may_still_wait_after_a_withheld_opening_is_asked_to_badge_again() -> None:
    park = Park()
    park.badge(ALICE, age_s=60)
    assert park.texts() == [BADGE_AGAIN.fr]
    assert park.pass_time(5) == ["display-restored"]
    assert park.texts() == [BADGE_AGAIN.fr, "LIBRE:9"]


def test_nobody_is_asked_to_badge_again_for_what_happened_long_ago() -> None:
    park = Park()
    park.badge(ALICE, age_s=3600)
    assert park.texts() == ["LIBRE:9"]


def test_after_a_long_outage_the_next_badge_opens_the_entry_though_the_session_is_old() -> None:
    park = Park()
    park.badge(ALICE, age_s=7200)
    park.pass_time(30)
    assert park.badge(ALICE) == "entry-again"
    park.fated("acked")
    # Fumbling with the badge behind the open barrier is not an exit yet.
    park.pass_time(20)
    assert park.badge(ALICE) == "entry-confirmed"
    park.pass_time(41)
    assert park.badge(ALICE) == "exit-asked"


def test_an_old_entry_and_an_old_exit_that_come_in_together_are_a_visit_that_is_over() -> None:
    park = Park()
    park.badge(ALICE, age_s=7200)
    assert park.badge(ALICE, age_s=600) == "exit-asked"
    assert (park.session(ALICE).status, park.state.occupancy) == (Status.CLOSED, 0)
    assert (park.sent_to(ENTRY), park.sent_to(EXIT)) == (0, 0)


def test_an_entry_younger_than_60_s_is_confirmed_and_opens_nothing() -> None:
    park = Park()
    park.badge(ALICE)
    park.fated("acked")
    park.pass_time(59)
    assert park.badge(ALICE) == "entry-confirmed"
    assert len(park.openings()) == 1


def test_an_unconfirmed_entry_is_tried_again_for_ten_minutes() -> None:
    park = Park()
    park.badge(ALICE)
    park.pass_time(599)
    assert park.badge(ALICE) == "entry-again"


def test_an_unknown_badge_is_refused_and_told_so() -> None:
    park = Park()
    assert park.badge(NOBODY) == "badge-unknown"
    assert (park.openings(), park.inside(), park.state.occupancy) == ([], [], 0)
    assert park.texts() == ["BADGE INCONNU"]
    assert park.pass_time(5) == ["display-restored"]
    assert park.texts()[-1] == "LIBRE:10"


def test_a_blocked_badge_is_refused_at_entry() -> None:
    park = Park()
    park.know(ALICE, blocked=True)
    assert park.badge(ALICE) == "badge-blocked"
    assert park.openings() == []


def test_a_badge_that_was_blocked_after_its_opening_failed_is_not_let_in_by_the_next_read() -> None:
    park = Park()
    park.badge(ALICE)
    park.fated("unknown")
    park.know(ALICE, blocked=True)
    assert park.badge(ALICE) == "badge-blocked"
    assert park.sent_to(ENTRY) == 1


def test_a_badge_added_by_an_operator_opens_at_its_next_read() -> None:
    park = Park()
    park.badge(NOBODY)
    assert park.know(NOBODY) == "credential-changed"
    assert park.badge(NOBODY) == "entry-admitted"


def test_when_the_site_is_full_the_car_is_told_and_nobody_else() -> None:
    park = Park(setup_of(capacity=1))
    park.badge(ALICE)
    texts = park.texts()
    assert texts == ["LIBRE:0"]
    assert park.badge(BOB) == "site-full"
    assert [stop.cause for stop in park.stops()] == ["PARKING COMPLET"]
    assert (park.texts(), park.state.occupancy, len(park.openings())) == (texts, 1, 1)


def test_an_emergency_badge_enters_a_full_site() -> None:
    park = Park(setup_of(capacity=0), badges=[badge_of(ALICE, Plan.EMERGENCY)])
    assert park.badge(ALICE) == "entry-admitted"
    assert park.texts() == ["LIBRE:0"]


def test_a_driver_who_was_admitted_to_the_last_place_is_not_refused_at_the_repeat() -> None:
    park = Park(setup_of(capacity=1))
    park.badge(ALICE)
    park.fated("expired")
    assert park.badge(ALICE) == "entry-again"


def test_a_full_site_has_room_again_after_an_exit() -> None:
    park = Park(setup_of(capacity=1))
    park.badge(ALICE)
    park.fated("acked")
    park.pass_time(61)
    park.badge(ALICE)
    assert park.badge(BOB) == "entry-admitted"


def test_seen_entering_with_an_open_session_means_that_the_exit_was_missed() -> None:
    park = Park()
    park.badge(CAROL)
    park.fated("acked")
    park.pass_time(7200)
    assert park.badge(CAROL, ENTRY) == "entry-after-missed-exit"
    first, second = park.sessions.values()
    assert (first.status, first.closed_as, first.left_at) == (Status.CLOSED, "exit_missed", NOON)
    assert first.review == ("exit_missed",)
    assert (second.status, second.opened_at) == (Status.ACTIVE, NOON + timedelta(seconds=7200))
    assert (park.state.occupancy, park.texts()[-1]) == (1, "LIBRE:9")


def test_a_missed_exit_frees_the_place_the_vehicle_comes_back_to() -> None:
    park = Park(setup_of(capacity=1))
    park.badge(ALICE)
    park.fated("acked")
    park.pass_time(7200)
    assert park.badge(ALICE, ENTRY) == "entry-after-missed-exit"


def test_a_badge_that_may_no_longer_enter_keeps_its_open_session() -> None:
    park = Park()
    park.badge(ALICE)
    park.fated("acked")
    park.pass_time(7200)
    park.know(ALICE, blocked=True)
    assert park.badge(ALICE, ENTRY) == "badge-blocked"
    assert park.badge(ALICE, EXIT) == "exit-asked"
    assert park.sent_to(EXIT) == 1


def test_a_missed_exit_ends_the_request_for_payment_of_the_old_visit() -> None:
    park = Park()
    park.badge(CAROL)
    park.fated("acked")
    park.pass_time(7200)
    park.badge(CAROL, EXIT)
    assert park.rules[-1] == "payment-asked"
    park.pass_time(100)
    assert park.badge(CAROL, ENTRY) == "entry-after-missed-exit"
    assert park.state.ask is None
    asked = len(park.asks())
    park.pass_time(60)
    assert len(park.asks()) == asked


def test_who_is_refused_is_seen_standing_at_the_lane() -> None:
    park = Park()

    park.badge(NOBODY)

    identity = park.state.lane(ENTRY).identity
    assert identity is not None
    assert identity.key == HolderKey(NOBODY)
