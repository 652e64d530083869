"""A quote's lines as drivers read them, on the page and on paper."""

from dataclasses import dataclass

from syspark.domain.tariff import Quote, QuoteLine
from web.reading.bill import line_words
from web.sentence import Money, Sentence


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line: what for, how many at what price (None: one), for how much (None: it costs nothing)."""

    what: Sentence
    count: int
    each: Money | None
    total: Money | None


@dataclass(frozen=True, slots=True)
class Bill:
    """A whole quote. `vat` is the tax that is in the total, at `vat_percent`; None where none is known of."""

    lines: tuple[BillLine, ...]
    total: Money
    vat: Money | None
    vat_percent: float
    duration_s: int


def bill_of(quote: Quote) -> Bill:
    """A quote as it is shown."""
    taxed = quote.vat_basis_points > 0
    return Bill(
        lines=tuple(_line(line, quote.currency) for line in quote.lines),
        total=Money(quote.total_cents, quote.currency),
        vat=Money(quote.vat_cents, quote.currency) if taxed else None,
        vat_percent=quote.vat_basis_points / 100,
        duration_s=quote.duration_s,
    )


def _line(line: QuoteLine, currency: str) -> BillLine:
    each = Money(line.each_cents, currency) if line.count > 1 and line.each_cents else None
    total = Money(line.total_cents, currency) if line.total_cents else None
    return BillLine(line_words(line), line.count, each, total)
