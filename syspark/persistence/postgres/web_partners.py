"""What the pages of partners are made of, on PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from syspark.domain.units import SiteId
from syspark.persistence import queries
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.web_ports import PartnerLine, ValidationLine


class PostgresPartners:
    """`syspark.web_ports.PartnerReads`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = queries.load("web_partners")

    async def partners(self, site_id: SiteId, month: str, partner_id: UUID | None = None) -> Sequence[PartnerLine]:
        """The partners of a site, or one of them, with a month."""
        asked = {"site_id": site_id, "month": month, "partner_id": partner_id}
        return [PartnerLine(*row) for row in await self._database.rows(self._sql["partners"], asked)]

    async def validations(
        self, site_id: SiteId, month: str, limit: int, partner_id: UUID | None = None
    ) -> Sequence[ValidationLine]:
        """What was validated in a month, the latest first."""
        asked = {"site_id": site_id, "month": month, "limit": limit, "partner_id": partner_id}
        name = "validations_of_site" if partner_id is None else "validations_of_partner"
        return [ValidationLine(*row) for row in await self._database.rows(self._sql[name], asked)]
