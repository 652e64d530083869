"""Publishes badges at QoS 1 as v1 readers do, and notes when the broker took each over.

What the broker did not acknowledge is never sent again: whether it arrived is unknown, and a second copy would be a
second event.
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from syspark.errors import Unavailable
from syspark.gateways.mqtt import PahoBroker
from syspark.ports import BrokerConnection, Delivery
from tests.killing.field import BRIDGED, Event

RETRY_S = 0.1


@dataclass(slots=True, eq=False)
class Publication:
    """An event that was handed to a broker: when, and when it was acknowledged (None: nobody knows what became of it).

    The broker took it at `ended_at` at the latest: then it had acknowledged it, or the connection was gone.
    Times are seconds since 1970. `follow_up`: the same driver once more, after an opening that had this fate.
    """

    event: Event
    sent_at: float
    acknowledged_at: float | None = None
    ended_at: float = math.inf
    follow_up: str = ""


class Line:
    """A publisher's connection to one broker, made again whenever it is lost."""

    def __init__(self, name: str, port: int) -> None:
        self._name = name
        self._broker = PahoBroker("127.0.0.1", port, keepalive_s=5, connect_timeout_s=5)
        self._connection: BrokerConnection | None = None
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._task: asyncio.Task[None] | None = None

    @property
    def live(self) -> bool:
        """Whether something can be published now."""
        return self._connection is not None

    def publish(self, topic: str, payload: bytes) -> "asyncio.Future[None]":
        """Publish at QoS 1. Raises `Unavailable`."""
        if self._connection is None:
            raise Unavailable("broker", because="not connected")
        return self._connection.publish(topic, payload, qos=1)

    def delivered(self, delivery: Delivery) -> None:
        """Nothing is subscribed to."""

    def lost(self, reason: str) -> None:
        """Connect again."""
        self._connection = None
        self._wanted.set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep(), name=f"line of {self._name}")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._connection is not None:
            await self._connection.close()

    async def _keep(self) -> None:
        while True:
            await self._wanted.wait()
            try:
                self._connection = await self._broker.connect(self._name, self)
                self._wanted.clear()
            except Unavailable:
                await asyncio.sleep(RETRY_S)


class Generator:
    """Keeps publishing until `wanted` events are acknowledged. `next_event` chooses what comes next."""

    def __init__(self, cloud: Line, edge: Line, next_event: Callable[[], Event], chance: random.Random) -> None:
        self.publications: list[Publication] = []
        self.acknowledged = 0
        self._lines = {True: edge, False: cloud}
        self._next_event = next_event
        self._chance = chance
        self._on_the_way: set[asyncio.Future[None]] = set()

    def publish(self, event: Event, *, follow_up: str = "") -> Publication | None:
        """Publish one event; None when its broker is away."""
        bridged = event.site.name == BRIDGED
        topic = "parking/barriere" if bridged else event.site.badge_topic
        publication = Publication(event, time.time(), follow_up=follow_up)
        try:
            sent = self._lines[bridged].publish(topic, event.payload)
        except Unavailable:
            return None
        self.publications.append(publication)
        self._on_the_way.add(sent)
        sent.add_done_callback(lambda done: self._answered(publication, done))
        return publication

    async def forget(self) -> None:
        """Count from here on."""
        await self.answered()
        self.publications.clear()
        self.acknowledged = 0

    async def run(self, wanted: int, rate_per_s: float, pace: Callable[[float], Awaitable[None]]) -> None:
        """Publish until `wanted` are acknowledged, at random intervals; `pace(s)` lets that time pass."""
        while self.acknowledged < wanted:
            self.publish(self._next_event())
            await pace(self._chance.expovariate(rate_per_s))

    async def answered(self, timeout_s: float = 10) -> None:
        """Wait until the broker has answered everything, or time is up."""
        if self._on_the_way:
            await asyncio.wait(self._on_the_way, timeout=timeout_s)

    def _answered(self, publication: Publication, sent: "asyncio.Future[None]") -> None:
        self._on_the_way.discard(sent)
        publication.ended_at = time.time()
        if not sent.cancelled() and sent.exception() is None:
            publication.acknowledged_at = publication.ended_at
            self.acknowledged += 1
