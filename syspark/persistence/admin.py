"""What operators of the service ask: refused and parked messages, sites, badges, and whether the database is well."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from syspark.acts import Act
from syspark.domain.seller import Seller
from syspark.domain.units import SiteId
from syspark.errors import Unavailable
from syspark.persistence import queries, schema
from syspark.persistence.postgres import columns, sites
from syspark.persistence.postgres.acts import note
from syspark.persistence.postgres.arrays import uuids
from syspark.persistence.postgres.database import Database, fetch
from syspark.persistence.postgres.retry import answered
from syspark.rows import Address, CredentialRow, Scope, SiteRow


@dataclass(frozen=True, slots=True)
class Refused:
    """A message refused at the edge, as it was kept."""

    id: UUID
    organisation_id: UUID
    site_id: SiteId | None
    topic: str
    payload: str
    reason: str
    detail: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Parked:
    """A message out of the line, and why."""

    id: UUID
    scope: Scope
    recipient: Address
    kind: str
    fact_at: datetime
    received_at: datetime
    tries: int
    why: str


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A site's rules as `author` set them; `body` has what is not as by default."""

    version: int
    author: str
    at: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the database can be worked with. `because` says what is wrong, `stray_rows` that partitions lacked."""

    reachable: bool
    migrated: bool
    stray_rows: bool
    because: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether a worker may start and go on."""
        return self.reachable and self.migrated


class Administration:
    """Questions and acts of the command line. Every method raises `Unavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = {**queries.load("deployment"), **queries.load("admin")}

    async def deployment(self) -> tuple[UUID, int]:
        """The deployment's id, which broker client ids carry, and its number of partitions."""
        rows = await self._database.rows(self._sql["show"], {})
        return rows[0][0], rows[0][1]

    async def unheld(self) -> tuple[int, int]:
        """How many partitions no worker holds, and how many there are."""
        rows = await self._database.rows(self._sql["unheld"], {})
        return rows[0][0], rows[0][1]

    async def rejected(self, limit: int = 50, site_id: SiteId | None = None) -> Sequence[Refused]:
        """The messages refused last, newest first."""
        rows = await self._database.rows(self._sql["rejected"], {"limit": limit, "site_id": site_id})
        return [Refused(*row) for row in rows]

    async def rejected_counts(self, limit: int = 50) -> Sequence[tuple[date, SiteId | None, int]]:
        """How many messages were refused per UTC day and site, kept or not, latest day first."""
        rows = await self._database.rows(self._sql["rejected_count"], {"limit": limit})
        return [(row[0], row[1], row[2]) for row in rows]

    async def parked(self, limit: int = 50) -> Sequence[Parked]:
        """Messages out of the line, oldest first."""
        rows = await self._database.rows(self._sql["parked"], {"limit": limit})
        return [Parked(row[0], Scope(*row[1:4]), Address(row[4], row[5]), *row[6:]) for row in rows]

    async def retry(self, row_id: UUID, act: Act) -> bool:
        """Put a parked message back at the end of the line, under its old `fact_at`; False: it is not parked."""
        return await self._database.owned(answered(self._end_parking("retry", row_id, act)), "retry")

    async def drop(self, row_id: UUID, reason: str, act: Act) -> bool:
        """Give a parked message up; the reason becomes its outcome. False: it is not parked."""
        return await self._database.owned(answered(self._end_parking("drop", row_id, act, reason=reason)), "drop")

    async def in_review(self, causes: Sequence[UUID]) -> Sequence[UUID]:
        """The sessions in review that these rows have brought a witness of."""
        rows = await self._database.rows(self._sql["in_review"], {"cause": uuids(causes)})
        return [row[0] for row in rows]

    async def sites(self) -> Sequence[SiteRow]:
        """Every site, by name."""
        return await sites.read(self._database)

    async def credentials(self, site_id: SiteId) -> Sequence[CredentialRow]:
        """Every badge and plate of a site."""
        rows = await self._database.rows(queries.load("state")["credentials"], {"site_id": site_id})
        return [columns.credential_row(row) for row in rows]

    async def plates(self, site_id: SiteId) -> Mapping[str, str]:
        """The plates among a site's credentials, by what they are found by."""
        return dict(await self._database.rows(queries.load("state")["known_plates"], {"site_id": site_id}))

    async def has_token(self, site_id: SiteId) -> bool:
        """Whether a site's gateway has a token."""
        rows = await self._database.rows(self._sql["has_token"], {"site_id": site_id})
        return bool(rows and rows[0][0])

    async def replace_token(self, site_id: SiteId, token_hash: bytes, act: Act) -> None:
        """Give a site's gateway another token, by its hash; the one before ends."""
        changed = self._told("replace_token", {"site_id": site_id, "token_hash": token_hash}, act)
        await self._database.owned(answered(changed), "token")

    async def policies(self, site_id: SiteId) -> Sequence[PolicyVersion]:
        """Every version of a site's rules, the first one first."""
        rows = await self._database.rows(self._sql["policies"], {"site_id": site_id})
        return [PolicyVersion(*row) for row in rows]

    async def seller(self, site_id: SiteId) -> Seller:
        """Who sells the places of a site."""
        rows = await self._database.rows(self._sql["seller"], {"site_id": site_id})
        return Seller(*rows[0])

    async def change_seller(self, site_id: SiteId, given: Mapping[str, str], act: Act) -> None:
        """Say other things of who sells the places of a site, by the names in `Seller`; the rest stays."""
        nothing = dict.fromkeys(("name", "address", "siren", "vat_number"))
        changed = self._told("change_seller", {**nothing, **given, "site_id": site_id}, act)
        await self._database.owned(answered(changed), "seller")

    async def health(self) -> Health:
        """Whether the database answers with this release's schema. Never raises."""
        try:
            rows = await self._database.rows(self._sql["health"], {})
        except Unavailable as error:
            return Health(reachable=False, migrated=False, stray_rows=False, because=str(error))
        revision, stray_rows = rows[0]
        head = await asyncio.to_thread(schema.head_revision)
        if revision == head:
            return Health(reachable=True, migrated=True, stray_rows=stray_rows)
        because = f"the schema is at {revision}, this release needs {head}: run `syspark migrate`"
        return Health(reachable=True, migrated=False, stray_rows=stray_rows, because=because)

    async def _told(self, statement: str, parameters: Mapping[str, object], act: Act) -> None:
        """Run a statement that returns the organisation it has changed something of, and tell its journal."""
        async with self._database.transaction() as connection:
            changed = await (await fetch(connection, self._sql[statement], parameters)).fetchone()
            if changed is not None:
                await note(connection, changed[0], act)

    async def _end_parking(self, how: str, row_id: UUID, act: Act, **more: str) -> bool:
        async with self._database.transaction() as connection:
            await fetch(connection, queries.load("inbox")["begin_numbered"], {"organisation_id": ""})
            changed = await (await fetch(connection, self._sql[how], {"id": row_id, **more})).fetchone()
            if changed is None:
                return False
            await note(connection, changed[0], act)
            return True
