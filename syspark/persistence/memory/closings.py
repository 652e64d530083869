"""Closings of ledgers, in memory; the seller is the organisation."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from syspark.acts import closed
from syspark.domain.closing import Book, Closing, Entry, Period, close, next_span, part_of
from syspark.domain.units import Cents
from syspark.persistence.memory.faults import Call, Faults
from syspark.persistence.memory.tables import Tables, Transaction, insert_row
from syspark.rows import LedgerRow


def in_an_open_day(tables: Tables, entry: LedgerRow) -> LedgerRow:
    """An entry as it is booked: one of a day that is closed already belongs to the first that is open."""
    ends = [one.span.last_day for one in tables.closings if one.site_id == entry.scope.site_id]
    if not ends or entry.local_day > ends[-1]:
        return entry
    return replace(entry, local_day=ends[-1] + timedelta(days=1))


class MemoryClosings:
    """`syspark.ports.ClosingStore` over tables in memory."""

    def __init__(self, tables: Tables, faults: Faults) -> None:
        self._tables = tables
        self._faults = faults

    async def books(self) -> Sequence[Book]:
        """What may have to be closed."""
        return await self._faults.perform(Call.READ, self._books)

    async def close_next(self, book: Book, now: datetime, made_by: str, act_id: UUID) -> Closing | None:
        """Close what comes next, if it is over."""
        return await self._faults.perform(Call.RECORD, lambda: self._close_next(book, now, made_by, act_id))

    def _books(self) -> Sequence[Book]:
        days = {
            site: min(row.local_day for row in self._tables.ledger.values() if row.scope.site_id == site.id)
            for site in self._tables.sites.values()
            if any(row.scope.site_id == site.id for row in self._tables.ledger.values())
        }
        return [
            Book(
                legal_entity_id=str(site.organisation_id),
                site_id=site.id,
                organisation_id=site.organisation_id,
                zone=site.zone,
                first_day=first_day,
            )
            for site, first_day in sorted(days.items(), key=lambda one: one[0].id)
        ]

    def _close_next(self, book: Book, now: datetime, made_by: str, act_id: UUID) -> Closing | None:
        before = [one for one in self._tables.closings if one.site_id == book.site_id]
        last = before[-1] if before else None
        span = next_span(last, book.first_day, book.today(now))
        if span is None:
            return None
        entries, parts = [], []
        if span.period is Period.DAY:
            rows = [row for row in self._tables.ledger.values() if row.scope.site_id == book.site_id]
            within = [row for row in rows if row.local_day == span.last_day]
            entries = [_entry(row) for row in sorted(within, key=lambda row: row.id)]
        else:
            kind = part_of(span)
            parts = [
                one
                for one in before
                if one.span.period is kind and span.first_day <= one.span.last_day <= span.last_day
            ]
        made = close(book, span, last, entries=entries, parts=parts, made_at=now, made_by=made_by)
        with Transaction() as change:
            row = closed(made, act_id).row(book.organisation_id, self._tables.partition_count)
            insert_row(self._tables, change, row)
        self._tables.closings.append(made)
        return made


def _entry(row: LedgerRow) -> Entry:
    return Entry(
        id=str(row.id),
        at=row.at,
        local_day=row.local_day,
        kind=row.kind,
        means=row.means,
        amount_cents=Cents(row.amount_cents),
        vat_cents=Cents(row.vat_cents),
        currency=row.currency,
        payment_id=str(row.payment_id) if row.payment_id else None,
        session_id=row.session_id,
        author=row.author,
        reason=row.reason,
        counter_of=str(row.counter_of) if row.counter_of else None,
    )
