"""What a stay costs. Source: domain.md, "Tariffs"."""

from datetime import datetime
from typing import Annotated

import msgspec

from syspark.domain.units import Cents

DAY_S = 86_400


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """A price per started step beyond the free minutes, capped per started 24 hours of what is billed.

    `exit_grace_minutes`: how long after paying a vehicle may take to leave.
    """

    free_minutes: Annotated[int, msgspec.Meta(ge=0)] = 30
    step_minutes: Annotated[int, msgspec.Meta(ge=1)] = 15
    step_cents: Annotated[Cents, msgspec.Meta(ge=0)] = Cents(50)
    cap_cents: Annotated[Cents, msgspec.Meta(ge=0)] = Cents(2000)
    currency: str = "EUR"
    exit_grace_minutes: Annotated[int, msgspec.Meta(ge=0)] = 15


class QuoteLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a quote: what for, how many, at what price, for how much."""

    what: str
    count: int
    each_cents: Cents
    total_cents: Cents


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What is due for a stay, itemised; the lines sum to `total_cents`."""

    lines: tuple[QuoteLine, ...]
    total_cents: Cents
    currency: str
    duration_s: int


def quote(tariff: Tariff, entered_at: datetime, at: datetime) -> Quote:
    """What a stay from `entered_at` to `at` costs: never negative, never falling with time, never above the caps."""
    duration_s = max(0, int((at - entered_at).total_seconds()))
    days, rest_s = divmod(max(0, duration_s - tariff.free_minutes * 60), DAY_S)
    step_s = tariff.step_minutes * 60
    day_cents = Cents(min(tariff.cap_cents, -(-DAY_S // step_s) * tariff.step_cents))
    steps = -(-rest_s // step_s)
    rest_cents = Cents(min(day_cents, steps * tariff.step_cents))
    lines = []
    if days:
        lines.append(QuoteLine(what="day", count=days, each_cents=day_cents, total_cents=Cents(days * day_cents)))
    if rest_cents and rest_cents == steps * tariff.step_cents:
        lines.append(QuoteLine(what="step", count=steps, each_cents=tariff.step_cents, total_cents=rest_cents))
    elif rest_cents:
        lines.append(QuoteLine(what="started-day", count=1, each_cents=rest_cents, total_cents=rest_cents))
    return Quote(
        lines=tuple(lines),
        total_cents=Cents(sum(line.total_cents for line in lines)),
        currency=tariff.currency,
        duration_s=duration_s,
    )


def after_payment(due: Quote, paid_cents: Cents) -> Quote:
    """What is left of a quote after a payment, with the payment as its last line; never below zero."""
    paid = Cents(-min(paid_cents, due.total_cents))
    line = QuoteLine(what="already-paid", count=1, each_cents=paid, total_cents=paid)
    total = Cents(due.total_cents + paid)
    return Quote(lines=(*due.lines, line), total_cents=total, currency=due.currency, duration_s=due.duration_s)
