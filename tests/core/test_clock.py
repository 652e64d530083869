from datetime import UTC, datetime, timedelta, timezone

import pytest

from syspark.clock import Clock, ScaledClock, SteppedClock, SystemClock, machine_seconds
from syspark.errors import PermanentError, TransientError, Unavailable

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def test_the_system_clock_is_aware_utc_and_monotonic() -> None:
    clock: Clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() <= clock.monotonic()


def test_a_stepped_clock_moves_only_when_told() -> None:
    clock: Clock = SteppedClock(START)
    assert (clock.now(), clock.monotonic()) == (START, 0.0)
    assert (clock.now(), clock.monotonic()) == (START, 0.0)


def test_a_step_moves_both_times() -> None:
    clock = SteppedClock(START)
    clock.advance(1.5)
    clock.advance(0)
    assert clock.now() == START + timedelta(seconds=1.5)
    assert clock.monotonic() == 1.5


def test_two_processes_share_a_clock_by_its_words() -> None:
    clock = ScaledClock(60, datetime.now(UTC) - timedelta(seconds=10))
    twin = ScaledClock.parse(str(clock))
    assert abs((clock.now() - twin.now()).total_seconds()) < 3
    assert clock.now() - clock.anchor >= timedelta(seconds=600)
    assert ScaledClock.parse("2").speed == 2
    assert machine_seconds(clock, 30) == 0.5
    assert machine_seconds(SystemClock(), 30) == 30


@pytest.mark.parametrize("speed", [0, -1, 601, float("nan")])
def test_a_clock_has_a_sensible_speed(speed: float) -> None:
    with pytest.raises(ValueError, match="a clock runs"):
        ScaledClock(speed)


def test_a_clock_starts_at_an_aware_time() -> None:
    with pytest.raises(ValueError, match="aware"):
        ScaledClock(1, datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_stepped_clock_speaks_utc_whatever_it_starts_from() -> None:
    clock = SteppedClock(START.astimezone(timezone(timedelta(hours=2))))
    assert clock.now() == START
    assert clock.now().tzinfo is UTC


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        SteppedClock(datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake under test


@pytest.mark.parametrize("seconds", [-1, -0.001, float("nan"), float("inf")])
def test_time_never_goes_back_nor_nowhere(seconds: float) -> None:
    clock = SteppedClock(START)
    with pytest.raises(ValueError, match="forwards"):
        clock.advance(seconds)
    assert clock.now() == START


def test_an_absence_is_transient_and_names_what_is_away() -> None:
    error = Unavailable("database", because="connection refused", delay_s=2.5)
    assert isinstance(error, TransientError)
    assert not isinstance(error, PermanentError)
    assert (error.what, error.delay_s, str(error)) == ("database", 2.5, "database unavailable: connection refused")
    assert str(Unavailable("broker")) == "broker unavailable"
