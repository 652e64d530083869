import threading
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syspark.clock import SteppedClock
from syspark.ids import IdSource

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


class SetClock:
    """A calendar that can be set to any time, also back."""

    speed = 1.0

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


def milliseconds(made: UUID) -> int:
    return made.int >> 80


def test_an_id_is_a_uuid_of_version_7_that_tells_its_millisecond() -> None:
    made = IdSource(SteppedClock(START + timedelta(milliseconds=7))).new()
    assert (made.version, made.variant) == (7, RFC_4122)
    assert milliseconds(made) == int(START.timestamp()) * 1000 + 7


def test_ids_of_one_millisecond_are_ordered_as_bytes_and_as_text() -> None:
    source = IdSource(SteppedClock(START))
    made = [source.new() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert [str(one) for one in made] == sorted(str(one) for one in made)
    assert {milliseconds(one) for one in made} == {int(START.timestamp()) * 1000}
    assert all((one.version, one.variant) == (7, RFC_4122) for one in made)


@given(st.lists(st.integers(min_value=-5_000, max_value=5_000), min_size=2, max_size=50))
def test_ids_stay_ordered_however_the_calendar_is_set(offsets_ms: list[int]) -> None:
    clock = SetClock(START)
    source = IdSource(clock)
    made = []
    for offset in offsets_ms:
        clock.at = START + timedelta(milliseconds=offset)
        made.append(source.new())
    assert made == sorted(set(made))
    assert milliseconds(made[-1]) == int(START.timestamp()) * 1000 + max(offsets_ms)


def test_an_exhausted_millisecond_borrows_from_the_next() -> None:
    source = IdSource(SteppedClock(START))
    with patch("syspark.ids._fresh_tail", return_value=(1 << 74) - 1):
        first, second = source.new(), source.new()
    assert first < second
    assert milliseconds(second) == milliseconds(first) + 1
    assert second.version == 7


def test_two_sources_at_the_same_time_do_not_meet() -> None:
    one, other = IdSource(SteppedClock(START)), IdSource(SteppedClock(START))
    assert not {one.new() for _ in range(1_000)} & {other.new() for _ in range(1_000)}


def test_threads_share_a_source() -> None:
    source = IdSource(SteppedClock(START))
    made: list[list[UUID]] = [[] for _ in range(4)]

    def work(mine: list[UUID]) -> None:
        mine.extend(source.new() for _ in range(2_000))

    threads = [threading.Thread(target=work, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == sorted(mine) for mine in made)
    assert len({one for mine in made for one in mine}) == 8_000


def test_a_clock_before_1970_is_refused() -> None:
    with pytest.raises(ValueError, match="1970"):
        IdSource(SetClock(datetime(1969, 12, 31, tzinfo=UTC))).new()


def test_the_last_time_a_calendar_can_say_still_fits() -> None:
    assert IdSource(SetClock(datetime.max.replace(tzinfo=UTC))).new().version == 7
