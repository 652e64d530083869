"""What a link would be told, written down; and a plain client on the other side of the broker."""

import threading
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from syspark.ports import Delivery
from tests.servers.waiting import eventually, wait_until


class Recorder:
    """`LinkEvents` that keeps what it is told; a payload in `indigestible` makes it raise."""

    def __init__(self, *indigestible: bytes) -> None:
        self.deliveries: list[Delivery] = []
        self.losses: list[str] = []
        self._indigestible = indigestible

    @property
    def payloads(self) -> list[bytes]:
        """The payloads, in the order of their delivery."""
        return [delivery.payload for delivery in self.deliveries]

    def delivered(self, delivery: Delivery) -> None:
        """Keep it."""
        if delivery.payload in self._indigestible:
            raise ValueError(delivery.payload)
        self.deliveries.append(delivery)

    def lost(self, reason: str) -> None:
        """Keep the reason."""
        self.losses.append(reason)

    async def have(self, count: int, timeout_s: float = 5) -> list[Delivery]:
        """The deliveries, once there are `count`."""
        await eventually(lambda: len(self.deliveries) >= count, f"{count} deliveries", timeout_s)
        return self.deliveries

    async def be_told_of_the_end(self, timeout_s: float = 5) -> str:
        """Why the connection ended, once it has."""
        await eventually(lambda: bool(self.losses), "the connection is lost", timeout_s)
        return self.losses[0]


class PlainClient:
    """paho on its own thread: another party at the broker, MQTT 5, clean session."""

    def __init__(self, port: int, *, subscribe: str | None = None) -> None:
        self.received: list[MQTTMessage] = []
        self._ready = threading.Event()
        self._subscribe = subscribe
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _client, _userdata, message: self.received.append(message)
        self._port = port

    def publish(self, topic: str, *payloads: str, qos: int = 1) -> None:
        """Publish and wait for the broker's acknowledgements."""
        sent = [self._client.publish(topic, payload, qos=qos) for payload in payloads]
        for one in sent:
            one.wait_for_publish(5)

    def _on_connect(self, client: Client, *_: Any) -> None:
        if self._subscribe:
            client.subscribe(self._subscribe, qos=1)
        else:
            self._ready.set()

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        wait_until(self._ready.is_set, "the plain client is ready")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
