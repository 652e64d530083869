"""What open pages show, read again twice a second for all of them together.

The database is asked the same number of times whether one page is open or a thousand; a page that nobody looks at
costs nothing. A hint (`poke`) only brings the next reading forward.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from cachetools import LRUCache

from syspark import logs
from syspark.clock import Clock
from syspark.domain.units import SiteId
from syspark.errors import Unavailable
from syspark.web_ports import AlarmCount, FlowLine, Hints, SiteLine, WebStores
from web.measures import Measures
from web.reading.alarms import AlarmsPage, alarms_page, of_site
from web.reading.model import Overview, SitePage
from web.reading.site import STEP_S, day_before, site_page
from web.reading.sites import overview
from web.wing import WING

log = logs.get_logger(__name__)

POLL_S = 0.5
MOST_OF_ITS_TIME = 0.2
"""The share of its time that reading on hints may take: pages that are dear to read wait for their next reading."""
LISTEN_AGAIN_S = 1.0
FLOW_S = 60.0
OVERVIEW = SiteId("")
"""The page of all sites."""
ALARMS = SiteId("*alarms")
"""The page of alarms; any other topic is a site's own."""


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows, and when it was read; `alarms` stands in the head of every page."""

    model: Overview | SitePage | AlarmsPage
    at: datetime
    alarms: tuple[AlarmCount, ...] = ()


class NoSuchSiteError(Exception):
    """There is no site of this name."""


class Live:
    """Reads for all open pages and tells their streams."""

    def __init__(self, stores: WebStores, clock: Clock, measures: Measures) -> None:
        self._stores = stores
        self._clock = clock
        self._measures = measures
        self._watched: Counter[SiteId] = Counter()
        self._views: dict[SiteId, View] = {}
        self._flows: LRUCache[SiteId, tuple[float, list[FlowLine]]] = LRUCache(2000)
        self._shifts: dict[bytes, set[asyncio.Event]] = defaultdict(set)
        self._changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._ending = False
        self.last_read: datetime | None = None
        self.is_stale = False

    async def read(self, topic: SiteId) -> View:
        """A fresh view, for a whole page. Raises `Unavailable`, `NoSuchSiteError`."""
        return await self._read(topic, list(await self._stores.pages.sites()))

    def view(self, topic: SiteId) -> View | None:
        """What was read last for the streams of a topic."""
        return self._views.get(topic)

    def poke(self) -> None:
        """Something has just changed: read now."""
        self._wake.set()

    @property
    def changed(self) -> asyncio.Event:
        """Set at the end of the next reading."""
        return self._changed

    @property
    def is_ending(self) -> bool:
        """Whether the process is going down: streams end, browsers find another."""
        return self._ending

    @contextmanager
    def watch(self, topic: SiteId, shift: bytes) -> Iterator[asyncio.Event]:
        """Keep a topic read for as long as a stream lasts; the event given is set when its shift is over."""
        over = asyncio.Event()
        self._watched[topic] += 1
        self._shifts[shift].add(over)
        self._measures.streams.inc()
        self.poke()
        try:
            yield over
        finally:
            self._measures.streams.dec()
            self._shifts[shift].discard(over)
            if not self._shifts[shift]:
                del self._shifts[shift]
            self._watched[topic] -= 1
            if not self._watched[topic]:
                del self._watched[topic]
                self._views.pop(topic, None)

    def end(self, shift: bytes) -> None:
        """End the streams of a shift now."""
        for over in self._shifts.get(shift, ()):
            over.set()
        self._announce()

    async def run(self) -> None:
        """Read again and again while somebody looks."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S if self._watched else None):
                    await self._wake.wait()
            self._wake.clear()
            if self._watched:
                begun = self._clock.monotonic()
                await self.refresh()
                took_s = self._clock.monotonic() - begun
                await asyncio.sleep(min(POLL_S, took_s / MOST_OF_ITS_TIME))

    async def refresh(self) -> None:
        """Read what is watched, and which shifts still stand. Never fails: what cannot be read becomes stale."""
        begun = self._clock.monotonic()
        try:
            lines = list(await self._stores.pages.sites())
            for topic in list(self._watched):
                with suppress(NoSuchSiteError):
                    self._views[topic] = await self._read(topic, lines)
            await self._end_shifts()
        except Unavailable as error:
            if not self.is_stale:
                log.warning("open pages are stale", because=str(error))
            self.is_stale = True
        except Exception:
            log.exception("open pages could not be read again")
            self.is_stale = True
        else:
            self.last_read, self.is_stale = self._clock.now(), False
            self._measures.refresh_seconds.observe(self._clock.monotonic() - begun)
        self._announce()

    def stop(self) -> None:
        """Let every stream end."""
        self._ending = True
        self._announce()

    async def _read(self, topic: SiteId, lines: list[SiteLine]) -> View:
        now, pages = self._clock.now(), self._stores.pages
        counts = tuple(await pages.alarm_counts())
        if topic == ALARMS:
            return View(await alarms_page(pages), now, counts)
        if topic == OVERVIEW:
            return View(await overview(pages, lines, now, counts), now, counts)
        line = next((line for line in lines if line.id == topic), None)
        if line is None:
            raise NoSuchSiteError(topic)
        model = await site_page(pages, line, await self._flow(topic, now), now, of_site(counts, topic))
        return View(model, now, counts)

    async def _flow(self, site_id: SiteId, now: datetime) -> list[FlowLine]:
        kept = self._flows.get(site_id)
        if kept is not None and self._clock.monotonic() - kept[0] < FLOW_S:
            return kept[1]
        flow = list(await self._stores.pages.flow(site_id, day_before(now), STEP_S))
        self._flows[site_id] = (self._clock.monotonic(), flow)
        return flow

    async def _end_shifts(self) -> None:
        if not self._shifts:
            return
        alive = await self._stores.sessions.alive(list(self._shifts), self._clock.now())
        for shift in set(self._shifts) - set(alive):
            for over in self._shifts[shift]:
                over.set()

    def _announce(self) -> None:
        before, self._changed = self._changed, asyncio.Event()
        before.set()


LIVE = web.AppKey("live", Live)


async def running(app: web.Application) -> AsyncIterator[None]:
    """The reader's task, for as long as the application lives."""
    task = asyncio.create_task(app[LIVE].run(), name="web live reader")
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def listening(app: web.Application) -> AsyncIterator[None]:
    """What hears the workers' word that something has changed, for as long as the application lives."""
    task = asyncio.create_task(_listen(app[LIVE], app[WING].stores.hints), name="web live listener")
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _listen(live: Live, hints: Hints) -> None:
    while True:
        with suppress(Unavailable):
            async for _ in hints.heard():
                live.poke()
        await asyncio.sleep(LISTEN_AGAIN_S)


async def ending(app: web.Application) -> None:
    """End the streams before the server waits for its requests."""
    app[LIVE].stop()
