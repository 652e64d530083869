"""The word to the workers that a request waits in a mailbox: after its commit, by whoever put it there."""

from contextlib import suppress

from syspark.errors import Unavailable
from syspark.persistence import queries
from syspark.persistence.postgres.database import Database


class Bell:
    """One per process that puts requests. What it does not say is found by the workers' next look.

    Never in the transaction that inserts: all that notify wait for one another, until their commits are on disk.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("hints")["ring"]
        self._wanted = False
        self._is_ringing = False

    def ring(self) -> None:
        """Say it without being waited for, once for all that was put while the last word was under way."""
        self._wanted = True
        if not self._is_ringing:
            self._is_ringing = True
            self._task = self._database.begin(self._ring(), "bell")

    async def _ring(self) -> None:
        try:
            with suppress(Unavailable):
                while self._wanted:
                    self._wanted = False
                    await self._database.rows(self._sql, {})
        finally:
            self._is_ringing = False
