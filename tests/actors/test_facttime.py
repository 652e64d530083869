"""When an untimed fact happened: our markers, and what a site's bridge hides."""

from datetime import timedelta

import pytest

from actors.facttime import FactTimes
from actors.testing import NOON
from syspark.domain.units import SiteId

SITE = SiteId("north")


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.fixture
def times() -> FactTimes:
    """Marked at noon, the site heard then."""
    times = FactTimes(None, NOON, 0.0)
    times.marked(NOON, 0.0, 0.0, 0.0)
    times.heard(SITE)
    return times


def test_a_fact_is_as_old_as_the_last_marker_before_it(times: FactTimes) -> None:
    times.marked(NOON + seconds(5), 5.0, 5.0, 5.0)
    assert times.of(SITE, 5.9) == NOON + seconds(5)


def test_before_the_first_marker_a_fact_is_as_old_as_the_stored_one() -> None:
    times = FactTimes(NOON - seconds(40), NOON, 0.0)
    assert times.of(SITE, 0.0) == NOON - seconds(40)


@pytest.mark.parametrize(("back_s", "is_kept"), [(None, True), (55, True), (30, False)])
def test_the_next_owner_knows_that_a_site_is_cut_off_or_has_just_returned(back_s: float | None, is_kept: bool) -> None:
    times = FactTimes(NOON + seconds(60), NOON + seconds(60), 0.0)
    times.cut_before(SITE, NOON, NOON + seconds(back_s) if back_s is not None else None, 0.0)
    assert times.of(SITE, 1.0) == (NOON - seconds(8) if is_kept else NOON + seconds(60))


def test_what_waited_is_no_older_than_the_last_marker_of_an_owner_who_knew_the_bridge_connected() -> None:
    times = FactTimes(NOON, NOON + seconds(3600), 0.0)
    times.heard_before(SITE, NOON - seconds(1800))
    times.connected_before(SITE)
    times.bridge_returned(SITE, NOON + seconds(3600), 0.0)
    assert times.of(SITE, 0.1) == NOON - seconds(8)


def test_a_clock_set_back_makes_nothing_look_younger_than_it_is(times: FactTimes) -> None:
    times.marked(NOON - seconds(3600), 1.0, 1.0, 1.0)
    assert times.of(SITE, 1.5) == NOON - seconds(3600)


def test_a_short_cut_of_the_bridge_leaves_nothing_old_behind(times: FactTimes) -> None:
    times.bridge_lost(SITE, 0.0)
    times.marked(NOON + seconds(5), 5.0, 5.0, 5.0)
    times.bridge_returned(SITE, NOON + seconds(5), 5.0)
    assert times.of(SITE, 5.5) == NOON + seconds(5)


def test_after_a_long_cut_what_comes_first_is_as_old_as_the_cut(times: FactTimes) -> None:
    times.marked(NOON + seconds(60), 60.0, 60.0, 60.0)
    times.bridge_lost(SITE, 60.0)
    times.bridge_returned(SITE, NOON + seconds(90), 90.0)
    assert times.of(SITE, 90.5) <= NOON + seconds(52)


def test_what_a_bridge_brings_before_it_says_that_it_is_back_is_as_old_as_the_cut(times: FactTimes) -> None:
    times.bridge_lost(SITE, 0.0)
    times.marked(NOON + seconds(30), 30.0, 30.0, 30.0)
    assert times.of(SITE, 30.1) == NOON
    times.bridge_returned(SITE, NOON + seconds(30.2), 30.2)
    assert times.of(SITE, 30.3) == NOON


def test_what_tells_its_time_before_the_bridge_is_said_to_be_back_is_believed_too(times: FactTimes) -> None:
    times.bridge_lost(SITE, 0.0)
    times.marked(NOON + seconds(30), 30.0, 30.0, 30.0)
    assert times.of(SITE, 30.1, NOON + seconds(12)) == NOON + seconds(12)


def test_what_the_broker_had_retained_is_no_sign_of_a_site_that_is_cut_off(times: FactTimes) -> None:
    times.marked(NOON + seconds(85), 85.0, 85.0, 85.0)
    times.of(SITE, 85.0, retained=True)
    times.bridge_returned(SITE, NOON + seconds(90), 90.0)
    assert times.of(SITE, 90.1) == NOON


def test_after_ten_quiet_seconds_the_site_is_live_again(times: FactTimes) -> None:
    times.bridge_returned(SITE, NOON + seconds(60), 60.0)
    times.marked(NOON + seconds(71), 71.0, 71.0, 71.0)
    assert times.of(SITE, 71.5) == NOON + seconds(71)


def test_what_waits_in_a_second_cut_is_no_older_than_when_the_site_was_heard_in_between(times: FactTimes) -> None:
    times.bridge_lost(SITE, 0.0)
    times.bridge_returned(SITE, NOON + seconds(60), 60.0)
    times.marked(NOON + seconds(80), 80.0, 80.0, 80.0)
    times.heard(SITE)
    times.bridge_lost(SITE, 80.0)
    times.bridge_returned(SITE, NOON + seconds(140), 140.0)
    assert times.of(SITE, 140.1) == NOON + seconds(80)


def test_the_end_of_a_connection_that_never_said_it_was_back_begins_no_cut_of_its_own(times: FactTimes) -> None:
    times.bridge_returned(SITE, NOON + seconds(60), 60.0)
    times.marked(NOON + seconds(65), 65.0, 65.0, 65.0)
    times.bridge_lost(SITE, 65.0)
    times.marked(NOON + seconds(100), 100.0, 100.0, 100.0)
    times.bridge_lost(SITE, 100.0)
    times.bridge_returned(SITE, NOON + seconds(101), 101.0)
    assert times.of(SITE, 101.1) <= NOON + seconds(65)


