"""Partitions and who owns them, in memory."""

from dataclasses import replace
from datetime import datetime, timedelta

from syspark.clock import Clock
from syspark.persistence.memory.faults import Call, Faults
from syspark.persistence.memory.tables import LONG_AGO, Partition, Tables
from syspark.rows import Fence, Lease, LinkPosition

LEASE_S = 10.0


class MemoryLeases:
    """`syspark.ports.LeaseStore` by a clock, which plays the database's own."""

    def __init__(self, tables: Tables, faults: Faults, clock: Clock) -> None:
        self._tables = tables
        self._faults = faults
        self._clock = clock

    async def take(self, partition: int, owner: str, *, predecessor_is_dead: bool = False) -> Lease | None:
        """Take a partition that is free, or our dead predecessor's."""
        return await self._faults.perform(Call.TAKE, lambda: self._take(partition, owner, predecessor_is_dead))

    async def renew(self, fence: Fence, position: LinkPosition) -> bool:
        """Hold on for another lease's length, also after it ran out untaken."""
        return await self._faults.perform(
            Call.RENEW, lambda: self._store(fence, fence.owner, self._lease_end(), position)
        )

    async def release(self, fence: Fence, position: LinkPosition) -> None:
        """Give a partition back; a fence that is lost has nothing to give."""
        await self._faults.perform(Call.RELEASE, lambda: self._store(fence, "", LONG_AGO, position))

    def _take(self, number: int, owner: str, predecessor_is_dead: bool) -> Lease | None:
        row = self._tables.partition(number)
        if row.lease_until >= self._clock.now() and not (predecessor_is_dead and row.owner == owner):
            return None
        taken = Partition(owner, row.epoch + 1, self._lease_end(), row.position)
        self._tables.partitions[number] = taken
        return Lease(Fence(number, owner, taken.epoch), LEASE_S, row.position)

    def _store(self, fence: Fence, owner: str, until: datetime, position: LinkPosition) -> bool:
        row = self._tables.partition(fence.partition)
        if not row.is_held_by(fence):
            return False
        kept = replace(position, low_seq=max(position.low_seq, row.position.low_seq))
        self._tables.partitions[fence.partition] = replace(row, owner=owner, lease_until=until, position=kept)
        return True

    def _lease_end(self) -> datetime:
        return self._clock.now() + timedelta(seconds=LEASE_S)
