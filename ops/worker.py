"""The composition of a worker: the only place that knows which database, which broker and which lock it runs on."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from actors.outbox import FindPayHere
from actors.worker import Worker, WorkerSetup
from ops import pools, welcome
from ops.comparing import keep_compared
from ops.embedded.broker import EmbeddedBroker
from ops.heads import tell_heads
from ops.messenger import opened_messenger
from ops.name_lock import NameLock
from ops.payments import Payments, opened_payments
from ops.persistence import Persistence, open_persistence
from ops.requests import Requests
from ops.retaining import keep_only
from ops.running import (
    ENDS_WITHIN_S,
    OWN_SERVERS_END_WITHIN_S,
    StoppedError,
    Watch,
    beside,
    stop_on_signals,
    unless_stopped,
    watched_loop,
)
from ops.site_secrets import SiteSecrets
from ops.welcome import BrokerAddress, Tell
from syspark import portal_links
from syspark.clock import Clock, SystemClock
from syspark.contract.topics import DEFAULT_SITE
from syspark.errors import Unavailable
from syspark.gateways.mqtt import PahoBroker
from syspark.metrics import Metrics
from syspark.persistence.admin import Administration
from syspark.persistence.housekeeping import Housekeeping
from syspark.persistence.postgres.database import Database
from syspark.ports import Broker, Messenger, Stores
from syspark.settings import MqttVersion, Settings

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.05
TRY_AGAIN_S = 1.0
TIDY_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class Running:
    """A worker as what runs beside it in the same process knows it; `note` leaves word for a second start."""

    settings: Settings
    persistence: Persistence
    worker: Worker
    metrics: Metrics
    broker: BrokerAddress | None
    stop: asyncio.Event
    tell: Tell
    note: Callable[..., None]
    clock: Clock
    payments: Payments

    @property
    def is_linked(self) -> bool:
        """Whether the subscriptions of every partition it holds stand, which a mere connection does not tell."""
        return self.worker.listening

    async def wait_until_in_use(self) -> None:
        """Return once it holds a partition and hears its sites."""
        while not (self.worker.partitions and self.is_linked):  # noqa: ASYNC110 - the worker has no event for it
            await asyncio.sleep(LOOK_EVERY_S)
        held, all_of_them = len(self.worker.partitions), self.persistence.partitions
        self.tell(f"ready: holds {held} of {all_of_them} partitions, connected to the broker")


Companion = Callable[[Running], AbstractAsyncContextManager[None]]
"""What runs beside a worker, from before it takes its partitions until it has drained."""


@asynccontextmanager
async def greeted(running: Running) -> AsyncIterator[None]:
    """Say when the worker can be used, and in embedded mode what to try."""
    async with beside(_greet(running), "greeting"):
        yield


async def run_worker(  # noqa: PLR0913 - what a process is put together from
    settings: Settings,
    *,
    broker: Broker | None = None,
    stores: Stores | None = None,
    clock: Clock | None = None,
    stop: asyncio.Event | None = None,
    tell: Tell = logger.info,
    companions: Sequence[Companion] = (greeted,),
    pages: bool = False,
) -> None:
    """Work until `stop` is set or SIGINT or SIGTERM comes, then drain. `settings` hold every secret that is needed.

    `tell` hears each step in a sentence. `broker` and `stores` replace those of the settings; `clock` is the field's
    where a trial lets it hurry; `pages`: a companion serves them, so that a sandbox can take payments. Raises
    `PermanentError` or `EmbeddedError` when it cannot start as it is set up, `WorkerFailedError` after a bug.
    """
    async with AsyncExitStack() as stack:
        clock = clock or SystemClock()
        stop = stop if stop is not None else stack.enter_context(stop_on_signals(_latest_end_s(settings)))
        lock = await asyncio.to_thread(_take_name, settings)
        stack.callback(lock.release)
        watch = Watch(stop)
        try:
            persistence = (
                Persistence(stores, "given", settings.syspark_partitions)
                if stores is not None
                else await unless_stopped(stop, open_persistence(settings, stack, watch, tell))
            )
            if broker is not None:
                link, address = broker, None
            else:
                link, address = await unless_stopped(stop, _find_broker(settings, stack, watch, tell))
                lock.note(broker=str(address))
            messenger = await stack.enter_async_context(opened_messenger(settings))
            payments = await stack.enter_async_context(opened_payments(settings, clock, pages=pages))
            worker, metrics = _compose(settings, persistence, link, lock, clock, messenger, payments)
            if persistence.database is not None:
                pools.measure(metrics, "worker", persistence.database)
            await stack.enter_async_context(watched_loop(metrics))
            running = Running(settings, persistence, worker, metrics, address, stop, tell, lock.note, clock, payments)
            for companion in companions:
                await unless_stopped(stop, stack.enter_async_context(companion(running)))
        except StoppedError:
            tell("stopped before it had begun")
            return
        tell("taking up the partitions, connecting to the broker")
        async with (
            beside(_keep_tidy(persistence.database, clock), "housekeeping"),
            beside(tell_heads(persistence.database, lambda: 0 in worker.partitions), "heads of the journal"),
            beside(_announce(stop, tell), "announcement"),
            beside(_keep_compared(persistence, payments, clock, worker), "comparison with the provider"),
            beside(_keep_only(persistence, metrics, clock, worker), "retention"),
        ):
            await worker.run(stop)
        await stack.aclose()
        watch.raise_if_ended()
        tell("stopped: what was not settled stays in its rows")


async def _keep_compared(persistence: Persistence, payments: Payments, clock: Clock, worker: Worker) -> None:
    inbox, provider = persistence.stores.inbox, payments.provider
    await keep_compared(persistence.database, inbox, provider, clock, lambda: 0 in worker.partitions)


async def _keep_only(persistence: Persistence, metrics: Metrics, clock: Clock, worker: Worker) -> None:
    inbox = persistence.stores.inbox
    await keep_only(persistence.database, inbox, metrics, clock, lambda: 0 in worker.partitions)


def _compose(
    settings: Settings,
    persistence: Persistence,
    link: Broker,
    lock: NameLock,
    clock: Clock,
    messenger: Messenger | None,
    payments: Payments,
) -> tuple[Worker, Metrics]:
    metrics = Metrics()
    setup = WorkerSetup(
        name=lock.owner,
        deployment=persistence.deployment,
        partitions=persistence.partitions,
        root=settings.mqtt_root,
        predecessor_is_dead=lock.proven,
    )
    secrets = SiteSecrets(settings, persistence.vault)
    worker = Worker(
        setup,
        stores=persistence.stores,
        broker=link,
        open_secrets=secrets,
        open_pin=secrets.pin,
        clock=clock,
        machine=SystemClock(),
        metrics=metrics,
        messenger=messenger,
        provider=payments.provider,
        public_url=settings.public_url or "",
        pay_here=_pay_here(settings),
    )
    return worker, metrics


def _pay_here(settings: Settings) -> FindPayHere:
    key = settings.syspark_secret_key
    if key is None:
        return lambda _session: None
    return partial(portal_links.pay_here, key.get_secret_value(), settings.public_url or "")


def _latest_end_s(settings: Settings) -> float:
    return OWN_SERVERS_END_WITHIN_S if settings.embedded_database else ENDS_WITHIN_S


def _take_name(settings: Settings) -> NameLock:
    """Take the worker's name; a folder that cannot be written costs the proof that a predecessor is dead, no more."""
    lock = NameLock(settings.syspark_home, settings.syspark_worker_name)
    try:
        lock.acquire()
    except OSError as error:
        logger.warning(
            "SYSPARK_HOME cannot be written (%s): after a kill, a restart waits for the old lease to run out",
            error.strerror,
        )
    return lock


