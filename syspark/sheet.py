"""Tables for spreadsheets: CSV in which no cell is ever run as a formula.

Source: OWASP, "CSV Injection"; RFC 4180.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date

from syspark.domain.closing import Closing, Entry

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

CLOSINGS_HEAD = (
    "site",
    "seller",
    "number",
    "period",
    "first day",
    "last day",
    "made at",
    "made by",
    "entries",
    "kind",
    "means",
    "currency",
    "count",
    "amount",
    "vat",
    "running total",
    "digest",
    "previous",
)
ENTRIES_HEAD = (
    "id",
    "day",
    "at",
    "kind",
    "means",
    "currency",
    "amount",
    "vat",
    "payment",
    "session",
    "author",
    "reason",
    "counter of",
)


def sheet(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as CSV. Amounts are numbers; a text that a spreadsheet would run begins with an apostrophe."""
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return made.getvalue()


def closings_sheet(closings: Iterable[Closing]) -> str:
    """Closings, a line for each of their totals; one of a day without entries has a line without a total."""
    return sheet(CLOSINGS_HEAD, (line for closing in closings for line in _closing_lines(closing)))


def entries_sheet(entries: Iterable[Entry]) -> str:
    """Ledger entries, one a line. No plate is in them."""
    return sheet(
        ENTRIES_HEAD,
        (
            (
                one.id,
                one.local_day,
                one.at.isoformat(timespec="seconds"),
                one.kind,
                one.means,
                one.currency,
                decimal(one.amount_cents),
                decimal(one.vat_cents),
                one.payment_id,
                one.session_id,
                one.author,
                one.reason,
                one.counter_of,
            )
            for one in entries
        ),
    )


def decimal(cents: int) -> str:
    """An amount in whole units of its currency, with two decimals."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def _closing_lines(closing: Closing) -> Iterable[Sequence[object]]:
    head = (
        closing.site_id,
        closing.legal_entity_id,
        closing.seq,
        closing.span.period,
        closing.span.first_day,
        closing.span.last_day,
        closing.made_at.isoformat(timespec="seconds"),
        closing.made_by,
        closing.entries,
    )
    running, tail = dict(closing.running), (closing.digest, closing.previous)
    for one in closing.totals:
        sums = (one.kind, one.means, one.currency, one.count, decimal(one.amount_cents), decimal(one.vat_cents))
        yield (*head, *sums, decimal(running.get(one.currency, 0)), *tail)
    if not closing.totals:
        yield (*head, *[None] * 6, None, *tail)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if text.startswith(_STARTS_A_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
