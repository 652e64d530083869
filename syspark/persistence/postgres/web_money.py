"""What the pages about money are made of, on PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from syspark.domain.closing import Closing, Entry
from syspark.domain.units import SiteId
from syspark.persistence import queries
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.web_ports import ClosingLine, ComparedLine, DayLine, OrderLine, PaymentLine, SellerLine, Shown

_CLOSING = msgspec.json.Decoder(Closing)
_STATEMENTS: dict[Shown, str] = {"paid": "paid", "disputed": "disputed", "back": "back", "on-site": "on_site"}


class PostgresMoney:
    """`syspark.web_ports.MoneyReads`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = queries.load("web_money")

    async def of_session(self, session_id: UUID) -> Sequence[PaymentLine]:
        """What was offered to a session and paid."""
        return [PaymentLine(*row) for row in await self._rows("of_session", session_id=session_id)]

    async def payments(
        self, shown: Shown, site_id: SiteId | None, before: datetime, limit: int
    ) -> Sequence[PaymentLine]:
        """Payments that came before a moment."""
        rows = await self._rows(_STATEMENTS[shown], site_id=site_id, before=before, limit=limit)
        return [PaymentLine(*row) for row in rows]

    async def orders(self, site_id: SiteId | None, older_than: datetime, limit: int) -> Sequence[OrderLine]:
        """What the provider refused or has not done."""
        rows = await self._rows("orders", site_id=site_id, older_than=older_than, limit=limit)
        return [OrderLine(*row) for row in rows]

    async def days(self, site_id: SiteId | None, first: date, last: date) -> Sequence[DayLine]:
        """What was booked on these days."""
        return [DayLine(*row) for row in await self._rows("days", site_id=site_id, first=first, last=last)]

    async def compared(self, site_id: SiteId | None, first: date, last: date) -> Sequence[ComparedLine]:
        """What the provider says of these days."""
        return [ComparedLine(*row) for row in await self._rows("compared", site_id=site_id, first=first, last=last)]

    async def closings(self, site_id: SiteId | None, limit: int) -> Sequence[ClosingLine]:
        """Closings."""
        return [_closing(row) for row in await self._rows("closings", site_id=site_id, limit=limit)]

    async def closing(self, site_id: SiteId, seq: int) -> ClosingLine | None:
        """One closing of a site."""
        rows = await self._rows("closing", site_id=site_id, seq=seq)
        return _closing(rows[0]) if rows else None

    async def entries(self, site_id: SiteId, first: date, last: date, limit: int) -> Sequence[Entry]:
        """What was booked at a site on these days."""
        return [
            _entry(row) for row in await self._rows("entries", site_id=site_id, first=first, last=last, limit=limit)
        ]

    async def sessions_named(self, text: str) -> Collection[UUID]:
        """The sessions of a receipt or a reference."""
        return [row[0] for row in await self._rows("sessions_named", text=text)]

    async def sellers(self) -> Sequence[SellerLine]:
        """Who sells where."""
        return [
            SellerLine(name, address, siren, vat_number, tuple(sites))
            for name, address, siren, vat_number, sites in await self._rows("sellers")
        ]

    async def _rows(self, name: str, **parameters: object) -> list[tuple[Any, ...]]:
        return await self._database.rows(self._sql[name], parameters)


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(**dict(zip(Entry.__struct_fields__, row, strict=True)))


def _closing(row: tuple[Any, ...]) -> ClosingLine:
    return ClosingLine(row[0], _CLOSING.decode(row[1]))
