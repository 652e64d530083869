"""What the page of tariffs is made of, on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from syspark.domain.units import SiteId
from syspark.persistence import queries
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.web_ports import EndedLine, TariffLine


class PostgresTariffs:
    """`syspark.web_ports.TariffReads`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = queries.load("web_tariffs")

    async def versions(self, site_id: SiteId) -> Sequence[TariffLine]:
        """Every version of a site's tariff."""
        return [TariffLine(*row) for row in await self._database.rows(self._sql["versions"], {"site_id": site_id})]

    async def ended(
        self, site_id: SiteId, since: datetime, before: tuple[datetime, UUID], limit: int
    ) -> Sequence[EndedLine]:
        """Sessions that ended since then, before that one."""
        asked = {"site_id": site_id, "since": since, "before": before[0], "before_id": before[1], "limit": limit}
        return [EndedLine(*row) for row in await self._database.rows(self._sql["closed"], asked)]
