"""A car park's day up to the moment of paying: real servers, the product's processes, and drivers who have stayed."""

import asyncio
import random
import re
import secrets
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import ClientSession, CookieJar

from ops.sandbox import Sandbox
from syspark.domain.units import SessionId
from syspark.portal_links import PortalLink, path_of
from tests.killing.edge import Edge
from tests.killing.field import DEFAULT, Event, Site, badges
from tests.killing.generator import Line
from tests.killing.plan import PRODUCT
from tests.killing.preparation import prepare
from tests.killing.victim import Victim
from tests.ops.service import Service
from tests.servers.mosquitto import Mosquitto
from tests.servers.postgres import PostgresServer
from tests.servers.process import ChildProcess
from tests.servers.waiting import eventually, free_port

STAYED_MINUTES = 120
READY_S = 40.0
NOBODY = SessionId("")
CHECKOUT = re.compile(r"cs_test_[0-9a-f]{24}")
CSRF, CENTS = re.compile(r'name="csrf" value="([^"]+)"'), re.compile(r'name="cents" value="([0-9]+)"')


@dataclass
class Due:
    """A driver with something to pay, alone at their site. `stands`: they wait at the exit while they pay."""

    event: Event
    stands: bool
    session_id: SessionId = NOBODY

    @property
    def site(self) -> Site:
        """Where they are."""
        return self.event.site


class Pages:
    """The product's web process, which may be killed; it is there again on the same port."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._process: ChildProcess | None = None

    def start(self) -> None:
        """Start it, and wait until it is in use."""
        self._process = ChildProcess.python("-m", "ops.cli", "web", env=self._environment)
        self._process.wait_for_line("==> ready", READY_S)

    def kill(self) -> None:
        """`kill -9`, and start the next."""
        self.close()
        self.start()

    def close(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.send(signal.SIGKILL)
            self._process.close()


class Town:
    """The processes, and what can be asked of them."""

    def __init__(self, folder: Path, database: PostgresServer, broker: Mosquitto, sandbox: Sandbox, base: str) -> None:
        self.secret_key = f"a key of the webhook campaign {secrets.token_hex(16)}"
        self.database = database
        self.web_port = free_port()
        self.address = f"http://127.0.0.1:{self.web_port}"
        self.environment = {
            "DATABASE_URL": database.url,
            "MQTT_HOST": broker.host,
            "MQTT_PORT": str(broker.port),
            "MQTT_TLS": "off",
            "SYSPARK_HOME": str(folder / "home"),
            "SYSPARK_SECRET_KEY": self.secret_key,
            "SYSPARK_WORKER_NAME": "victim",
            "HOST": "127.0.0.1",
            "PORT": str(self.web_port),
            "STRIPE_API_KEY": sandbox.api_key,
            "STRIPE_WEBHOOK_SECRET": sandbox.webhook_secret,
            "STRIPE_API_BASE": base,
        }
        self.pages = Pages(self.environment)

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Look into the database."""
        with psycopg.connect(self.database.url) as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    async def until(self, statement: str, wanted: object, what: str, timeout_s: float = READY_S) -> None:
        """Return once a statement answers this."""
        await eventually(lambda: self.query(statement) == [(wanted,)], what, timeout_s)

    async def checkout(self, due: Due) -> str:
        """A driver goes from their link to the provider's page; returns its name there."""
        path = path_of(self.secret_key, PortalLink(due.session_id, proven=True))
        async with ClientSession(self.address, cookie_jar=CookieJar(unsafe=True)) as phone:
            async with phone.get(path) as answer:
                text = await answer.text()
            csrf, cents = CSRF.search(text), CENTS.search(text)
            assert csrf is not None, text
            assert cents is not None, text
            headers = {"Origin": self.address}
            async with phone.post(path, data={"csrf": csrf[1], "cents": cents[1]}, headers=headers) as answer:
                page = CHECKOUT.search(await answer.text())
            assert page is not None, f"{answer.status}: nobody was sent to a page of the provider"
            return page[0]


@asynccontextmanager
async def opened_town(
    town: Town, broker: Mosquitto, dues: list[Due], chance: random.Random, log: Path
) -> AsyncIterator[tuple[Victim, Edge, Line]]:
    """Everybody has come two hours ago, and those who stand at the exit are asked to pay."""
    sites = [due.site for due in dues]
    prepare(town.database.url, [Site(DEFAULT, "v1"), *sites], [due.event for due in dues])
    town.query("UPDATE credential SET plan = 'visitor'")
    async with AsyncExitStack() as stack:
        edge = stack.enter_context(Edge(broker.port, sites, qos=1))
        line = await stack.enter_async_context(Line("readers", broker.port))
        victim = Victim(town.environment, chance, PRODUCT)
        stack.callback(lambda: victim.close(log))
        await _running(victim)
        stack.callback(town.pages.close)
        await asyncio.to_thread(town.pages.start)
        for due in dues:
            await line.publish(due.site.badge_topic, due.event.payload)
        await town.until("SELECT count(*) FROM parking_session", len(dues), "everybody is in")
        await victim.terminate()
        service = Service(town.database.url, broker.port, Path(), ChildProcess.python, lambda: None)  # type: ignore[arg-type,return-value]
        service.age_sessions(STAYED_MINUTES)
        edge.executions.clear()
        for due in dues:
            [(session_id,)] = town.query("SELECT id::text FROM parking_session WHERE site_id = %s", due.site.name)
            due.session_id = SessionId(session_id)
        await _running(victim)
        standing = [due for due in dues if due.stands]
        for due in standing:
            await line.publish(due.site.badge_topic, due.event.payload)
        waiting = "SELECT count(*) FROM parking_session WHERE status = 'pending_payment'"
        await town.until(waiting, len(standing), "those at the exit are asked to pay")
        yield victim, edge, line


def make_dues(count: int, chance: random.Random) -> list[Due]:
    """Drivers, each at a site of their own; every other one stands at its exit."""
    uids = badges(chance)
    sites = [Site(f"due-{number:02d}", "v2" if number % 2 else "v1") for number in range(count)]
    events = [Event(uid, site, uid.encode()) for site, uid in zip(sites, uids, strict=False)]
    return [Due(event, stands=number % 3 != 2) for number, event in enumerate(events)]


async def _running(victim: Victim) -> None:
    victim.start()
    await asyncio.to_thread(victim.process.wait_for_line, "is connected to the broker", READY_S)
