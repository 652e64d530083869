"""The composition of a worker: the only place that knows which database, which broker and which lock it runs on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from actors.worker import Worker, WorkerSetup
from ops import database, welcome
from ops.embedded.broker import EmbeddedBroker
from ops.embedded.errors import AlreadyRunningError
from ops.embedded.postgres import EmbeddedPostgres
from ops.name_lock import NameLock, holders
from ops.requests import Requests
from ops.running import StoppedError, Watch, beside, stop_on_signals, unless_stopped
from ops.site_secrets import SiteSecrets
from ops.welcome import BrokerAddress, Tell
from syspark.clock import SystemClock
from syspark.contract.topics import DEFAULT_SITE
from syspark.domain.units import Secret
from syspark.errors import Unavailable
from syspark.gateways.mqtt import PahoBroker
from syspark.metrics import Metrics
from syspark.persistence import schema
from syspark.persistence.admin import Administration
from syspark.persistence.housekeeping import AT_ONCE, Housekeeping
from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.stores import PostgresStores
from syspark.persistence.vault import Vault, open_vault
from syspark.ports import Broker, Stores
from syspark.settings import MqttVersion, Settings, SettingsError

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.05
TRY_AGAIN_S = 1.0
COMMANDS_LET_GO_S = 15.0
"""How long a command may keep the embedded PostgreSQL that a worker wants to start."""

TIDY_EVERY_S = 3600.0
ENDS_WITHIN_S = 9.5
OWN_SERVERS_END_WITHIN_S = 60.0
"""A PostgreSQL of our own is given the time to write everything out."""


@dataclass(frozen=True, slots=True)
class Persistence:
    """What a worker reads and writes; `database` is None where none stands behind the stores."""

    stores: Stores
    deployment: str
    partitions: int
    vault: Vault | None = None
    database: Database | None = None


async def run_worker(
    settings: Settings,
    *,
    broker: Broker | None = None,
    stores: Stores | None = None,
    stop: asyncio.Event | None = None,
    tell: Tell = logger.info,
) -> None:
    """Work until `stop` is set or SIGINT or SIGTERM comes, then drain. `settings` hold every secret that is needed.

    `tell` hears each step in a sentence. `broker` and `stores` replace those of the settings. Raises `PermanentError`
    or `EmbeddedError` when it cannot start as it is set up, `WorkerFailedError` after a bug.
    """
    async with AsyncExitStack() as stack:
        stop = stop if stop is not None else stack.enter_context(stop_on_signals(_latest_end_s(settings)))
        lock = await asyncio.to_thread(_take_name, settings)
        stack.callback(lock.release)
        watch = Watch(stop)
        try:
            persistence = (
                Persistence(stores, "given", settings.syspark_partitions)
                if stores is not None
                else await unless_stopped(stop, _open_persistence(settings, stack, watch, tell))
            )
            if broker is not None:
                link, address = broker, None
            else:
                link, address = await unless_stopped(stop, _find_broker(settings, stack, watch, tell))
                lock.note(broker=str(address))
        except StoppedError:
            tell("stopped before it had begun")
            return
        metrics = Metrics()
        worker = Worker(
            WorkerSetup(
                name=lock.owner,
                deployment=persistence.deployment,
                partitions=persistence.partitions,
                root=settings.mqtt_root,
                predecessor_is_dead=lock.proven,
            ),
            stores=persistence.stores,
            broker=link,
            open_secrets=SiteSecrets(settings, persistence.vault),
            clock=SystemClock(),
            metrics=metrics,
        )
        tell("taking up the partitions, connecting to the broker")
        async with (
            beside(_greet(worker, metrics, settings, persistence, address, tell), "greeting"),
            beside(_keep_tidy(persistence.database), "housekeeping"),
            beside(_announce(stop, tell), "announcement"),
        ):
            await worker.run(stop)
        await stack.aclose()
        watch.raise_if_ended()
        tell("stopped: what was not settled stays in its rows")


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


async def _open_persistence(settings: Settings, stack: AsyncExitStack, watch: Watch, tell: Tell) -> Persistence:
    if settings.database_url is None:
        url = await _start_postgres(settings, stack, watch, tell)
    else:
        url = settings.database_url.get_secret_value()
        tell("looking for the database")
    while True:
        try:
            await database.wait_until_there(url)
            await database.check_schema(url)
            opened = await stack.enter_async_context(PostgresStores.open(url))
            return await _described(settings, opened)
        except Unavailable as error:  # it went away again in between
            logger.warning("waiting for the database: %s", error)
            await asyncio.sleep(TRY_AGAIN_S)


async def _start_postgres(settings: Settings, stack: AsyncExitStack, watch: Watch, tell: Tell) -> str:
    home = settings.syspark_home
    first = "" if database.has_cluster(home) else " (made now, which takes some seconds)"
    tell(f"starting the embedded PostgreSQL in {home}{first}")
    server = EmbeddedPostgres(home)
    await _start_after_commands(server, settings)
    stack.push_async_callback(server.stop)
    await stack.enter_async_context(watch.over(server, "the embedded PostgreSQL"))
    tell("bringing the database to this release's schema")
    await asyncio.to_thread(schema.migrate, server.url, settings.syspark_partitions, tell)
    return server.url


async def _start_after_commands(server: EmbeddedPostgres, settings: Settings) -> None:
    """Start it; a command that has it for a moment is waited for. Raises `AlreadyRunningError` for another worker."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + COMMANDS_LET_GO_S
    while True:
        try:
            return await server.start()
        except AlreadyRunningError:
            others = [one for one in holders(settings.syspark_home) if one.name != settings.syspark_worker_name]
            if others or loop.time() > deadline:
                raise
            await asyncio.sleep(LOOK_EVERY_S)


