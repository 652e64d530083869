"""A worker of the tests: holds a partition, makes rows and units of the default site, looks behind the stores."""

from collections.abc import Sequence
from typing import Any, Self

import psycopg
from msgspec.structs import replace

from syspark.clock import SystemClock
from syspark.domain.units import CommandId, SessionId, SiteId
from syspark.ids import IdSource
from syspark.persistence.postgres.stores import PostgresStores
from syspark.rows import Fence, InboxRow, SiteRow, Unit
from tests.persistence.contract.making import Maker


async def ask(url: str, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Run a statement as the database's owner."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(statement.encode(), parameters)
        return await cursor.fetchall() if cursor.description else []


class Worker:
    """One owner of partition 0."""

    def __init__(self, postgres: PostgresStores, url: str, fence: Fence, site: SiteRow) -> None:
        self.postgres = postgres
        self.stores = postgres.stores
        self.url = url
        self.fence = fence
        self.make = Maker(site)
        self._ids = IdSource(SystemClock())

    @classmethod
    async def take(cls, postgres: PostgresStores, url: str, name: str) -> Self:
        """Take the partition from whoever has it."""
        await ask(url, "UPDATE partition SET lease_until = '-infinity'")
        lease = await postgres.stores.leases.take(0, name)
        site = await postgres.stores.state.site(SiteId("default"))
        assert lease is not None
        assert site is not None
        return cls(postgres, url, lease.fence, site)

    async def facts(self, number: int) -> Sequence[InboxRow]:
        """Rows that are durable and undone."""
        rows = [replace(self.make.fact(), id=self._ids.new()) for _ in range(number)]
        return [inserted.row for inserted in await self.stores.inbox.insert([self.fence], rows)]

    def unit(self, row: InboxRow) -> Unit:
        """A decision that writes a journal row with a personal value, a session, a command and a hand-over."""
        return self.make.unit(
            row,
            journal=(self.make.entry(cause=row.id, personal={"uid": "A1B2C3D4"}),),
            sessions=(self.make.session(SessionId(str(self._ids.new()))),),
            outbox=(self.make.command(id=CommandId(str(self._ids.new())), epoch=self.fence.epoch),),
            handovers=(replace(self.make.handover(), id=self._ids.new()),),
        )

    async def ask(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Look behind the stores."""
        return await ask(self.url, statement, *parameters)
