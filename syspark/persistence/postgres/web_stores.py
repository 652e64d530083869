"""The web's persistence on PostgreSQL, wired as `syspark.web_ports.WebStores`."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.hints import PostgresHints
from syspark.persistence.postgres.web_access import PostgresAccess
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.persistence.postgres.web_money import PostgresMoney
from syspark.persistence.postgres.web_pages import PostgresPages
from syspark.persistence.postgres.web_parking import PostgresParking
from syspark.persistence.postgres.web_partners import PostgresPartners
from syspark.persistence.postgres.web_portal import PostgresPortal
from syspark.persistence.postgres.web_requests import PostgresEdge, PostgresRequests
from syspark.persistence.postgres.web_sessions import PostgresOperators, PostgresWebSessions, only_organisation
from syspark.persistence.postgres.web_tariffs import PostgresTariffs
from syspark.persistence.postgres.web_tries import PostgresTries
from syspark.persistence.postgres.web_words import PostgresWords
from syspark.web_ports import WebStores


def web_stores(database: Database, organisation_id: UUID) -> WebStores:
    """Stores of one organisation over a pool opened in the web's role."""
    own = OrganisationDatabase(database, organisation_id)
    return WebStores(
        organisation_id=organisation_id,
        operators=PostgresOperators(own),
        sessions=PostgresWebSessions(own),
        pages=PostgresPages(own),
        requests=PostgresRequests(own),
        edge=PostgresEdge(own),
        access=PostgresAccess(own),
        hints=PostgresHints(database),
        parking=PostgresParking(own),
        portal=PostgresPortal(own),
        tries=PostgresTries(own),
        words=PostgresWords(own),
        money=PostgresMoney(own),
        tariffs=PostgresTariffs(own),
        partners=PostgresPartners(own),
    )


@asynccontextmanager
async def open_web_stores(
    url: str, *, size: int = 8, wait_s: float = 2.0, opened: Callable[[Database], None] | None = None
) -> AsyncIterator[WebStores]:
    """Stores for as long as the block lasts, for the organisation this deployment serves; `opened` hears of the pool.

    Raises `Unavailable` when the database is away at the start: it must be asked once whom it serves.
    """
    asked = Database(url, size=1, wait_s=wait_s)
    await asked.open()
    try:
        organisation_id = await only_organisation(asked)
    finally:
        await asked.close()
    database = Database(url, role="syspark_web", size=size, wait_s=wait_s)
    await database.open()
    if opened is not None:
        opened(database)
    try:
        yield web_stores(database, organisation_id)
    finally:
        await database.close()
