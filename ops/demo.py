"""The composition of the demo: web, worker and two simulated sites in one process, on servers of its own."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import psycopg

from ops import welcome
from ops.edge_tokens import EdgeTokens
from ops.invitation import Invitation
from ops.requests import RefusedError, Requests
from ops.running import beside
from ops.serve import pages_of
from ops.simulator.badges import made_badges
from ops.simulator.enrolment import PendingError, enrol
from ops.simulator.gateway import HttpAddress
from ops.simulator.layout import DEFAULT_SITE, Badges, Faults, SiteLayout, Traffic
from ops.simulator.line import BrokerAddress
from ops.simulator.sessions import still_parked
from ops.simulator.simulation import FieldSimulation, Parked
from ops.simulator.site import Conditions
from ops.web import Pages
from ops.welcome import Tell
from ops.worker import Running, run_worker
from syspark.domain.units import SiteId
from syspark.errors import Unavailable
from syspark.persistence.admin import Administration
from syspark.settings import Settings, SettingsError

logger = logging.getLogger(__name__)

SECOND_SITE = "demo-2"
LAYOUTS = (SiteLayout(DEFAULT_SITE, capacity=50), SiteLayout(SECOND_SITE, speaks="v2", capacity=30))
TRAFFIC = Traffic(
    cars_per_hour=60,
    target=0.15,
    unknown=0.12,
    visitors=0.5,
    shortest_stay_s=75,
    visitor_stay_s=(75, 150),
    owing_every_s=420,
)
"""A car a minute, and stays that are soon over: a first look sees one enter and leave, and lanes are free between
them for the lines that are pasted. Every seven minutes one waits at an exit until somebody pays or opens."""

SUBSCRIBERS, VISITORS = 40, 20
SEED = 1
TRY_AGAIN_S = 1.0
KEY_AFTER_S = 150.0
"""Long enough for a newcomer to see a car wait and to open for it, short enough not to fill the site."""


def refuse_servers(environment: Mapping[str, str]) -> None:
    """Raise `SettingsError` when a server is named."""
    for name in ("DATABASE_URL", "MQTT_HOST"):
        if environment.get(name):
            raise SettingsError(name, "is set, and the demo's cars only come to servers of its own", f"unset {name}")


async def run_demo(settings: Settings, *, tell: Tell, show: Tell) -> None:
    """Run the demo until SIGINT or SIGTERM. Raises as `run_worker`. `settings` name no server.

    `tell` hears each step in a sentence; `show` what must not come into a log, such as the login link.
    """

    @asynccontextmanager
    async def demo(running: Running) -> AsyncIterator[None]:
        async with pages_of(running) as pages, beside(_Demo(running, pages, show).run(), "demo"):
            yield

    await run_worker(settings, tell=tell, companions=(demo,), pages=True)


class _Demo:
    """What happens once the worker is in use."""

    def __init__(self, running: Running, pages: Pages, show: Tell) -> None:
        assert running.persistence.database is not None
        assert running.persistence.url is not None
        assert running.broker is not None
        self._running = running
        self._pages = pages
        self._show = show
        self._url = running.persistence.url
        self._broker = running.broker
        self._administration = Administration(running.persistence.database)
        self._tokens = EdgeTokens(running.settings.syspark_home, self._administration, pages.stores.edge)
        self._badges = _drivers()
        self._layouts: Sequence[SiteLayout] = LAYOUTS

    async def run(self) -> None:
        """Open the second site, enrol the drivers, say what to try, and have cars come until the stop."""
        await self._running.wait_until_in_use()
        while (prepared := await self._try_to_prepare()) is None:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(TRY_AGAIN_S)
        tokens, parked = prepared
        field = FieldSimulation(
            self._layouts,
            self._badges,
            Conditions(
                # Others each time, lest the cars of every start come in the same order.
                seed=secrets.randbits(32),
                root=self._running.settings.mqtt_root,
                traffic=TRAFFIC,
                key_after_s=KEY_AFTER_S,
                faults=Faults(reboots_per_hour=0),
            ),
            BrokerAddress(self._broker.host, self._broker.port),
            http=HttpAddress(self._pages.address, tokens),
            parked=parked,
        )
        async with field:
            await self._running.stop.wait()

    async def _try_to_prepare(self) -> tuple[Mapping[str, str], Sequence[Parked]] | None:
        try:
            return await self._prepare()
        except (Unavailable, PendingError) as error:
            logger.warning("the demo waits: %s", error)
            return None

    async def _prepare(self) -> tuple[Mapping[str, str], Sequence[Parked]]:
        requests = Requests(self._running.persistence.stores.inbox)
        tell = self._running.tell
        await welcome.make_known(self._administration, requests, tell)
        try:
            self._layouts = await enrol(self._url, LAYOUTS, self._badges, self._running.settings, tell)
        except RefusedError as error:
            logger.warning("not every simulated driver is known to its site: %s", error)
        tokens = {}
        for layout in LAYOUTS:
            token = await self._tokens.of(SiteId(layout.name))
            if token is not None:
                tokens[layout.name] = token
        parked = await asyncio.to_thread(self._parked)
        invitation = Invitation(
            address=self._pages.address,
            link=await self._pages.login_link(f"/sites/{DEFAULT_SITE}"),
            login=self._running.settings.admin_user,
            password=self._pages.password,
            broker=self._broker,
            root=self._running.settings.mqtt_root,
            token=tokens.get(DEFAULT_SITE),
            second_site=SECOND_SITE,
            at=self._running.clock.now(),
        )
        self._show("\n".join(invitation.lines(await self._administration.credentials(SiteId(DEFAULT_SITE)))))
        return tokens, parked

    def _parked(self) -> Sequence[Parked]:
        try:
            return still_parked(self._url, self._badges, datetime.now(UTC))
        except psycopg.OperationalError as error:
            raise Unavailable("database", because=type(error).__name__) from error


def _drivers() -> dict[str, Badges]:
    """The badges the simulated drivers carry, the same at every start."""
    return {
        site: Badges(subscribers=own.subscribers[:SUBSCRIBERS], visitors=own.visitors[:VISITORS])
        for site, own in made_badges(LAYOUTS, SEED).items()
    }
