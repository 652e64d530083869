"""What a step costs that begins at a time, by the bands and packages of the week, the holidays and the events."""

import itertools
from collections.abc import Iterator
from datetime import date, tzinfo
from typing import NamedTuple

from syspark.domain.access import Window
from syspark.domain.tariff.clock import DAY_S, Run, runs
from syspark.domain.tariff.shape import CapBy, Tariff
from syspark.domain.units import Cents

SUNDAY = 6

Evening = tuple[int, int]
"""One time a package holds: which package, and since when, in seconds of the site's clocks or of an event."""


class Rate(NamedTuple):
    """What a step costs, by which band (no name: by none), and the package it counts in."""

    cents: Cents
    band: str = ""
    package: Evening | None = None


class Span(NamedTuple):
    """From when to before when, in seconds of the epoch, a rate holds, on which local day (its ordinal)."""

    begins: int
    ends: int
    day: int
    rate: Rate


class _Hours(NamedTuple):
    """Seconds of a local day with one rate; the package holds since so many seconds after its midnight."""

    begins: int
    ends: int
    rate: Rate


class Week:
    """A tariff's rates on the clocks of a zone. A day is worked out when it is asked for, once for all like it."""

    def __init__(self, tariff: Tariff, zone: tzinfo) -> None:
        self._tariff = tariff
        self._zone = zone
        self._same = not tariff.bands and not tariff.packages and tariff.cap_by is CapBy.ROLLING
        self._holidays = frozenset(day.toordinal() for day in tariff.holidays)
        self._days: dict[tuple[int, int, tuple[int, int] | None], tuple[_Hours, ...]] = {}
        self._events = sorted(
            (int(event.since.timestamp()), int(event.until.timestamp()), place)
            for place, package in enumerate(tariff.packages)
            for event in package.events
        )

    def rates(self, since: int, until: int) -> Iterator[Span]:
        """The rates between two instants, in order. An event goes before a package of the week."""
        if self._same:
            yield Span(since, until, 0, Rate(self._tariff.step_cents))
            return
        for begins, ends, day, rate in self._weekly(since, until):
            left = begins
            for event_since, event_until, place in self._events:
                if event_until <= left or event_since >= ends:
                    continue
                if left < event_since:
                    yield Span(left, event_since, day, rate)
                    left = event_since
                yield Span(left, min(ends, event_until), day, rate._replace(package=(place, event_since)))
                left = min(ends, event_until)
            if left < ends:
                yield Span(left, ends, day, rate)

    def _weekly(self, since: int, until: int) -> Iterator[Span]:
        for run in runs(since, until, self._zone):
            for hours in self._day(run):
                begins = max(run.midnight + hours.begins, run.begins, since)
                ends = min(run.midnight + hours.ends, run.ends, until)
                if begins < ends:
                    rate = hours.rate
                    if rate.package is not None:
                        place, began = rate.package
                        rate = rate._replace(package=(place, run.day * DAY_S + began))
                    yield Span(begins, ends, run.day, rate)

    def _day(self, run: Run) -> tuple[_Hours, ...]:
        kind = (self._weekday(run.day - 1), self._weekday(run.day), run.repeated)
        if kind not in self._days:
            self._days[kind] = self._worked_out(*kind)
        return self._days[kind]

    def _weekday(self, day: int) -> int:
        return SUNDAY if day in self._holidays else date.fromordinal(day).weekday()

    def _worked_out(self, yesterday: int, today: int, repeated: tuple[int, int] | None) -> tuple[_Hours, ...]:
        bands = [(band, part) for band in self._tariff.bands for part in _parts(band.hours, yesterday, today)]
        packages = [
            (place, part)
            for place, package in enumerate(self._tariff.packages)
            for part in _parts(package.hours, yesterday, today)
        ]
        cuts = {0, DAY_S, *(repeated or ())}
        cuts.update(edge for _, part in bands for edge in part)
        cuts.update(edge for _, part in packages for edge in part)
        within = sorted(cut for cut in cuts if 0 <= cut <= DAY_S)
        hours = []
        for begins, ends in itertools.pairwise(within):
            holding = [band for band, part in bands if part[0] <= begins < part[1]]
            cheapest = min(holding, key=lambda band: band.step_cents, default=None)
            rate = Rate(self._tariff.step_cents) if cheapest is None else Rate(cheapest.step_cents, cheapest.name)
            package = next(((place, part[0]) for place, part in packages if part[0] <= begins < part[1]), None)
            hours.append(_Hours(begins, ends, rate._replace(package=package)))
        return tuple(hours) if repeated is None else tuple(_cheapened(hours, *repeated))


def _parts(hours: tuple[Window, ...], yesterday: int, today: int) -> Iterator[tuple[int, int]]:
    """Since when and until when windows hold on a day, in seconds of its clocks: those begun yesterday, and today's."""
    for window in hours:
        begins, ends = window.begins * 60, window.ends * 60
        if ends <= begins:
            ends += DAY_S
        if yesterday in window.days and ends > DAY_S:
            yield begins - DAY_S, ends - DAY_S
        if today in window.days:
            yield begins, ends


def _cheapened(hours: list[_Hours], since: int, until: int) -> Iterator[_Hours]:
    """In the hour that comes twice the cheapest of its rates holds throughout."""
    cheapest = min((one.rate for one in hours if one.begins < until and one.ends > since), key=lambda rate: rate.cents)
    for one in hours:
        inside = since <= one.begins < until
        yield one._replace(rate=cheapest._replace(package=one.rate.package)) if inside else one
