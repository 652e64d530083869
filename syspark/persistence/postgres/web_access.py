"""What the page of rights is made of, on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from syspark.domain.units import SiteId
from syspark.persistence import queries
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.web_ports import CredentialLine, PoolLine

POOLS_SHOWN = 100


class PostgresAccess:
    """`syspark.web_ports.AccessReads`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = queries.load("web_access")

    async def credentials(
        self, site_id: SiteId, text: str, limit: int, *, now: datetime, ends_before: datetime | None = None
    ) -> Sequence[CredentialLine]:
        """Those that have this text in holder, plate or badge, by holder; or those that end soon, the first first."""
        asked = {"site_id": site_id, "text": text, "limit": limit, "now": now, "ends_before": ends_before}
        return [CredentialLine(*row) for row in await self._database.rows(self._sql["credentials"], asked)]

    async def known(self, site_id: SiteId) -> tuple[int, int]:
        """How many badges and plates a site knows."""
        rows = await self._database.rows(self._sql["known"], {"site_id": site_id})
        return rows[0][0], rows[0][1]

    async def pools(self, site_id: SiteId) -> Sequence[PoolLine]:
        """The holders that share places, by name."""
        asked = {"site_id": site_id, "limit": POOLS_SHOWN}
        return [PoolLine(*row) for row in await self._database.rows(self._sql["pools"], asked)]
