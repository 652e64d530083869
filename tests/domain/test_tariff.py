"""What a stay costs. Source: domain.md, "Tariffs": the laws by any stay, and bills computed by hand."""

from dataclasses import dataclass
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syspark.domain.tariff import DAY_S, Quote, Tariff, quote
from syspark.domain.units import Cents
from tests.domain.park import NOON

STANDARD = Tariff()
STAYS_S = st.integers(0, 40 * DAY_S)
TARIFFS = st.builds(
    Tariff,
    free_minutes=st.integers(0, 240),
    step_minutes=st.integers(1, 120),
    step_cents=st.integers(0, 500).map(Cents),
    cap_cents=st.integers(0, 5000).map(Cents),
)


def bill(stay_s: float, tariff: Tariff = STANDARD) -> Quote:
    return quote(tariff, NOON, NOON + timedelta(seconds=stay_s))


def hms(hours: int, minutes: int = 0, seconds: int = 0) -> int:
    return hours * 3600 + minutes * 60 + seconds


@dataclass
class Bill:
    stay_s: int
    cents: int
    lines: list[tuple[str, int, int]]
    tariff: Tariff = STANDARD


BY_HAND = {
    "0 h 30 m 00 s: all of it free": Bill(hms(0, 30), 0, []),
    "0 h 30 m 01 s: 1 s beyond = 1 step = 0.50": Bill(hms(0, 30, 1), 50, [("step", 1, 50)]),
    "0 h 45 m 00 s: 15 m beyond = 1 step = 0.50": Bill(hms(0, 45), 50, [("step", 1, 50)]),
    "0 h 45 m 01 s: 15 m 1 s beyond = 2 steps = 1.00": Bill(hms(0, 45, 1), 100, [("step", 2, 50)]),
    "2 h 00 m: 90 m beyond = 6 steps = 3.00": Bill(hms(2), 300, [("step", 6, 50)]),
    "10 h 30 m: 600 m beyond = 40 steps = 20.00, the cap to the cent": Bill(hms(10, 30), 2000, [("step", 40, 50)]),
    "10 h 31 m: 41 steps = 20.50, capped at 20.00": Bill(hms(10, 31), 2000, [("started-day", 1, 2000)]),
    "24 h 30 m: 24 h beyond = 1 day = 20.00": Bill(hms(24, 30), 2000, [("day", 1, 2000)]),
    "24 h 31 m: 1 day + 1 m = 20.00 + 0.50 = 20.50": Bill(hms(24, 31), 2050, [("day", 1, 2000), ("step", 1, 50)]),
    "73 h: 72 h 30 m beyond = 3 days + 2 steps = 61.00": Bill(hms(73), 6100, [("day", 3, 2000), ("step", 2, 50)]),
    "4 h at 10 free, 0.70 per 20 m: 230 m = 12 steps = 8.40": Bill(
        hms(4), 840, [("step", 12, 70)], Tariff(free_minutes=10, step_minutes=20, step_cents=Cents(70))
    ),
    "30 h at 0.10 per h, cap 20.00: a day of 24 steps = 2.40, + 5.5 h = 6 steps = 0.60": Bill(
        hms(30), 300, [("day", 1, 240), ("step", 6, 10)], Tariff(step_minutes=60, step_cents=Cents(10))
    ),
}


@pytest.mark.parametrize("one", BY_HAND.values(), ids=BY_HAND.keys())
def test_bills_computed_by_hand(one: Bill) -> None:
    made = bill(one.stay_s, one.tariff)
    assert (made.total_cents, made.duration_s) == (one.cents, one.stay_s)
    assert [(line.what, line.count, line.each_cents) for line in made.lines] == one.lines


@given(TARIFFS, STAYS_S)
def test_lines_multiply_and_sum_to_the_total_which_is_never_negative(tariff: Tariff, stay_s: int) -> None:
    made = bill(stay_s, tariff)
    assert all(line.count * line.each_cents == line.total_cents >= 0 for line in made.lines)
    assert made.total_cents == sum(line.total_cents for line in made.lines)


@given(TARIFFS, STAYS_S, st.integers(0, 2 * DAY_S))
def test_a_bill_never_falls_with_time(tariff: Tariff, stay_s: int, more_s: int) -> None:
    assert bill(stay_s, tariff).total_cents <= bill(stay_s + more_s, tariff).total_cents


@given(TARIFFS, STAYS_S)
def test_a_bill_is_never_above_the_caps_of_its_started_days(tariff: Tariff, stay_s: int) -> None:
    beyond_s = max(0, stay_s - tariff.free_minutes * 60)
    assert bill(stay_s, tariff).total_cents <= -(-beyond_s // DAY_S) * tariff.cap_cents


@given(TARIFFS)
def test_a_stay_is_free_exactly_to_the_last_free_second(tariff: Tariff) -> None:
    free_s = tariff.free_minutes * 60
    assert bill(free_s, tariff).total_cents == 0
    assert bill(free_s + 1, tariff).total_cents == min(tariff.step_cents, tariff.cap_cents)


@given(STAYS_S, st.floats(0, 0.999))
def test_a_second_counts_when_it_is_over(stay_s: int, fraction_s: float) -> None:
    assert bill(stay_s + fraction_s).total_cents == bill(stay_s).total_cents


def test_a_stay_that_ends_before_it_began_costs_nothing() -> None:
    assert (bill(-60).total_cents, bill(-60).duration_s) == (0, 0)


@pytest.mark.parametrize("wrong", ["step_minutes", "free_minutes", "step_cents", "cap_cents"])
def test_a_tariff_that_cannot_be_computed_is_refused_when_it_is_read(wrong: str) -> None:
    body = msgspec.json.encode({**msgspec.to_builtins(STANDARD), wrong: -1 if wrong != "step_minutes" else 0})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Tariff)
