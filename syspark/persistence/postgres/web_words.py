"""Whose the words of the payment provider are, on PostgreSQL."""

from uuid import UUID

from syspark.domain.units import SessionId
from syspark.persistence import queries
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.rows import Scope


class PostgresWords:
    """`syspark.web_ports.WordReads`."""

    def __init__(self, database: OrganisationDatabase) -> None:
        self._database = database
        self._sql = queries.load("web_words")

    async def scope_of(self, session_id: SessionId) -> Scope | None:
        """Where a session is."""
        rows = await self._database.rows(self._sql["scope_of"], {"session_id": UUID(session_id)})
        return Scope(self._database.organisation_id, *rows[0]) if rows else None

    async def session_of(self, payment_ref: str) -> SessionId | None:
        """The session of a payment."""
        rows = await self._database.rows(self._sql["session_of"], {"payment_ref": payment_ref})
        return SessionId(rows[0][0]) if rows else None
