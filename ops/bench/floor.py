"""The floor of the way from an event to its command: the least a program must do that has the same effects.

paho on the loop, facts made durable in batches and then acknowledged, one unit per site in flight, the rows of the
service by the service's own statements, an exit as its three transactions, commands published and their fates stored.
What it leaves out is what the service is for: it judges nothing, decides nothing, and has no actors. A process of its
own: `python -m ops.bench.floor URL HOST PORT ROOT MQTT_VERSION`.
"""

import asyncio
import signal
import sys
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

import msgspec
import uvloop
from paho.mqtt.client import MQTTMessage

from ops.bench import sample
from ops.bench.bare import BareClient
from syspark.clock import SystemClock
from syspark.ids import IdSource
from syspark.persistence.postgres.stores import PostgresStores
from syspark.ports import Stores
from syspark.rows import (
    DeliveryKey,
    Fate,
    FateRecord,
    Fence,
    InboxRow,
    OutboxRow,
    Unit,
)

BATCH = 500
DISPLAY_EVERY_S = 0.2

T = TypeVar("T")


class Badge(msgspec.Struct):
    """What a reader sends."""

    uid: str
    lane: str


class Batches(Generic[T]):
    """Gathers items while the previous batch is being written."""

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._write = write
        self._items: list[T] = []
        self._wanted = asyncio.Event()

    def add(self, item: T) -> None:
        """Have an item written with the next batch."""
        self._items.append(item)
        self._wanted.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._wanted.wait()
            batch, self._items = self._items[:BATCH], self._items[BATCH:]
            if not self._items:
                self._wanted.clear()
            await self._write(batch)


@dataclass(slots=True, eq=False)
class Site:
    """What must be known of a site to write its rows: versions, who is inside, and what waits."""

    version: int = 0
    waiting: deque[InboxRow] = field(default_factory=deque)
    busy: bool = False
    shown_at: float = 0.0
    unshown: OutboxRow | None = None


