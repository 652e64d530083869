"""Which partitions this worker may write and publish for, and until when. Source: architecture.md, "Growing past one
machine".

The local end of a lease counts on the machine's monotonic clock from before the request was sent, so that it never lies
after the one in the database.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from syspark.clock import Clock
from syspark.ports import LeaseStore
from syspark.rows import Fence, Lease, LinkPosition, Standing

LEASE_S = 10.0
RENEW_EVERY_S = 3.0
PUBLISH_MARGIN_S = 2.0


class Holder(Protocol):
    """Whoever knows where a partition's link stands."""

    @property
    def position(self) -> LinkPosition:
        """Where it stands now."""


@dataclass(slots=True)
class _Held:
    fence: Fence
    ends_at: float


class Ownership:
    """The leases of one worker."""

    def __init__(self, leases: LeaseStore, owner: str, machine: Clock) -> None:
        self._leases = leases
        self._machine = machine
        self.owner = owner
        self._held: dict[int, _Held] = {}
        self._renewing = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._held)

    async def take(self, partition: int, *, predecessor_is_dead: bool) -> Lease | None:
        """Take a partition; None while another worker holds it. Raises `Unavailable`."""
        before = self._machine.monotonic()
        lease = await self._leases.take(partition, self.owner, predecessor_is_dead=predecessor_is_dead)
        if lease is not None:
            self._held[partition] = _Held(lease.fence, before + LEASE_S)
        return lease

    async def renew(self, holders: Mapping[int, Holder]) -> set[int]:
        """Hold on to partitions; returns those that are not ours any more, dropped here. Raises `Unavailable`.

        One renewal at a time: an earlier one that arrived late would store where a link stood before.
        """
        async with self._renewing:
            fences = {
                held.fence: holder.position
                for partition, holder in holders.items()
                if (held := self._held.get(partition))
            }
            before = self._machine.monotonic()
            kept = await self._leases.renew(fences) if fences else set()
            for fence in fences:
                if not self.holds(fence):
                    continue
                if fence in kept:
                    self._held[fence.partition].ends_at = before + LEASE_S
                else:
                    self.drop(fence)
            return {partition for partition in holders if partition not in self._held}

    async def beat(self, *, linked: bool) -> Standing:
        """Say that this worker lives, and hear of the others. Raises `Unavailable`."""
        return await self._leases.beat(self.owner, linked=linked)

    async def leave(self) -> None:
        """Say that this worker ends. Raises `Unavailable`: then the others notice by themselves."""
        await self._leases.leave(self.owner)

    async def release(self, partition: int, position: LinkPosition) -> None:
        """Give a partition back. Raises `Unavailable`: then it runs out by itself."""
        held = self._held.pop(partition, None)
        if held is not None:
            await self._leases.release(held.fence, position)

    def fence(self, partition: int) -> Fence | None:
        """The right to write for a partition, as far as known; the database has the last word."""
        held = self._held.get(partition)
        return held.fence if held else None

    def holds(self, fence: Fence) -> bool:
        """Whether this is the present right to write for its partition, as far as known."""
        return self.fence(fence.partition) == fence

    def drop(self, fence: Fence) -> None:
        """A fence turned out to be lost, or is given up: nothing is written or published under it any more."""
        if self.holds(fence):
            del self._held[fence.partition]

    def fences(self, partitions: Iterable[int]) -> list[Fence]:
        """The fences of those partitions that are held."""
        return [held.fence for partition in sorted(set(partitions)) if (held := self._held.get(partition))]

    def is_running(self, partition: int) -> bool:
        """Whether the lease has not run out by our own clock; nobody else holds the partition then."""
        held = self._held.get(partition)
        return held is not None and self._machine.monotonic() < held.ends_at

    def may_publish(self, partition: int) -> bool:
        """Whether the lease has long enough to run for a command to be sent under it."""
        held = self._held.get(partition)
        return held is not None and self._machine.monotonic() < held.ends_at - PUBLISH_MARGIN_S
