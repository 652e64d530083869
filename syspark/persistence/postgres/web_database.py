"""Transactions of the web's role: each shows the row-level policies whose rows it may see."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

from syspark.persistence import queries
from syspark.persistence.postgres.bell import Bell
from syspark.persistence.postgres.database import Connection, Database, Parameters, fetch, run
from syspark.persistence.postgres.retry import answered

T = TypeVar("T")


class OrganisationDatabase:
    """The rows of one organisation."""

    def __init__(self, database: Database, organisation_id: UUID) -> None:
        self._database = database
        self._bell = Bell(database)
        self.organisation_id = organisation_id
        self._scope = queries.load("web_pages")["scope"]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction inside the organisation. Raises as `Database.transaction`."""
        async with self._database.transaction() as connection:
            await fetch(connection, self._scope, {"organisation_id": str(self.organisation_id)})
            yield connection

    async def rows(self, statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """Read, or write one statement."""
        async with self.transaction() as connection:
            return await run(connection, statement, parameters)

    async def written(self, work: Coroutine[Any, Any, T], name: str) -> T:
        """Do work that may be asked for again, to its end whatever becomes of the caller. Raises `Unavailable`."""
        return await self._database.owned(answered(work), name)

    async def asked(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """As `written`, of what puts a row into a mailbox: its owner is told."""
        await self.written(work, name)
        self._bell.ring()
