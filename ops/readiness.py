"""Whether this process could do its work now, for `/readyz`: told within seconds, also by a database that hangs."""

import asyncio
from collections.abc import Callable, Mapping

from syspark.errors import Unavailable
from syspark.persistence.admin import Administration

WITHIN_S = 2.0
_UNTOLD = "cannot be told while the database is away"

Broker = Callable[[], str | None]
"""What is wrong with the broker connections of this process; None: nothing."""


class Readiness:
    """`web.wing.Readiness`. Without a broker of its own the process depends on workers elsewhere: asks for those.

    One look at a time: many who ask meanwhile hear the same, and a database that hangs holds up one connection only.
    """

    def __init__(self, administration: Administration, broker: Broker | None = None) -> None:
        self._administration = administration
        self._broker = broker
        self._looking: asyncio.Task[dict[str, str | None]] | None = None

    async def __call__(self) -> Mapping[str, str | None]:
        """Per dependency what is wrong with it."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="readiness")
        looking = self._looking
        done, _ = await asyncio.wait({looking}, timeout=WITHIN_S)
        found = looking.result() if done else self._away("does not answer")
        return found if self._broker is None else found | {"broker": self._broker()}

    async def close(self) -> None:
        """Give up a look that is under way."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> dict[str, str | None]:
        health = await self._administration.health()
        if not health.reachable:
            return self._away(health.because)
        found = {"database": None, "migrations": None if health.migrated else health.because}
        if self._broker is not None or not health.migrated:
            return found
        try:
            unheld, partitions = await self._administration.unheld()
        except Unavailable as error:
            return self._away(str(error))
        return found | {"worker": f"no worker holds {unheld} of {partitions} partitions" if unheld else None}

    def _away(self, because: str) -> dict[str, str | None]:
        others = ("migrations",) if self._broker is not None else ("migrations", "worker")
        return {"database": because, **dict.fromkeys(others, _UNTOLD)}