async def _find_broker(
    settings: Settings, stack: AsyncExitStack, watch: Watch, tell: Tell
) -> tuple[Broker, BrokerAddress]:
    if settings.mqtt_host is not None:
        return given_broker(settings), BrokerAddress(
            settings.mqtt_host, settings.mqtt_port, tls=settings.mqtt_tls, username=settings.mqtt_username
        )
    tell("starting the embedded broker (for trying out: it keeps nothing when it stops)")
    server = EmbeddedBroker()
    await stack.enter_async_context(server)
    await stack.enter_async_context(watch.over(server, "the embedded broker"))
    # 3.1.1 whatever the settings say: a message with MQTT 5 properties for a 3.1.1 client, which mosquitto_sub and the
    # controllers are, makes rumqttd panic and drop that client.
    return PahoBroker(server.host, server.port, version=MqttVersion.V311), BrokerAddress(server.host, server.port)


def given_broker(settings: Settings) -> PahoBroker:
    """The broker of the settings, which name one."""
    assert settings.mqtt_host is not None
    password = settings.mqtt_password
    return PahoBroker(
        settings.mqtt_host,
        settings.mqtt_port,
        username=settings.mqtt_username,
        password=password.get_secret_value() if password is not None else None,
        tls=settings.mqtt_tls,
        ca_file=settings.mqtt_ca_file,
        version=settings.mqtt_version,
    )


async def _greet(running: Running) -> None:
    await running.wait_until_in_use()
    settings, opened = running.settings, running.persistence.database
    if not settings.embedded_database or opened is None or running.broker is None:
        return
    administration = Administration(opened)
    while True:
        try:
            await welcome.make_known(administration, Requests(running.persistence.stores.inbox), running.tell)
            badges = await administration.credentials(DEFAULT_SITE)
        except Unavailable:
            await asyncio.sleep(TRY_AGAIN_S)
        else:
            running.tell("\n".join(welcome.lines(running.broker, settings.mqtt_root, badges)))
            return


async def _announce(stop: asyncio.Event, tell: Tell) -> None:
    await stop.wait()
    tell("stopping: no new messages, settling what is here")


async def _keep_tidy(opened: Database | None, clock: Clock) -> None:
    """Now and every hour make the next partitions by time, and remove what is over its time."""
    if opened is None:
        return
    housekeeping = Housekeeping(opened)
    while True:
        now = clock.now()
        try:
            await housekeeping.make_partitions(now)
            async for _ in housekeeping.purge_all(now):
                await asyncio.sleep(LOOK_EVERY_S)
        except Unavailable as error:
            logger.warning("housekeeping is put off: %s", error)
        await asyncio.sleep(TIDY_EVERY_S)
