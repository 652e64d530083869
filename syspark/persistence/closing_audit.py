"""Proving that closings are what was closed, and that the ledger behind them is what it was."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from syspark.domain.closing import Book, Closing, close, fault
from syspark.persistence import queries
from syspark.persistence.postgres.closings import book_of, contents, named
from syspark.persistence.postgres.database import Database

_CLOSING = msgspec.json.Decoder(Closing)


@dataclass(frozen=True, slots=True)
class ClosingFault:
    """The first closing of a site's book that is wrong, and how. `seq` names it."""

    site_id: str
    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class ClosingReport:
    """What a verification found. `newest` holds, by site, the last closing of each sound book."""

    closings: int
    newest: Mapping[str, Closing]
    faults: tuple[ClosingFault, ...]


async def verify_closings(database: Database) -> ClosingReport:
    """Make every closing again from the ledger and compare. Raises `Unavailable`."""
    sql, checked = queries.load("closing"), 0
    newest: dict[str, Closing] = {}
    faults: list[ClosingFault] = []
    for book in [book_of(row) for row in await database.rows(sql["closed_books"], {})]:
        last: Closing | None = None
        for (body,) in await database.rows(sql["of_book"], named(book)):
            found = _CLOSING.decode(body)
            wrong = await _wrong(database, book, last, found)
            if wrong is not None:
                faults.append(ClosingFault(book.site_id, found.seq, wrong))
                break
            last, checked = found, checked + 1
        else:
            if last is not None:
                newest[book.site_id] = last
    return ClosingReport(checked, newest, tuple(faults))


async def _wrong(database: Database, book: Book, last: Closing | None, found: Closing) -> str | None:
    """Without the stored closing's own word: each is made again by the one found sound before it."""
    async with database.transaction() as connection:
        entries, parts = await contents(connection, book, found.span)
    again = close(book, found.span, last, entries=entries, parts=parts, made_at=found.made_at, made_by=found.made_by)
    return fault(book, last, found, again)
