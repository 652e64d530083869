"""What strangers have tried on the portal, on PostgreSQL: counted for all web processes together."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from syspark.domain.units import SiteId
from syspark.persistence import queries
from syspark.persistence.postgres.database import run
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.web_ports import Limit


class PostgresTries:
    """`syspark.web_ports.Tries`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = queries.load("web_tries")

    async def take(self, who: bytes, site_id: SiteId, now: datetime, limit: Limit) -> float:
        """Count a try that is answered now; else the seconds to wait."""
        asked = {**self._of(who, now), **limit._asdict(), "since": now - timedelta(seconds=limit.window_s)}
        async with self._database.transaction() as connection:
            if await run(connection, self._sql["take"], {**asked, "site_id": site_id}):
                return 0.0
            found = await run(connection, self._sql["wait"], asked)
        return max(0.0, float(found[0][0])) if found else 0.0

    async def give_back(self, who: bytes, taken_at: datetime) -> None:
        """A try that was none."""
        await self._database.rows(self._sql["give_back"], {**self._of(who, taken_at), "at": taken_at})

    def _of(self, who: bytes, now: datetime) -> Mapping[str, object]:
        return {"organisation_id": self._database.organisation_id, "who": who, "now": now}
