"""The web application of tests, on a real port, and a reader without a browser."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import ClientResponse, ClientSession, CookieJar, web

from syspark.clock import Clock, SystemClock
from syspark.errors import Unavailable
from syspark.ids import IdSource
from syspark.metrics import Metrics
from syspark.persistence.postgres.web_stores import open_web_stores
from syspark.web_ports import WebStores
from tests.web.field import PASSWORD, WEAK
from web.app import make_app
from web.live.service import LIVE, Live
from web.wing import WING, Wing

SECRET_KEY = "the-key-of-the-tests-that-is-long-enough"


@dataclass
class Served:
    """A running application."""

    address: str
    app: web.Application
    wing: Wing
    ready: dict[str, str | None]

    @property
    def live(self) -> Live:
        """What reads for open pages."""
        return self.app[LIVE]


@asynccontextmanager
async def served(stores: WebStores, clock: Clock | None = None, **changes: Any) -> AsyncIterator[Served]:
    """Run the application on a free loopback port."""
    ready: dict[str, str | None] = {"database": None, "broker": None, "migrations": None}

    async def readiness() -> Mapping[str, str | None]:
        return ready

    time = clock or SystemClock()
    wing = Wing(
        stores=stores,
        clock=time,
        ids=IdSource(SystemClock()),
        metrics=Metrics(),
        readiness=readiness,
        secret_key=SECRET_KEY,
    )
    app = make_app(replace(wing, **changes), hasher=WEAK)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield Served(f"http://127.0.0.1:{port}", app, app[WING], ready)
    finally:
        await runner.cleanup()


@asynccontextmanager
async def served_on(url: str, clock: Clock | None = None, **changes: Any) -> AsyncIterator[Served]:
    """The application over a real database."""
    async with open_web_stores(url) as stores, served(stores, clock, **changes) as running:
        yield running


class Reader:
    """A person's browser without JavaScript: keeps cookies, follows forms."""

    def __init__(self, session: ClientSession, address: str) -> None:
        self.session = session
        self.address = address
        self.csrf = ""

    @classmethod
    @asynccontextmanager
    async def visiting(cls, running: Served, language: str = "en") -> AsyncIterator["Reader"]:
        """A reader who has come for the first time."""
        jar = CookieJar(unsafe=True)
        async with ClientSession(running.address, cookie_jar=jar, headers={"Accept-Language": language}) as session:
            yield cls(session, running.address)

    async def get(self, path: str, status: int = 200, **options: Any) -> str:
        """A page's text."""
        async with self.session.get(path, **options) as response:
            text = await response.text()
            assert response.status == status, (response.status, text[:500])
        found = re.search(r'name="csrf" value="([^"]+)"', text)
        if found:
            self.csrf = found[1]
        return text

    async def post(
        self, path: str, status: int = 303, headers: Mapping[str, str] | None = None, **fields: str
    ) -> ClientResponse:
        """Send a form of the last page."""
        data = {"csrf": self.csrf, **fields}
        sent = {"Origin": self.address, **(headers or {})}
        async with self.session.post(path, data=data, headers=sent, allow_redirects=False) as response:
            await response.read()
            assert response.status == status, (response.status, (await response.text())[:500])
            return response

    async def sign_in(self, login: str = "c.marchand", password: str = PASSWORD, status: int = 303) -> ClientResponse:
        """Start a shift."""
        await self.get("/login")
        response = await self.post("/login", status, login=login, password=password)
        if status == 303:
            await self.get("/")
        return response


class AwayStores:
    """Stores whose database is away: whatever is asked of them is unavailable."""

    def __getattr__(self, name: str) -> Any:
        async def unavailable(*_arguments: object, **_options: object) -> None:
            raise Unavailable("database", because="stopped by the test")

        return unavailable
