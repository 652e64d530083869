"""Several workers on one database and one broker in memory, on one clock."""

import asyncio
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from actors.runtime import Timers
from actors.testing.car_park import NOON
from actors.testing.quiet import come_to_rest
from actors.worker import Worker, WorkerSetup
from syspark.clock import SteppedClock
from syspark.errors import Unavailable
from syspark.gateways.memory_broker import MemoryBroker, MemoryConnection
from syspark.metrics import Metrics
from syspark.persistence.memory import MemoryStores, default_site
from syspark.ports import LinkEvents
from syspark.rows import CredentialRow, SiteRow


class Way:
    """One worker's way to the broker, which a test may cut."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self.opened: list[MemoryConnection] = []
        self.is_cut = False

    async def connect(self, client_id: str, events: LinkEvents, *, lasting: bool = True) -> MemoryConnection:
        """Connect, unless it is cut."""
        if self.is_cut:
            raise Unavailable("broker", because="the way is cut")
        connection = await self._broker.connect(client_id, events, lasting=lasting)
        self.opened.append(connection)
        return connection

    def cut(self) -> None:
        """Lose every connection, and let none through."""
        self.is_cut = True
        for connection in self.opened:
            if connection.is_open:
                connection.was_cut = True
                self._broker.end(connection, "the way was cut")


class Member:
    """A worker of the crew."""

    def __init__(self, crew: "Crew", name: str) -> None:
        self.name = name
        self.stores = crew.stores.another()
        self.way = Way(crew.broker)
        self.metrics = Metrics()
        self.timers = Timers(crew.clock, stepped=True)
        self.stop = asyncio.Event()
        setup = WorkerSetup(name=name, deployment="crew", partitions=crew.partitions, root="parking")
        self.worker = Worker(
            setup,
            stores=self.stores.stores,
            broker=self.way,
            open_secrets=lambda _site: (),
            clock=crew.clock,
            metrics=self.metrics,
            timers=self.timers,
        )
        self.running = asyncio.create_task(self.worker.run(self.stop), name=name)

    @property
    def held(self) -> Sequence[int]:
        """The partitions it holds."""
        return self.worker.partitions


class Crew:
    """`async with` it; `join` workers, let time pass, `kill`, `dismiss` or cut them off."""

    def __init__(self, *, partitions: int, sites: Iterable[SiteRow] = (), badges: Iterable[CredentialRow] = ()) -> None:
        self.partitions = partitions
        self.clock = SteppedClock(NOON)
        self.stores = MemoryStores(
            self.clock, sites=list(sites) or [default_site()], credentials=badges, partitions=partitions
        )
        self.broker = MemoryBroker(self.clock)
        self.members: list[Member] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for member in list(self.members):
            await self.dismiss(member)

    async def join(self, name: str, *, after_s: float = 5.0) -> Member:
        """A worker starts; so much time passes."""
        member = Member(self, name)
        self.members.append(member)
        await self.pass_time(after_s)
        return member

    async def dismiss(self, member: Member) -> None:
        """A worker drains and ends."""
        member.stop.set()
        while not member.running.done():
            await self.pass_time(0.1)
        self.members.remove(member)
        member.running.result()

    async def kill(self, member: Member) -> None:
        """A worker ends as by `kill -9`."""
        member.stores.faults.go_away("the process was killed")
        member.way.cut()
        self.members.remove(member)
        member.running.cancel()
        while not member.running.done():
            self.clock.advance(0.1)
            member.timers.fire()
            await come_to_rest()

    async def pass_time(self, seconds: float) -> None:
        """Let time pass from one timer of anybody to the next, with all it leads to."""
        end = self.clock.monotonic() + seconds
        await come_to_rest()
        while True:
            due = min((at for one in self.members if (at := one.timers.next_due()) is not None), default=end + 1)
            if due > end:
                break
            self.clock.advance(max(0.0, due - self.clock.monotonic()))
            for member in self.members:
                member.timers.fire()
            await come_to_rest()
        self.clock.advance(max(0.0, end - self.clock.monotonic()))
        await come_to_rest()
