"""paho as bare as it can be on an event loop: the floor of everything that hears from a broker.

Up to 32 packets are read per wake-up; acknowledgements are the caller's.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

READS_AT_ONCE = 32
IN_FLIGHT_MAX = 65_535


class BareClient:
    """One persistent session; `received` and `acknowledged` (of what was published) are called on the loop."""

    def __init__(self, client_id: str, received: Callable[[MQTTMessage], None], version: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._v5 = version == "5"
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if self._v5 else False,
            protocol=MQTTProtocolVersion.MQTTv5 if self._v5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self._client.max_inflight_messages = IN_FLIGHT_MAX
        self._client.on_message = self._message
        self._client.on_publish = self._published
        self._client.on_subscribe = lambda *_: self._answered()
        self._client.on_connect = lambda *_: self._answered()
        self._client.on_socket_register_write = self._wants_to_write
        self._client.on_socket_unregister_write = self._has_written
        self._received = received
        self._heard = 0
        self._answer: asyncio.Future[None] = self._loop.create_future()
        self._under_way: dict[int, Callable[[], None]] = {}

    async def open(self, host: str, port: int, topic: str) -> None:
        """Connect and subscribe at QoS 1; in MQTT 5 without what this client publishes itself."""
        if self._v5:
            kept = _properties(PacketTypes.CONNECT)
            kept.SessionExpiryInterval = 3600
            self._client.connect(host, port, keepalive=3600, clean_start=False, properties=kept)
        else:
            self._client.connect(host, port, keepalive=3600)
        sock = self._client.socket()
        assert isinstance(sock, socket.socket)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.add_reader(sock, self._read)
        await self._answer
        self._answer = self._loop.create_future()
        if self._v5:
            self._client.subscribe(topic, options=SubscribeOptions(qos=1, noLocal=True))
        else:
            self._client.subscribe(topic, 1)
        await self._answer

    def ack(self, message: MQTTMessage) -> None:
        """Acknowledge."""
        self._client.ack(message.mid, message.qos)

    def publish(self, topic: str, payload: bytes, expiry_s: int, acknowledged: Callable[[], None]) -> None:
        """Publish at QoS 1; in MQTT 5 the broker drops it after `expiry_s`."""
        properties = None
        if self._v5:
            properties = _properties(PacketTypes.PUBLISH)
            properties.MessageExpiryInterval = expiry_s
        self._under_way[self._client.publish(topic, payload, 1, properties=properties).mid] = acknowledged

    def close(self) -> None:
        """Disconnect; the session stays."""
        sock = self._client.socket()
        if sock is not None:
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)
        with contextlib.suppress(OSError):
            self._client.disconnect()

    def _read(self) -> None:
        for _ in range(READS_AT_ONCE):
            before = self._heard
            if self._client.loop_read() is not MQTTErrorCode.MQTT_ERR_SUCCESS or self._heard == before:
                return

    def _write(self) -> None:
        self._client.loop_write()

    def _wants_to_write(self, _client: Client, _userdata: object, sock: Any) -> None:
        self._loop.add_writer(sock, self._write)

    def _has_written(self, _client: Client, _userdata: object, sock: Any) -> None:
        self._loop.remove_writer(sock)

    def _message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self._heard += 1
        self._received(message)

    def _published(self, _client: Client, _userdata: object, mid: int, *_: Any) -> None:
        self._heard += 1
        self._under_way.pop(mid)()

    def _answered(self) -> None:
        if not self._answer.done():
            self._answer.set_result(None)


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho's constructor is untyped
