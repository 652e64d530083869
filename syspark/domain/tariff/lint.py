"""What a tariff should not be, though it can be computed. Source: domain.md, "Tariffs"; C. conso. L224-68.

A finding with the law in it is published only by somebody who says that they know.
"""

import enum
from collections.abc import Iterator
from typing import NamedTuple

from syspark.domain.tariff.clock import DAY_S
from syspark.domain.tariff.shape import CapBy, Tariff

LEGAL_STEP_MINUTES = 15
FRENCH_VAT = 2000


class Finding(enum.StrEnum):
    """What is found, as whoever writes the tariff is told."""

    STEP_TOO_LONG = "under 12 hours the law wants steps of 15 minutes at most (C. conso. L224-68)"
    FIXED_PACKAGE = "a fixed package may only be charged where it is announced at the entry (C. conso. L224-68)"
    NEVER_APPLIES = "its steps never cost as much: nobody will ever pay it"
    CAP_NEVER_REACHED = "the price of a day is never reached"
    CAP_TWICE_A_NIGHT = "by the day of the calendar, one night may cost two days"
    NO_PRICE = "nothing costs anything"
    VAT = "parking in France has a VAT of 20 %"
    DEARER_BY_HALF = "a step costs over half more than today"

    @property
    def is_law(self) -> bool:
        """Whether it is against the law, unless somebody knows better."""
        return self in {Finding.STEP_TOO_LONG, Finding.FIXED_PACKAGE}


class Said(NamedTuple):
    """A finding, and of what: the name of a package, else nothing."""

    finding: Finding
    about: str = ""


def lint(tariff: Tariff, present: Tariff | None = None) -> tuple[Said, ...]:
    """What somebody should look at before it is published instead of the present one."""
    return tuple(_lint(tariff, present))


def _lint(tariff: Tariff, present: Tariff | None) -> Iterator[Said]:
    steps = (tariff.step_cents, *(band.step_cents for band in tariff.bands), tariff.beyond_step_cents)
    dearest, a_day = max(steps), -(-DAY_S // (tariff.step_minutes * 60))
    if tariff.step_minutes > LEGAL_STEP_MINUTES:
        yield Said(Finding.STEP_TOO_LONG)
    for package in tariff.packages:
        if package.fixed:
            yield Said(Finding.FIXED_PACKAGE, package.name)
        elif package.price_cents >= dearest * a_day:
            yield Said(Finding.NEVER_APPLIES, package.name)
    if dearest == 0:
        yield Said(Finding.NO_PRICE)
    elif tariff.cap_cents > dearest * a_day:
        yield Said(Finding.CAP_NEVER_REACHED)
    if tariff.cap_by is CapBy.CALENDAR:
        yield Said(Finding.CAP_TWICE_A_NIGHT)
    if tariff.currency == "EUR" and tariff.vat_basis_points != FRENCH_VAT:
        yield Said(Finding.VAT)
    if present is not None and 2 * tariff.step_cents * present.step_minutes > (
        3 * present.step_cents * tariff.step_minutes
    ):
        yield Said(Finding.DEARER_BY_HALF)