class Floor:
    """The whole program."""

    def __init__(
        self,
        stores: Stores,
        fence: Fence,
        root: str,
        version: str,
        *,
        organisation: UUID,
        parked: Mapping[str, str],
    ) -> None:
        """`parked` finds the session of a vehicle by site and badge."""
        self._stores = stores
        self._fence = fence
        self._root = root
        self._sample = sample.Sample(organisation, fence)
        self._parked = parked
        self._uid_of_session = {session: place.rpartition("/")[2] for place, session in parked.items()}
        self._ids = IdSource(SystemClock())
        self._sites: dict[str, Site] = defaultdict(Site)
        self._deliveries = 0
        self._client = BareClient(f"bench-{root}", self._received, version)
        self._inbox: Batches[tuple[InboxRow, MQTTMessage]] = Batches(self._make_durable)
        self._units: Batches[Unit] = Batches(self._commit)
        self._fates: Batches[FateRecord] = Batches(self._record)

    async def run(self, host: str, port: int, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        await self._client.open(host, port, f"{self._root}/#")
        tasks = [asyncio.create_task(batches.run()) for batches in (self._inbox, self._units, self._fates)]
        print("ready", flush=True)  # noqa: T201 - whoever started this waits for it
        stopping = asyncio.create_task(stop.wait())
        # A batch that fails ends the program: what it would measure from then on means nothing.
        await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in (*tasks, stopping):
            task.cancel()
        ended = await asyncio.gather(*tasks, stopping, return_exceptions=True)
        self._client.close()
        for error in ended:
            if isinstance(error, Exception):
                raise error

    def _received(self, message: MQTTMessage) -> None:
        site, _, channel = message.topic.removeprefix(f"{self._root}/").partition("/")
        if channel != "barriere":
            self._client.ack(message)  # an echo of our own
            return
        badge = msgspec.json.decode(message.payload, type=Badge)
        self._deliveries += 1
        key = DeliveryKey(sample.BROKER_SESSION, message.mid, self._deliveries, sample.DIGEST)
        row = self._sample.fact(self._ids.new(), site, badge.uid, badge.lane, datetime.now(UTC), key)
        self._inbox.add((row, message))

    async def _make_durable(self, batch: Sequence[tuple[InboxRow, MQTTMessage]]) -> None:
        for one in await self._stores.inbox.insert([self._fence], [row for row, _ in batch]):
            self._dispatch(one.row)
        for _, message in batch:
            self._client.ack(message)

    def _dispatch(self, row: InboxRow) -> None:
        if row.recipient.kind == "session":
            uid = self._uid_of_session[row.recipient.id]
            self._units.add(self._sample.session_lets_out(row, uid, self._ids.new()))
            return
        site = self._sites[str(row.scope.site_id)]
        site.waiting.append(row)
        self._next(site)

    def _next(self, site: Site) -> None:
        if site.waiting and not site.busy:
            site.busy = True
            self._units.add(self._unit(site, site.waiting.popleft()))

    def _unit(self, site: Site, row: InboxRow) -> Unit:
        version = site.version + 1
        match row.kind:
            case "reported":
                badge = msgspec.json.decode(row.body, type=sample.Read).fact
                if badge.lane == "entry":
                    return self._sample.entry(row, badge.uid, version, (self._ids.new(), self._ids.new()))
                session = self._parked[f"{row.scope.site_id}/{badge.uid}"]
                return self._sample.exit_asked(row, badge.uid, session, version, self._ids.new())
            case _:
                return self._sample.exit_opened(row, version, (self._ids.new(), self._ids.new()))

    async def _commit(self, batch: Sequence[Unit]) -> None:
        await self._stores.units.commit([self._fence], batch)
        for unit in batch:
            if unit.snapshot is not None and unit.row.recipient.kind == "site":
                site = self._sites[str(unit.row.scope.site_id)]
                site.version = unit.snapshot.version
            for command in unit.outbox:
                self._send(command)
            for row in unit.handovers:
                self._dispatch(row)
            if unit.row.recipient.kind == "site":
                site = self._sites[str(unit.row.scope.site_id)]
                site.busy = False
                self._next(site)

    def _send(self, command: OutboxRow) -> None:
        if command.order_kind == "text":
            self._show(command)
            return
        name = "barriere" if command.device == "exit" else "barriere_entree"
        self._publish(command, f"{self._root}/{command.scope.site_id}/{name}/cmd", b"100")

    def _show(self, command: OutboxRow) -> None:
        """A display is told so often and no oftener; of several texts the newest."""
        site, now = self._sites[str(command.scope.site_id)], time.monotonic()
        if site.unshown is not None:
            self._fates.add(FateRecord(site.unshown.id, Fate.WITHHELD, datetime.now(UTC)))
        elif now < site.shown_at + DISPLAY_EVERY_S:
            delay_s = site.shown_at + DISPLAY_EVERY_S - now
            asyncio.get_running_loop().call_later(delay_s, self._show_latest, site)
        else:
            site.shown_at = now
            self._publish(command, f"{self._root}/{command.scope.site_id}/display/text", b"LIBRE:50")
            return
        site.unshown = command

    def _show_latest(self, site: Site) -> None:
        command, site.unshown = site.unshown, None
        if command is not None:
            site.shown_at = 0.0
            self._show(command)

    def _publish(self, command: OutboxRow, topic: str, payload: bytes) -> None:
        def acknowledged() -> None:
            self._fates.add(FateRecord(command.id, Fate.ACKED, datetime.now(UTC)))

        assert command.expires_at is not None
        expiry_s = int((command.expires_at - datetime.now(UTC)).total_seconds())
        self._client.publish(topic, payload, max(1, expiry_s), acknowledged)

    async def _record(self, batch: Sequence[FateRecord]) -> None:
        await self._stores.outbox.record([self._fence], batch)


async def _main(url: str, host: str, port: int, root: str, version: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with PostgresStores.open(url) as opened:
        stores = opened.stores
        lease = await stores.leases.take(0, "floor")
        assert lease is not None
        sites = await stores.state.sites(0)
        parked = {
            f"{site.id}/{row.holder_key}": row.id
            for site in sites
            for row in await stores.state.sessions_of(site.id, datetime.now(UTC))
        }
        floor = Floor(stores, lease.fence, root, version, organisation=sites[0].organisation_id, parked=parked)
        await floor.run(host, port, stop)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:6]))
