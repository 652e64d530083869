"""A tariff as drivers and operators read it: the lines of its price board, and its prices beside those of another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syspark.domain.access import Window, clocks_of
from syspark.domain.tariff import CapBy, Package, Tariff
from syspark.domain.tariff.curve import curve
from syspark.domain.units import Cents
from web.sentence import Money, Seconds, Sentence, said

HOUR_S = 3600
CURVE_S = range(0, 24 * HOUR_S + 1, 15 * 60)
LENGTHS_S = (1800, HOUR_S, 2 * HOUR_S, 4 * HOUR_S, 8 * HOUR_S, 12 * HOUR_S, 24 * HOUR_S, 48 * HOUR_S)
ARRIVALS = ((0, 9), (4, 19), (6, 11))
"""Week day and hour: a morning at work, an evening out, a Sunday."""


@dataclass(frozen=True, slots=True)
class BoardLine:
    """What a driver reads of a price; `hours` and `events` say when it counts."""

    what: Sentence
    price: Sentence
    hours: tuple[Window, ...] = ()
    events: tuple[tuple[datetime, datetime], ...] = ()


def board(tariff: Tariff) -> tuple[BoardLine, ...]:
    """The price board. Codes are nobody's to read."""
    return tuple(_board(tariff))


def _board(tariff: Tariff) -> Iterator[BoardLine]:
    def money(cents: int) -> Money:
        return Money(cents, tariff.currency)

    def minutes(number: int) -> Seconds:
        return Seconds(number * 60)

    if tariff.free_minutes:
        yield BoardLine(said("Free"), said("the first {time}", time=minutes(tariff.free_minutes)))
    begun = said("Each {time} begun", time=minutes(tariff.step_minutes))
    yield BoardLine(begun, said("{price}", price=money(tariff.step_cents)))
    for band in tariff.bands:
        what = said("Each {time} begun, {band}", time=minutes(tariff.step_minutes), band=band.name)
        yield BoardLine(what, said("{price}", price=money(band.step_cents)), band.hours)
    for package in tariff.packages:
        yield _package(package, money(package.price_cents))
    a_day = said("A day begun, at most") if tariff.cap_by is CapBy.ROLLING else said("A day of the calendar, at most")
    yield BoardLine(a_day, said("{price}", price=money(tariff.cap_cents)))
    if tariff.longest_minutes is not None:
        what = said(
            "Beyond {time}, each {step} begun", time=minutes(tariff.longest_minutes), step=minutes(tariff.step_minutes)
        )
        yield BoardLine(what, said("{price}", price=money(tariff.beyond_step_cents)))
    if tariff.holidays:
        yield BoardLine(said("Public holidays"), said("as on a Sunday"))
    for one in tariff.subscriptions:
        yield BoardLine(
            said("Subscription {name}", name=one.name), said("{price} a month", price=money(one.month_cents))
        )
    yield BoardLine(said("Time to leave after paying"), said("{time}", time=minutes(tariff.exit_grace_minutes)))


def _package(package: Package, price: Money) -> BoardLine:
    what = said("Package {name}", name=package.name)
    shown = said("{price}", price=price) if package.fixed else said("{price} at most", price=price)
    return BoardLine(what, shown, package.hours, tuple((event.since, event.until) for event in package.events))


@dataclass(frozen=True, slots=True)
class PriceCurve:
    """What stays of up to a day cost that begin at `since`, and what they cost until then."""

    since: datetime
    values: tuple[Cents, ...]
    before: tuple[Cents, ...]


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by length (rows) and arrival (columns): as they will be, and as they are."""

    arrivals: tuple[datetime, ...]
    rows: tuple[tuple[int, tuple[tuple[Money, Money], ...]], ...]


def price_curve(tariff: Tariff, present: Tariff, after: datetime, zone: str) -> PriceCurve:
    """The curve of the first usual morning from `after` on."""
    since = _next(*ARRIVALS[0], after, zone)
    return PriceCurve(since, curve(tariff, since, CURVE_S, zone), curve(present, since, CURVE_S, zone))


def price_table(tariff: Tariff, present: Tariff, after: datetime, zone: str) -> PriceTable:
    """Some stays priced by both."""
    arrivals = tuple(_next(weekday, hour, after, zone) for weekday, hour in ARRIVALS)
    priced = [
        zip(curve(tariff, since, LENGTHS_S, zone), curve(present, since, LENGTHS_S, zone), strict=True)
        for since in arrivals
    ]
    rows = tuple(
        (length, tuple((Money(new, tariff.currency), Money(old, present.currency)) for new, old in pairs))
        for length, pairs in zip(LENGTHS_S, zip(*priced, strict=True), strict=True)
    )
    return PriceTable(arrivals, rows)


def _next(weekday: int, hour: int, after: datetime, zone: str) -> datetime:
    local = after.astimezone(clocks_of(zone))
    day = local + timedelta(days=(weekday - local.weekday()) % 7 or 7)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def steps(values: Sequence[int], top: float) -> str:
    """A path through prices, as stairs: a chart of 100 by 100."""
    last = len(values) - 1
    points = [f"M0,{100 - 100 * values[0] / top:.2f}"]
    for place, value in enumerate(values[1:], start=1):
        points.append(f"H{100 * place / last:.2f}V{100 - 100 * value / top:.2f}")
    return "".join(points)
