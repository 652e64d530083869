"""A whole car park on a virtual clock: a real worker over stores and a broker in memory.

Nothing waits: time passes only by `pass_time`, and what it sets in motion has come to rest when that returns.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import msgspec

from actors.runtime import Timers
from actors.worker import Worker, WorkerSetup
from syspark.clock import SteppedClock
from syspark.domain.session import Session
from syspark.domain.units import SessionId
from syspark.gateways.memory_broker import MemoryBroker, Watcher
from syspark.metrics import Metrics
from syspark.persistence.memory import MemoryStores, default_site
from syspark.rows import CredentialRow, SiteRow

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)

_QUIET_TURNS = 40
_MOST_TURNS = 20_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A message the site received, and when."""

    at: datetime
    topic: str
    payload: bytes


class CarPark:
    """`async with` it; publish as the field would, let time pass, look at what the site got and what is stored."""

    def __init__(
        self,
        *,
        sites: Iterable[SiteRow] = (),
        badges: Iterable[CredentialRow] = (),
        secrets: tuple[str, ...] = ("s3cret-of-the-site",),
        start: datetime = NOON,
    ) -> None:
        self.clock = SteppedClock(start)
        self.stores = MemoryStores(self.clock, sites=list(sites) or [default_site()], credentials=badges)
        self.broker = MemoryBroker(self.clock)
        self.metrics = Metrics()
        self._secrets = secrets
        self._watcher: Watcher | None = None
        self._looked_at = 0
        self._seen: list[Seen] = []
        self._epochs = 0
        self._worker: Worker | None = None
        self._timers: Timers | None = None
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start a worker, and wait until it is connected and everything left behind is settled."""
        self._epochs += 1
        self._stop.clear()
        self._watcher = self._watcher or self.broker.subscribe("parking/#")
        self._timers = Timers(self.clock, stepped=True)
        setup = WorkerSetup(
            name="bench", deployment="bench", partitions=1, root="parking", predecessor_is_dead=self._epochs > 1
        )
        self._worker = Worker(
            setup,
            stores=self.stores.stores,
            broker=self.broker,
            open_secrets=lambda _site: self._secrets,
            clock=self.clock,
            metrics=self.metrics,
            timers=self._timers,
        )
        self._running = asyncio.create_task(self._worker.run(self._stop), name="bench worker")
        await self.settle()

    async def stop(self) -> None:
        """Drain the worker; its bug, if it had one, is raised here."""
        if self._running is None:
            return
        self._stop.set()
        running, self._running = self._running, None
        while not running.done():
            await self.pass_time(0.1, settle=False)
        running.result()

    async def publish(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False) -> None:
        """Publish as a device does, and wait until everything it leads to at once has happened."""
        body = payload.encode() if isinstance(payload, str) else payload
        self.broker.publish(topic, body, qos=qos, retain=retain)
        await self.settle()

    async def pass_time(self, seconds: float, *, settle: bool = True) -> None:
        """Let time pass from one timer to the next, each with all it leads to."""
        end = self.clock.monotonic() + seconds
        assert self._timers is not None
        while True:
            due = self._timers.next_due()
            if due is None or due > end:
                break
            self.clock.advance(max(0.0, due - self.clock.monotonic()))
            self._timers.fire()
            await self.settle()
        self.clock.advance(max(0.0, end - self.clock.monotonic()))
        if settle:
            await self.settle()

    async def settle(self) -> None:
        """Give the loop turns until nothing happens any more."""
        quiet = 0
        for _ in range(_MOST_TURNS):
            await asyncio.sleep(0)
            self._look()
            busy = self._worker is not None and self._running is not None and not self._worker.settled
            quiet = 0 if busy else quiet + 1
            if quiet == _QUIET_TURNS:
                return

    @property
    def seen(self) -> list[Seen]:
        """What the cloud has published to the sites since the last `forget`."""
        return self._seen

    def forget(self) -> None:
        """Begin a new list of what the sites see."""
        self._seen = []

    def payloads(self, topic: str) -> list[bytes]:
        """What one topic has carried since the last `forget`."""
        return [seen.payload for seen in self._seen if seen.topic == topic]

    async def session(self, session_id: SessionId) -> Session:
        """A parking session as stored. Raises KeyError when there is none."""
        row = await self.stores.stores.state.session(session_id)
        if row is None:
            raise KeyError(session_id)
        return msgspec.json.decode(row.body, type=Session)

    def _look(self) -> None:
        if self._watcher is None:
            return
        for message in self._watcher.received[self._looked_at :]:
            self._looked_at += 1
            if not message.topic.endswith("/cloud/marker"):
                self._seen.append(Seen(self.clock.now(), message.topic, message.payload))
