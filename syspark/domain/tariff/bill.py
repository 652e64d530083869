"""A quote: what a stay costs, line by line, with all it was computed from. Source: domain.md, "Tariffs"."""

import enum
from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from syspark.domain.units import Cents


class What(enum.StrEnum):
    """What a line of a quote is for.

    `free`, `credit`: time that costs nothing. `step`: steps begun, at the price of the band of that name if it has
    one. `beyond`: steps begun after the longest stay. `package`: a flat, by its name. `day`: days begun, at the most
    one costs. `discount`: what a code, a merchant or a partner takes off. `already-paid`: what was paid before.
    """

    FREE = "free"
    CREDIT = "credit"
    STEP = "step"
    BEYOND = "beyond"
    PACKAGE = "package"
    DAY = "day"
    DISCOUNT = "discount"
    ALREADY_PAID = "already-paid"


class CreditFor(enum.StrEnum):
    """Why time is not billed: the exit lane was busy, the equipment was down, an evacuation, waiting to pay."""

    QUEUE = "queue"
    OUTAGE = "outage"
    EVACUATION = "evacuation"
    FREEZE = "freeze"


class Credit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So many seconds of the stay are not billed: those from `since`, else the last ones."""

    why: CreditFor
    seconds: int
    since: datetime | None = None


def credits_of(unbilled: Iterable[Credit], queued_s: int, *, until: datetime) -> tuple[Credit, ...]:
    """What a stay that is counted to `until` is credited with: what of `unbilled` lies before, and the queue."""
    kept = (
        replace(one, seconds=min(one.seconds, int((until - one.since).total_seconds())))
        for one in unbilled
        if one.since is not None and one.since < until
    )
    queued = (Credit(why=CreditFor.QUEUE, seconds=queued_s),) if queued_s else ()
    return (*kept, *queued)


class Discount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody else takes over: so many more minutes, a share, an amount; at most what is left of their budget.

    `by` is announced on the bill: a code, the name of a merchant or a partner. `ref` is the partner's validation;
    `spent`: its session has ended, and what it has cost by then is its budget.
    """

    by: str
    minutes: int = 0
    percent: int = 0
    cents: Cents = Cents(0)
    budget_cents: Cents | None = None
    ref: str = ""
    spent: bool = False


class Basis(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All a quote was computed from, but for the tariff of that version itself.

    `free_minutes` are those it was computed with: a plate has the tariff's once in some hours.
    """

    entered_at: datetime
    at: datetime
    zone: str
    free_minutes: int
    version: int | None = None
    credits: tuple[Credit, ...] = ()
    discounts: tuple[Discount, ...] = ()


class QuoteLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a quote: what for, how many, at what price, for how much.

    `name` is the band, the package, the reason or who takes it over; `seconds` the time that costs nothing; `ref` the
    validation of a discount.
    """

    what: str
    count: int
    each_cents: Cents
    total_cents: Cents
    name: str = ""
    seconds: int = 0
    ref: str = ""


class Quote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is due for a stay, itemised; the lines sum to `total_cents`, of which `vat_cents` are VAT."""

    lines: tuple[QuoteLine, ...]
    total_cents: Cents
    currency: str
    duration_s: int
    vat_cents: Cents = Cents(0)
    vat_basis_points: int = 0
    basis: Basis | None = None


def vat_in(total_cents: Cents, basis_points: int) -> Cents:
    """The VAT that a price includes, to the nearest cent, half a cent up."""
    whole = 10_000 + basis_points
    return Cents((2 * total_cents * basis_points + whole) // (2 * whole))


def after_payment(due: Quote, paid_cents: Cents) -> Quote:
    """What is left of a quote after a payment, with the payment as its last line; never below zero."""
    paid = Cents(-min(paid_cents, due.total_cents))
    line = QuoteLine(what=What.ALREADY_PAID, count=1, each_cents=paid, total_cents=paid)
    total = Cents(due.total_cents + paid)
    vat = vat_in(total, due.vat_basis_points)
    return replace(due, lines=(*due.lines, line), total_cents=total, vat_cents=vat)
