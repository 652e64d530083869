"""What the payment provider says of a day beside what was booked, as pages read it later."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec

from syspark.domain.comparison import Booked, ComparedDay
from syspark.domain.payment.entry import EntryKind
from syspark.domain.units import SiteId
from syspark.persistence import queries
from syspark.persistence.postgres.arrays import uuids
from syspark.persistence.postgres.database import Database


@dataclass(frozen=True, slots=True)
class Place:
    """A site whose money is compared."""

    id: SiteId
    organisation_id: UUID
    partition: int
    zone: str


class ProviderDays:
    """Reads what was booked, keeps what was compared. Every method raises `Unavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("comparison")

    async def places(self) -> Sequence[Place]:
        """Every site."""
        return [Place(*row) for row in await self._database.rows(self._sql["places"], {})]

    async def booked(self, site_id: SiteId, means: str, first: date, names: Collection[str]) -> Sequence[Booked]:
        """Entries of a means from a day on, and those of these ids whichever day they are on."""
        asked = {"site_id": site_id, "means": means, "first": first, "id": uuids([UUID(name) for name in names])}
        rows = await self._database.rows(self._sql["booked"], asked)
        return [
            Booked(
                id=name,
                kind=EntryKind(kind),
                payment_ref=ref,
                session_id=session_id,
                amount_cents=cents,
                currency=currency,
                day=day,
            )
            for name, kind, ref, session_id, cents, currency, day in rows
        ]

    async def keep(self, place: Place, provider: str, day: date, at: datetime, made: ComparedDay) -> None:
        """Keep what was found of a day, in the place of what was found before. Raises `CommitUnknown` as well."""
        kept = {
            "site_id": place.id,
            "provider": provider,
            "day": day,
            "organisation_id": place.organisation_id,
            "at": at,
            "body": msgspec.json.encode(made),
            "differences": made.unexplained,
        }
        await self._database.write(self._sql["keep"], kept)
