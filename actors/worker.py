"""A worker: takes partitions, keeps their sites, devices and sessions live, and gives them back in order.

The composition of everything in this wing; the drivers behind the ports are given by `ops`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import pykka

from actors import entities
from actors.annunciator import Annunciator
from actors.census import Census
from actors.controller import ControllerActor
from actors.device import DeviceActor
from actors.figures import ActorFigures
from actors.herald import Herald
from actors.house import House, Idleness
from actors.link import Inward
from actors.lookout import Lookout
from actors.outbox import Ended, FindPayHere, Outbox
from actors.ownership import Ownership
from actors.patience import Patience
from actors.patrol import Patrol
from actors.reach import Reach
from actors.router import Router
from actors.runtime import Directory, Fate, Key, MailboxFull, Owned, Supervisor, Timers, drain
from actors.session import SessionActor
from actors.site import SiteActor
from actors.sites import OpenPin, OpenSecrets, Sites
from actors.telemetry import TelemetryFlusher
from actors.tenure import Estate
from actors.tenures import Tenures
from actors.tools import Tools
from actors.tries import RETRY_S, Tries
from actors.writers import Writers
from syspark.clock import Clock
from syspark.errors import Unavailable
from syspark.ids import IdSource
from syspark.metrics import Metrics
from syspark.payment_ports import PaymentProvider
from syspark.ports import Broker, Messenger, Stores
from syspark.rows import Address, InboxRow

logger = logging.getLogger(__name__)

SWEEP_EVERY_S = 30.0
IDLE_S = 60.0
DRAIN_S = 7.0
DRAIN_LOOK_S = 0.02
STOP_S = 1.0


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """Which worker this is.

    `predecessor_is_dead`: proven by the lock that its predecessor of the same name held for life.
    """

    name: str
    deployment: str
    partitions: int
    root: str
    predecessor_is_dead: bool = False


class WorkerFailedError(Exception):
    """A bug has ended the worker; what it had not finished is in its rows."""


class Worker:
    """One process's share of the live wing. Run it once."""

    def __init__(  # noqa: PLR0913 - everything it is composed of, each by name
        self,
        setup: WorkerSetup,
        *,
        stores: Stores,
        broker: Broker,
        open_secrets: OpenSecrets,
        open_pin: OpenPin = lambda _sealed: None,
        clock: Clock,
        metrics: Metrics,
        machine: Clock | None = None,
        timers: Timers | None = None,
        messenger: Messenger | None = None,
        provider: PaymentProvider | None = None,
        public_url: str = "",
        pay_here: FindPayHere = lambda _session: None,
    ) -> None:
        """`clock` is the field's, `machine` the machine's own where it is another; `timers` wait on the machine's.

        `messenger` tells people of alarms, with links that begin with `public_url`; None: the dashboard alone does.
        `provider` is where drivers pay; None: nowhere.
        `pay_here`: what the exit's display tells a driver who has to pay.
        """
        self._setup = setup
        owned = Owned("worker", on_crash=self._task_failed)
        machine = clock if machine is None else machine
        timers = Timers(machine) if timers is None else timers
        self.tools = Tools(clock, machine, timers, IdSource(clock), owned, Patience(timers), metrics)
        self._ended = asyncio.Event()
        self._bug: BaseException | None = None
        self._draining = False
        supervisor = Supervisor(
            clock=machine,
            timers=self.tools.timers,
            rng=Random(),  # noqa: S311 - spreads restarts, keeps no secret
            on_crash=self._crashed,
            escalate=self._given_up,
        )
        figures = ActorFigures(metrics)
        self._directory = Directory(owned=owned, supervisor=supervisor, counters=figures)
        self._ownership = Ownership(stores.leases, setup.name, machine)
        self._sites = Sites(stores.state, open_secrets, open_pin)
        census = Census(self._sites.partition_of, metrics)
        self._router = Router(self._directory, self._row_failed, self.tools)
        self._tenures = Tenures(
            self._ownership, self.tools, partitions=setup.partitions, is_heir=setup.predecessor_is_dead
        )
        self._router.wire(self._tenures, self._tenures.relieved)
        annunciator = Annunciator(stores.inbox, self._sites, setup.partitions, self.tools)
        self._tries = Tries(stores.inbox, self._ownership, annunciator, self.tools)
        self._telemetry = TelemetryFlusher(stores.telemetry, self._ownership, self._sites, self.tools)
        self._herald = Herald(stores.hints, self.tools)
        self._writers = Writers(
            stores,
            self._ownership,
            self._router,
            self.tools,
            herald=self._herald,
            supervisor=supervisor,
            figures=figures,
        )
        self._outbox = Outbox(
            way=self._tenures.link,
            fated=self._fated,
            ownership=self._ownership,
            sites=self._sites,
            root=setup.root,
            pay_here=pay_here,
            tools=self.tools,
        )
        self._idleness = Idleness(machine)
        house = House(
            partitions=setup.partitions,
            stores=stores,
            sites=self._sites,
            census=census,
            journal=self._writers.journal,
            router=self._router,
            annunciator=annunciator,
            ownership=self._ownership,
            publish=self._outbox.publish,
            fenced=self._tenures.fenced,
            tools=self.tools,
            idleness=self._idleness,
            notifies=messenger is not None,
        )
        entities.serve(self._directory, house)
        entities.count(figures, self._router)
        intake = self._writers.intake
        inward = Inward(intake, stores.inbox, self._router, self._ownership, self._telemetry, annunciator)
        self._estate = Estate(
            stores=stores,
            broker=broker,
            root=setup.root,
            deployment=setup.deployment,
            partitions=setup.partitions,
            sites=self._sites,
            census=census,
            outbox=self._outbox,
            inward=inward,
            is_settled=self._is_settled,
            dismiss=self._dismiss,
            tools=self.tools,
            messenger=messenger,
            provider=provider,
            public_url=public_url,
        )
        self._patrol = Patrol(self._tenures.scanners, stores.inbox, stores.deadlines, stores.hints, self.tools)
        self._lookout = Lookout(lambda: self._tenures.link(0), stores.state, annunciator, messenger, self.tools)
        self._reach = Reach(self._tenures, broker, setup.deployment, self.tools)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then drain. Raises `WorkerFailedError` after a bug."""
        await self._writers.start()
        owned = self.tools.owned
        holding = owned.start("tenures", self._tenures.run(self._estate, self._reach))
        chores = [
            owned.start("telemetry", self._telemetry.run()),
            owned.start("passivation", self._sweep()),
            owned.start("reach of the broker", self._reach.run()),
            owned.start("patrol", self._patrol.run()),
            owned.start("requests heard", self._patrol.listen()),
            owned.start("lookout", self._lookout.run()),
            owned.start("herald", self._herald.run()),
        ]
        stopping = owned.start("stop", stop.wait())
        ended = owned.start("end", self._ended.wait())
        try:
            await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
            await self._drain()
        finally:
            for task in (holding, *chores, stopping, ended):
                task.cancel()
            await asyncio.gather(holding, *chores, return_exceptions=True)
            await self._shut()
        if self._bug is not None:
            raise WorkerFailedError(str(self._bug)) from self._bug

    @property
    def partitions(self) -> Sequence[int]:
        """The partitions held."""
        return self._tenures.partitions

    @property
    def connected(self) -> bool:
        """Whether every partition held has its broker connection."""
        return self._tenures.connected

    @property
    def listening(self) -> bool:
        """Whether every partition held hears its sites."""
        return self._tenures.listening

    def _is_settled(self, partition: int) -> bool:
        """Whether nothing of one partition is being decided, sent or written."""
        busy = self._router.undone(partition) or self._outbox.waits_for(partition)
        return not (busy or self._writers.fates_wait_for(partition))

    def _dismiss(self, partition: int) -> None:
        """Let the sites of a partition go that is no longer ours: others rest by themselves, sites stay for good."""
        for site in self._sites.of(partition):
            self._directory.passivate(Key(SiteActor.kind, site.id))

    async def _sweep(self) -> None:
        """Let idle entities go; sites stay, their index of visits is dear to rebuild."""
        while True:
            await self.tools.timers.sleep(SWEEP_EVERY_S)
            for key in self._idleness.idle_for(IDLE_S):
                if key.kind != SiteActor.kind:
                    self._directory.passivate(key)

    async def _drain(self) -> None:
        """Take nothing new, settle what is here, say what became of it, give the partitions back."""
        self._draining = True
        deadline = self.tools.machine.monotonic() + DRAIN_S
        self._tenures.stop_taking()
        while self._busy and self._bug is None and self.tools.machine.monotonic() < deadline:
            await self.tools.timers.sleep(DRAIN_LOOK_S)
        if self._busy:
            logger.warning("not all could be settled in time; the rest stays in its rows")
        if self._bug is None:
            with contextlib.suppress(Unavailable):
                await self._telemetry.flush()
            await self._tenures.give_back()
        self._tenures.end()

    @property
    def settled(self) -> bool:
        """Whether nothing is being decided or written; commands may still wait for their time."""
        return self._router.idle and self._writers.settled

    @property
    def _busy(self) -> bool:
        return not self.settled or self._outbox.waiting > 0

    async def _shut(self) -> None:
        self.tools.patience.abandon()
        self._directory.close()
        groups = self._writers.close()
        await drain([*groups, self._directory.refs()], deadline_s=STOP_S, timers=self.tools.timers)
        await self.tools.owned.close()
        self.tools.timers.close()

    def _fated(self, ended: Ended) -> None:
        """Have a fate written, once there is a recorder; in a drain it is left to the next owner, as unknown."""
        try:
            self._writers.fates.tell(ended)
        except (pykka.ActorDeadError, MailboxFull):
            if not self._draining:
                self.tools.timers.wake_after(RETRY_S, lambda: self._fated(ended))

    async def _crashed(self, key: Key, message: object, error: Exception) -> Fate:
        return await self._tries.crashed(self._router, key, message, error)

    async def _row_failed(self, row: InboxRow, error: Exception) -> None:
        await self._tries.failed(self._router, row, error)

    def _given_up(self, key: Key, error: Exception) -> None:
        """A session or device that cannot live brings down its site, a site the process."""
        row = self._router.first(Address(key.kind, key.id))  # type: ignore[arg-type]  # services have no rows
        of_site = key.kind in {DeviceActor.kind, ControllerActor.kind, SessionActor.kind}
        site = row.scope.site_id if row is not None and of_site else None
        if site is None or not self._directory.fail(Key(SiteActor.kind, site), error):
            self._task_failed(f"{key.kind} {key.id}", error)

    def _task_failed(self, name: str, error: BaseException) -> None:
        logger.critical("%s failed for good: the worker ends, its rows are taken up again at the next start", name)
        self._bug = self._bug or error
        self._ended.set()
