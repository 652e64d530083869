"""What the operator of a trial sees of a service, and asks of it: its database and its mailboxes, as the pages do."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ops.requests import Requests
from ops.simulator.attendant import OpenSession
from ops.simulator.sessions import find_open
from syspark.clock import Clock
from syspark.domain.corrections import CloseByHand
from syspark.domain.messages import AskHelp, MatchVehicle, OpenLane
from syspark.domain.units import SessionId, SiteId
from syspark.persistence.admin import Administration
from syspark.persistence.postgres.stores import PostgresStores
from syspark.rows import Address, SiteRow

CONNECTIONS = 2


@dataclass(frozen=True, slots=True)
class ServiceDesk:
    """`attendant.Desk` in front of a running service."""

    database_url: str
    requests: Requests
    sites: Mapping[SiteId, SiteRow]

    async def open_session(self, site: str, keys: Collection[str]) -> OpenSession | None:
        """The latest open session for which one of these badges and plates was read. Raises `psycopg.Error`."""
        found = await asyncio.to_thread(find_open, self.database_url, site, keys)
        return OpenSession(SessionId(str(found[0])), found[1]) if found is not None else None

    async def ask(self, site: str, message: AskHelp | MatchVehicle | OpenLane) -> None:
        """Send a site a request; a driver who is not let out by it calls again. Raises `Unavailable`."""
        await self.requests.put(self.sites[SiteId(site)], Address("site", site), message)

    async def close(self, site: str, session: SessionId, message: CloseByHand) -> None:
        """Send a session that it is over. Raises `Unavailable`."""
        await self.requests.put(self.sites[SiteId(site)], Address("session", session), message)


@asynccontextmanager
async def desk_at(database_url: str, clock: Clock) -> AsyncIterator[ServiceDesk]:
    """A desk on a database whose sites exist, on the field's clock."""
    async with PostgresStores.open(database_url, size=CONNECTIONS) as opened:
        sites = {site.id: site for site in await Administration(opened.database).sites()}
        yield ServiceDesk(database_url, Requests(opened.stores.inbox, clock), sites)
