"""Whole days on virtual time: a site neither fills nor empties, and a perfect cloud leaves no difference."""

import pytest

from ops.simulator.comparison import Period
from ops.simulator.demand import BACK_AFTER_S
from ops.simulator.judgement import judge
from ops.simulator.layout import Faults, SiteLayout, Traffic
from ops.simulator.sessions import Session
from tests.simulator.field import BEGAN_S, Bench, admit

DAY = 24
HOUR_S = 3600


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_over_a_day_the_site_neither_fills_nor_empties(seed: int) -> None:
    bench = Bench(SiteLayout("lyon", "v2"), seed=seed, traffic=Traffic(), answer=admit)
    inside = []
    for hour in range(DAY):
        bench.pass_time(HOUR_S)
        stays = bench.site.truth.stays
        now_inside = sum(stay.entered_s is not None and stay.left_s is None for stay in stays)
        if hour >= 2:
            inside.append(now_inside)
        bench.forget()
    assert min(inside) >= 15
    assert max(inside) <= 45
    assert 24 <= sum(inside) / len(inside) <= 36
    assert not bench.site.truth.unexplained
    assert bench.site.demand.inside == inside[-1] + sum(
        stay.plan != "unknown" and stay.entered_s is None and stay.turned_back_s is None
        for stay in bench.site.truth.stays
    )


def test_the_same_seed_gives_the_same_day() -> None:
    days = []
    for _ in range(2):
        bench = Bench(seed=7, traffic=Traffic(), faults=Faults(misread=0.1, duplicate=0.1, delay=0.1), answer=admit)
        bench.pass_time(2 * HOUR_S)
        days.append(bench.published)
    assert days[0] == days[1]
    assert len(days[0]) > 1000


def test_another_seed_gives_another_day() -> None:
    days = []
    for seed in (1, 2):
        bench = Bench(seed=seed, traffic=Traffic(), answer=admit)
        bench.pass_time(HOUR_S)
        days.append(
            [publication.payload for _, publication in bench.published if publication.topic.endswith("barriere")]
        )
    assert days[0] != days[1]


def test_with_every_fault_the_perfect_cloud_has_no_unexplained_opening() -> None:
    faults = Faults(misread=0.05, duplicate=0.0, delay=0.05, reorder=0.05, sensor_failures_per_hour=1)
    bench = Bench(seed=3, traffic=Traffic(), faults=faults, answer=admit)
    bench.pass_time(6 * HOUR_S)
    truth = bench.site.truth
    assert len(truth.executions) > 300
    assert not truth.unexplained
    sessions = [
        Session(truth.site, (stay.uid,), "active" if stay.left_s is None else "closed", stay.entered_s, stay.left_s)
        for stay in truth.stays
        if stay.entered_s is not None
    ]
    found = judge([truth], sessions, Period(BEGAN_S, BEGAN_S + bench.now_s), {})
    assert found.is_fine, found.table()
    assert found.agree > 150


def test_a_car_of_an_earlier_run_leaves() -> None:
    bench = Bench(SiteLayout("lyon", "v2"), traffic=Traffic(), answer=admit)
    bench.site.demand.end()
    uid = bench.badges.subscribers[0]
    bench.site.adopt(uid, BEGAN_S - 1000)
    bench.pass_time(8 * HOUR_S)
    stay = bench.site.truth.stays[0]
    assert stay.entered_s == BEGAN_S - 1000
    assert stay.left_s is not None
    assert bench.site.demand.inside == 0


def test_nobody_is_back_before_having_driven_round() -> None:
    bench = Bench(SiteLayout("lyon", "v2", capacity=2), traffic=Traffic(shortest_stay_s=60), answer=admit)
    bench.pass_time(12 * HOUR_S)
    left: dict[str, float] = {}
    back_after_s = []
    for stay in bench.site.truth.stays:
        if stay.uid in left and stay.entry_reads:
            back_after_s.append(stay.entry_reads[0] - left[stay.uid])
        if stay.left_s is not None:
            left[stay.uid] = stay.left_s
    assert min(back_after_s) >= BACK_AFTER_S


def test_strangers_are_never_counted_inside() -> None:
    bench = Bench(seed=5, traffic=Traffic(unknown=1.0), answer=admit)
    bench.pass_time(2 * HOUR_S)
    stays = bench.site.truth.stays
    assert len(stays) > 50
    assert all(stay.entered_s is None for stay in stays)
    assert bench.site.demand.inside == 0
