"""What comes in over HTTP and must not be lost: requests of operators and facts of gateways, on PostgreSQL."""

from uuid import UUID

from syspark.persistence import queries
from syspark.persistence.postgres import columns
from syspark.persistence.postgres.database import Connection, fetch
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.rows import InboxRow
from syspark.web_ports import EdgeSite, Photo, Request


class PostgresRequests:
    """`syspark.web_ports.RequestStore`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = {**queries.load("inbox"), **queries.load("web_pages")}

    async def put(self, row: InboxRow) -> None:
        """Insert a request."""
        await self._database.asked(self._put(row), "request")

    async def find(self, row_id: UUID) -> Request | None:
        """What became of it."""
        rows = await self._database.rows(self._sql["request"], {"id": row_id})
        return Request(*rows[0]) if rows else None

    async def _put(self, row: InboxRow) -> None:
        async with self._database.transaction() as connection:
            await insert(connection, row)


class PostgresEdge:
    """`syspark.web_ports.EdgeStore`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = queries.load("web_edge")

    async def site_of(self, token_hash: bytes) -> EdgeSite | None:
        """The site a token opens."""
        rows = await self._database.rows(self._sql["site_of"], {"token_hash": token_hash})
        return EdgeSite(*rows[0]) if rows else None

    async def put(self, row: InboxRow, photo: Photo | None) -> None:
        """Insert a fact with its picture."""
        await self._database.asked(self._put(row, photo), "edge fact")

    async def _put(self, row: InboxRow, photo: Photo | None) -> None:
        async with self._database.transaction() as connection:
            if not await insert(connection, row) or photo is None:
                return
            picture = {
                "id": row.id,
                "organisation_id": row.scope.organisation_id,
                "site_id": row.scope.site_id,
                "lane": photo.lane,
                "content_type": photo.content_type,
                "body": photo.body,
                "taken_at": row.received_at,
            }
            await fetch(connection, self._sql["add_photo"], picture)


async def insert(connection: Connection, row: InboxRow) -> bool:
    """Insert a mailbox row unfenced; False: its event id is known, it has no further effect."""
    sql = queries.load("inbox")
    await fetch(connection, sql["begin_numbered"], {"organisation_id": str(row.scope.organisation_id)})
    if row.event_id is not None:
        key = {
            "organisation_id": row.scope.organisation_id,
            "site_id": row.scope.site_id,
            "event_id": row.event_id,
            "id": row.id,
            "received_at": row.received_at,
        }
        if await (await fetch(connection, sql["key_unfenced"], key)).fetchone() is None:
            return False
    await fetch(connection, sql["insert_unfenced"], columns.messages([row]))
    return True
