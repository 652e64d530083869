"""Tariffs that make no sense, and what a lint finds. Source: domain.md, "Tariffs"; docs/tariffs.md."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from syspark.domain.access import windows_of
from syspark.domain.tariff import Band, CapBy, Code, Event, Package, Subscription, Tariff
from syspark.domain.tariff.lint import Finding, lint
from syspark.domain.tariff.problem import Problem, problems
from syspark.domain.units import Cents

NOON = datetime(2026, 6, 13, 12, tzinfo=UTC)
TEATIME = NOON.replace(hour=16)


MANY = tuple(Event(since=NOON + timedelta(days=day), until=TEATIME + timedelta(days=day)) for day in range(100))


def band(name: str, hours: str, cents: int = 20) -> Band:
    return Band(name=name, hours=windows_of(hours), step_cents=Cents(cents))


def flat(name: str = "evening", hours: str = "mon-sun 19:00-02:00", cents: int = 500, **more: Any) -> Package:
    return Package(name=name, hours=windows_of(hours), price_cents=Cents(cents), **more)


NONSENSE: list[tuple[Problem, Mapping[str, Any]]] = [
    (Problem.TOO_MANY, {"bands": [band(f"b{n}", f"mon {n:02d}:00-{n:02d}:30") for n in range(11)]}),
    (Problem.TOO_LARGE, {"packages": [flat("match", "", events=MANY)]}),
    (Problem.NO_NAME, {"bands": [band(" ", "mon 08:00-09:00")]}),
    (Problem.NO_NAME, {"subscriptions": [Subscription(name="x" * 41, month_cents=Cents(9000))]}),
    (Problem.SAME_NAME, {"bands": [band("night", "mon 08:00-09:00"), band("night", "tue 08:00-09:00")]}),
    (Problem.NO_HOURS, {"bands": [band("night", "")]}),
    (Problem.NO_HOURS, {"packages": [flat(hours="")]}),
    (Problem.OVERLAP, {"bands": [band("night", "mon-sun 20:00-08:00"), band("early", "tue 07:59-09:00")]}),
    (Problem.OVERLAP, {"packages": [flat(), flat("late", "sun 01:00-03:00")]}),
    (Problem.OVERLAP, {"packages": [flat("match", "", events=(Event(since=NOON, until=TEATIME),) * 2)]}),
    (Problem.EVENT_ENDS_BEFORE, {"packages": [flat("match", "", events=(Event(since=TEATIME, until=NOON),))]}),
    (Problem.ABOVE_CAP, {"packages": [flat(cents=2001)]}),
    (Problem.ABOVE_CAP, {"bands": [band("night", "mon 08:00-09:00", 2001)]}),
    (Problem.CAP_BELOW_STEP, {"cap_cents": Cents(49)}),
    (Problem.LONGEST_NOT_BEYOND_FREE, {"longest_minutes": 30}),
    (Problem.BEYOND_WITHOUT_LONGEST, {"beyond_step_cents": Cents(100)}),
    (Problem.GRACE, {"exit_grace_minutes": 4}),
    (Problem.GRACE, {"lane_grace_minutes": 241}),
    (Problem.CODE, {"codes": [Code(code="été 26", percent=10)]}),
    (Problem.CODE_TAKES, {"codes": [Code(code="SUMMER", percent=10, minutes=30)]}),
    (Problem.CODE_DATES, {"codes": [Code(code="SUMMER", percent=10, first=date(2026, 7, 2), last=date(2026, 7, 1))]}),
    (Problem.SAME_NAME, {"codes": [Code(code="SUMMER", percent=10), Code(code="SUMMER", minutes=30)]}),
]


@pytest.mark.parametrize(("problem", "what"), NONSENSE)
def test_nonsense_is_named(problem: Problem, what: Mapping[str, Any]) -> None:
    tariff = replace(Tariff(), **{name: tuple(one) if isinstance(one, list) else one for name, one in what.items()})
    assert {one.problem for one in problems(tariff)} == {problem}


def test_a_full_tariff_is_none() -> None:
    tariff = Tariff(
        bands=(band("night", "mon-sun 20:00-08:00"), band("work", "mon-fri 08:00-18:00", 100)),
        packages=(flat(), flat("match", "", events=(Event(since=NOON, until=TEATIME),))),
        holidays=(date(2026, 7, 14),),
        longest_minutes=600,
        beyond_step_cents=Cents(200),
        codes=(Code(code="SUMMER26", percent=10),),
        subscriptions=(Subscription(name="residents", month_cents=Cents(9000)),),
    )
    assert problems(tariff) == ()


@pytest.mark.parametrize(
    ("finding", "what"),
    [
        (Finding.STEP_TOO_LONG, {"step_minutes": 20}),
        (Finding.FIXED_PACKAGE, {"packages": (flat(fixed=True),)}),
        (Finding.NEVER_APPLIES, {"step_cents": Cents(1), "packages": (flat(cents=96),), "cap_cents": Cents(96)}),
        (Finding.CAP_NEVER_REACHED, {"cap_cents": Cents(4801)}),
        (Finding.CAP_TWICE_A_NIGHT, {"cap_by": CapBy.CALENDAR}),
        (Finding.NO_PRICE, {"step_cents": Cents(0)}),
        (Finding.VAT, {"vat_basis_points": 1000}),
        (Finding.DEARER_BY_HALF, {"step_cents": Cents(76)}),
    ],
)
def test_a_lint_finds_what_should_be_looked_at(finding: Finding, what: Mapping[str, Any]) -> None:
    assert [one.finding for one in lint(replace(Tariff(), **what), Tariff())] == [finding]


def test_a_lint_finds_nothing_in_an_ordinary_tariff() -> None:
    assert lint(Tariff(step_cents=Cents(75)), Tariff()) == ()
