"""Reads of the driver's portal, on PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from syspark.domain.seller import Seller
from syspark.domain.units import Plate, SessionId, SiteId
from syspark.persistence import queries
from syspark.persistence.postgres.columns import as_uuid
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.web_ports import PortalName, PortalPayment, PortalSession, PortalSite


class PostgresPortal:
    """`syspark.web_ports.PortalReads`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = queries.load("web_portal")

    async def names(self) -> Sequence[PortalName]:
        """Every site."""
        return [PortalName(*row) for row in await self._database.rows(self._sql["names"], {})]

    async def site(self, site_id: SiteId) -> PortalSite | None:
        """One site."""
        rows = await self._database.rows(self._sql["site"], {"site_id": site_id})
        if not rows:
            return None
        found, organisation_id, name, zone, currency, partition, policy, state, lanes, *seller = rows[0]
        return PortalSite(
            SiteId(found),
            organisation_id,
            name,
            zone,
            currency,
            partition,
            (policy or "{}").encode(),
            state,
            tuple(lanes),
            Seller(*seller) if seller[0] is not None else None,
        )

    async def by_plate(self, site_id: SiteId, plate: Plate) -> SessionId | None:
        """The session of a plate."""
        rows = await self._database.rows(self._sql["by_plate"], {"site_id": site_id, "plate": plate})
        return SessionId(rows[0][0]) if rows else None

    async def session(self, session_id: SessionId) -> PortalSession | None:
        """One session."""
        rows = await self._database.rows(self._sql["session"], {"session_id": as_uuid(session_id)})
        return PortalSession(*rows[0]) if rows else None

    async def payment(self, session_id: SessionId, offer_id: UUID) -> PortalPayment | None:
        """What was offered under an id."""
        parameters = {"session_id": as_uuid(session_id), "offer_id": offer_id}
        rows = await self._database.rows(self._sql["payment"], parameters)
        return PortalPayment(*rows[0]) if rows else None
