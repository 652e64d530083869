"""When devices were last heard: coalesced in memory, written in bulk, without rows of their own."""

import asyncio
import logging
from datetime import datetime

from actors.ownership import Ownership
from actors.sites import Sites
from actors.tools import Tools
from syspark.domain.units import SiteId
from syspark.errors import Unavailable
from syspark.ports import TelemetryStore

logger = logging.getLogger(__name__)

FLUSH_EVERY_S = 0.25
REWRITE_AFTER_S = 30.0


class TelemetryFlusher:
    """One per worker. Holds one time per device, so that a busy sensor costs no more than a quiet one."""

    def __init__(self, store: TelemetryStore, ownership: Ownership, sites: Sites, tools: Tools) -> None:
        self._store = store
        self._ownership = ownership
        self._sites = sites
        self._tools = tools
        self._fresh: dict[tuple[SiteId, str], datetime] = {}
        self._written: dict[tuple[SiteId, str], datetime] = {}
        self._heard_one = asyncio.Event()

    def heard(self, site: SiteId, device: str, at: datetime, *, is_last: bool = False) -> None:
        """A device that is set up gave a sign of life at `at`; the last one is written however soon after another."""
        written = self._written.get((site, device))
        if is_last or written is None or (at - written).total_seconds() >= REWRITE_AFTER_S:
            self._fresh[site, device] = at
            self._heard_one.set()

    async def run(self) -> None:
        """Write until cancelled; while the database is away what is fresh waits, bounded by the number of devices."""
        while True:
            await self._heard_one.wait()
            await self._tools.timers.sleep(FLUSH_EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what has not been written for a while."""
        seen = {key: at for key, at in self._fresh.items() if self._sites.row(key[0]) is not None}
        self._fresh.clear()
        self._heard_one.clear()
        if not seen:
            return
        fences = self._ownership.fences(self._sites.scope(site).partition for site, _ in seen)
        try:
            await self._store.seen(fences, seen)
        except Unavailable:
            self._fresh = {**seen, **self._fresh}
            self._heard_one.set()
            return
        self._written.update(seen)
