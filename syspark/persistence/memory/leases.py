"""Partitions and who owns them, and which workers live, in memory."""

from collections.abc import Mapping, Set
from datetime import datetime, timedelta

from msgspec.structs import replace

from syspark.clock import Clock
from syspark.persistence.memory.faults import Call, Faults
from syspark.persistence.memory.tables import LONG_AGO, Partition, Tables
from syspark.rows import Fence, Lease, LinkPosition, Standing

LEASE_S = 10.0
ALIVE_S = 6.0


class MemoryLeases:
    """`syspark.ports.LeaseStore` by a clock, which plays the database's own."""

    def __init__(self, tables: Tables, faults: Faults, clock: Clock) -> None:
        self._tables = tables
        self._faults = faults
        self._clock = clock

    async def take(self, partition: int, owner: str, *, predecessor_is_dead: bool = False) -> Lease | None:
        """Take a partition that is free, or our dead predecessor's."""
        return await self._faults.perform(Call.TAKE, lambda: self._take(partition, owner, predecessor_is_dead))

    async def beat(self, owner: str, *, linked: bool) -> Standing:
        """Live on, and hear who else does."""
        return await self._faults.perform(Call.BEAT, lambda: self._beat(owner, linked))

    async def leave(self, owner: str) -> None:
        """Live no more."""
        await self._faults.perform(Call.BEAT, lambda: self._tables.workers.pop(owner, None))

    async def renew(self, positions: Mapping[Fence, LinkPosition]) -> Set[Fence]:
        """Hold on for another lease's length, also after it ran out untaken."""
        return await self._faults.perform(Call.RENEW, lambda: self._renew(positions))

    async def release(self, fence: Fence, position: LinkPosition) -> None:
        """Give a partition back; a fence that is lost has nothing to give."""
        await self._faults.perform(Call.RELEASE, lambda: self._store(fence, "", LONG_AGO, position))

    def _renew(self, positions: Mapping[Fence, LinkPosition]) -> Set[Fence]:
        end = self._lease_end()
        return {fence for fence, position in positions.items() if self._store(fence, fence.owner, end, position)}

    def _beat(self, owner: str, linked: bool) -> Standing:
        now = self._clock.now()
        self._tables.workers[owner] = (now, linked)
        alive = {
            name: reaches
            for name, (beat_at, reaches) in self._tables.workers.items()
            if (now - beat_at).total_seconds() < ALIVE_S
        }
        rows = {number: self._tables.partition(number) for number in range(self._tables.partition_count)}
        return Standing(
            alive,
            tuple(number for number, row in rows.items() if row.lease_until < now),
            tuple(number for number, row in rows.items() if row.owner == owner),
        )

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
