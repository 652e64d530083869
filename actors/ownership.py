"""Which partitions this worker may write and publish for, and until when. Source: architecture.md, "Growing past one
machine".

The local end of a lease counts on the monotonic clock from before the request was sent, so that it never lies after
the one in the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from syspark.clock import Clock
from syspark.ports import LeaseStore
from syspark.rows import Fence, Lease, LinkPosition

LEASE_S = 10.0
RENEW_EVERY_S = 3.0
PUBLISH_MARGIN_S = 2.0


@dataclass(slots=True)
class _Held:
    fence: Fence
    ends_at: float


class Ownership:
    """The leases of one worker."""

    def __init__(self, leases: LeaseStore, owner: str, clock: Clock) -> None:
        self._leases = leases
        self._clock = clock
        self.owner = owner
        self._held: dict[int, _Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    async def take(self, partition: int, *, predecessor_is_dead: bool) -> Lease | None:
        """Take a partition; None while another worker holds it. Raises `Unavailable`."""
        before = self._clock.monotonic()
        lease = await self._leases.take(partition, self.owner, predecessor_is_dead=predecessor_is_dead)
        if lease is not None:
            self._held[partition] = _Held(lease.fence, before + LEASE_S)
        return lease

    async def renew(self, partition: int, position: LinkPosition) -> bool:
        """Hold on to a partition; False: it is lost, and dropped here. Raises `Unavailable`."""
        held = self._held.get(partition)
        if held is None:
            return False
        before = self._clock.monotonic()
        if not await self._leases.renew(held.fence, position):
            self._held.pop(partition, None)
            return False
        held.ends_at = before + LEASE_S
        return True

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

    def may_publish(self, partition: int) -> bool:
        """Whether the lease has long enough to run for a command to be sent under it."""
        held = self._held.get(partition)
        return held is not None and self._clock.monotonic() < held.ends_at - PUBLISH_MARGIN_S
