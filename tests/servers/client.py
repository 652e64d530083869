"""A small MQTT client for tests: paho on its own thread, what it hears kept in order."""

import threading
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

WAIT_S = 5.0


class Client:
    """Connects on entry, disconnects on exit. `session` keeps the session at the broker over its end."""

    def __init__(
        self, port: int, client_id: str, *, version: int = 4, session: bool = False, expiry_s: int = 3600
    ) -> None:
        self.messages: list[paho.MQTTMessage] = []
        self.session_present = False
        self._changed = threading.Condition()
        self._port, self._version, self._session, self._expiry_s = port, version, session, expiry_s
        self._connected = threading.Event()
        self._subscribed = threading.Event()
        self._lost = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=(not session) if version == 4 else None,
            protocol=MQTTProtocolVersion(version),
        )
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_disconnect = lambda *_: self._lost.set()

    def connect(self) -> Self:
        """Connect and wait for the broker's answer."""
        if self._version == 5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = self._expiry_s if self._session else 0
            self._client.connect("127.0.0.1", self._port, clean_start=not self._session, properties=properties)
        else:
            self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        assert self._connected.wait(WAIT_S), "the broker did not answer CONNECT"
        return self

    def close(self) -> None:
        """Disconnect and end the thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def subscribe(self, topic: str, qos: int = 1, *, timeout_s: float = WAIT_S) -> None:
        """Subscribe and wait for the broker's answer."""
        self._subscribed.clear()
        self._client.subscribe(topic, qos)
        assert self._subscribed.wait(timeout_s), "the broker did not answer SUBSCRIBE"

    def publish(self, topic: str, payload: str | bytes, qos: int = 1, *, retain: bool = False) -> None:
        """Publish and, above QoS 0, wait for the broker's acknowledgement."""
        sent = self._client.publish(topic, payload, qos, retain)
        sent.wait_for_publish(WAIT_S)
        assert sent.is_published(), f"{topic} was not acknowledged"

    def stay_away(self) -> None:
        """Do not connect again by itself once the connection is lost."""
        self._client.on_disconnect = self._on_final_disconnect

    def wait_lost(self) -> None:
        """Wait until the broker ended the connection."""
        assert self._lost.wait(WAIT_S), "still connected"

    def wait_for(self, count: int, timeout_s: float = WAIT_S) -> list[tuple[str, str]]:
        """Topic and text of the messages heard, once there are `count`; fails the test otherwise."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.messages) >= count, timeout_s)
            heard = [(message.topic, message.payload.decode()) for message in self.messages]
        assert enough, f"{count} messages expected, heard {heard}"
        return heard

    def heard(self) -> list[tuple[str, str]]:
        """Topic and text of the messages heard so far."""
        with self._changed:
            return [(message.topic, message.payload.decode()) for message in self.messages]

    def _on_connect(
        self, client: Any, data: Any, flags: paho.ConnectFlags, reason: ReasonCode, properties: Any
    ) -> None:
        self.session_present = flags.session_present
        if not reason.is_failure:
            self._connected.set()

    def _on_final_disconnect(self, client: paho.Client, *_: Any) -> None:
        client.disconnect()
        self._lost.set()

    def _on_message(self, client: Any, data: Any, message: paho.MQTTMessage) -> None:
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self.connect()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
