"""What makes a tariff nonsense, found before it is published. Source: domain.md, "Tariffs"; docs/tariffs.md."""

import enum
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import msgspec

from syspark.domain.access import Window
from syspark.domain.tariff.shape import Code, Package, Tariff

BANDS, PACKAGES, CODES, HOLIDAYS, SUBSCRIPTIONS = 10, 10, 20, 40, 10
LONGEST_NAME = 40
LARGEST_BYTES = 6_000
"""Each session keeps its tariff."""

_DAY, _WEEK = 1440, 7 * 1440


class Problem(enum.StrEnum):
    """What is wrong, as whoever writes the tariff is told."""

    TOO_MANY = "too many of them"
    TOO_LARGE = "the tariff is too long: leave out old events and codes"
    NO_NAME = "it needs a name of 1 to 40 characters"
    SAME_NAME = "two have the same name"
    NO_HOURS = "it has no hours"
    OVERLAP = "its hours overlap those of another one, or its own"
    EVENT_ENDS_BEFORE = "an event ends before it begins"
    ABOVE_CAP = "it costs more than a whole day may"
    CAP_BELOW_STEP = "a day costs less than one step"
    LONGEST_NOT_BEYOND_FREE = "the longest stay is within the free time"
    BEYOND_WITHOUT_LONGEST = "a price beyond the longest stay needs a longest stay"
    GRACE = "leaving takes 5 minutes at least, and 4 hours at most"
    CODE = "a code is 4 to 16 letters and digits"
    CODE_TAKES = "a code takes off one thing: minutes, a share or an amount"
    CODE_DATES = "a code ends before it begins"


class Found(NamedTuple):
    """A problem, and of what: the name of a band, a package or a code, what there is too much of, or nothing."""

    problem: Problem
    about: str

    def __str__(self) -> str:
        return f"{self.about}: {self.problem}" if self.about else str(self.problem)


def problems(tariff: Tariff) -> tuple[Found, ...]:
    """Everything that is wrong with a tariff; none means that it may be published."""
    return (*_of_all(tariff), *_of_bands(tariff), *_of_packages(tariff), *_of_codes(tariff.codes))


def _of_all(tariff: Tariff) -> Iterator[Found]:
    for about, many, most in (
        ("bands", tariff.bands, BANDS),
        ("packages", tariff.packages, PACKAGES),
        ("codes", tariff.codes, CODES),
        ("holidays", tariff.holidays, HOLIDAYS),
        ("subscriptions", tariff.subscriptions, SUBSCRIPTIONS),
    ):
        if len(many) > most:
            yield Found(Problem.TOO_MANY, about)
    if len(msgspec.json.encode(tariff)) > LARGEST_BYTES:
        yield Found(Problem.TOO_LARGE, "")
    if tariff.cap_cents < max(tariff.step_cents, tariff.beyond_step_cents):
        yield Found(Problem.CAP_BELOW_STEP, "")
    if tariff.longest_minutes is None and tariff.beyond_step_cents:
        yield Found(Problem.BEYOND_WITHOUT_LONGEST, "")
    if tariff.longest_minutes is not None and tariff.longest_minutes <= tariff.free_minutes:
        yield Found(Problem.LONGEST_NOT_BEYOND_FREE, "")
    if not all(5 <= one <= 240 for one in (tariff.exit_grace_minutes, tariff.lane_grace_minutes)):
        yield Found(Problem.GRACE, "")
    yield from _of_names(
        name for named in (tariff.bands, tariff.packages, tariff.subscriptions) for name in (one.name for one in named)
    )


def _of_names(names: Iterable[str]) -> Iterator[Found]:
    for name, count in Counter(names).items():
        if not 1 <= len(name.strip()) <= LONGEST_NAME or not name.isprintable():
            yield Found(Problem.NO_NAME, name)
        if count > 1:
            yield Found(Problem.SAME_NAME, name)


def _of_bands(tariff: Tariff) -> Iterator[Found]:
    for band in tariff.bands:
        if not band.hours:
            yield Found(Problem.NO_HOURS, band.name)
        if band.step_cents > tariff.cap_cents:
            yield Found(Problem.ABOVE_CAP, band.name)
    yield from _overlapping((band.name, band.hours) for band in tariff.bands)


def _of_packages(tariff: Tariff) -> Iterator[Found]:
    for package in tariff.packages:
        if not package.hours and not package.events:
            yield Found(Problem.NO_HOURS, package.name)
        if package.price_cents > tariff.cap_cents:
            yield Found(Problem.ABOVE_CAP, package.name)
        if any(event.until <= event.since for event in package.events):
            yield Found(Problem.EVENT_ENDS_BEFORE, package.name)
    yield from _overlapping((package.name, package.hours) for package in tariff.packages)
    yield from _events_overlapping(tariff.packages)


def _events_overlapping(packages: Iterable[Package]) -> Iterator[Found]:
    events = sorted((one.since, one.until, package.name) for package in packages for one in package.events)
    for (_, until, _), (since, _, name) in pairwise(events):
        if since < until:
            yield Found(Problem.OVERLAP, name)


def _overlapping(named: Iterable[tuple[str, tuple[Window, ...]]]) -> Iterator[Found]:
    """Of those whose hours of a week are another's too, each once."""
    taken: set[int] = set()
    for name, hours in named:
        clash = False
        for window in hours:
            length = window.ends - window.begins + (_DAY if window.ends <= window.begins else 0)
            for day in window.days:
                minutes = {(day * _DAY + window.begins + one) % _WEEK for one in range(length)}
                clash = clash or not taken.isdisjoint(minutes)
                taken |= minutes
        if clash:
            yield Found(Problem.OVERLAP, name)


def _of_codes(codes: Iterable[Code]) -> Iterator[Found]:
    seen = set()
    for one in codes:
        if not (4 <= len(one.code) <= 16 and one.code.isascii() and one.code.isalnum() and one.code.isupper()):
            yield Found(Problem.CODE, one.code)
        if sum(map(bool, (one.minutes, one.percent, one.cents))) != 1:
            yield Found(Problem.CODE_TAKES, one.code)
        if one.first is not None and one.last is not None and one.last < one.first:
            yield Found(Problem.CODE_DATES, one.code)
        if one.code in seen:
            yield Found(Problem.SAME_NAME, one.code)
        seen.add(one.code)
