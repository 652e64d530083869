"""From a tariff and a stay to a quote. Source: domain.md, "Tariffs"; docs/tariffs.md.

Steps begin one after the other from the end of the free minutes. Each costs the rate that holds when it begins. Nothing
that is counted once is taken back by a later second, which is why a quote never falls.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from syspark.domain.access import clocks_of
from syspark.domain.tariff.bill import Basis, Credit, Discount, Quote, QuoteLine, What, vat_in
from syspark.domain.tariff.counting import Counted
from syspark.domain.tariff.shape import Tariff
from syspark.domain.tariff.week import Week
from syspark.domain.units import Cents


def quote(
    tariff: Tariff,
    entered_at: datetime,
    at: datetime,
    *,
    zone: str = "UTC",
    credits: Sequence[Credit] = (),  # noqa: A002 - the field's own word
    discounts: Sequence[Discount] = (),
    version: int | None = None,
) -> Quote:
    """What a stay from `entered_at` to `at` costs: never negative, never falling with time, never above the caps."""
    # Two times on the same local clocks are subtracted as these show them: only UTC counts what passed.
    duration_s = max(0, int((at.astimezone(UTC) - entered_at.astimezone(UTC)).total_seconds()))
    week = Week(tariff, clocks_of(zone))
    parts = list(_billed(int(entered_at.timestamp()), duration_s, credits))
    due = _steps(tariff, week, parts, tariff.free_minutes)
    total = _sum(due)
    taken = list(_taken(total, discounts, lambda minutes: _sum(_steps(tariff, week, parts, minutes)), tariff))
    lines = (*_unbilled(tariff, parts, credits), *due, *taken)
    total = Cents(total + _sum(taken))
    basis = Basis(
        entered_at=entered_at,
        at=at,
        zone=zone,
        free_minutes=tariff.free_minutes,
        version=version,
        credits=tuple(credits),
        discounts=tuple(discounts),
    )
    return Quote(
        lines=lines,
        total_cents=total,
        currency=tariff.currency,
        duration_s=duration_s,
        vat_cents=vat_in(total, tariff.vat_basis_points),
        vat_basis_points=tariff.vat_basis_points,
        basis=basis,
    )


def discount_of(tariff: Tariff, typed: str, at: datetime, zone: str) -> Discount | None:
    """What a discount code that was typed takes off a stay that ends at `at`; None when it counts for nothing."""
    wanted, today = typed.strip().upper(), at.astimezone(clocks_of(zone)).date()
    for one in tariff.codes:
        if one.code == wanted and (one.first is None or one.first <= today) and (one.last is None or today <= one.last):
            return Discount(by=one.code, minutes=one.minutes, percent=one.percent, cents=one.cents)
    return None


class _Part(NamedTuple):
    """Seconds that are billed: the first one's number, its instant, how many follow one another."""

    begins: int
    since: int
    seconds: int


def _billed(entered_s: int, duration_s: int, credited: Sequence[Credit]) -> Iterator[_Part]:
    """What of a stay is billed, in order: all but its credits."""
    last = duration_s - sum(max(0, one.seconds) for one in credited if one.since is None)
    billed = left = 0
    for since, until in sorted(
        (int(one.since.timestamp()) - entered_s, int(one.since.timestamp()) - entered_s + one.seconds)
        for one in credited
        if one.since is not None
    ):
        if left < min(since, last):
            yield _Part(billed, entered_s + left, min(since, last) - left)
            billed += min(since, last) - left
        left = max(left, until)
    if left < last:
        yield _Part(billed, entered_s + left, last - left)


def _unbilled(tariff: Tariff, parts: Sequence[_Part], credited: Sequence[Credit]) -> Iterator[QuoteLine]:
    """Time that costs nothing, as lines."""
    billed_s = sum(part.seconds for part in parts)
    if free_s := min(tariff.free_minutes * 60, billed_s):
        yield _line(What.FREE, 1, Cents(0), seconds=free_s)
    for one in credited:
        if one.seconds > 0:
            yield _line(What.CREDIT, 1, Cents(0), name=one.why, seconds=one.seconds)


def _steps(tariff: Tariff, week: Week, parts: Sequence[_Part], free_minutes: int) -> list[QuoteLine]:
    """The steps begun, by started day: what is in a package costs no more than it, a day no more than the cap."""
    counted = Counted(tariff, free_minutes)
    for part in parts:
        shift = part.begins - part.since
        for span in week.rates(part.since, part.since + part.seconds):
            counted.add(span.begins + shift, span.ends + shift, span)
    return counted.lines()


def _taken(
    total: Cents, discounts: Sequence[Discount], with_free: Callable[[int], Cents], tariff: Tariff
) -> Iterator[QuoteLine]:
    """What others take over: of those that give minutes the best one, then shares and amounts in their order."""
    timed = [
        (max(0, min(total - with_free(tariff.free_minutes + one.minutes), _budget(one, total))), one)
        for one in discounts
        if one.minutes
    ]
    best = max(timed, key=lambda pair: pair[0], default=None)
    off = [best] if best is not None else []
    left = total - sum(cents for cents, _ in off)
    for one in discounts:
        if not one.minutes:
            taken = min(left * one.percent // 100 + one.cents, left, _budget(one, total))
            off.append((taken, one))
            left -= taken
    yield from (_line(What.DISCOUNT, 1, Cents(-taken), name=one.by, ref=one.ref) for taken, one in off if taken)


def _budget(discount: Discount, total: Cents) -> int:
    return total if discount.budget_cents is None else max(0, discount.budget_cents)


def _sum(lines: Sequence[QuoteLine]) -> Cents:
    return Cents(sum(line.total_cents for line in lines))


def _line(what: What, count: int, each: Cents, *, name: str = "", seconds: int = 0, ref: str = "") -> QuoteLine:
    return QuoteLine(
        what=what, count=count, each_cents=each, total_cents=Cents(count * each), name=name, seconds=seconds, ref=ref
    )
