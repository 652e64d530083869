"""A partition while it is ours: taken over in order, kept by renewing its lease, left without a trace.

Source: architecture.md, "Growing past one machine": state, outbox, link, undone rows, in this order.
"""

import asyncio
import logging
from dataclasses import dataclass
from uuid import UUID

from actors.doorman import Doorman
from actors.facttime import FactTimes
from actors.link import Inward, Link
from actors.outbox import Outbox
from actors.ownership import RENEW_EVERY_S, Ownership
from actors.router import Router
from actors.scanner import Scanner
from actors.sites import Sites
from actors.tools import Tools
from syspark.errors import Unavailable
from syspark.ports import Broker, Stores
from syspark.rows import Address, Fate, Fence, Lease, LinkPosition

logger = logging.getLogger(__name__)

POISON_STARTS = 5
TAKE_OVER_AGAIN_S = 0.5
SURVIVED_S = 10.0
"""A process that lives so long was not killed by the row it began with."""


@dataclass(frozen=True, slots=True)
class Estate:
    """What every partition of a worker is run with."""

    stores: Stores
    broker: Broker
    root: str
    deployment: str
    sites: Sites
    outbox: Outbox
    inward: Inward
    tools: Tools

    @property
    def router(self) -> Router:
        """Where rows go."""
        return self.inward.router

    @property
    def ownership(self) -> Ownership:
        """The leases."""
        return self.inward.ownership


class Tenure:
    """One holding of one partition."""

    def __init__(self, lease: Lease, estate: Estate, *, counts_start: bool) -> None:
        """`counts_start`: it is the process's first of this partition; only a process that dies tells of a poison."""
        self._counts_start = counts_start
        self._lease = lease
        self._estate = estate
        self.partition = lease.fence.partition
        self.link: Link | None = None
        self._scanner: Scanner | None = None
        self._over = asyncio.Event()
        self.leaving = False
        self._first_row: UUID | None = None

    @property
    def position(self) -> LinkPosition:
        """Where the link stands, or stood when the partition was taken."""
        return self.link.position if self.link is not None else self._lease.position

    @property
    def fence(self) -> Fence:
        """The right to write it brings."""
        return self._lease.fence

    def end(self) -> None:
        """The partition is lost, or given back."""
        self._over.set()

    async def run(self) -> None:
        """Hold the partition until it is lost or `end` is called. Cancelling it leaves the lease to run out."""
        estate = self._estate
        estate.tools.metrics.lease_epoch.labels(self.partition).set(self._lease.fence.epoch)
        tasks = [estate.tools.owned.start(f"renew {self.partition}", self._renew())]
        try:
            link = await self._take_over_patiently()
            scanner = self._scanner
            if link is None or scanner is None:
                return
            tasks.append(estate.tools.owned.start(f"link {self.partition}", link.run()))
            tasks.append(estate.tools.owned.start(f"scanner {self.partition}", scanner.run()))
            tasks.append(estate.tools.owned.start(f"poison watch {self.partition}", self._watch_first_row()))
            await self._over.wait()
        finally:
            estate.ownership.drop(self.fence)
            for task in reversed(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            estate.router.forget(self.partition)
            estate.outbox.forget(self.partition)
            estate.sites.forget(self.partition)
            self.link = None

    def read_on(self, recipient: Address) -> None:
        """Have a spilled mailbox read from its table."""
        if self._scanner is not None:
            self._scanner.read_on(recipient)

    async def _take_over_patiently(self) -> Link | None:
        """Take over as soon as the database lets us, keeping the lease meanwhile; None when it is lost before."""
        while not self._over.is_set():
            try:
                return await self._take_over()
            except Unavailable as error:
                logger.warning("partition %s cannot be taken over yet: %s", self.partition, error)
                await self._estate.tools.timers.sleep(TAKE_OVER_AGAIN_S)
        return None

    async def _take_over(self) -> Link:
        estate, partition, position = self._estate, self.partition, self._lease.position
        await estate.sites.load(partition)
        times = FactTimes(position.marker_at, estate.tools.clock.now())
        for (site, _), at in (await estate.stores.telemetry.last_seen(partition)).items():
            times.heard_before(site, at)
        unknown, again = estate.outbox.left_behind(await estate.stores.outbox.unfinished(partition))
        told = await estate.stores.outbox.record([self.fence], unknown) if unknown else ()
        estate.tools.metrics.outbox_fates.labels(Fate.UNKNOWN).inc(len(unknown))
        doorman = Doorman(
            partition=partition,
            root=estate.root,
            sites=estate.sites,
            times=times,
            levels=await estate.stores.state.levels(partition),
            tools=estate.tools,
        )
        link = Link(
            self._lease,
            client_id=f"syspark-{estate.deployment}-p{partition:02d}",
            root=estate.root,
            broker=estate.broker,
            doorman=doorman,
            inward=estate.inward,
            tools=estate.tools,
        )
        self._scanner = Scanner(link, estate.inward, estate.stores.deadlines, estate.tools)
        await self._pass_over_poison()
        self.link = link
        estate.router.open(partition)
        # Fates first: what is decided next must know of openings that may not have happened.
        estate.router.dispatch(told)
        await self._scanner.scan()
        estate.outbox.publish(again)
        return link

    async def _renew(self) -> None:
        while True:
            await self._estate.tools.timers.sleep(RENEW_EVERY_S)
            try:
                if not await self._estate.ownership.renew(self.partition, self.position):
                    if not self.leaving:
                        logger.error("partition %s is lost to another owner", self.partition)
                    self.end()
                    return
                await self._estate.sites.load(self.partition)
            except Unavailable:
                continue

    async def _pass_over_poison(self) -> None:
        """Park a row that was first in line at several starts of a process that each died at once."""
        if not self._counts_start:
            return
        inbox, fence = self._estate.stores.inbox, self.fence
        first = await inbox.undone(self.partition, self._lease.position.low_seq, 1)
        if not first:
            return
        self._counts_start = False
        starts = await inbox.count_start(fence, first[0].id)
        if starts > POISON_STARTS:
            await inbox.park(fence, first[0].id, f"first in line at {starts} starts that each died at once")
            logger.error("a %s is parked: the process died %s times with it first in line", first[0].kind, starts - 1)
        else:
            self._first_row = first[0].id

    async def _watch_first_row(self) -> None:
        await self._estate.tools.timers.sleep(SURVIVED_S)
        if self._first_row is not None:
            try:
                await self._estate.stores.inbox.clear_starts(self.fence, self._first_row)
            except Unavailable:
                logger.warning("the starts counted for a row could not be cleared")
