"""100,000 tariffs and stays by chance, in seconds. Source: quality.md, row 3."""

from datetime import timedelta
from random import Random

import pytest

from syspark.domain.tariff import quote
from tests.domain.tariffs import ZONES, any_moment, any_stay_s, any_tariff
from tests.domain.test_tariff_laws import started_days

QUOTES = 100_000


@pytest.mark.timeout(120)
def test_100_000_quotes_sum_up_never_fall_and_keep_to_the_caps() -> None:
    chance = Random(20261123)
    for _ in range(QUOTES // 2):
        tariff, entered_at, zone = any_tariff(chance), any_moment(chance), chance.choice(ZONES)
        stay_s = any_stay_s(chance)
        short, long = (
            quote(tariff, entered_at, entered_at + timedelta(seconds=one), zone=zone)
            for one in (int(stay_s * chance.random()), stay_s)
        )
        assert 0 <= short.total_cents <= long.total_cents
        assert long.total_cents == sum(line.total_cents for line in long.lines)
        assert long.total_cents <= tariff.cap_cents * started_days(tariff, entered_at, stay_s, zone)
