"""A process's persistence on PostgreSQL, wired as `syspark.ports.Stores`."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self

from syspark.persistence.postgres.alarms import PostgresNotices
from syspark.persistence.postgres.closings import PostgresClosings
from syspark.persistence.postgres.database import Database, Role
from syspark.persistence.postgres.hints import PostgresHints
from syspark.persistence.postgres.inbox import PostgresInbox
from syspark.persistence.postgres.leases import PostgresLeases
from syspark.persistence.postgres.outbox import PostgresOutbox
from syspark.persistence.postgres.payments import PostgresPayments
from syspark.persistence.postgres.state import PostgresActorState, PostgresDeadlines, PostgresTelemetry
from syspark.persistence.postgres.units import PostgresUnits, random_salt
from syspark.ports import Stores


class PostgresStores:
    """The stores over one pool; `stores` is what the wings are given."""

    def __init__(
        self, database: Database, salt: Callable[[], bytes] = random_salt, *, keeping: Database | None = None
    ) -> None:
        """`keeping` are connections for what keeps leases alone, which must not wait behind a burst of commits."""
        self.database = database
        self.leases = PostgresLeases(database, keeping or database)
        self.stores = Stores(
            leases=self.leases,
            inbox=PostgresInbox(database),
            units=PostgresUnits(database, salt),
            outbox=PostgresOutbox(database),
            deadlines=PostgresDeadlines(database),
            state=PostgresActorState(database),
            telemetry=PostgresTelemetry(database),
            notices=PostgresNotices(database),
            hints=PostgresHints(keeping or database),
            payments=PostgresPayments(database),
            closings=PostgresClosings(database),
        )

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, *, role: Role = "syspark_worker", size: int = 8, wait_s: float = 2.0
    ) -> AsyncIterator[Self]:
        """Stores for as long as the block lasts; leaving it waits for the commits under way.

        A database that is away does not fail the opening, only the calls.
        """
        database = Database(url, role=role, size=size, wait_s=wait_s)
        keeping = Database(url, role=role, size=2, kept=0, wait_s=wait_s)
        await database.open()
        await keeping.open()
        try:
            yield cls(database, keeping=keeping)
        finally:
            await keeping.close()
            await database.close()
