"""The words between processes, on PostgreSQL: NOTIFY, never in a transaction that writes."""

from collections.abc import AsyncGenerator

from syspark.persistence import queries
from syspark.persistence.postgres.database import Database


class PostgresHints:
    """`syspark.ports.HintStore`, and `syspark.web_ports.Hints`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("hints")

    async def give(self) -> None:
        """Tell whoever listens."""
        await self._database.rows(self._sql["give"], {})

    def heard(self) -> AsyncGenerator[None]:
        """Listen on a connection of its own."""
        return self._database.notified(self._sql["listen"])

    def requested(self) -> AsyncGenerator[None]:
        """Listen for what `Bell` says, on a connection of its own."""
        return self._database.notified(self._sql["listen_for_requests"])