async def _described(settings: Settings, opened: PostgresStores) -> Persistence:
    deployment, partitions = await Administration(opened.database).deployment()
    if partitions != settings.syspark_partitions:
        raise SettingsError(
            "SYSPARK_PARTITIONS",
            f"is {settings.syspark_partitions}, and the database was made for {partitions}",
            f"SYSPARK_PARTITIONS={partitions}",
        )
    assert settings.syspark_secret_key is not None
    vault = await open_vault(opened.database, Secret(settings.syspark_secret_key.get_secret_value()))
    return Persistence(opened.stores, str(deployment), partitions, vault, opened.database)


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


async def _greet(
    worker: Worker,
    metrics: Metrics,
    settings: Settings,
    persistence: Persistence,
    address: BrokerAddress | None,
    tell: Tell,
) -> None:
    """Say when the worker can be used, and in embedded mode what to try."""
    while not _in_use(worker, metrics):  # noqa: ASYNC110 - the worker has no event for it, and this is asked once
        await asyncio.sleep(LOOK_EVERY_S)
    tell(f"ready: holds {len(worker.partitions)} of {persistence.partitions} partitions, connected to the broker")
    if not settings.embedded_database or persistence.database is None or address is None:
        return
    administration = Administration(persistence.database)
    while True:
        try:
            await welcome.make_known(administration, Requests(persistence.stores.inbox), tell)
            badges = await administration.credentials(DEFAULT_SITE)
        except Unavailable:
            await asyncio.sleep(TRY_AGAIN_S)
        else:
            tell("\n".join(welcome.lines(address, settings.mqtt_root, badges)))
            return


def _in_use(worker: Worker, metrics: Metrics) -> bool:
    """Whether the worker holds partitions and their subscriptions stand, which a mere connection does not tell."""
    return bool(worker.partitions) and all(
        metrics.registry.get_sample_value("syspark_link_connected", {"partition": str(partition)}) == 1
        for partition in worker.partitions
    )


async def _announce(stop: asyncio.Event, tell: Tell) -> None:
    await stop.wait()
    tell("stopping: no new messages, settling what is here")


async def _until_done(purge: Callable[[datetime], Awaitable[int]], now: datetime) -> None:
    """Repeat a purge in small steps, with a pause between them for the others."""
    removed = AT_ONCE
    while removed >= AT_ONCE:
        removed = await purge(now)
        await asyncio.sleep(LOOK_EVERY_S)


async def _keep_tidy(opened: Database | None) -> None:
    """Now and every hour make the next partitions by time, and remove what is over its time."""
    if opened is None:
        return
    housekeeping = Housekeeping(opened)
    while True:
        now = datetime.now(UTC)
        try:
            await housekeeping.make_partitions(now)
            for purge in (housekeeping.purge_inbox, housekeeping.purge_event_ids):
                await _until_done(purge, now)
        except Unavailable as error:
            logger.warning("housekeeping is put off: %s", error)
        await asyncio.sleep(TIDY_EVERY_S)
