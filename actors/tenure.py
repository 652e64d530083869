"""A partition while it is ours: taken over in order, kept by renewing its lease, left without a trace.

Source: architecture.md, "Growing past one machine": state, outbox, link, undone rows, in this order.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from actors.cashier import Cashier
from actors.census import Census
from actors.closer import Closer
from actors.doorman import Doorman
from actors.facttime import FactTimes
from actors.link import Inward, Line, Link
from actors.notifier import Notifier
from actors.outbox import Outbox
from actors.ownership import Ownership
from actors.reconciler import Reconciler
from actors.router import Router
from actors.scanner import Scanner
from actors.sites import Sites
from actors.strays import Strays
from actors.tools import Tools
from actors.vigil import Vigil
from syspark.contract.topics import marker_topic
from syspark.domain.units import SiteId
from syspark.errors import Unavailable
from syspark.payment_ports import PaymentProvider
from syspark.ports import Broker, Messenger, Stores
from syspark.rows import Address, Fate, Fence, Lease, LinkPosition

logger = logging.getLogger(__name__)

POISON_STARTS = 5
TAKE_OVER_AGAIN_S = 0.5
TAKEN_AT_ONCE = 4
"""Taking over reads what a partition was left with: more at once would wait for a connection of the pool too long."""
SETTLE_S = 5.0
SETTLE_LOOK_S = 0.02
RELEASE_S = 2.0
SURVIVED_S = 10.0
"""A process that lives so long was not killed by the row it began with."""


@dataclass(frozen=True, slots=True)
class Estate:
    """What every partition of a worker is run with.

    `is_settled`: whether nothing of a partition is being decided, sent or written; `dismiss`: its actors may go.
    `messenger`: where people are told of alarms, if anywhere, with links that begin with `public_url`.
    `provider`: where drivers pay, if anywhere.
    """

    stores: Stores
    broker: Broker
    root: str
    deployment: str
    partitions: int
    sites: Sites
    census: Census
    outbox: Outbox
    inward: Inward
    is_settled: Callable[[int], bool]
    dismiss: Callable[[int], None]
    tools: Tools
    messenger: Messenger | None = None
    public_url: str = ""
    provider: PaymentProvider | None = None
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TAKEN_AT_ONCE))

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
        self._vigil: Vigil | None = None
        self._over = asyncio.Event()
        self._chores: list[asyncio.Task[None]] = []
        self._linking: asyncio.Task[None] | None = None
        self._taking = True
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

    def stop_taking(self) -> None:
        """Take no deliveries any more, and none when it is connected later."""
        self._taking = False
        if self.link is not None:
            self.link.stop_taking()

    async def give_back(self) -> None:
        """Leave the partition in order while others go on: what is here is settled, within bounds, then it is free."""
        estate, partition = self._estate, self.partition
        logger.info("partition %s is given back", partition)
        self.leaving = True
        self.stop_taking()
        estate.router.leave(partition)
        for chore in self._chores:
            chore.cancel()
        deadline = estate.tools.machine.monotonic() + SETTLE_S
        while not (self._over.is_set() or self._is_settled or estate.tools.machine.monotonic() > deadline):
            await estate.tools.timers.sleep(SETTLE_LOOK_S)
        if self._linking is not None:
            self._linking.cancel()
            # Whatever keeps it from ending must not keep the partition from being free: `run` cancels it again.
            await asyncio.wait({self._linking}, timeout=SETTLE_S)
        await self._release()
        self.end()

    async def run(self) -> None:
        """Hold the partition until it is lost or `end` is called. Cancelling it leaves the lease to run out."""
        estate = self._estate
        estate.tools.metrics.lease_epoch.labels(self.partition).set(self._lease.fence.epoch)
        try:
            link = await self._take_over_patiently()
            vigil = self._vigil
            if link is None or vigil is None:
                return
            owned, partition = estate.tools.owned, self.partition
            self._chores = [
                owned.start(f"vigil {partition}", vigil.run(link)),
                owned.start(f"poison watch {partition}", self._watch_first_row()),
            ]
            if partition == 0 and estate.partitions > 1:
                strays = Strays(self.fence, estate.inward, estate.stores.state, estate.broker, estate.tools)
                self._chores.append(owned.start("strays", strays.run(estate.root, estate.deployment)))
            if partition == 0 and estate.messenger is not None:
                notices, address = estate.stores.notices, estate.public_url
                notifier = Notifier(self.fence, notices, estate.messenger, address, estate.tools)
                self._chores.append(owned.start("notifier", notifier.run()))
            if partition == 0 and estate.provider is not None:
                cashier = Cashier(self.fence, estate.stores.payments, estate.provider, estate.tools)
                reconciler = Reconciler(estate.stores, estate.provider, estate.partitions, estate.tools)
                self._chores.append(owned.start("cashier", cashier.run()))
                self._chores.append(owned.start("reconciler", reconciler.run()))
            if partition == 0:
                closer = Closer(estate.stores.closings, estate.tools)
                self._chores.append(owned.start("closer", closer.run()))
            self._linking = owned.start(f"link {partition}", link.run())
            await self._over.wait()
        finally:
            estate.ownership.drop(self.fence)
            tasks = self._chores if self._linking is None else [*self._chores, self._linking]
            for task in tasks:
                task.cancel()
            # Before anything is awaited: whoever cancels us twice must not leave half of it behind.
            self._forget()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self) -> None:
        estate, partition = self._estate, self.partition
        self.stop_taking()
        if self._scanner is not None:
            self._scanner.end()
        estate.router.forget(partition)
        estate.outbox.forget(partition)
        estate.census.forget(partition)
        estate.dismiss(partition)
        estate.sites.forget(partition)
        self.link = None

    @property
    def scanner(self) -> Scanner | None:
        """What finds the partition's rows, once it is taken over and until it is given back."""
        return self._scanner if self.link is not None and not self.leaving else None

    def read_on(self, recipient: Address) -> None:
        """Have a spilled mailbox read from its table."""
        if self._scanner is not None:
            self._scanner.read_on(recipient)

    async def _take_over_patiently(self) -> Link | None:
        """Take over as soon as the database lets us, keeping the lease meanwhile; None when it is lost before."""
        while not self._over.is_set():
            try:
                async with self._estate.turns:
                    return await self._take_over()
            except Unavailable as error:
                logger.warning("partition %s cannot be taken over yet: %s", self.partition, error)
                await self._estate.tools.timers.sleep(TAKE_OVER_AGAIN_S)
        return None

    async def _take_over(self) -> Link:
        estate, partition, position = self._estate, self.partition, self._lease.position
        await estate.sites.load(partition)
        now_s = estate.tools.clock.monotonic()
        times = FactTimes(await self._published_at(), estate.tools.clock.now(), now_s)
        seen = await estate.stores.telemetry.last_seen(partition)
        for (site, _), at in seen.items():
            times.heard_before(site, at)
        vigil = await self._begin_vigil(seen)
        for site in vigil.connected if position.marker_at is not None else ():
            times.connected_before(site)
        for site, bridge in vigil.bridges.items():
            if bridge.cut_at is not None:
                back_at = None if bridge.reported_at == bridge.cut_at else bridge.reported_at
                times.cut_before(site, bridge.cut_at, back_at, now_s)
        unknown, again = estate.outbox.left_behind(await estate.stores.outbox.unfinished(partition))
        told = await estate.stores.outbox.record([self.fence], unknown) if unknown else ()
        estate.tools.metrics.outbox_fates.labels(Fate.UNKNOWN).inc(len(unknown))
        doorman = Doorman(
            partition=partition,
            root=estate.root,
            sites=estate.sites,
            times=times,
            levels=await estate.stores.state.levels(partition),
            signs=vigil,
            annunciator=estate.inward.annunciator,
            tools=estate.tools,
        )
        link = Link(
            self._lease,
            line=Line(
                client_id=f"syspark-{estate.deployment}-p{partition:02d}",
                marker=marker_topic(estate.root, partition if estate.partitions > 1 else None),
                filters=self._filters,
            ),
            broker=estate.broker,
            doorman=doorman,
            inward=estate.inward,
            tools=estate.tools,
        )
        self._vigil = vigil
        self._scanner = Scanner(link, estate.inward, estate.stores.deadlines, estate.tools)
        await self._pass_over_poison()
        self.link = link
        if not self._taking:
            link.stop_taking()
        estate.router.open(partition)
        # Fates first: what is decided next must know of openings that may not have happened.
        estate.router.dispatch(told)
        await self._scanner.scan()
        estate.outbox.publish(again)
        return link

    async def _published_at(self) -> datetime | None:
        """What the broker session brings next was published after this, as far as the previous owner could know.

        Its last marker was stored with its lease, some seconds before its end; what it has stored since was older.
        """
        position = self._lease.position
        latest = await self._estate.stores.inbox.latest_fact(
            self.partition, position.broker_session, position.deliveries
        )
        return max((at for at in (position.marker_at, latest) if at is not None), default=None)

    def _filters(self) -> Sequence[str]:
        """What the link subscribes to: alone everything."""
        estate = self._estate
        if estate.partitions == 1:
            return (f"{estate.root}/#",)
        return (marker_topic(estate.root, self.partition), *estate.sites.topics(self.partition, estate.root))

    async def _begin_vigil(self, seen: Mapping[tuple[SiteId, str], datetime]) -> Vigil:
        estate = self._estate
        vigil = Vigil(
            self.fence,
            intake=estate.inward.intake,
            router=estate.router,
            telemetry=estate.inward.telemetry,
            sites=estate.sites,
            census=estate.census,
            tools=estate.tools,
        )
        twins = await estate.stores.state.twins(self.partition)
        estate.census.forget(self.partition)
        estate.census.open(self.partition, vigil)
        vigil.take_up(twins, seen)
        return vigil

    @property
    def _is_settled(self) -> bool:
        return self._estate.is_settled(self.partition) and (self.link is None or self.link.is_settled)

    async def _release(self) -> None:
        """Free the partition; with a database that does not answer its lease runs out."""
        estate = self._estate
        releasing = estate.tools.owned.start(
            f"release {self.partition}", estate.ownership.release(self.partition, self.position), awaited=True
        )
        alarm = estate.tools.timers.wake_after(RELEASE_S, releasing.cancel)
        with contextlib.suppress(Unavailable):
            await estate.inward.telemetry.flush()
        await asyncio.wait({releasing})
        alarm.cancel()
        if releasing.cancelled() or isinstance(releasing.exception(), Unavailable):
            logger.warning("partition %s could not be given back; its lease runs out", self.partition)

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
            self._estate.inward.annunciator.parked(first[0])
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
