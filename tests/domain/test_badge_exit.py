"""A badge at the exit. Source: domain.md, "Exit and payment" and "Parking session"; the first rule above all."""

from datetime import timedelta

import pytest

from syspark.domain.session import Status
from syspark.domain.site.words import BADGE_AGAIN
from syspark.domain.units import HolderKey
from tests.domain.park import ALICE, BOB, CAROL, ENTRY, EXIT, NOBODY, Park


def parked(stay_s: float = 3600) -> Park:
    """Alice (subscriber) and Carol (visitor) have entered at noon and stayed."""
    park = Park()
    for uid in (ALICE, CAROL):
        park.badge(uid)
        park.fated("acked")
    park.pass_time(stay_s)
    return park


def test_after_a_minute_a_subscriber_is_let_out_and_the_session_closes() -> None:
    park = parked(61)
    assert park.badge(ALICE) == "exit-asked"
    session = park.session(ALICE)
    assert (session.status, session.closed_as, session.left_at) == (Status.CLOSED, "right", park.now)
    assert (park.sent_to(EXIT), park.state.occupancy, park.texts()[-1]) == (1, 1, "LIBRE:9")
    assert park.rules[-1] == "exit-right"


def test_a_visitor_within_the_free_minutes_is_let_out() -> None:
    park = parked(1800)
    park.badge(CAROL)
    assert (park.session(CAROL).closed_as, park.sent_to(EXIT)) == ("free", 1)


def test_a_visitor_beyond_them_is_asked_to_pay_and_nothing_opens() -> None:
    park = parked(3600)
    park.badge(CAROL)
    (ask,) = park.asks()
    assert (ask.amount, ask.currency, ask.duration_s, ask.masked_plate) == (100, "EUR", 3600, "")
    assert (park.session(CAROL).status, park.sent_to(EXIT), park.state.occupancy) == (Status.PENDING_PAYMENT, 0, 2)


def test_a_request_for_payment_is_repeated_every_12_s_for_5_minutes() -> None:
    park = parked()
    park.badge(CAROL)
    began = park.now
    rules = park.pass_time(600)
    told = [rule for rule in rules if rule != "waits-long"]
    assert told == ["payment-asked-again"] * 24 + ["payment-ask-ended", "gone"]
    asked_at = [one.decided_at for one in park.sent.values() if one.command.order in park.asks()]
    assert asked_at == [began + timedelta(seconds=12 * number) for number in range(25)]
    assert (park.state.ask, park.timers) == (None, {})


def test_each_request_for_payment_expires_when_the_next_is_due() -> None:
    park = parked()
    park.badge(CAROL)
    park.pass_time(12)
    asks = [one for one in park.sent.values() if one.command.order in park.asks()]
    assert all(one.command.expires_at == one.decided_at + timedelta(seconds=12) for one in asks)


def test_a_request_for_payment_ends_when_another_vehicle_is_read_at_the_exit() -> None:
    park = parked()
    park.badge(CAROL)
    park.badge(ALICE, EXIT)
    assert park.pass_time(12) == ["payment-ask-ended"]


def test_the_fee_freezes_when_the_vehicle_is_first_read_at_the_exit() -> None:
    park = parked(3600)
    park.badge(CAROL)
    for _ in range(3):
        park.pass_time(600)
        park.badge(CAROL)
    assert {(ask.amount, ask.duration_s) for ask in park.asks()} == {(100, 3600)}


def test_the_freeze_is_lost_when_the_vehicle_is_not_read_for_10_minutes() -> None:
    park = parked(3600)
    park.badge(CAROL)
    park.pass_time(901)
    park.badge(CAROL)
    # 3600 + 901 s - 30 min free = 2701 s = 4 started quarters of an hour.
    assert (park.asks()[-1].amount, park.asks()[-1].duration_s) == (200, 4501)


def test_nobody_pays_for_an_opening_that_failed() -> None:
    park = parked(1790)
    park.badge(CAROL)
    park.fated("expired")
    park.pass_time(20)
    assert park.badge(CAROL) == "exit-asked-again"
    assert (park.asks(), park.sent_to(EXIT), park.session(CAROL).closed_as) == ([], 2, "free")


def test_the_same_exit_within_300_s_takes_the_session_back_and_opens_again() -> None:
    park = parked()
    park.badge(ALICE)
    first = park.session(ALICE)
    park.fated("failed")
    park.pass_time(299)
    assert park.badge(ALICE) == "exit-asked-again"
    assert (park.session(ALICE).id, park.session(ALICE).closed_at) == (first.id, park.now)
    assert (park.sent_to(EXIT), park.state.occupancy) == (2, 1)


def test_where_the_reader_says_exit_it_opens_again_even_when_all_went_well_as_far_as_known() -> None:
    park = parked()
    park.badge(ALICE, EXIT)
    park.fated("acked")
    park.pass_time(16)
    assert park.badge(ALICE, EXIT) == "exit-asked-again"
    assert (park.sent_to(EXIT), len(park.sessions), park.state.occupancy) == (2, 2, 1)


def test_the_same_exit_within_15_s_opens_once() -> None:
    park = parked()
    park.badge(ALICE)
    park.fated("acked")
    park.pass_time(14)
    assert park.badge(ALICE) == "badge-repeated"
    assert park.sent_to(EXIT) == 1


def test_whoever_was_let_out_well_is_at_the_entry_at_the_next_badge() -> None:
    park = parked()
    park.badge(ALICE)
    park.fated("acked")
    park.pass_time(61)
    assert park.badge(ALICE) == "entry-admitted"


