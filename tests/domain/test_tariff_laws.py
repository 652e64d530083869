"""What every quote obeys, whatever the tariff and the stay. Source: domain.md, "Tariffs"; quality.md, row 3."""

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syspark.domain.tariff import DAY_S, CapBy, Quote, Tariff, What, quote
from tests.domain.tariffs import ZONES, any_credits, any_discounts, any_moment, any_stay_s, any_tariff

CHANCES = st.integers(0, 2**32).map(Random)


def started_days(tariff: Tariff, entered_at: datetime, stay_s: int, zone: str) -> int:
    """Of what is beyond the free minutes: started 24 hours, or days of the calendar that it touches."""
    begins = entered_at + timedelta(minutes=tariff.free_minutes)
    beyond_s = stay_s - tariff.free_minutes * 60
    if beyond_s <= 0:
        return 0
    if tariff.cap_by is CapBy.ROLLING:
        return -(-beyond_s // DAY_S)
    last = begins.timestamp() + beyond_s - 1
    clocks = ZoneInfo(zone)
    return datetime.fromtimestamp(last, clocks).toordinal() - begins.astimezone(clocks).toordinal() + 1


def sums_up(made: Quote) -> None:
    assert made.total_cents == sum(line.total_cents for line in made.lines) >= 0
    assert all(line.count * line.each_cents == line.total_cents for line in made.lines)
    assert all(line.total_cents >= 0 or line.what == What.DISCOUNT for line in made.lines)
    assert 0 <= made.vat_cents <= made.total_cents


@given(CHANCES)
def test_lines_sum_to_a_total_that_never_falls_nor_is_negative(chance: Random) -> None:
    tariff, entered_at, zone = any_tariff(chance), any_moment(chance), chance.choice(ZONES)
    credited, discounts = any_credits(chance, entered_at), any_discounts(chance)
    stays_s = sorted(any_stay_s(chance) for _ in range(6))
    made = [
        quote(tariff, entered_at, entered_at + timedelta(seconds=one), zone=zone, credits=credited, discounts=discounts)
        for one in stays_s
    ]
    for one in made:
        sums_up(one)
    assert all(before.total_cents <= after.total_cents for before, after in pairwise(made))


@given(CHANCES)
def test_a_stay_costs_no_more_than_the_caps_of_its_started_days(chance: Random) -> None:
    tariff, entered_at, stay_s, zone = any_tariff(chance), any_moment(chance), any_stay_s(chance), chance.choice(ZONES)
    made = quote(tariff, entered_at, entered_at + timedelta(seconds=stay_s), zone=zone)
    assert made.total_cents <= tariff.cap_cents * started_days(tariff, entered_at, stay_s, zone)


@given(CHANCES)
def test_a_stay_is_free_exactly_to_the_last_free_second(chance: Random) -> None:
    tariff = replace(any_tariff(chance), step_cents=100, bands=(), packages=(), longest_minutes=None)
    entered_at, zone = any_moment(chance), chance.choice(ZONES)
    last = entered_at + timedelta(minutes=tariff.free_minutes)
    assert quote(tariff, entered_at, last, zone=zone).total_cents == 0
    assert quote(tariff, entered_at, last + timedelta(seconds=1), zone=zone).total_cents == 100


@given(CHANCES)
def test_a_credit_and_a_discount_never_make_a_stay_dearer(chance: Random) -> None:
    tariff, entered_at, zone = any_tariff(chance), any_moment(chance), chance.choice(ZONES)
    until = entered_at + timedelta(seconds=any_stay_s(chance))
    without = quote(tariff, entered_at, until, zone=zone)
    shortened = quote(tariff, entered_at, until, zone=zone, discounts=any_discounts(chance))
    assert shortened.total_cents <= without.total_cents


@given(CHANCES)
def test_a_quote_is_made_again_from_what_it_says_and_its_version(chance: Random) -> None:
    tariff, entered_at, zone = any_tariff(chance), any_moment(chance), chance.choice(ZONES)
    made = quote(
        tariff,
        entered_at,
        entered_at + timedelta(seconds=any_stay_s(chance)),
        zone=zone,
        credits=any_credits(chance, entered_at),
        discounts=any_discounts(chance),
        version=7,
    )
    stored = msgspec.json.decode(msgspec.json.encode(made), type=Quote)
    kept = msgspec.json.decode(msgspec.json.encode(tariff), type=Tariff)
    assert stored == made
    assert stored.basis is not None
    basis = stored.basis
    again = quote(
        replace(kept, free_minutes=basis.free_minutes),
        basis.entered_at,
        basis.at,
        zone=basis.zone,
        credits=basis.credits,
        discounts=basis.discounts,
        version=basis.version,
    )
    assert again == made


def test_what_a_stored_tariff_leaves_out_means_the_same_for_ever() -> None:
    assert Tariff() == msgspec.json.decode(
        b'{"free_minutes":30,"step_minutes":15,"step_cents":50,"cap_cents":2000,"currency":"EUR",'
        b'"exit_grace_minutes":15,"lane_grace_minutes":5,"cap_by":"rolling","bands":[],"packages":[],"holidays":[],'
        b'"longest_minutes":null,"beyond_step_cents":0,"codes":[],"subscriptions":[],"vat_basis_points":2000}',
        type=Tariff,
    )


@given(st.integers(0, 40 * DAY_S), st.floats(0, 0.999))
def test_a_second_counts_when_it_is_over(stay_s: int, fraction_s: float) -> None:
    entered_at = any_moment(Random(1))
    whole, more = (quote(Tariff(), entered_at, entered_at + timedelta(seconds=stay_s + one)) for one in (0, fraction_s))
    assert whole.total_cents == more.total_cents


def test_a_stay_that_ends_before_it_began_costs_nothing() -> None:
    entered_at = any_moment(Random(1))
    made = quote(Tariff(), entered_at, entered_at - timedelta(seconds=60))
    assert (made.total_cents, made.duration_s, made.lines) == (0, 0, ())


@pytest.mark.parametrize("wrong", ["step_minutes", "free_minutes", "step_cents", "cap_cents"])
def test_a_tariff_that_cannot_be_computed_is_refused_when_it_is_read(wrong: str) -> None:
    body = msgspec.json.encode({wrong: -1 if wrong != "step_minutes" else 0})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Tariff)