def test_a_burst_that_keeps_arriving_stays_old(times: FactTimes) -> None:
    times.bridge_returned(SITE, NOON + seconds(60), 60.0)
    for tenths in range(600, 900):
        times.marked(NOON + seconds(tenths / 10), tenths / 10, tenths / 10, tenths / 10)
        assert times.of(SITE, tenths / 10) == NOON


def test_what_comes_through_a_full_queue_is_told_by_when_it_was_published(times: FactTimes) -> None:
    for second in (59, 60):
        times.marked(NOON + seconds(second), second, second, second)
    times.bridge_returned(SITE, NOON + seconds(60), times.published(60.0))
    for sent_s, received_s in ((61, 80), (62, 100), (63, 120)):
        times.marked(NOON + seconds(sent_s), sent_s, received_s, received_s)
        assert times.of(SITE, times.published(received_s + 19)) == NOON, (
            "seconds after the return, heard a minute later"
        )
    times.marked(NOON + seconds(75), 75.0, 140.0, 140.0)
    assert times.of(SITE, times.published(140.5)) == NOON + seconds(75)


def test_many_facts_between_two_markers_are_a_burst_and_few_are_not(times: FactTimes) -> None:
    times.bridge_returned(SITE, NOON + seconds(60), 60.0)
    for second in range(60, 90, 3):
        times.marked(NOON + seconds(second), second, second, second)
        for _ in range(3):
            assert times.of(SITE, second + 2) == NOON
    for second in (90, 93):
        times.marked(NOON + seconds(second), second, second, second)
        assert times.of(SITE, second + 2) == NOON, "just after a burst"
    times.marked(NOON + seconds(96), 96.0, 96.0, 96.0)
    assert times.of(SITE, 98.0) == NOON + seconds(96)


def test_what_comes_before_the_first_marker_was_published_before_we_came() -> None:
    times = FactTimes(NOON, NOON + seconds(3600), 5.0)
    times.heard_before(SITE, NOON)
    times.bridge_returned(SITE, NOON + seconds(3600), times.published(30.0))
    times.marked(NOON + seconds(3601), 6.0, 60.0, 60.0)
    assert times.of(SITE, times.published(60.5)) == NOON
    times.marked(NOON + seconds(3630), 35.0, 61.0, 61.0)
    assert times.of(SITE, times.published(61.5)) == NOON + seconds(3630)


def test_signs_of_life_are_no_burst(times: FactTimes) -> None:
    times.bridge_returned(SITE, NOON + seconds(60), 60.0)
    for tenths in range(600, 800, 5):
        times.marked(NOON + seconds(tenths / 10), tenths / 10, tenths / 10, tenths / 10)
        times.heard(SITE)
    assert times.of(SITE, 80.0) == NOON + seconds(79.5)


def test_a_repeated_word_of_the_bridge_is_a_new_connection(times: FactTimes) -> None:
    times.marked(NOON + seconds(60), 60.0, 60.0, 60.0)
    times.bridge_returned(SITE, NOON + seconds(60), 60.0)
    assert times.of(SITE, 60.1) == NOON


def test_a_bridge_that_returned_while_we_were_away_is_not_taken_for_a_short_cut(times: FactTimes) -> None:
    times.bridge_lost(SITE, 0.0)
    times.bridge_returned(SITE, NOON + seconds(50), 50.0)
    times.marked(NOON + seconds(51), 51.0, 51.0, 51.0)
    assert times.of(SITE, 51.5) <= NOON


def test_another_site_is_not_concerned(times: FactTimes) -> None:
    times.bridge_returned(SITE, NOON + seconds(60), 60.0)
    times.marked(NOON + seconds(61), 61.0, 61.0, 61.0)
    assert times.of(SiteId("south"), 61.1) == NOON + seconds(61)


def test_after_a_cut_a_fact_that_tells_its_time_is_as_old_as_it_says(times: FactTimes) -> None:
    times.bridge_lost(SITE, 0.0)
    times.marked(NOON + seconds(60), 60.0, 60.0, 60.0)
    times.bridge_returned(SITE, NOON + seconds(60), 60.0)
    assert times.of(SITE, 60.5, NOON + seconds(40)) == NOON + seconds(40)
    assert times.of(SITE, 60.5, NOON + seconds(90)) == NOON + seconds(60), "nothing is of the future"
    assert times.of(SITE, 60.5, NOON - seconds(90)) >= NOON - seconds(8), "nothing is older than the cut"
    assert times.of(SITE, 60.5) <= NOON, "without a time it may have waited since the cut"


def test_facts_that_tell_their_time_make_no_burst_of_old_ones(times: FactTimes) -> None:
    times.bridge_lost(SITE, 0.0)
    times.marked(NOON + seconds(60), 60.0, 60.0, 60.0)
    times.bridge_returned(SITE, NOON + seconds(60), 60.0)
    for tenths in range(600, 720, 5):
        times.of(SITE, tenths / 10, NOON + seconds(60))
    times.marked(NOON + seconds(72), 72.0, 72.0, 72.0)
    assert times.of(SITE, 72.0) == NOON + seconds(72)


def test_also_after_a_short_cut_a_fact_tells_its_time_and_later_no_more(times: FactTimes) -> None:
    times.bridge_lost(SITE, 0.0)
    times.bridge_returned(SITE, NOON + seconds(1), 1.0)
    times.marked(NOON + seconds(5), 5.0, 5.0, 5.0)
    assert times.of(SITE, 5.5, NOON + seconds(2)) == NOON + seconds(2)
    times.marked(NOON + seconds(30), 30.0, 30.0, 30.0)
    assert times.of(SITE, 30.5, NOON + seconds(20)) == NOON + seconds(30)
