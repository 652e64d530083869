"""What must be done to the database now and then, in small steps that get in nobody's way."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from syspark.persistence import queries
from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.retry import answered

DONE_ROWS_KEPT = timedelta(days=8)
EVENT_IDS_KEPT = timedelta(days=40)
NOTICES_KEPT = timedelta(days=8)
ALARMS_KEPT = timedelta(days=400)
REJECTED_KEPT = timedelta(days=30)
AT_ONCE = 1000
"""Rows removed in one transaction."""


class Housekeeping:
    """Makes partitions ahead and removes what is over its time. Each method is safe to retry; raises `Unavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("deployment")

    async def make_partitions(self, ahead_of: datetime) -> int:
        """Make the next months' and days' partitions; returns how many were missing. To be called daily."""
        made = self._database.write(self._sql["make_partitions"], {"ahead_of": ahead_of})
        return int((await self._database.owned(answered(made), "make partitions"))[0][0])

    async def purge_inbox(self, now: datetime) -> int:
        """Remove the oldest rows that were done over 8 days ago; fewer than `AT_ONCE` returned: that was all."""
        return await self._remove("purge_inbox", now - DONE_ROWS_KEPT)

    async def purge_event_ids(self, now: datetime) -> int:
        """Forget the oldest event ids over 40 days old: one that comes again is refused as too old."""
        return await self._remove("purge_keys", now - EVENT_IDS_KEPT)

    async def purge_notices(self, now: datetime) -> int:
        """Remove the oldest notices that were sent, or given up, over 8 days ago."""
        return await self._remove("purge_notices", now - NOTICES_KEPT)

    async def purge_alarms(self, now: datetime) -> int:
        """Remove the oldest alarms that ended over 400 days ago."""
        return await self._remove("purge_alarms", now - ALARMS_KEPT)

    async def purge_rejected(self, now: datetime) -> int:
        """Remove the oldest messages that were refused over 30 days ago: what they were may name somebody."""
        return await self._remove("purge_rejected", now - REJECTED_KEPT)

    async def purge_shifts(self, now: datetime) -> int:
        """Remove the oldest shifts and used links that are over."""
        return await self._remove("purge_shifts", now)

    async def purge_all(self, now: datetime) -> AsyncIterator[tuple[str, int]]:
        """Remove everything that is over its time, step by step: of what, and how many."""
        for what, purge in (
            ("mailbox rows", self.purge_inbox),
            ("event ids", self.purge_event_ids),
            ("notices", self.purge_notices),
            ("alarms", self.purge_alarms),
            ("refused messages", self.purge_rejected),
            ("shifts", self.purge_shifts),
        ):
            removed = AT_ONCE
            while removed >= AT_ONCE:
                removed = await purge(now)
                yield what, removed

    async def _remove(self, name: str, before: datetime) -> int:
        removed = self._database.write(self._sql[name], {"before": before, "limit": AT_ONCE})
        return len(await self._database.owned(answered(removed), name))
