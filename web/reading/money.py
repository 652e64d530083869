"""Money as pages show it: payments with their state, what was booked day by day beside what the provider says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec

from syspark.domain.closing import Closing, Entry, Period, Total, money
from syspark.domain.comparison import ComparedDay, Difference
from syspark.domain.units import SiteId
from syspark.web_ports import ClosingLine, ComparedLine, DayLine, OrderLine, PaymentLine
from web.sentence import Money, Sentence, Word, said

STATES: Mapping[str, tuple[Word, str]] = {
    "offered": (Word("price shown"), ""),
    "open": (Word("being paid"), "act"),
    "paid": (Word("paid"), "ok"),
    "part-refunded": (Word("refunded in part"), "warn"),
    "refunded": (Word("refunded"), "warn"),
    "disputed": (Word("contested"), "crit"),
    "expired": (Word("not paid in time"), ""),
    "failed": (Word("payment failed"), "warn"),
    "moved": (Word("moved"), "doubt"),
}
"""Per state of a payment: its word and its colour."""

MEANS: Mapping[str, Word] = {
    "stripe": Word("online, Stripe"),
    "sandbox": Word("SANDBOX, no real money"),
    "cash": Word("cash, on site"),
    "terminal": Word("card terminal, on site"),
    "none": Word("no money moved"),
}
KINDS: Mapping[str, Word] = {
    "sale": Word("sale"),
    "refund": Word("refund"),
    "counter": Word("counter-entry"),
    "dispute": Word("contested payment"),
    "waiver": Word("waived"),
    "debt": Word("left unpaid"),
    "settled-debt": Word("debt paid"),
    "validation": Word("taken over by a partner"),
}
HAPPENED: Mapping[str, Sentence] = {
    "paid": said("A payment: the provider says {told}, the ledger {booked}."),
    "refunded": said("A refund: the provider says {told}, the ledger {booked}."),
    "disputed": said("A contested payment: the provider says {told}, the ledger {booked}."),
}
PERIODS: Mapping[str, Word] = {
    Period.DAY: Word("day"),
    Period.MONTH: Word("month"),
    Period.YEAR: Word("year"),
}

_ONLINE = frozenset({"stripe", "sandbox"})
_COMPARED = msgspec.json.Decoder(ComparedDay)


@dataclass(frozen=True, slots=True)
class PaidRow:
    """A payment of a list."""

    line: PaymentLine
    amount: Money
    back: Money | None
    state: Word
    level: str
    means: Word


@dataclass(frozen=True, slots=True)
class DayRow:
    """A site's day in one currency: what came online by the ledger, what the provider says, and what came on site.

    `told` None: not compared yet. `off` moved no money: waived or left unpaid. `closed` is the number of its closing.
    """

    site_id: SiteId
    site_name: str
    day: date
    online: Money
    told: Money | None
    unexplained: int
    cash: Money
    terminal: Money
    off: Money
    closed: int | None


@dataclass(frozen=True, slots=True)
class ToExplain:
    """Something that ledger and provider do not agree on, or that the provider has not done, and where to look."""

    site_name: str
    what: Sentence
    path: str
    reference: str


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """A closing of a list. `follows`: it holds the digest of the one before it; None: that one is not in the list."""

    site_name: str
    closing: Closing
    sums: tuple[Money, ...]
    running: tuple[Money, ...]
    follows: bool | None


def paid_row(line: PaymentLine) -> PaidRow:
    """A payment, in words."""
    state, level = STATES.get(line.state, (Word(line.state), ""))
    return PaidRow(
        line=line,
        amount=Money(line.amount_cents, line.currency),
        back=Money(line.refunded_cents, line.currency) if line.refunded_cents else None,
        state=state,
        level=level,
        means=MEANS.get(line.means, Word(line.means)),
    )


def day_rows(booked: Iterable[DayLine], compared: Iterable[ComparedLine]) -> tuple[DayRow, ...]:
    """What was booked beside what the provider says, a row for each site, day and currency, the newest first."""
    names: dict[SiteId, str] = {}
    sums: dict[tuple[date, SiteId, str], dict[str, int]] = {}
    told: dict[tuple[date, SiteId, str], int] = {}
    faults: dict[tuple[date, SiteId], int] = {}
    closed: dict[tuple[date, SiteId], int | None] = {}
    for line in booked:
        names[line.site_id] = line.site_name
        closed[line.local_day, line.site_id] = line.closed
        column = "online" if line.means in _ONLINE else line.means
        of_day = sums.setdefault((line.local_day, line.site_id, line.currency), {})
        of_day[column] = of_day.get(column, 0) + line.amount_cents
    for one in compared:
        names[one.site_id] = one.site_name
        found = read_day(one.body)
        faults[one.local_day, one.site_id] = faults.get((one.local_day, one.site_id), 0) + found.unexplained
        for currency, cents in found.provider:
            key = (one.local_day, one.site_id, currency)
            told[key] = told.get(key, 0) + cents
    rows = []
    for day, site, currency in sorted(sums.keys() | told.keys(), key=lambda key: (key[0], names[key[1]]), reverse=True):
        of_day = sums.get((day, site, currency), {})
        is_compared = (day, site) in faults
        rows.append(
            DayRow(
                site_id=site,
                site_name=names[site],
                day=day,
                online=Money(of_day.get("online", 0), currency),
                told=Money(told.get((day, site, currency), 0), currency) if is_compared else None,
                unexplained=faults.get((day, site), 0),
                cash=Money(of_day.get("cash", 0), currency),
                terminal=Money(of_day.get("terminal", 0), currency),
                off=Money(of_day.get("none", 0), currency),
                closed=closed.get((day, site)),
            )
        )
    return tuple(rows)


def to_explain(compared: Iterable[ComparedLine], orders: Iterable[OrderLine]) -> tuple[ToExplain, ...]:
    """What a person must look into: differences first, then what the provider has not done."""
    return (
        *(difference(line, one) for line in compared for one in read_day(line.body).differences),
        *(_undone(order) for order in orders),
    )


def difference(line: ComparedLine, one: Difference) -> ToExplain:
    """A payment of which provider and ledger do not say the same."""
    values = {
        "told": Money(one.provider_cents, one.currency),
        "booked": Money(one.ledger_cents, one.currency),
    }
    path = f"/sessions/{one.session_id}#money" if one.session_id else f"/payments/days/{line.site_id}/{line.local_day}"
    return ToExplain(line.site_name, said(HAPPENED[one.happened].id, **values), path, one.payment_ref)


class _Order(msgspec.Struct, frozen=True):
    type: str = ""
    amount_cents: int = 0
    currency: str = "EUR"
    payment_ref: str = ""
    checkout_ref: str = ""


_ORDER = msgspec.json.Decoder(_Order)


def _undone(order: OrderLine) -> ToExplain:
    try:
        asked = _ORDER.decode(order.body)
    except msgspec.DecodeError:
        asked = _Order()
    if not asked.amount_cents:
        what = said("A checkout that nobody should pay any more is not ended yet, after {n} tries.", n=order.tries)
    else:
        amount = Money(asked.amount_cents, asked.currency)
        what = (
            said("The provider refused to give {amount} back: refund it in its own dashboard.", amount=amount)
            if order.fate == "refused"
            else said("{amount} should have gone back by now, after {n} tries.", amount=amount, n=order.tries)
        )
    return ToExplain(
        order.site_name, what, f"/sessions/{order.session_id}#money", asked.payment_ref or asked.checkout_ref
    )


def closing_rows(lines: Sequence[ClosingLine]) -> tuple[ClosingRow, ...]:
    """Closings of a list, each held against the one before it where that is there too."""
    before = {(one.closing.site_id, one.closing.legal_entity_id, one.closing.seq): one.closing for one in lines}
    rows = []
    for line in lines:
        one = line.closing
        last = before.get((one.site_id, one.legal_entity_id, one.seq - 1))
        rows.append(
            ClosingRow(
                site_name=line.site_name,
                closing=one,
                sums=tuple(Money(cents, currency) for currency, cents in money(one.totals).items()),
                running=tuple(Money(cents, currency) for currency, cents in one.running),
                follows=None if last is None else one.previous == last.digest,
            )
        )
    return tuple(rows)


def read_day(body: bytes) -> ComparedDay:
    """A compared day as stored; one of another release shows what is understood of it."""
    try:
        return _COMPARED.decode(body)
    except msgspec.DecodeError:
        return ComparedDay()


def amount_of(one: Entry | Total) -> Money:
    """What an entry, or the sum of some, is of."""
    return Money(one.amount_cents, one.currency)


def vat_of(one: Entry | Total) -> Money:
    """The tax in it."""
    return Money(one.vat_cents, one.currency)


def session_path(entry: Entry) -> str | None:
    """Where an entry was computed from."""
    return f"/sessions/{UUID(entry.session_id)}#money" if entry.session_id else None


def newest(compared: Iterable[ComparedLine]) -> datetime | None:
    """When ledger and provider were compared last."""
    return max((line.compared_at for line in compared), default=None)
