"""What the suite needs beside the port: an ordinary client, and hands on the broker and on the line to it."""

from collections.abc import Callable
from typing import Protocol

from syspark.clock import SteppedClock
from syspark.gateways.memory_broker import MemoryBroker
from syspark.gateways.mqtt import PahoBroker
from syspark.ports import Broker, Delivery
from tests.persistence.contract.making import NOON
from tests.servers.client import Client
from tests.servers.mosquitto import Mosquitto
from tests.servers.proxy import Proxy
from tests.servers.waiting import eventually


class Heard:
    """`LinkEvents` that remembers."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.losses: list[str] = []

    def delivered(self, delivery: Delivery) -> None:
        """Remember a delivery."""
        self.deliveries.append(delivery)

    def lost(self, reason: str) -> None:
        """Remember an end."""
        self.losses.append(reason)

    @property
    def payloads(self) -> list[bytes]:
        """What was delivered, in order."""
        return [delivery.payload for delivery in self.deliveries]

    async def wait_for(self, count: int) -> list[Delivery]:
        """The deliveries, once there are so many; more than that fail the test."""
        await eventually(lambda: len(self.deliveries) >= count, f"{count} deliveries")
        assert len(self.deliveries) == count
        return self.deliveries

    async def wait_lost(self) -> str:
        """Why the connection ended, once it has."""
        await eventually(lambda: bool(self.losses), "the connection is lost")
        [reason] = self.losses
        return reason


class Bench(Protocol):
    """One kind of broker, empty."""

    @property
    def broker(self) -> Broker:
        """What links connect to."""

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        """Publish as an ordinary client."""

    def listen(self, topic_filter: str) -> Callable[[], list[tuple[str, bytes]]]:
        """Subscribe as an ordinary client; returns what tells topics and payloads heard so far."""

    def cut(self) -> None:
        """Cut the line of the connections, which may be opened again."""

    def freeze(self) -> None:
        """Let nothing through from now on, while connections stay open."""

    def thaw(self) -> None:
        """Let through what has piled up."""

    def refuse(self) -> None:
        """Refuse connections."""

    def restart(self) -> None:
        """Stop the broker in good order and start it again."""


class MemoryBench:
    """The broker in memory."""

    def __init__(self) -> None:
        self.clock = SteppedClock(NOON)
        self.broker = MemoryBroker(self.clock)

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        """By its plain side."""
        self.broker.publish(topic, payload, qos, retain=retain)

    def listen(self, topic_filter: str) -> Callable[[], list[tuple[str, bytes]]]:
        """By its plain side."""
        watcher = self.broker.subscribe(topic_filter)
        return lambda: [(message.topic, message.payload) for message in watcher.received]

    def cut(self) -> None:
        """By the fault of that kind."""
        self.broker.disconnect()

    def freeze(self) -> None:
        """By the fault of that name."""
        self.broker.freeze()

    def thaw(self) -> None:
        """Lift the fault."""
        self.broker.thaw()

    def refuse(self) -> None:
        """By the fault of that name."""
        self.broker.refuse()

    def restart(self) -> None:
        """By the fault of that name."""
        self.broker.restart()


class MosquittoBench:
    """The paho gateway, over a line that can be cut, on a real mosquitto; an ordinary client beside them."""

    def __init__(self, server: Mosquitto, line: Proxy) -> None:
        self._server = server
        self._line = line
        self._clients: list[Client] = []
        self.broker: Broker = PahoBroker("127.0.0.1", line.port)

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        """By a client of this message alone, since the broker may have been restarted."""
        with Client(self._server.port, "publisher") as client:
            client.publish(topic, payload, qos, retain=retain)

    def listen(self, topic_filter: str) -> Callable[[], list[tuple[str, bytes]]]:
        """By a client that stays."""
        client = Client(self._server.port, f"listener-{len(self._clients)}").connect()
        self._clients.append(client)
        client.subscribe(topic_filter)
        return lambda: [(message.topic, bytes(message.payload)) for message in client.messages]

    def cut(self) -> None:
        """Reset the line, and let it be dialled again."""
        self._line.cut()
        self._line.restore()

    def freeze(self) -> None:
        """Freeze the line."""
        self._line.freeze()

    def thaw(self) -> None:
        """Thaw the line."""
        self._line.thaw()

    def refuse(self) -> None:
        """Leave nobody at the other end."""
        self._line.cut()

    def restart(self) -> None:
        """By SIGTERM, on which it saves."""
        self._server.stop()
        self._server.start()

    def close(self) -> None:
        """End the ordinary clients."""
        for client in self._clients:
            client.close()
