"""Closings of ledgers, on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from syspark.acts import closed
from syspark.domain.closing import Book, Closing, Entry, Period, Span, close, next_span, part_of
from syspark.domain.units import SiteId
from syspark.persistence import queries
from syspark.persistence.postgres.acts import note
from syspark.persistence.postgres.database import Connection, Database, run

_CLOSING = msgspec.json.Decoder(Closing)
_ENTRY = Entry.__struct_fields__


class PostgresClosings:
    """`syspark.ports.ClosingStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("closing")

    async def books(self) -> Sequence[Book]:
        """What may have to be closed."""
        rows = await self._database.rows(self._sql["books"], {})
        return [book_of(row) for row in rows]

    async def close_next(self, book: Book, now: datetime, made_by: str, act_id: UUID) -> Closing | None:
        """Close what comes next, if it is over."""
        return await self._database.owned(self._close_next(book, now, made_by, act_id), "closing")

    async def made(self, site_id: SiteId | None) -> Sequence[Closing]:
        """Every closing of a site, or of all of them, book by book in order."""
        rows = await self._database.rows(self._sql["made"], {"site_id": site_id})
        return [_CLOSING.decode(body) for (body,) in rows]

    async def _close_next(self, book: Book, now: datetime, made_by: str, act_id: UUID) -> Closing | None:
        async with self._database.transaction() as connection:
            await run(connection, self._sql["shut_out"], {"site_id": book.site_id})
            found = await run(connection, self._sql["newest"], named(book))
            last = _CLOSING.decode(found[0][0]) if found else None
            span = next_span(last, book.first_day, book.today(now))
            if span is None:
                return None
            entries, parts = await contents(connection, book, span)
            made = close(book, span, last, entries=entries, parts=parts, made_at=now, made_by=made_by)
            await run(connection, self._sql["add"], _columns(book, made))
            await note(connection, book.organisation_id, closed(made, act_id))
            return made


async def contents(connection: Connection, book: Book, span: Span) -> tuple[Sequence[Entry], Sequence[Closing]]:
    """What a span is closed by: a day's entries, or the closings of which a month or a year is the sum."""
    sql, within = queries.load("closing"), {**named(book), "first_day": span.first_day, "last_day": span.last_day}
    if span.period is Period.DAY:
        rows = await run(connection, sql["entries"], within)
        return [Entry(**dict(zip(_ENTRY, row, strict=True))) for row in rows], ()
    rows = await run(connection, sql["parts"], {**within, "period": part_of(span)})
    return (), [_CLOSING.decode(body) for (body,) in rows]


def book_of(row: tuple[Any, ...]) -> Book:
    """A book as the statements of `closing.sql` give it."""
    return Book(**dict(zip(Book.__struct_fields__, row, strict=True)))


def named(book: Book) -> dict[str, Any]:
    """What a book's rows are found by."""
    return {"site_id": book.site_id, "legal_entity_id": book.legal_entity_id}


def _columns(book: Book, made: Closing) -> dict[str, Any]:
    return {
        **named(book),
        "organisation_id": book.organisation_id,
        "seq": made.seq,
        "period": made.span.period,
        "first_day": made.span.first_day,
        "last_day": made.span.last_day,
        "made_at": made.made_at,
        "body": made.body,
    }
