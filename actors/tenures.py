"""The partitions of a worker over time: its share of them is taken, held, and what is over is given back.

A beat tells the others that this worker lives and tells it what they hold; renewals and looks at the configuration are
one statement each for all its partitions together.
"""

import asyncio
import logging
from collections.abc import Sequence

from msgspec.structs import replace

from actors.link import Link
from actors.ownership import RENEW_EVERY_S, Ownership
from actors.reach import Reach
from actors.scanner import Scanner
from actors.share import Moves, Self, moves
from actors.tenure import Estate, Tenure
from actors.tools import Tools
from syspark.errors import Unavailable
from syspark.rows import Address, Fence, Lease

logger = logging.getLogger(__name__)

BEAT_S = 1.0
BEAT_SETTLED_S = 3.0
GIVE_BACK_S = 1.0


class Tenures:
    """What is held now; `run` keeps it a fair share of all `partitions`."""

    def __init__(self, ownership: Ownership, tools: Tools, *, partitions: int, is_heir: bool) -> None:
        """`is_heir`: whoever held partitions in this worker's name before is proven to be dead."""
        self._ownership = ownership
        self._tools = tools
        self._partitions = partitions
        self._is_heir = is_heir
        self._held: dict[int, Tenure] = {}
        self._held_before: set[int] = set()
        self._coming: dict[int, asyncio.Task[None]] = {}
        self._asking = 0
        self._going: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()
        self._told = ""
        self._alone = False
        self._ending = False

    @property
    def partitions(self) -> Sequence[int]:
        """The partitions held."""
        return sorted(self._held)

    @property
    def connected(self) -> bool:
        """Whether every partition held has its broker connection."""
        return all(tenure.link is not None and tenure.link.connected for tenure in self._held.values())

    @property
    def listening(self) -> bool:
        """Whether the subscriptions of every partition held stand, which a mere connection does not tell."""
        return all(tenure.link is not None and tenure.link.listening for tenure in self._held.values())

    @property
    def hearing(self) -> bool:
        """Whether any partition's link reaches the broker now."""
        return any(tenure.link is not None and tenure.link.hearing for tenure in self._held.values())

    def scanners(self) -> Sequence[Scanner]:
        """What finds the rows of the partitions held."""
        return [tenure.scanner for tenure in self._held.values() if tenure.scanner is not None]

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

    async def run(self, estate: Estate, reach: Reach) -> None:
        """Take, hold and give back until cancelled; what is held then is left without a word."""
        renewing = self._tools.owned.start("renewals", self._renew(estate))
        try:
            while not self._ending:
                settled = await self._look(estate, reach)
                await self._sleep(BEAT_SETTLED_S if settled else BEAT_S)
            await asyncio.Event().wait()
        finally:
            tasks = [renewing, *self._coming.values(), *self._going]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def stop_taking(self) -> None:
        """Take neither partitions nor deliveries any more."""
        self._ending = True
        for tenure in self._held.values():
            tenure.stop_taking()

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

    async def _look(self, estate: Estate, reach: Reach) -> bool:
        """Beat, and do what is to be done; whether nothing is expected to change soon."""
        try:
            if not estate.sites.have_been_looked_at:
                await estate.sites.look()
            standing = await self._ownership.beat(linked=reach.is_there)
        except Unavailable as error:
            self._say(str(error))
            return False
        leaving = {tenure.partition for tenure in self._held.values() if tenure.leaving}
        busy = self._coming.keys() - leaving
        others_reach = any(linked for name, linked in standing.workers.items() if name != self._ownership.owner)
        # Twice in a row: when a broker returns, others may be heard of before we have tried again ourselves.
        stranded, self._alone = self._alone and reach.is_stranded, reach.is_stranded and others_reach
        own = Self(self._ownership.owner, busy, is_stranded=stranded, is_heir=self._is_heir)
        theirs = tuple(partition for partition in standing.ours if partition not in leaving)
        todo = moves(own, replace(standing, ours=theirs), self._partitions)
        if self._ending:
            return False
        self._do(todo, estate)
        if not (todo.take or todo.give_back or self._coming):
            self._say("other workers hold every partition")
        return todo.is_settled and reach.is_there

    def _do(self, todo: Moves, estate: Estate) -> None:
        for partition in todo.take:
            if partition in self._coming:  # just given back: its last holding is not quite over
                continue
            hold = self._hold(partition, estate)
            self._coming[partition] = self._tools.owned.start(f"hold {partition}", hold)
        if self._going:
            return
        for partition in todo.give_back:
            tenure = self._held.get(partition)
            if tenure is not None:
                going = self._tools.owned.start(f"give back {partition}", tenure.give_back())
                self._going.add(going)
                going.add_done_callback(self._gone)

    def _gone(self, going: asyncio.Task[None]) -> None:
        self._going.discard(going)
        if not self._going:
            self._awake.set()

    async def _hold(self, partition: int, estate: Estate) -> None:
        """Take a partition if it can be taken, and hold it while it lasts."""
        try:
            lease = await self._take(partition, estate)
            if lease is not None and self._ending:
                await self._ownership.release(partition, lease.position)
            elif lease is not None:
                await self._keep(Tenure(lease, estate, counts_start=partition not in self._held_before))
        except Unavailable as error:
            self._say(str(error))
        finally:
            del self._coming[partition]

    async def _take(self, partition: int, estate: Estate) -> Lease | None:
        self._asking += 1
        try:
            async with estate.turns:
                lease = await self._ownership.take(partition, predecessor_is_dead=self._is_heir)
        finally:
            self._asking -= 1
        if lease is not None and not self._asking:
            # Whoever gives back waits for what lies free to be taken: look at once for more.
            self._awake.set()
        return lease

    async def _keep(self, tenure: Tenure) -> None:
        partition = tenure.partition
        logger.info("partition %s is ours", partition)
        self._told = ""
        self._held[partition] = tenure
        self._held_before.add(partition)
        self._tools.metrics.leases_held.set(len(self._held))
        try:
            await tenure.run()
        finally:
            self._held.pop(partition, None)
            self._tools.metrics.leases_held.set(len(self._held))

    async def _renew(self, estate: Estate) -> None:
        """Hold on to what is held, and know the sites as they are configured now."""
        while True:
            await self._tools.timers.sleep(RENEW_EVERY_S)
            held = dict(self._held)
            if not held:
                continue
            try:
                lost = await self._ownership.renew(held)
                self._lost([held[partition] for partition in sorted(lost)])
                changed = await estate.sites.look()
            except Unavailable:
                continue
            for partition in changed:
                link = self.link(partition)
                if link is not None:
                    link.sites_changed()

    def _lost(self, tenures: Sequence[Tenure]) -> None:
        """Their leases could not be renewed: another owner stands in their rows."""
        told = [tenure.partition for tenure in tenures if not tenure.leaving]
        if told:
            logger.error("lost to another owner: partitions %s", ", ".join(map(str, told)))
        for tenure in tenures:
            if not self._ownership.holds(tenure.fence):
                tenure.end()

    async def _sleep(self, seconds: float) -> None:
        alarm = self._tools.timers.wake_after(seconds, self._awake.set)
        try:
            await self._awake.wait()
        finally:
            alarm.cancel()
            self._awake.clear()

    def _say(self, waits_for: str) -> None:
        if waits_for != self._told and not self._held:
            logger.warning("standing by: %s", waits_for)
            self._told = waits_for

    async def _release(self) -> None:
        tenures = list(self._held.values())
        for tenure in tenures:
            tenure.leaving = True
        releases = (self._ownership.release(tenure.partition, tenure.position) for tenure in tenures)
        names = [f"partition {tenure.partition}" for tenure in tenures]
        ends = await asyncio.gather(*releases, self._ownership.leave(), return_exceptions=True)
        for name, error in zip([*names, "our place among the workers"], ends, strict=True):
            if isinstance(error, Unavailable):
                logger.warning("%s could not be given back; it runs out", name)
            elif error is not None:
                raise error
