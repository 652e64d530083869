"""The embedded PostgreSQL: a real server in a folder of ours, for trying out and for tests, on no network port.

Durability is untouched (`fsync` on, checksums on). It outlives a kill of this process; the next start stops it and
recovers. It runs in a session of its own, so that Ctrl-C lets the application drain before its database stops.
"""

import asyncio
from pathlib import Path

from ops.embedded.cluster import PostgresCluster
from ops.embedded.supervision import Supervised

LOG_CHECK_S = 60


class EmbeddedPostgres(Supervised):
    """`async with EmbeddedPostgres(home) as server:` then `server.url`. Raises an `EmbeddedError` when it cannot start.

    One supervisor per `home`: another raises `AlreadyRunningError`. `wait_gone()` tells if the server dies.
    """

    def __init__(self, home: Path, *, start_timeout_s: float = 60) -> None:
        self.cluster = PostgresCluster(home, start_timeout_s=start_timeout_s)
        super().__init__("embedded-postgres", self.cluster)
        self._log_keeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The database `syspark`, for psycopg and libpq; valid while started."""
        return self.cluster.url

    @property
    def data(self) -> Path:
        """The cluster's data folder."""
        return self.cluster.data

    async def start(self) -> None:
        await super().start()
        self._log_keeper = asyncio.create_task(self._keep_log_bounded(), name="embedded-postgres-log")

    async def stop(self) -> None:
        if self._log_keeper is not None:
            self._log_keeper.cancel()
            await asyncio.wait([self._log_keeper])
            self._log_keeper = None
        await super().stop()

    async def _keep_log_bounded(self) -> None:
        while True:
            await asyncio.sleep(LOG_CHECK_S)
            await asyncio.to_thread(self.cluster.log.trim)
