"""Closings: what a site's ledger holds, shut day by day, then by month and year, each chained to the one before.

A closing says how much of each kind came by which means, proves it by a digest over its ledger entries, and follows
the closing before it, so that an altered, missing or added entry of a closed day is seen. What is found wrong later is
a counter-entry of a day that is still open. Source: domain.md, "Seller"; the running total is what French tax law asks
of a till (CGI art. 286, I-3 bis; BOI-TVA-DECLA-30-10-30).
"""

import enum
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from syspark.domain.access.window import clocks_of
from syspark.domain.units import Cents, SiteId

GENESIS = "00" * 32
"""What the first closing of a book follows."""

GRACE = timedelta(minutes=10)
"""How long after local midnight a day stays open: a payment whose webhook was lost is found within two minutes."""

NO_MEANS = "none"
"""The means of what moved no money: a waiver, a debt."""

_ONE_DAY = timedelta(days=1)


class Period(enum.StrEnum):
    """What a closing shuts."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger entry as a closing reads it; `local_day` is the day it is booked on. Amounts are signed."""

    id: str
    at: datetime
    local_day: date
    kind: str
    means: str
    amount_cents: Cents
    vat_cents: Cents
    currency: str
    payment_id: str | None
    session_id: str | None
    author: str | None
    reason: str | None
    counter_of: str | None


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries of a kind came by a means, and their sum."""

    kind: str
    means: str
    currency: str
    count: int
    amount_cents: Cents
    vat_cents: Cents


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """What is closed together: a legal entity's entries at a site. `first_day` is that of its first entry."""

    legal_entity_id: str
    site_id: SiteId
    organisation_id: UUID
    zone: str
    first_day: date

    def today(self, now: datetime) -> date:
        """The day that is still open, by the site's clock."""
        return (now - GRACE).astimezone(clocks_of(self.zone)).date()


class Span(msgspec.Struct, frozen=True):
    """A day, month or year of a book; a month counts from its first day also where the book began later."""

    period: Period
    first_day: date
    last_day: date


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """A closing. `entries` are those of the period; `content` is a digest over them, or over the closings it sums up.

    `running` is all the money of the book until then, by currency: it never begins again. `previous` is the digest of
    the closing before it, of whatever period.
    """

    legal_entity_id: str
    site_id: SiteId
    seq: int
    span: Span
    made_at: datetime
    made_by: str
    entries: int
    totals: tuple[Total, ...]
    running: tuple[tuple[str, Cents], ...]
    content: str
    previous: str

    @property
    def body(self) -> bytes:
        """The bytes it is stored and chained as."""
        return msgspec.json.encode(self)

    @property
    def digest(self) -> str:
        """What the next closing follows."""
        return hashlib.sha256(self.body).hexdigest()


def next_span(last: Closing | None, first_day: date, today: date) -> Span | None:
    """What is to be closed after `last`; None while it is not over. `today` is the book's own day.

    After the last day of a month comes that month, after December the year.
    """
    if last is None:
        return _day(first_day, today)
    ended = last.span.last_day
    month_is_over = (ended + _ONE_DAY).day == 1
    match last.span.period:
        case Period.DAY if month_is_over:
            return Span(Period.MONTH, ended.replace(day=1), ended)
        case Period.MONTH if ended.month == 12:
            return Span(Period.YEAR, ended.replace(month=1, day=1), ended)
        case _:
            return _day(ended + _ONE_DAY, today)


def close(
    book: Book,
    span: Span,
    last: Closing | None,
    *,
    entries: Sequence[Entry] = (),
    parts: Sequence[Closing] = (),
    made_at: datetime,
    made_by: str,
) -> Closing:
    """Close a day by its entries, or a month or year by the `parts` it sums up: days of a month, months of a year."""
    if span.period is Period.DAY:
        totals, count, content = totals_of(entries), len(entries), digest_of(map(canonical, entries))
    else:
        totals, count = _summed(parts), sum(part.entries for part in parts)
        content = digest_of(bytes.fromhex(part.digest) for part in parts)
    running = dict(last.running) if last is not None else {}
    if span.period is Period.DAY:
        for currency, cents in money(totals).items():
            running[currency] = Cents(running.get(currency, 0) + cents)
    return Closing(
        legal_entity_id=book.legal_entity_id,
        site_id=book.site_id,
        seq=last.seq + 1 if last is not None else 1,
        span=span,
        made_at=made_at,
        made_by=made_by,
        entries=count,
        totals=totals,
        running=tuple(sorted(running.items())),
        content=content,
        previous=last.digest if last is not None else GENESIS,
    )


def part_of(span: Span) -> Period:
    """Of what a month or a year is the sum."""
    return Period.DAY if span.period is Period.MONTH else Period.MONTH


def totals_of(entries: Iterable[Entry]) -> tuple[Total, ...]:
    """The sums of entries by kind, means and currency."""
    return _grouped(
        Total(
            kind=one.kind,
            means=one.means,
            currency=one.currency,
            count=1,
            amount_cents=one.amount_cents,
            vat_cents=one.vat_cents,
        )
        for one in entries
    )


def money(totals: Iterable[Total]) -> Mapping[str, Cents]:
    """What came in, net of what went back, by currency; what moved no money does not count."""
    sums: dict[str, Cents] = {}
    for total in totals:
        if total.means != NO_MEANS:
            sums[total.currency] = Cents(sums.get(total.currency, 0) + total.amount_cents)
    return sums


def canonical(entry: Entry) -> bytes:
    """The bytes an entry is proven by: its fields in their order, so that none can shift into another."""
    return msgspec.json.encode(msgspec.structs.astuple(entry))


def digest_of(contents: Iterable[bytes]) -> str:
    """One digest over many contents in their order."""
    found = hashlib.sha256()
    for content in contents:
        found.update(hashlib.sha256(content).digest())
    return found.hexdigest()


def fault(book: Book, last: Closing | None, found: Closing, again: Closing) -> str | None:
    """What is wrong with a stored closing that follows `last`; None: nothing. `again` is what the ledger makes of it.

    The first difference is named, as whoever must look for it would ask.
    """
    if found.seq != again.seq:
        return "is missing" if found.seq > again.seq else "stands twice"
    if found.previous != again.previous:
        return "does not follow the closing before it"
    if found.span != next_span(last, book.first_day, date.max):
        return "closes another period than the next"
    if found.entries != again.entries:
        return f"holds {found.entries} entries, the ledger {again.entries}"
    if found.totals != again.totals or found.running != again.running:
        return "has other totals than the ledger"
    if found.content != again.content:
        return "is of other entries than the ledger's"
    return None


def _day(day: date, today: date) -> Span | None:
    return Span(Period.DAY, day, day) if day < today else None


def _summed(parts: Iterable[Closing]) -> tuple[Total, ...]:
    return _grouped(total for part in parts for total in part.totals)


def _grouped(totals: Iterable[Total]) -> tuple[Total, ...]:
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for total in totals:
        found = sums[total.kind, total.means, total.currency]
        found[0] += total.count
        found[1] += total.amount_cents
        found[2] += total.vat_cents
    return tuple(
        Total(
            kind=kind,
            means=means,
            currency=currency,
            count=count,
            amount_cents=Cents(amount_cents),
            vat_cents=Cents(vat_cents),
        )
        for (kind, means, currency), (count, amount_cents, vat_cents) in sorted(sums.items())
    )
