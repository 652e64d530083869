"""A whole run: servers, field, service, disasters, and the judgement."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from tests.killing.edge import Edge
from tests.killing.evidence import Evidence, decided, read_evidence
from tests.killing.field import BRIDGED, Event, as_a_reader_sends, badges, make_sites
from tests.killing.followups import Drivers
from tests.killing.generator import Generator, Line, Publication
from tests.killing.oracle import judge
from tests.killing.plan import EMPTY, PRODUCT, Plan
from tests.killing.preparation import prepare
from tests.killing.report import Report
from tests.killing.shadow import Shadow
from tests.killing.victim import Victim
from tests.servers.bridge import EdgeBroker
from tests.servers.mosquitto import Mosquitto
from tests.servers.postgres import PostgresServer
from tests.servers.process import ChildProcess

Tell = Callable[[str], None]
SETTLE_S = 20.0  # without any progress
LOOK_S = 0.2
CALM_S = 20.0  # after a bridge's return its site's badges may rightly open nothing for a while
BROKEN_SETTLE_S = 4.0  # of a service that is expected to lose
SPARE = 3  # badges known for each one that must be acknowledged


class Scenario:
    """One run in `folder`, with a PostgreSQL in `home`; `tell` hears what happens."""

    def __init__(self, plan: Plan, folder: Path, home: Path, tell: Tell) -> None:
        self._plan = plan
        self._folder = folder
        self._tell = tell
        self._began = time.monotonic()
        self._chance = random.Random(plan.seed)
        self._calm_at = 0.0
        self._forgotten: frozenset[bytes] = frozenset()
        self._sites = make_sites(plan.sites)
        self._events = self._make_events()
        self._database = PostgresServer(home)
        self._cloud = Mosquitto(folder / "cloud")
        self._bridge = EdgeBroker(folder / "site", self._cloud, site=BRIDGED)

    async def run(self) -> Report:
        """Everything, in order."""
        async with AsyncExitStack() as stack:
            stack.callback(self._database.close)
            await asyncio.to_thread(self._database.start)
            stack.enter_context(self._cloud)
            stack.enter_context(self._bridge)
            prepare(self._database.url, self._sites, self._events)
            edges = [
                stack.enter_context(Edge(self._cloud.port, self._sites[:-1:2], qos=0)),
                stack.enter_context(Edge(self._cloud.port, self._sites[1:-1:2], qos=1)),
                stack.enter_context(Edge(self._bridge.broker.port, self._sites[-1:], qos=1)),
            ]
            lines = [
                await stack.enter_async_context(Line("readers", self._cloud.port)),
                await stack.enter_async_context(Line("bridged-readers", self._bridge.broker.port)),
            ]
            victim = Victim(self._environment(), self._chance, self._plan.service)
            stack.callback(lambda: victim.close(self._folder / "worker.log"))
            upcoming = iter(self._events)
            generator = Generator(lines[0], lines[1], lambda: next(upcoming), self._chance)
            await self._under_fire(victim, generator)
            await self._settled(victim, generator)
            before = await asyncio.to_thread(read_evidence, self._database.url)
            await asyncio.sleep(max(0.0, self._calm_at - time.monotonic()))
            drivers = Drivers(generator, edges, self._chance)
            let_in = await drivers.badge_again(before, self._plan.follow_ups)
            await self._settled(victim, generator)
            status = await victim.terminate()
            audit = await asyncio.to_thread(self._audit)
            evidence = await asyncio.to_thread(read_evidence, self._database.url)
            return self._report(victim, generator, edges, evidence, let_in, status, audit)

    async def _under_fire(self, victim: Victim, generator: Generator) -> None:
        """The load goes on through every disaster, and until enough is acknowledged."""
        victim.start()
        await self._known_to_the_broker(generator)
        load = asyncio.create_task(
            generator.run(self._plan.events, self._plan.rate_per_s, asyncio.sleep), name="generator"
        )
        try:
            await self._disasters(victim, generator)
            self._say("the load goes on until enough is acknowledged")
            await asyncio.wait_for(load, 60 + self._plan.events / self._plan.rate_per_s)
        finally:
            load.cancel()
            with suppress(asyncio.CancelledError):
                await load
        await generator.answered()

    async def _known_to_the_broker(self, generator: Generator) -> None:
        """Before its first subscription nothing is kept for the service: probes tell when that is over."""
        probe = Event("FFFFFFFF", self._sites[0], b"FFFFFFFF")
        deadline = time.monotonic() + SETTLE_S
        while self._plan.service != EMPTY and time.monotonic() < deadline:
            generator.publish(probe)
            await asyncio.sleep(0.2)
            if await asyncio.to_thread(decided, self._database.url):
                break
        await generator.forget()

    async def _disasters(self, victim: Victim, generator: Generator) -> None:
        places = victim.places(self._plan.kills, self._plan.places)
        first, second, third = places[0::3], places[1::3], places[2::3]
        await self._kills(victim, first)
        if self._plan.bridge_cut_s:
            self._bridge.line.cut()
            self._say("the bridge is cut")
            cut_at = time.monotonic()
            await self._kills(victim, second)
            await asyncio.sleep(max(0.0, self._plan.bridge_cut_s - (time.monotonic() - cut_at)))
            self._bridge.line.restore()
            self._say(f"the bridge is back after {time.monotonic() - cut_at:.0f} s")
        else:
            await self._kills(victim, second)
        if self._plan.database_outage_s:
            await asyncio.to_thread(self._database.stop)
            self._say("the database is away")
            await asyncio.sleep(self._plan.database_outage_s)
            await asyncio.to_thread(self._database.start)
            self._say("the database is back")
            await self._settled(victim, generator)
        await self._kills(victim, third)
        if self._plan.broker_outage_s:
            await asyncio.to_thread(self._cloud.stop)
            self._say("the broker is away (SIGTERM)")
            await asyncio.sleep(self._plan.broker_outage_s)
            await asyncio.to_thread(self._cloud.start)
            self._say("the broker is back")
            await self._settled(victim, generator)
        if self._plan.broker_kill:
            await self._kill_the_broker(victim, generator)

    async def _kill_the_broker(self, victim: Victim, generator: Generator) -> None:
        shadow = Shadow(self._cloud.port)
        await shadow.enrol()
        await asyncio.sleep(self._chance.uniform(2, 4))  # it saves about once a second
        killed_at = time.time()
        await asyncio.to_thread(self._cloud.kill)
        await asyncio.to_thread(self._cloud.start)
        self._calm_at = time.monotonic() + CALM_S
        self._say("the broker was killed and is back")
        await self._settled(victim, generator)
        self._forgotten = await shadow.forgotten(generator.publications, killed_at)

    async def _kills(self, victim: Victim, places: list[str]) -> None:
        for place in places:
            await victim.die(place)
            self._say(f"killed {place or 'from outside'}")
        if not victim.alive():
            victim.start()

    async def _settled(self, victim: Victim, generator: Generator) -> None:
        """Wait until what is acknowledged now has been decided, or until nothing moves any more."""
        if self._plan.service == EMPTY:
            return
        wanted = {one.event.digest for one in generator.publications if one.acknowledged_at is not None}
        count, moved_at = len(wanted), time.monotonic()
        patience_s = SETTLE_S if self._plan.service == PRODUCT else BROKEN_SETTLE_S
        while wanted and time.monotonic() - moved_at < patience_s and victim.alive():
            wanted -= await asyncio.to_thread(decided, self._database.url)
            if len(wanted) != count:
                count, moved_at = len(wanted), time.monotonic()
            await asyncio.sleep(LOOK_S)  # what notes the executions must not starve
        self._say(f"settled, but for {len(wanted)}")

    def _audit(self) -> str:
        """What `syspark audit verify` complains about; empty when the chains are whole."""
        with ChildProcess.python("-m", "ops.cli", "audit", "verify", env=self._environment()) as verify:
            return verify.output or "audit verify said nothing" if verify.wait(60) else ""

    def _report(
        self,
        victim: Victim,
        generator: Generator,
        edges: list[Edge],
        evidence: Evidence,
        let_in: dict[Publication, bool],
        status: int,
        audit: str,
    ) -> Report:
        executions = [execution for edge in edges for execution in edge.executions]
        verdict = judge(generator.publications, executions, evidence, self._forgotten)
        return Report(self._plan, verdict, victim.deaths, tuple(victim.surprises), evidence, let_in, status, audit)

    def _make_events(self) -> list[Event]:
        uids = badges(self._chance)
        made = []
        for _ in range(self._plan.events * SPARE):
            uid = next(uids)
            made.append(Event(uid, self._chance.choice(self._sites), as_a_reader_sends(uid, self._chance)))
        return made

    def _environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self._database.url,
            "MQTT_HOST": self._cloud.host,
            "MQTT_PORT": str(self._cloud.port),
            "MQTT_TLS": "off",
            "SYSPARK_HOME": str(self._folder / "home"),
            "SYSPARK_SECRET_KEY": f"a key of the kill test {self._plan.seed:032x}",
            "SYSPARK_WORKER_NAME": "victim",
        }

    def _say(self, what: str) -> None:
        self._tell(f"{time.monotonic() - self._began:6.1f} s  {what}")
