"""A whole car park on a virtual clock: a real worker over stores and a broker in memory.

Nothing waits: time passes only by `pass_time`, and what it sets in motion has come to rest when that returns.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import msgspec

from actors.runtime import Timers
from actors.testing.field import Payload, Report, encoded
from actors.testing.quiet import come_to_rest
from actors.worker import Worker, WorkerSetup
from syspark import portal_links
from syspark.clock import SteppedClock
from syspark.contract.commands import Command, read_command
from syspark.contract.table import Way
from syspark.contract.topics import Topic, parse_topic
from syspark.domain.alarm_book import Alarm
from syspark.domain.device import Twin
from syspark.domain.messages import AnyMessage
from syspark.domain.orders import BarrierAction, MoveBarrier, Order, RequestPayment, ShowText
from syspark.domain.recorded import Recorded
from syspark.domain.session import Session
from syspark.domain.site.state import SiteState
from syspark.domain.units import SessionId, SiteId
from syspark.gateways.memory_broker import MemoryBroker, Watcher
from syspark.layout import partition_of_organisation
from syspark.mailbox import row_of
from syspark.metrics import Metrics
from syspark.payment_ports import PaymentProvider
from syspark.persistence.chain import Fault, Follower
from syspark.persistence.memory import MemoryStores, StoredRow, default_site
from syspark.ports import Messenger
from syspark.rows import Address, CredentialRow, Fate, RowStatus, Scope, SiteRow

ROOT = "parking"
READY_WITHIN_S = 2.0
"""Until a marker has come back, facts look old and open nothing."""
RECONNECTS_WITHIN_S = 10
ENDS_WITHIN_S = 60.0
_PARKED = RowStatus.PARKED
PORTAL_KEY = "what signs the links of drivers in a test"
LONG_AGO = datetime.min.replace(tzinfo=UTC)
NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seen:
    """A message the site received, and when."""

    at: datetime
    topic: str
    payload: bytes


class CarPark:
    """`async with` it; say what the field says, let time pass, look at what the site was told and what is stored.

    A decision that fails is retried and parked, as in production, and fails the test at its end, unless the test has
    asked for the parked `rows`.
    """

    def __init__(
        self,
        *,
        sites: Iterable[SiteRow] = (),
        badges: Iterable[CredentialRow] = (),
        secrets: tuple[str, ...] = ("s3cret-of-the-site",),
        start: datetime = NOON,
        partitions: int = 1,
        messenger: Messenger | None = None,
        public_url: str = "",
    ) -> None:
        """`sites` are the default one if none is given; `secrets` those of every site.

        `messenger` is where people are told of alarms, with links that begin with `public_url`.
        """
        self._partitions = partitions
        self._messenger = messenger
        self._public_url = public_url
        self.clock = SteppedClock(start)
        self.stores = MemoryStores(
            self.clock, sites=list(sites) or [default_site()], credentials=badges, partitions=partitions
        )
        self.broker = MemoryBroker(self.clock)
        self.provider: PaymentProvider | None = None
        """Where drivers pay; to be set before it starts."""
        self.metrics = Metrics()
        self._secrets = secrets
        self._watcher: Watcher | None = None
        self._seen: list[Seen] = []
        self._epochs = 0
        self._failures_are_known = False
        self._worker: Worker | None = None
        self._timers: Timers | None = None
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        await self.pass_time(READY_WITHIN_S)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stores.faults.let_all_through()
        await self.stop()
        if error is None and not self._failures_are_known:
            parked = [
                f"{stored.row.kind} for {stored.row.recipient}: {stored.outcome}" for stored in self.rows(_PARKED)
            ]
            assert not parked, f"decisions failed: {parked}"

    async def start(self) -> None:
        """Start a worker, and wait until it is connected and everything left behind is settled."""
        self._epochs += 1
        self._stop.clear()
        self._watcher = self._watcher or self.broker.subscribe("parking/#")
        self._timers = Timers(self.clock, stepped=True)
        setup = WorkerSetup(
            name="bench",
            deployment="bench",
            partitions=self._partitions,
            root=ROOT,
            predecessor_is_dead=self._epochs > 1,
        )
        self._worker = Worker(
            setup,
            stores=self.stores.stores,
            broker=self.broker,
            open_secrets=lambda _site: self._secrets,
            open_pin=bytes.decode,
            clock=self.clock,
            metrics=self.metrics,
            timers=self._timers,
            messenger=self._messenger,
            public_url=self._public_url,
            provider=self.provider,
            pay_here=partial(portal_links.pay_here, PORTAL_KEY, self._public_url),
        )
        self._running = asyncio.create_task(self._worker.run(self._stop), name="bench worker")
        await self.settle()

    async def stop(self) -> None:
        """Drain the worker; its bug, if it had one, is raised here."""
        if self._running is None:
            return
        self._stop.set()
        running, self._running = self._running, None
        await self._ended(running)
        running.result()

    async def kill(self) -> None:
        """End the worker as `kill -9` does: from this moment nothing of it reaches the database or the broker."""
        assert self._running is not None
        self.stores.faults.go_away("the process was killed")
        self.stores.faults.let_all_through()
        self.broker.disconnect(because="the process was killed")
        self.stores = self.stores.another()
        running, self._running = self._running, None
        running.cancel()
        await self._ended(running)

    async def _ended(self, running: asyncio.Task[None]) -> None:
        for _ in range(int(ENDS_WITHIN_S * 10)):
            if running.done():
                return
            await self.pass_time(0.1, settle=False)
        running.cancel()
        raise TimeoutError(f"the worker has not ended within {ENDS_WITHIN_S} s")

    async def restart(self) -> None:
        """Kill the worker and start the next; returns once that one is at work, if it can be."""
        await self.kill()
        await self.start()
        await self.pass_time(READY_WITHIN_S)

    def cut_broker(self) -> None:
        """From now on the worker cannot reach the broker, where what the field says waits for it."""
        self.broker.refuse("the line is cut")
        self.broker.disconnect(because="the line is cut")

    async def mend_broker(self) -> None:
        """The line is back; returns once the worker has found it and has taken what waited."""
        self.broker.accept()
        for _ in range(RECONNECTS_WITHIN_S):
            await self.pass_time(1.0)
            if self.worker.connected:
                return
        raise TimeoutError(f"the worker has not come back within {RECONNECTS_WITHIN_S} s")

    def cut_database(self) -> None:
        """From now on every call of the worker to its database fails."""
        self.stores.faults.go_away()

    def mend_database(self) -> None:
        """The database answers again."""
        self.stores.faults.come_back()

    async def request(self, recipient: Address, message: AnyMessage, *, site: str = "default") -> UUID:
        """Put a request into a mailbox as another process does, with all it leads to at once."""
        row = await self._site_row(site)
        scope = Scope(row.organisation_id, row.id, row.partition)
        if recipient.kind == "organisation":
            home = partition_of_organisation(row.organisation_id, self._partitions)
            scope = Scope(row.organisation_id, None, home)
        request = row_of(uuid4(), scope, recipient, message, self.clock.now())
        await self.stores.another().stores.inbox.request(request)
        await self.settle()
        return request.id

    async def given(self, topic: str, payload: Payload, *, qos: int = 1, retain: bool = False) -> None:
        """As `when`, but what the site sees of it belongs to the past: it is forgotten."""
        await self.when(topic, payload, qos=qos, retain=retain)
        self.forget()

    async def when(self, topic: str, payload: Payload, *, qos: int = 1, retain: bool = False) -> None:
        """Publish as a device does, and wait until everything it leads to at once has happened."""
        self.broker.publish(topic, encoded(payload), qos=qos, retain=retain)
        await self.settle()

    async def when_all(self, reports: Iterable[Report]) -> None:
        """Publish messages one after the other before the cloud can look at the first, as after a cut."""
        for report in reports:
            self.broker.publish(report.topic, encoded(report.payload))
        await self.settle()

    async def pass_time(self, seconds: float, *, settle: bool = True) -> None:
        """Let time pass from one timer to the next, each with all it leads to, after what is still to happen now."""
        if settle:
            await self.settle()
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
        """Give the loop turns until nothing happens any more without time passing."""
        await come_to_rest(self._look)

    @property
    def worker(self) -> Worker:
        """The worker that runs, or ran last."""
        assert self._worker is not None
        return self._worker

    @property
    def seen(self) -> list[Seen]:
        """What the cloud has published to the sites since the last `forget`."""
        return self._seen

    def forget(self) -> None:
        """Begin a new list of what the sites see."""
        self._seen = []

    @property
    def orders(self) -> list[Order]:
        """What the site's equipment was told since the last `forget`, read as the equipment reads it."""
        told = []
        for seen in self._seen:
            topic = parse_topic(ROOT, seen.topic)
            if isinstance(topic, Topic) and topic.row.way is Way.DOWN:
                command = read_command(topic.row, seen.payload, self._secrets)
                assert isinstance(command, Command), f"no equipment understands {seen}"
                told += [command.order] if command.order is not None else []
        return told

    @property
    def opened(self) -> list[str]:
        """The lanes whose barriers were told to open, `entry` or `exit`, in order."""
        opening = (order for order in self.orders if isinstance(order, MoveBarrier))
        return [str(order.lane) for order in opening if order.action is BarrierAction.OPEN]

    @property
    def shown(self) -> list[str]:
        """The texts the displays were given, in order."""
        return [order.text for order in self.orders if isinstance(order, ShowText)]

    @property
    def asked(self) -> list[int]:
        """The amounts drivers were asked to pay, in cents, in order; a request is repeated until it is answered."""
        return [order.amount for order in self.orders if isinstance(order, RequestPayment)]

    def payloads(self, topic: str) -> list[bytes]:
        """What one topic has carried since the last `forget`."""
        return [seen.payload for seen in self._seen if seen.topic == topic]

    def rows(self, status: RowStatus | None = None) -> list[StoredRow]:
        """Every mailbox row ever stored, of one status or all, in order."""
        self._failures_are_known |= status is RowStatus.PARKED
        return [stored for stored in self.stores.inbox_rows() if status in {None, stored.status}]

    def rules(self, site: str = "default") -> list[str]:
        """The rule of each decision made at a site, by its sessions and devices too, since the beginning, in order."""
        return [chained.entry.rule for chained in self.stores.journal(f"site:{site}")]

    def recorded(self, site: str = "default") -> list[Recorded]:
        """The journal of a site, as explaining it and deciding it again read it."""
        return [chained.entry.recorded for chained in self.stores.journal(f"site:{site}")]

    def fates(self, order_kind: str = "barrier") -> list[Fate]:
        """What became of the commands of one kind, in the order they were decided."""
        return [row.fate for row in self.stores.commands() if row.order_kind == order_kind]

    def alarms(self) -> list[Alarm]:
        """The alarms that stand, by themselves and not explained by another one, in the order they were raised."""
        rows = self.stores.alarms()
        return [row.alarm for row in rows if row.alarm.cleared_at is None and row.alarm.under is None]

    async def twin(self, device: str, site: str = "default") -> Twin:
        """What is held of a device, as stored."""
        snapshot = await self.stores.another().stores.state.snapshot(Address("device", f"{site}/{device}"))
        return msgspec.json.decode(snapshot.body, type=Twin) if snapshot else Twin()

    async def occupancy(self, site: str = "default") -> int:
        """How many vehicles a site counts, as stored."""
        return (await self.site_state(site)).occupancy

    async def open_sessions(self, site: str = "default") -> list[Session]:
        """The open parking sessions of a site, as stored, oldest first."""
        rows = await self.stores.another().stores.state.sessions_of(SiteId(site), self.clock.now())
        return [msgspec.json.decode(row.body, type=Session) for row in rows if row.is_open]

    async def all_sessions(self, site: str = "default") -> list[Session]:
        """Every parking session of a site, as stored, in the order they were made."""
        rows = await self.stores.another().stores.state.sessions_of(SiteId(site), LONG_AGO)
        return [msgspec.json.decode(row.body, type=Session) for row in rows]

    async def site_state(self, site: str = "default") -> SiteState:
        """What a site holds, as stored."""
        snapshot = await self.stores.another().stores.state.snapshot(Address("site", site))
        return msgspec.json.decode(snapshot.body, type=SiteState) if snapshot else SiteState()

    def faults_of_journals(self) -> list[Fault]:
        """What is wrong with the hash chains: nothing."""
        found = []
        for name in self.stores.journals():
            follower = Follower(name)
            for chained in self.stores.journal(name):
                fault = follower.follow(chained, self.stores.salts(name, chained.seq))
                found += [fault] if fault else []
        return found

    async def session(self, session_id: SessionId) -> Session:
        """A parking session as stored. Raises KeyError when there is none."""
        row = await self.stores.another().stores.state.session(session_id)
        if row is None:
            raise KeyError(session_id)
        return msgspec.json.decode(row.body, type=Session)

    async def _site_row(self, site: str) -> SiteRow:
        row = await self.stores.another().stores.state.site(SiteId(site))
        if row is None:
            raise KeyError(site)
        return row

    def _look(self) -> None:
        if self._watcher is None:
            return
        for message in self._watcher.drained():
            if "/cloud/marker" not in message.topic:
                self._seen.append(Seen(self.clock.now(), message.topic, message.payload))
