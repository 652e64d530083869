"""How fast pages are, and how soon an event is on every page that is open."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import ClientSession, ClientTimeout, CookieJar, TCPConnector

from ops.bench import population, subjects
from ops.bench.child import child
from ops.bench.figures import Figure, Held, Target, paired, percentile
from ops.bench.load import Load
from ops.bench.population import Population
from ops.bench.servers import Servers
from ops.bench.sizes import Sizes
from ops.embedded.broker import free_port
from syspark.domain.units import Lane
from syspark.errors import PermanentError

PART = "pages"
OVERVIEW = Target(Held.AT_MOST, 200)
SPREAD = Target(Held.AT_MOST, 300)
ARRIVES_WITHIN_S = 20.0
OPEN_WITHIN_S = 60.0
QUIET_S = 1.5
"""What an event leads to besides, such as the fate of its command, is told by then."""
PART_TOLD = b"event: part"
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class PageFailed(PermanentError):  # noqa: N818 - names what happened
    """A page that should have been served was not."""


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """The part's lines."""
    async with AsyncExitStack() as stack:
        many = Population(sizes.pages_sites, sizes.rounds + 1)
        url = stack.enter_context(population.database(servers.cluster, many))
        _, address = await stack.enter_async_context(subjects.serving(servers, url, "pages"))
        client = await stack.enter_async_context(_client())
        await _sign_in(client, address)
        size = len(await _get(client, f"{address}/"))
        bare = await stack.enter_async_context(_bare(servers.host, size))
        load = await Load("pages", many.names[:1], Lane.ENTRY, 0).connect(servers.host, servers.port)
        stack.callback(load.close)
        await load.warm_up()

        async def enter() -> None:
            await load.warm_up()

        async def tell() -> None:
            await _get(client, f"{bare}/tell")

        overview = [
            (await _loads(client, f"{address}/", sizes), await _loads(client, f"{bare}/", sizes))
            for _ in range(sizes.rounds)
        ]
        live = f"{address}/live?site={many.names[0]}"
        ours = await stack.enter_async_context(_watching(client, live, sizes.streams))
        floors = await stack.enter_async_context(_watching(client, f"{bare}/live", sizes.streams))
        spread = [(await ours.spread(enter), await floors.spread(tell)) for _ in range(sizes.rounds)]
    return [
        paired(PART, f"overview of {sizes.pages_sites:,} sites, p95", "ms", overview, OVERVIEW),
        paired(PART, f"an event on the last of {sizes.streams:,} pages", "ms", spread, SPREAD),
    ]


@asynccontextmanager
async def _client() -> AsyncIterator[ClientSession]:
    connector, timeout = TCPConnector(limit=0), ClientTimeout(total=None)
    async with ClientSession(cookie_jar=CookieJar(unsafe=True), connector=connector, timeout=timeout) as client:
        yield client


async def _sign_in(client: ClientSession, address: str) -> None:
    token = CSRF.search(await _get(client, f"{address}/login"))
    if token is None:
        raise PageFailed("the login page has no form")
    form = {"csrf": token[1], "login": subjects.LOGIN, "password": subjects.PASSWORD}
    async with client.post(f"{address}/login", data=form, headers={"Origin": address}, allow_redirects=False) as answer:
        if answer.status != 303:
            raise PageFailed(f"signing in was answered with {answer.status}")


async def _get(client: ClientSession, url: str) -> str:
    async with client.get(url) as answer:
        text = await answer.text()
        if answer.status != 200:
            raise PageFailed(f"{url} was answered with {answer.status}")
        return text


async def _loads(client: ClientSession, url: str, sizes: Sizes) -> float:
    """The milliseconds within which 95 of 100 loads, one after the other, are through."""
    took = []
    for _ in range(sizes.loads):
        began = time.perf_counter()
        await _get(client, url)
        took.append((time.perf_counter() - began) * 1000)
    return percentile(took, 0.95)


class _Streams:
    """Pages that are open: when each was last told something of its content."""

    def __init__(self, count: int) -> None:
        self._missing: set[int] = set()
        self._everyone = frozenset(range(count))
        self._all_told = asyncio.Event()
        self._open = 0
        self.all_open = asyncio.Event()

    async def follow(self, number: int, client: ClientSession, url: str) -> None:
        """Be one of them, until cancelled."""
        async with client.get(url) as answer:
            self._open += 1
            if self._open == len(self._everyone):
                self.all_open.set()
            async for chunk in answer.content.iter_any():
                if PART_TOLD in chunk:
                    self._missing.discard(number)
                    if not self._missing:
                        self._all_told.set()

    async def spread(self, happen: Callable[[], Awaitable[None]]) -> float:
        """The milliseconds from an event until the last of them was told. Raises `PageFailed`."""
        await asyncio.sleep(QUIET_S)
        self._missing = set(self._everyone)
        self._all_told.clear()
        began = time.perf_counter()
        await happen()
        try:
            async with asyncio.timeout(ARRIVES_WITHIN_S):
                await self._all_told.wait()
        except TimeoutError:
            raise PageFailed(f"{len(self._missing)} open pages were told nothing") from None
        return (time.perf_counter() - began) * 1000


@asynccontextmanager
async def _watching(client: ClientSession, url: str, count: int) -> AsyncIterator[_Streams]:
    streams = _Streams(count)
    followers = [asyncio.create_task(streams.follow(number, client, url)) for number in range(count)]
    try:
        async with asyncio.timeout(OPEN_WITHIN_S):
            await streams.all_open.wait()
        yield streams
    finally:
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)


@asynccontextmanager
async def _bare(host: str, size: int) -> AsyncIterator[str]:
    port = free_port(0)
    async with child("-m", "ops.bench.bare_pages", host, str(port), str(size)):
        yield f"http://{host}:{port}"
