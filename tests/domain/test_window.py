"""Hours of the week on a site's own clocks. Source: domain.md, "Access": weekly windows, local time of the site."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syspark.domain.access import Window, holds, holds_until, text_of, windows_of

PARIS = ZoneInfo("Europe/Paris")
OFFICE = windows_of("mon-fri 08:00-18:00, sat 09:00-12:00")
NIGHT = windows_of("fri-sat 22:00-06:00")
WINDOWS = st.lists(
    st.builds(
        Window,
        days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
        begins=st.integers(0, 1439),
        ends=st.integers(0, 1440),
    ),
    max_size=4,
).map(tuple)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
LEFT_OUT = datetime(2026, 3, 29, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 365 * 86_400).map(lambda seconds: NEW_YEAR + timedelta(seconds=seconds))


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        ("2026-06-15T08:00", True),
        ("2026-06-15T07:59", False),
        ("2026-06-15T18:00", False),
        ("2026-06-20T11:59", True),
        ("2026-06-21T10:00", False),
    ],
)
def test_office_hours_are_the_site_s_own(at: str, inside: bool) -> None:
    assert holds(OFFICE, paris(at), PARIS) is inside


@pytest.mark.parametrize(
    ("at", "inside"),
    [("2026-06-19T23:00", True), ("2026-06-20T05:59", True), ("2026-06-19T05:00", False), ("2026-06-21T05:59", True)],
)
def test_a_night_belongs_to_the_day_it_begins_on(at: str, inside: bool) -> None:
    assert holds(NIGHT, paris(at), PARIS) is inside


def test_the_hour_that_comes_twice_is_inside_twice_and_the_one_left_out_ends_nothing() -> None:
    early = windows_of("sun 01:00-02:30")
    twice = [datetime(2026, 10, 25, hour, 15, tzinfo=UTC) for hour in (0, 1)]
    assert [holds(early, at, PARIS) for at in twice] == [True, True]
    assert holds_until(early, twice[0], PARIS) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "the second 02:30"
    assert holds_until(early, paris("2026-03-29T01:30"), PARIS) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_days_that_follow_one_another_are_one_time() -> None:
    assert holds_until(windows_of("mon-fri 00:00-24:00"), paris("2026-06-17T12:00"), PARIS) == paris("2026-06-20T00:00")
    assert holds_until(windows_of("mon-sun 00:00-24:00"), paris("2026-06-17T12:00"), PARIS) is None


@given(WINDOWS, MOMENTS)
def test_a_time_within_lasts_until_it_ends_and_no_longer(windows: tuple[Window, ...], at: datetime) -> None:
    ends = holds_until(windows, at, PARIS)
    if ends is None:
        return
    assert ends > at
    assert holds(windows, at, PARIS)
    in_the_hour_left_out = LEFT_OUT < ends <= LEFT_OUT + timedelta(hours=1)
    assert in_the_hour_left_out or holds(windows, ends - timedelta(microseconds=1), PARIS)


@given(WINDOWS)
def test_what_is_written_is_read_again(windows: tuple[Window, ...]) -> None:
    in_a_row = tuple(one for one in windows if windows_of(text_of((one,))) == (one,))
    assert windows_of(text_of(in_a_row)) == in_a_row


@pytest.mark.parametrize("text", ["always", "mon 8-18", "mon-fri 25:00-26:00", "lun 08:00-18:00", "mon 08:00-18:60"])
def test_what_is_no_time_is_not_understood(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not understood|names no time"):
        windows_of(text)
