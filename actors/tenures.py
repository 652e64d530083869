"""The partitions of a worker over time: taken whenever they can be, held while they last, given back together."""

import asyncio
import logging
from collections.abc import Sequence

from actors.link import Link
from actors.ownership import Ownership
from actors.tenure import Estate, Tenure
from actors.tools import Tools
from syspark.errors import Unavailable
from syspark.rows import Address, Fence

logger = logging.getLogger(__name__)

TAKE_EVERY_S = 1.0
GIVE_BACK_S = 1.0


class Tenures:
    """What is held now."""

    def __init__(self, ownership: Ownership, tools: Tools) -> None:
        self._ownership = ownership
        self._tools = tools
        self._held: dict[int, Tenure] = {}
        self._held_before: set[int] = set()
        self._ending = False

    @property
    def partitions(self) -> Sequence[int]:
        """The partitions held."""
        return sorted(self._held)

    @property
    def connected(self) -> bool:
        """Whether every partition held has its broker connection."""
        return all(tenure.link is not None and tenure.link.connected for tenure in self._held.values())

    def link(self, partition: int) -> Link | None:
        """A partition's link, None while it is not ours or being taken over."""
        tenure = self._held.get(partition)
        return tenure.link if tenure is not None else None

    def relieved(self, partition: int) -> None:
        """A partition has fewer undone rows than a moment ago."""
        link = self.link(partition)
        if link is not None:
            link.relieved()

    def read_on(self, recipient: Address, partition: int) -> None:
        """Have a spilled mailbox read from its table."""
        if tenure := self._held.get(partition):
            tenure.read_on(recipient)

    def fenced(self, fence: Fence) -> None:
        """A write was refused: the partition is somebody else's."""
        self._ownership.drop(fence)
        tenure = self._held.get(fence.partition)
        if tenure is not None and tenure.fence == fence:
            tenure.end()

    async def hold(self, partition: int, estate: Estate, *, predecessor_is_dead: bool) -> None:
        """Take a partition whenever it can be taken, and hold it while it lasts."""
        told = ""
        while not self._ending:
            try:
                lease = await self._ownership.take(partition, predecessor_is_dead=predecessor_is_dead)
            except Unavailable as error:
                lease, waits_for = None, str(error)
            else:
                waits_for = "another worker holds it"
            if lease is None:
                if waits_for != told:
                    logger.warning("waiting for partition %s: %s", partition, waits_for)
                    told = waits_for
                await self._tools.timers.sleep(TAKE_EVERY_S)
                continue
            predecessor_is_dead, told = False, ""
            await self._keep(Tenure(lease, estate, counts_start=partition not in self._held_before))

    def stop_taking(self) -> None:
        """Take neither partitions nor deliveries any more."""
        self._ending = True
        for tenure in self._held.values():
            if tenure.link is not None:
                tenure.link.stop_taking()

    async def give_back(self) -> None:
        """Release every partition at once: a database that hangs is waited for once, not once a partition."""
        releasing = self._tools.owned.start("give back", self._release())
        alarm = self._tools.timers.wake_after(GIVE_BACK_S, releasing.cancel)
        await asyncio.wait({releasing})
        alarm.cancel()

    def end(self) -> None:
        """Leave every partition."""
        for tenure in list(self._held.values()):
            tenure.end()

    async def _keep(self, tenure: Tenure) -> None:
        partition = tenure.partition
        logger.info("partition %s is ours", partition)
        self._held[partition] = tenure
        self._held_before.add(partition)
        self._tools.metrics.leases_held.set(len(self._held))
        try:
            await tenure.run()
        finally:
            self._held.pop(partition, None)
            self._tools.metrics.leases_held.set(len(self._held))

    async def _release(self) -> None:
        tenures = list(self._held.values())
        for tenure in tenures:
            tenure.leaving = True
        releases = (self._ownership.release(tenure.partition, tenure.position) for tenure in tenures)
        for tenure, error in zip(tenures, await asyncio.gather(*releases, return_exceptions=True), strict=True):
            if isinstance(error, Unavailable):
                logger.warning("partition %s could not be given back; its lease runs out", tenure.partition)
            elif error is not None:
                raise error
