"""The composition of the web wing: its database, its listener, its first operator."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from aiohttp import web

from ops import database, pools
from ops.address import listen, ready_to_listen
from ops.embedded.binaries import installed_binaries
from ops.operators import FirstOperator
from ops.payments import Payments, opened_payments
from ops.readiness import Broker, Readiness
from ops.running import ENDS_WITHIN_S, StoppedError, stop_on_signals, unless_stopped, watched_loop
from ops.welcome import Tell
from syspark.clock import Clock, SystemClock
from syspark.domain.units import Secret
from syspark.errors import Unavailable
from syspark.ids import IdSource
from syspark.metrics import Metrics
from syspark.persistence.admin import Administration
from syspark.persistence.operators import OperatorRegister
from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.web_stores import open_web_stores
from syspark.persistence.vault import Vault, open_vault
from syspark.settings import Settings, SettingsError
from syspark.web_ports import WebStores
from web import links
from web.app import make_app
from web.wing import Wing

logger = logging.getLogger(__name__)

T = TypeVar("T")
PORTS_TRIED = 100
TRY_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages as they are served. `password` is that of a first operator for whom one was made just now."""

    address: str
    stores: WebStores
    register: OperatorRegister
    secret_key: Secret
    password: str | None = None

    async def login_link(self, to: str = "/") -> str | None:
        """A link that signs in once, for an operator who may open lanes everywhere; None: there is none.

        Raises `Unavailable`.
        """
        for one in await self.register.all():
            if one.role == "admin" and one.site_id is None and not one.disabled:
                return self.address + links.make(self.secret_key, one.id, SystemClock().now(), to)
        return None


async def run_web(settings: Settings, *, stop: asyncio.Event | None = None, tell: Tell, show: Tell) -> None:
    """Serve the pages until `stop` is set or SIGINT or SIGTERM comes; workers run elsewhere.

    `tell` hears each step in a sentence; `show` what must not come into a log. Raises `PermanentError` when it cannot
    start as it is set up.
    """
    async with AsyncExitStack() as stack:
        stop = stop if stop is not None else stack.enter_context(stop_on_signals(ENDS_WITHIN_S))
        try:
            url = await unless_stopped(stop, _find_database(settings, tell))
            metrics = Metrics()
            await stack.enter_async_context(watched_loop(metrics))
            payments = await stack.enter_async_context(opened_payments(settings, SystemClock(), pages=True))
            opening = serve_pages(settings, url, metrics, payments, tell=tell)
            pages = await unless_stopped(stop, stack.enter_async_context(opening))
        except StoppedError:
            tell("stopped before it had begun")
            return
        show_password(settings, pages, show)
        tell(f"ready: the pages are at {pages.address}")
        await stop.wait()
        tell("stopping: what is being answered ends")
    tell("stopped")


@asynccontextmanager
async def serve_pages(
    settings: Settings,
    url: str,
    metrics: Metrics,
    payments: Payments,
    *,
    broker: Broker | None = None,
    clock: Clock | None = None,
    tell: Tell,
) -> AsyncIterator[Pages]:
    """Serve the pages during the block, over a database that has this release's schema.

    A database that goes away meanwhile is waited for. Raises `PermanentError`, `SettingsError` when nothing can listen.
    """
    async with AsyncExitStack() as stack:
        own = Database(url, size=2)
        await own.open()
        stack.push_async_callback(own.close)
        first = FirstOperator(settings)
        register, password = await _waiting(lambda: _begin(own, first))
        vault = await _waiting(lambda: open_vault(own, _secret_key(settings)))
        measured = partial(pools.measure, metrics, "web")
        stores = await _waiting(lambda: stack.enter_async_context(open_web_stores(url, opened=measured)))
        readiness = Readiness(Administration(own), broker)
        stack.push_async_callback(readiness.close)
        wing = _wing(settings, stores, metrics, readiness, vault, clock or SystemClock())
        app = make_app(replace(wing, payments=payments.provider))
        payments.add_pages(app)
        runner = await stack.enter_async_context(ready_to_listen(app))
        address = await listen_from(runner, settings.host, settings.port, tell)
        payments.listening(address)
        if payments.sandbox is not None:
            tell("payments are the sandbox's, no money moves: STRIPE_API_KEY is not set")
        yield Pages(settings.public_url or address, stores, register, _secret_key(settings), password)


async def _begin(own: Database, first: FirstOperator) -> tuple[OperatorRegister, str | None]:
    register = await OperatorRegister.over(own)
    return register, await first.ensure(register)


async def _waiting(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until the database answers."""
    while True:
        try:
            return await ask()
        except Unavailable as error:
            logger.warning("the pages wait for the database: %s", error)
            await asyncio.sleep(TRY_AGAIN_S)


def _wing(
    settings: Settings, stores: WebStores, metrics: Metrics, readiness: Readiness, vault: Vault, clock: Clock
) -> Wing:
    token = settings.metrics_token
    return Wing(
        stores=stores,
        clock=clock,
        ids=IdSource(clock),
        metrics=metrics,
        readiness=readiness,
        secret_key=_secret_key(settings),
        public_url=settings.public_url,
        trusted_proxies=settings.trusted_proxies,
        metrics_token=token.get_secret_value() if token is not None else None,
        unseal=lambda sealed: vault.open(sealed).encode(),
    )


def _secret_key(settings: Settings) -> Secret:
    assert settings.syspark_secret_key is not None
    return Secret(settings.syspark_secret_key.get_secret_value())


async def listen_from(runner: web.AppRunner, host: str, port: int, tell: Tell) -> str:
    """Listen at the first free port from `port` on, and return the address. Raises `SettingsError`."""
    for candidate in range(port, min(port + PORTS_TRIED, 65_536)):
        address = await listen(runner, host, candidate, "PORT")
        if address is not None:
            if candidate != port:
                tell(f"port {port} is in use and left alone: the pages are at port {candidate}")
            return address
    raise SettingsError("PORT", f"is in use, and so are those after it up to {port + PORTS_TRIED - 1}", "PORT=9080")


def show_password(settings: Settings, pages: Pages, show: Tell) -> None:
    """Show the password of a first operator that was made just now, this once."""
    if pages.password is not None:
        show(f"first operator {settings.admin_user}, password shown this once: {pages.password}")


async def _find_database(settings: Settings, tell: Tell) -> str:
    """The address of a database with this release's schema.

    Raises `NoDatabaseError` for one of another release, `NotInstalledError` where none is named and none could run.
    """
    tell("looking for the database")
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        while True:
            await database.wait_until_there(url)
            try:
                await database.check_schema(url)
            except Unavailable as error:
                logger.warning("waiting for the database: %s", error)
                await asyncio.sleep(TRY_AGAIN_S)
            else:
                return url
    installed_binaries()  # without them no worker of this folder will ever run one to wait for
    told = False
    while True:  # the worker of this folder starts its database and brings it to its schema
        try:
            url = await database.running(settings.syspark_home)
            await database.check_schema(url)
        except (Unavailable, database.NoDatabaseError):
            if not told:
                tell(f"waiting for `syspark worker` to run the embedded PostgreSQL in {settings.syspark_home}")
            told = True
            await asyncio.sleep(TRY_AGAIN_S)
        else:
            return url
