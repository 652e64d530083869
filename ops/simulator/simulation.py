"""Many simulated sites against a broker: the shell around the cores.

Use it as a component: `async with FieldSimulation(...) as field:` then read `field.status()`, or wait for `run_for`.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

import psycopg

from ops.simulator.agenda import Agenda
from ops.simulator.attendant import Calls, Desk, hear
from ops.simulator.gateway import Gateway, HttpAddress
from ops.simulator.layout import Badges, SiteLayout
from ops.simulator.line import BrokerAddress, Line
from ops.simulator.message import Publication
from ops.simulator.site import Conditions, SiteField
from syspark.clock import Clock, SystemClock, machine_seconds
from syspark.errors import Unavailable

logger = logging.getLogger(__name__)

LONGEST_STEP_S = 0.5  # of the world: how long a site may rest, so that a stop is seen soon
RECONNECT_S = 1.0
ANSWERED_WITHIN_S, ANSWERED_LOOK_S, UNANSWERED_ALWAYS = 1.0, 0.005, 5


@dataclass(frozen=True, slots=True)
class Parked:
    """A car that an earlier run left inside; of one that came by PIN the number is made up."""

    site: str
    uid: str
    since_s: float
    by_pin: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What goes on in the field. `behind_s` is how late the simulation itself has been at worst, in its own seconds."""

    sites: int
    connected: int
    inside: int
    waiting: int
    arrived: int
    entered: int
    left: int
    turned_back: int
    openings: int
    unexplained: int
    published: int
    heard: int
    behind_s: float
    lived_s: float
    posts_accepted: int = 0
    posts_refused: int = 0
    posts_dropped: int = 0


@dataclass(slots=True)
class _Station:
    """One site with its line. `unsent` is what an earlier line left unanswered; `is_cut`: it is to stay away."""

    site: SiteField
    line: Line | None = None
    is_cut: bool = False
    unsent: list[Publication] = field(default_factory=list)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def untold(self) -> int:
        """How many messages the broker has not answered for."""
        sent = len(self.line.unacknowledged) if self.line is not None else 0
        return sent + len(self.unsent) + self.site.bridge.untold