def test_an_old_exit_closes_the_session_at_its_time_and_opens_nothing() -> None:
    park = parked()
    assert park.badge(ALICE, age_s=60) == "exit-asked"
    session = park.session(ALICE)
    assert (session.status, session.left_at) == (Status.CLOSED, park.now - timedelta(seconds=60))
    assert (park.sent_to(EXIT), park.openings(EXIT)[0].fate) == (0, "withheld")
    assert park.texts()[-1] == BADGE_AGAIN.fr
    assert park.badge(ALICE) == "exit-asked-again"
    assert (park.sent_to(EXIT), park.state.occupancy) == (1, 1)


def test_an_old_exit_that_has_a_price_shows_no_request_and_may_be_asked_again_at_once() -> None:
    park = parked()
    park.badge(CAROL, age_s=60)
    assert (park.asks(), park.session(CAROL).status) == ([], Status.PENDING_PAYMENT)
    park.badge(CAROL)
    assert len(park.asks()) == 1


def test_an_exit_without_entry_is_let_out_for_review_without_an_invented_time() -> None:
    park = Park()
    assert park.badge(CAROL, EXIT) == "exit-entry-unknown"
    session = park.session(CAROL)
    assert (session.opened_at, session.review, session.closed_as) == (None, ("entry_unknown",), "entry-unknown")
    assert (park.sent_to(EXIT), park.asks(), park.state.occupancy) == (1, [], 0)


def test_an_exit_without_entry_is_one_session_however_often_it_is_read() -> None:
    park = Park()
    for _ in range(4):
        park.badge(CAROL, EXIT)
        park.pass_time(20)
    assert len(park.sessions) == 1


def test_an_unknown_badge_at_the_exit_is_refused_and_told_so() -> None:
    park = Park()
    assert park.badge(NOBODY, EXIT) == "badge-unknown"
    assert (park.texts(), park.sent_to(EXIT)) == (["BADGE INCONNU"], 0)


@pytest.mark.parametrize("uid", [ALICE, CAROL])
def test_a_badge_that_is_blocked_during_the_stay_is_let_out(uid: str) -> None:
    park = parked(100)
    park.know(ALICE, blocked=True)
    park.credentials.pop(HolderKey(CAROL))
    park.badge(ALICE if uid == ALICE else CAROL)
    assert park.sent_to(EXIT) == 1


def test_two_vehicles_at_the_exit_are_each_opened_for_once() -> None:
    park = parked(600)
    park.badge(ALICE)
    park.badge(CAROL)
    assert (park.sent_to(EXIT), park.state.occupancy) == (2, 0)


def test_a_barrier_that_names_our_command_confirms_it() -> None:
    park = Park()
    park.badge(ALICE)
    command = park.openings()[-1].command.id
    assert park.barrier(command, "closed") == "barrier-reported"
    assert park.barrier(command) == "barrier-confirmed"
    assert (park.openings()[-1].fate, park.visit(ALICE).confirmed) == ("confirmed", True)


def test_the_entry_of_a_vehicle_at_the_other_lane_is_not_disturbed() -> None:
    park = parked()
    park.badge(CAROL)
    assert park.badge(BOB, ENTRY) == "entry-admitted"
    assert park.pass_time(12) == ["payment-asked-again"]


@pytest.mark.parametrize("online", [True, False])
def test_a_site_that_has_just_connected_is_told_its_free_places(online: bool) -> None:
    park = parked()
    before = len(park.texts())
    park.bridge(online=online)
    assert park.texts()[before:] == (["LIBRE:8"] if online else [])
    assert park.sync() == "sync-requested"
    assert park.texts()[-1] == "LIBRE:8"


def test_a_restart_between_the_closing_of_a_session_and_its_exit_counts_the_vehicle_out_once() -> None:
    park = parked()
    park.badge(ALICE, settle=False)
    park.deliver()
    assert (park.session(ALICE).status, park.state.occupancy) == (Status.CLOSED, 2)
    park.restart()
    park.settle()
    assert (park.state.occupancy, park.sent_to(EXIT)) == (1, 1)


def test_a_restart_of_minutes_between_them_still_counts_the_vehicle_out() -> None:
    park = parked()
    park.badge(ALICE, settle=False)
    park.deliver()
    park.pass_time(0)
    park.now += timedelta(seconds=900)
    park.restart()
    park.settle()
    assert (park.state.occupancy, park.sent_to(EXIT), park.openings(EXIT)[0].fate) == (1, 0, "withheld")


def test_a_restart_while_the_exit_is_asked_for_opens_once_for_two_reads() -> None:
    park = parked()
    park.badge(ALICE, settle=False)
    park.restart()
    park.pass_time(0)
    park.now += timedelta(seconds=5)
    assert park.badge(ALICE) == "badge-repeated"
    assert (park.sent_to(EXIT), park.state.occupancy) == (1, 1)


def test_a_session_that_is_over_for_long_lets_its_vehicle_out_and_stays_as_it_is() -> None:
    park = parked()
    park.badge(ALICE, settle=False)
    park.deliver()
    park.line.clear()  # the answer was parked by an operator
    before = park.session(ALICE)
    park.now += timedelta(seconds=900)
    assert park.badge(ALICE) == "exit-asked"
    assert (park.session(ALICE), park.sent_to(EXIT), park.state.occupancy) == (before, 1, 1)
    assert park.rules[-1] == "exit-session-over"


def test_visits_let_out_are_forgotten_after_five_minutes() -> None:
    park = parked()
    park.badge(ALICE)
    assert len(park.visits) == 2
    park.pass_time(301)
    assert len(park.visits) == 1
    assert park.visits.by_session(park.session(ALICE).id) is None
    assert park.visits.by_command(park.openings(EXIT)[0].command.id) is None
