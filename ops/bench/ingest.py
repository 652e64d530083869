"""How fast deliveries are taken from the broker and acknowledged, with nothing done about them.

The broker holds the messages of an absent client; the time counts from its return to its last acknowledgement.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from paho.mqtt.client import MQTTMessage

from ops.bench.bare import BareClient
from ops.bench.figures import Figure, Held, Target, paired
from ops.bench.servers import Servers
from ops.bench.sizes import Sizes
from ops.bench.wire import WireClient
from syspark.errors import Unavailable
from syspark.gateways.mqtt import PahoBroker
from syspark.ports import BrokerConnection, Delivery
from syspark.settings import MqttVersion

PART = "ingest"
TARGET = Target(Held.RATIO_AT_LEAST, 0.7)
PAYLOAD = b'{"uid":"0000A1B2","lane":"entry"}'
WITHIN_S = 60.0
AT_ONCE = 500
LOOK_EVERY_S = 0.002


class Taker(Protocol):
    """A client that takes and acknowledges what it is given."""

    taken: int

    async def open(self) -> None:
        """Be there, subscribed."""

    async def close(self) -> None:
        """Be away; the session stays."""


class Gateway:
    """The service's own gateway."""

    def __init__(self, servers: Servers, root: str) -> None:
        self.taken = 0
        self._broker = PahoBroker(servers.host, servers.port, version=MqttVersion(servers.version))
        self._root = root
        self._connection: BrokerConnection
        self._early: list[Delivery] | None = []

    async def open(self) -> None:
        """Be there, subscribed."""
        self._early = []
        self._connection = await self._broker.connect(f"bench-{self._root}", self)
        for delivery in self._early:
            self._connection.ack(delivery)
        self._early = None
        await self._connection.subscribe([f"{self._root}/#"])

    async def close(self) -> None:
        """Be away."""
        await self._connection.close()

    def delivered(self, delivery: Delivery) -> None:
        """Acknowledge at once."""
        self.taken += 1
        if self._early is not None:
            self._early.append(delivery)
        else:
            self._connection.ack(delivery)

    def lost(self, reason: str) -> None:
        """A run without its broker is over."""
        raise Unavailable("broker", because=reason)


class Bare:
    """paho and nothing else."""

    def __init__(self, servers: Servers, root: str) -> None:
        self.taken = 0
        self._servers = servers
        self._root = root
        self._client: BareClient

    async def open(self) -> None:
        """Be there, subscribed."""
        self._client = BareClient(f"bench-{self._root}", self._received, self._servers.version)
        await self._client.open(self._servers.host, self._servers.port, f"{self._root}/#")

    async def close(self) -> None:
        """Be away."""
        self._client.close()

    def _received(self, message: MQTTMessage) -> None:
        self.taken += 1
        self._client.ack(message)


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """The part's line."""
    takers: tuple[Taker, Taker] = (Gateway(servers, "gateway"), Bare(servers, "bare"))
    for taker in takers:
        await taker.open()
        await taker.close()
    rounds = []
    async with _publisher(servers) as publisher:
        for _ in range(sizes.rounds):
            ours, floors = [
                await _drained(publisher, taker, root, sizes.ingested)
                for taker, root in zip(takers, ("gateway", "bare"), strict=True)
            ]
            rounds.append((ours, floors))
    return [paired(PART, f"{sizes.ingested:,} deliveries, gateway alone", "/s", rounds, TARGET)]


@asynccontextmanager
async def _publisher(servers: Servers) -> AsyncIterator[WireClient]:
    client = await WireClient.connect(servers.host, servers.port, "bench-publisher", lambda _topic, _payload: None)
    try:
        yield client
    finally:
        client.close()


async def _drained(publisher: WireClient, taker: Taker, root: str, count: int) -> float:
    """Deliveries a second."""
    before = publisher.acknowledged
    for number in range(1, count + 1):
        publisher.publish(f"{root}/site/barriere", PAYLOAD)
        if number % AT_ONCE == 0 or number == count:
            while publisher.acknowledged - before < number:  # noqa: ASYNC110 - its client has no event for it
                await asyncio.sleep(LOOK_EVERY_S)
    end = taker.taken + count
    began = time.perf_counter()
    async with asyncio.timeout(WITHIN_S):
        await taker.open()
        while taker.taken < end:  # noqa: ASYNC110 - an event set by each delivery would be measured too
            await asyncio.sleep(LOOK_EVERY_S)
    took = time.perf_counter() - began
    await taker.close()
    return count / took