class FieldSimulation:
    """Sites in action between entry and exit of the context. `parked` are cars of an earlier run.

    With a `desk`, given before, calls for help from an exit are told; `staffed`: an operator sits there and helps.
    """

    def __init__(
        self,
        layouts: Sequence[SiteLayout],
        badges: Mapping[str, Badges],
        conditions: Conditions,
        broker: BrokerAddress,
        *,
        clock: Clock | None = None,
        http: HttpAddress | None = None,
        parked: Iterable[Parked] = (),
    ) -> None:
        self._clock = clock or SystemClock()
        self._broker = broker
        self._gateway = Gateway(http) if http is not None else None
        now_s = self._now_s()
        empty = Badges(subscribers=())
        conditions = replace(conditions, posts=http is not None)
        self._stations = [
            _Station(SiteField(layout, badges.get(layout.name, empty), conditions, Agenda(now_s))) for layout in layouts
        ]
        for car in parked:
            for station in self._stations:
                if station.site.layout.name == car.site:
                    station.site.adopt(car.uid, car.since_s, by_pin=car.by_pin)
        self.desk: Desk | None = None
        self.staffed = True
        self._calls = Calls()
        self._reachable = asyncio.Event()
        self._reachable.set()
        self._told = asyncio.Event()
        # One process tells for all sites: what takes a site a second would, all at once on a fast clock, take minutes.
        self._telling = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._published = 0
        self._heard = 0
        self._behind_s = 0.0
        self.began_s = now_s

    @property
    def sites(self) -> Sequence[SiteField]:
        """The sites, with their truth."""
        return [station.site for station in self._stations]

    def end_arrivals(self) -> None:
        """Let nobody come any more."""
        for station in self._stations:
            station.site.demand.end()

    def service_is(self, *, away: bool) -> None:
        """Tell every site that the service has just been taken away, or is back."""
        for station in self._stations:
            station.site.advance(self._now_s())
            station.site.service_is(away=away)

    def alongside(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Have something done while the field lives; what it raises, `run_for` does."""
        self._start(work, name)

    async def until_told(self) -> None:
        """Return as soon as a site says something more."""
        self._told.clear()
        await self._told.wait()

    def cut_off(self) -> None:
        """Cut every line; none is opened again before the cloud can be reached."""
        self._reachable.clear()
        for station in self._stations:
            station.site.cuts_wanted.append(0.0)

    def reach(self) -> None:
        """The cloud can be reached again."""
        self._reachable.set()

    @property
    def untold(self) -> int:
        """How many messages the broker has not answered for, but for those of sites whose own line is cut."""
        return sum(station.untold for station in self._stations if not station.is_cut)

    async def run_for(self, seconds: float) -> None:
        """Let the field live for so many of its seconds. Raises what a broken site raised."""
        ended = asyncio.create_task(asyncio.sleep(machine_seconds(self._clock, seconds)), name="simulated time")
        try:
            while not ended.done():
                going_on = {task for task in self._tasks if not task.done()}
                done, _ = await asyncio.wait({ended, *going_on}, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            ended.cancel()

    def status(self) -> Status:
        """What goes on now."""
        sites = self.sites
        stays = [stay for site in sites for stay in site.truth.stays]
        return Status(
            sites=len(sites),
            connected=sum(site.bridge.is_up for site in sites),
            inside=sum(stay.entered_s is not None and stay.left_s is None for stay in stays),
            waiting=sum(site.waiting for site in sites),
            arrived=len(stays),
            entered=sum(stay.entered_s is not None for stay in stays),
            left=sum(stay.left_s is not None for stay in stays),
            turned_back=sum(stay.turned_back_s is not None for stay in stays),
            openings=sum(len(site.truth.executions) for site in sites),
            unexplained=sum(len(site.truth.unexplained) for site in sites),
            published=self._published,
            heard=self._heard,
            behind_s=self._behind_s,
            lived_s=self._now_s() - self.began_s,
            posts_accepted=self._gateway.accepted if self._gateway is not None else 0,
            posts_refused=self._gateway.refused if self._gateway is not None else 0,
            posts_dropped=self._gateway.dropped if self._gateway is not None else 0,
        )

    async def __aenter__(self) -> Self:
        if self._gateway is not None:
            await self._stack.enter_async_context(self._gateway)
        for number, station in enumerate(self._stations):
            self._start(self._live(station), f"site {number}")
            self._start(self._keep_line(station), f"line {number}")
        if self.desk is not None:
            self._start(self._answer(self.desk), "the operator")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for station in self._stations:
            if station.line is not None:
                station.line.close()
        await self._stack.aclose()

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_tell_bug)
        self._tasks.append(task)

    async def _live(self, station: _Station) -> None:
        """Step one site through its agenda."""
        site = station.site
        site.start()
        while True:
            due_s, now_s = site.agenda.next_s, self._now_s()
            if due_s is not None:
                self._behind_s = max(self._behind_s, now_s - due_s)
            site.advance(now_s)
            self._pump(station)
            for call in site.heard_calls():
                self._calls.put(site.layout.name, call)
            due_s = site.agenda.next_s
            rest_s = LONGEST_STEP_S if due_s is None else machine_seconds(self._clock, due_s - self._now_s())
            station.wake.clear()
            try:
                async with asyncio.timeout(min(LONGEST_STEP_S, max(0.0, rest_s))):
                    await station.wake.wait()
            except TimeoutError:
                pass

    async def _answer(self, desk: Desk) -> None:
        """Help those who call, one after the other; what cannot be reached now is asked when they call again.

        On a fast clock it takes minutes of the field to look after all who left while the service was away.
        """
        while True:
            site, call = await self._calls.next()
            try:
                await hear(call, site, desk, staffed=self.staffed)
            except (Unavailable, psycopg.OperationalError) as error:
                logger.warning("nobody at %s can be helped: %s", site, type(error).__name__)

    async def _keep_line(self, station: _Station) -> None:
        """Connect, stay connected until the line breaks or is cut on purpose, and connect again."""
        site = station.site
        told = False
        while True:
            await self._reachable.wait()
            line = Line(lambda topic, payload: self._hear(station, topic, payload))
            bridge = site.bridge
            try:
                await line.open(self._broker, f"bridge-{site.layout.name}", bridge.will, bridge.subscriptions)
            except Unavailable as error:
                if not told:
                    logger.warning("site %s waits for the broker: %s", site.layout.name, error)
                told = True
                await asyncio.sleep(RECONNECT_S)
                continue
            told = False
            async with self._telling:
                station.line = line
                for publication in station.unsent:
                    line.publish(publication)
                station.unsent = []
                site.advance(self._now_s())
                site.connected()
                self._pump(station)
                await _answered(line)
            try:
                away_s = await self._until_cut(station, line)
            finally:
                site.advance(self._now_s())
                site.lost()
                station.line = None
                line.cut()
                station.unsent = list(line.unacknowledged.values())
            station.is_cut = True
            await asyncio.sleep(machine_seconds(self._clock, away_s))
            station.is_cut = False

    async def _until_cut(self, station: _Station, line: Line) -> float:
        """Wait for the end of the line; how long it is to stay away, in the field's seconds."""
        while not line.lost.is_set():
            if station.site.cuts_wanted:
                return station.site.cuts_wanted.popleft()
            try:
                async with asyncio.timeout(LONGEST_STEP_S):
                    await line.lost.wait()
            except TimeoutError:
                pass
        return 0.0

    def _hear(self, station: _Station, topic: str, payload: bytes) -> None:
        self._heard += 1
        station.site.advance(self._now_s())
        station.site.hear(topic, payload)
        self._pump(station)
        station.wake.set()

    def _pump(self, station: _Station) -> None:
        while self._gateway is not None and station.site.posts:
            self._gateway.post(station.site.layout.name, station.site.posts.popleft())
        outgoing = station.site.bridge.outgoing
        if station.line is None:
            return
        while outgoing:
            self._published += 1
            self._told.set()
            station.line.publish(outgoing.popleft())

    def _now_s(self) -> float:
        return self._clock.now().timestamp()


async def _answered(line: Line) -> None:
    """Return once the broker has answered for nearly all that a line has told, or that takes too long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            while len(line.unacknowledged) > UNANSWERED_ALWAYS and not line.lost.is_set():  # noqa: ASYNC110 - paho tells one by one
                await asyncio.sleep(ANSWERED_LOOK_S)


def _tell_bug(task: "asyncio.Task[None]") -> None:
    """A site that falls over is told at once, also where nobody waits in `run_for`."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("the simulation of %s has a bug", task.get_name(), exc_info=error)
