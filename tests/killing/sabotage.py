"""Ways for a service to break the promises, put between it and its broker: the kill test must notice each.

`early-ack` acknowledges before anything is stored, `twice` sends each opening again, `stale` sends it 12 s late.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

from syspark.errors import Unavailable
from syspark.ports import Broker, BrokerConnection, Delivery, LinkEvents

STALE_S = 12.0


@dataclass(frozen=True, slots=True)
class SabotagedBroker:
    """A `Broker` whose connections misbehave in one way."""

    inner: Broker
    way: str

    async def connect(self, client_id: str, events: LinkEvents, *, lasting: bool = True) -> BrokerConnection:
        """Connect, and misbehave from then on."""
        heard = _Events(events, self.way)
        heard.connection = await self.inner.connect(client_id, heard, lasting=lasting)
        return cast("BrokerConnection", _Connection(heard.connection, self.way))


class _Events:
    def __init__(self, inner: LinkEvents, way: str) -> None:
        self._inner = inner
        self._way = way
        self.connection: BrokerConnection | None = None

    def delivered(self, delivery: Delivery) -> None:
        if self._way == "early-ack" and self.connection is not None:
            self.connection.ack(delivery)
        self._inner.delivered(delivery)

    def lost(self, reason: str) -> None:
        self._inner.lost(reason)


class _Connection:
    def __init__(self, inner: BrokerConnection, way: str) -> None:
        self._inner = inner
        self._way = way

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def ack(self, delivery: Delivery) -> None:
        if self._way != "early-ack":
            self._inner.ack(delivery)

    def publish(self, topic: str, payload: bytes, **named: Any) -> "asyncio.Future[None]":
        if topic.endswith("/cmd") and self._way == "twice":
            _ = self._inner.publish(topic, payload, **named)
        if topic.endswith("/cmd") and self._way == "stale":
            return self._later(topic, payload, named)
        return self._inner.publish(topic, payload, **named)

    def _later(self, topic: str, payload: bytes, named: dict[str, Any]) -> "asyncio.Future[None]":
        loop = asyncio.get_running_loop()
        promised: asyncio.Future[None] = loop.create_future()

        def send() -> None:
            try:
                sent = self._inner.publish(topic, payload, **(named | {"expiry_s": None}))
            except Unavailable as error:
                promised.set_exception(error)
            else:
                sent.add_done_callback(lambda _: None if promised.done() else promised.set_result(None))

        loop.call_later(STALE_S, send)
        return promised
