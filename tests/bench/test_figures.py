"""What becomes of measurements: medians, ratios, targets, the table and the page."""

import pytest

from ops.bench.figures import Figure, Held, Target, paired, percentile
from ops.bench.machine import Machine
from ops.bench.report import page, table

HALF = Target(Held.RATIO_AT_LEAST, 0.5)


def test_a_ratio_is_the_median_of_its_rounds() -> None:
    noisy = [(100.0, 200.0), (10.0, 20.0), (90.0, 100.0)]
    figure = paired("p", "w", "/s", noisy, HALF)
    assert (figure.service, figure.floor, figure.ratio) == (90.0, 100.0, 0.5)
    assert figure.is_met


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.99, 99.0),
        ([float(n) for n in range(1, 101)], 0.5, 50.0),
        ([7.0], 0.99, 7.0),
    ],
)
def test_a_percentile_is_a_measured_value(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


@pytest.mark.parametrize(
    ("target", "service", "ratio", "met"),
    [
        (Target(Held.AT_MOST, 15), 15.0, None, True),
        (Target(Held.AT_MOST, 15), 15.1, 0.1, False),
        (Target(Held.RATIO_AT_MOST, 1.3), 9.0, 1.3, True),
        (Target(Held.RATIO_AT_MOST, 1.3), 9.0, 1.31, False),
        (Target(Held.RATIO_AT_MOST, 1.3), 9.0, None, False),
        (HALF, 9.0, 0.49, False),
        (HALF, 9.0, None, False),
    ],
)
def test_a_target_is_met_or_not(target: Target, service: float, ratio: float | None, met: bool) -> None:
    assert target.is_met(service, ratio) is met


def test_without_a_figure_nothing_is_met() -> None:
    assert Figure("p", "w", "ms", None, target=HALF).is_met is None
    assert Figure("p", "w", "ms", 1.0).is_met is None


def test_the_table_shows_each_figure_beside_its_floor() -> None:
    shown = table(
        [
            Figure("end to end", "entries, at most", "/s", 1234.5, 2000.0, 0.617, Target(Held.RATIO_AT_LEAST, 0.6)),
            Figure("start", "10 sites", "s", 16.04, 1.5, 10.7, Target(Held.AT_MOST, 15)),
            Figure("end to end", "exits at 9/s", "ms", None, note="above its maximum here"),
        ]
    )
    assert [line.split("  ")[0] for line in shown.splitlines()] == ["part", "end to end", "start", "end to end"]
    assert [part.strip() for part in shown.splitlines()[1].split("  ") if part] == [
        "end to end",
        "entries, at most",
        "1,234 /s",
        "2,000 /s",
        "0.62",
        ">= 60% of floor",
        "yes",
    ]
    assert shown.splitlines()[2].split()[-2:] == ["15", "no"]
    assert "above its maximum here" in shown


def test_the_page_has_the_table_the_machine_and_the_floors() -> None:
    written = page([Figure("idle", "resident", "MB", 110.0)], Machine("Two cores of a test."))
    assert "| idle | resident | 110 MB | - | - | - | |" in written
    assert "Two cores of a test." in written
    assert "## What a floor is" in written
