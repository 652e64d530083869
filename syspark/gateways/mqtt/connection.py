"""One connection to a broker: the place where paho's callbacks and the event loop cross.

paho tells which way its socket must be watched; the loop calls paho back when bytes or a second have come. Everything
runs on the loop. An end is told once, and nothing that happens afterwards goes anywhere.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from syspark.errors import Unavailable
from syspark.gateways.mqtt.client import WiredClient, expiring_in
from syspark.gateways.mqtt.outstanding import Outstanding
from syspark.gateways.mqtt.wire import Wire
from syspark.ports import Delivery, LinkEvents

_log = structlog.get_logger(__name__)

FILTERS_A_PACKET = 200
GOOD_BYE_S = 2.0  # what close() gives to what is still to be written
UNREADABLE_TOPIC = (
    "\N{REPLACEMENT CHARACTER}"  # no table knows it: the message is rejected and acknowledged in its turn
)


class PahoConnection:
    """`BrokerConnection` on a `Wire`. Deliveries begin once `open` has returned to who awaited it.

    While reading is paused the broker's answers to pings are not seen: after two keep-alives it counts as lost.
    """

    def __init__(
        self, wire: Wire, client_id: str, version: MQTTProtocolVersion, events: LinkEvents, *, lasting: bool
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._wire = wire
        self._events = events
        self._v5 = version is MQTTProtocolVersion.MQTTv5
        self._outstanding = Outstanding()
        self._opened: asyncio.Future[bool] = self._loop.create_future()
        self._drained: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ended = False
        self._closing = False
        self._held = False  # between CONNACK and the return of `open`
        self._paused = False
        self._inside = False  # a call into paho is under way, which is not to be entered again
        self._writing = False
        self._turn_to_write = False  # what was queued in this turn of the loop leaves together at its end
        self._blocked = False  # the socket takes no more at present
        self._client = WiredClient(wire, client_id, version, lasting=lasting)
        self._client.on_socket_open = self._on_socket_open
        self._client.on_socket_register_write = self._on_register_write
        self._client.on_socket_close = self._on_socket_close
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        self._client.on_disconnect = self._on_disconnect

    @property
    def session_present(self) -> bool:
        """Whether the broker still held our persistent session."""
        return self._opened.result()

    @property
    def settled(self) -> bool:
        """Whether everything published has left for the broker, or leaves at the end of this turn of the loop."""
        return not (self._ended or self._blocked)

    @property
    def spares_own(self) -> bool:
        """Whether what this client publishes can be left out of what it hears: MQTT 5 can."""
        return self._v5

    async def open(
        self, username: str | None, password: str | None, *, keepalive_s: int, session_expiry_s: int
    ) -> None:
        """Greet the broker. Raises `Unavailable` with its words when it refuses."""
        if username is not None:
            self._client.username_pw_set(username, password)
        self._client.greet(keepalive_s=keepalive_s, session_expiry_s=session_expiry_s)
        self._next_check(min(1.0, keepalive_s / 2))
        await self._opened
        self._loop.call_soon(self._release)

    async def subscribe(self, filters: Sequence[str], *, qos: int = 1, own: bool = True) -> None:
        """Subscribe, in packets of a size that brokers take. Raises `Unavailable` when a filter is refused, or granted
        at a lower QoS.
        """
        for first in range(0, len(filters), FILTERS_A_PACKET):
            await self._subscribe(filters[first : first + FILTERS_A_PACKET], qos, own=own)

    async def _subscribe(self, filters: Sequence[str], qos: int, *, own: bool) -> None:
        self._require_open()
        if self._v5:
            retained = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if qos else SubscribeOptions.RETAIN_DO_NOT_SEND
            options = SubscribeOptions(qos=qos, noLocal=not own, retainHandling=retained)
            _, packet_id = self._client.subscribe([(wanted, options) for wanted in filters])
        else:
            _, packet_id = self._client.subscribe([(wanted, qos) for wanted in filters])
        if packet_id is None:
            raise Unavailable("broker", because="not connected")
        codes = await self._outstanding.subscribed(packet_id)
        for wanted, code in zip(filters, codes, strict=True):
            if code.is_failure or code.value < qos:
                raise Unavailable("broker", because=f"subscription to {wanted}: {code}")

    def ack(self, delivery: Delivery) -> None:
        """Acknowledge a delivery of this connection; nothing once it has ended."""
        if delivery.qos and not self._ended:
            self._client.ack(delivery.packet_id, delivery.qos)

    def publish(
        self, topic: str, payload: bytes, *, qos: int, retain: bool = False, expiry_s: float | None = None
    ) -> asyncio.Future[None]:
        """Send now, see `BrokerConnection.publish`. `expiry_s` is sent as whole seconds, one at least.

        The future also fails with `Unavailable` when the broker refuses the message. Raises ValueError for a topic
        nobody can publish to.
        """
        self._require_open()
        properties = expiring_in(max(1, int(expiry_s))) if self._v5 and expiry_s is not None else None
        sent = self._client.publish(topic, payload, qos, retain, properties)
        if sent.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise Unavailable("broker", because=f"{self._outstanding.in_flight} messages unacknowledged")
        return self._outstanding.published(sent.mid, qos)

    def pause_reading(self) -> None:
        """Stop taking deliveries; a few that have been read already may still come."""
        self._paused = True
        if not self._ended:
            self._loop.remove_reader(self._wire.fileno())

    def resume_reading(self) -> None:
        """Take deliveries again."""
        self._paused = False
        self._read_on()

    async def close(self) -> None:
        """Write what waits, disconnect and hang up; the persistent session stays at the broker. Never fails."""
        self._closing = True
        try:
            with suppress(TimeoutError, Unavailable):
                async with asyncio.timeout(GOOD_BYE_S):
                    await self._until_settled()
            if not self._ended:
                self._client.disconnect()
                self._writable()
        finally:
            self.drop("closed")

    def drop(self, reason: str) -> None:
        """Hang up without a word, on what is left of the connection; told as `lost` unless it was closing."""
        if self._ended:
            return
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        self._stop_watching()
        self._wire.close()
        self._outstanding.give_up(reason)
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if not self._opened.done():
            self._opened.set_exception(Unavailable("broker", because=reason))
            self._opened.exception()  # who gave up waiting for it needs no warning
        elif not (self._closing or self._opened.cancelled() or self._opened.exception()):
            self._loop.call_soon(self._events.lost, reason)

    # Called by the loop.

    def _readable(self) -> None:
        if not self._reading:
            return
        self._wire.fill()
        self._guarded(self._read)
        if self._wire.more_behind:
            self._loop.call_soon(self._readable)

    def _writable(self) -> None:
        self._turn_to_write = False
        if not self._ended:
            self._guarded(self._write)

    def _check(self, interval_s: float) -> None:
        self._guarded(self._client.loop_misc)
        if not self._ended:
            self._next_check(interval_s)

    def _release(self) -> None:
        self._held = False
        self._read_on()

    # Inside those.

    def _guarded(self, step: Callable[[], object]) -> None:
        self._inside = True
        try:
            step()
        except Exception as error:  # noqa: BLE001 - a packet that breaks paho ends its connection, never the process
            _log.exception("paho failed on what the broker sent", step=step.__name__)
            self.drop(f"paho failed: {type(error).__name__}")
        finally:
            self._inside = False

    def _read(self) -> None:
        while self._wire.readable and self._reading:
            if self._client.loop_read() is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                return

    def _write(self) -> None:
        self._wire.flush()
        if not self._wire.unsent:
            self._writing = True
            try:
                self._client.loop_write()
            finally:
                self._writing = False
            self._wire.flush()
        self._after_write()

    def _after_write(self) -> None:
        if self._ended:
            return
        if self._wire.cannot_send:
            self._loop.remove_writer(self._wire.fileno())
            self._loop.call_soon(self._hear_out)
        elif self._wire.unsent:
            if not self._blocked:
                self._blocked = True
                self._loop.add_writer(self._wire.fileno(), self._writable)
        else:
            if self._blocked:
                self._blocked = False
                self._loop.remove_writer(self._wire.fileno())
            self._outstanding.flushed()
            if self._client.want_write():
                self._write_soon()
            elif self._drained is not None and not self._drained.done():
                self._drained.set_result(None)

    def _hear_out(self) -> None:
        """Nothing can be sent any more; the broker's last words may still lie here and say why."""
        self._held = self._paused = False
        self._readable()
        self.drop(self._wire.trouble)

    # Called by paho inside one of the above.

    def _on_socket_open(self, _client: Client, _userdata: object, _sock: object) -> None:
        self._loop.add_reader(self._wire.fileno(), self._readable)

    def _on_socket_close(self, _client: Client, _userdata: object, _sock: object) -> None:
        self._stop_watching()

    def _on_register_write(self, _client: Client, _userdata: object, _sock: object) -> None:
        self._write_soon()

    def _on_connect(
        self, _client: Client, _userdata: object, flags: ConnectFlags, code: ReasonCode, properties: Properties | None
    ) -> None:
        if self._opened.done():
            return
        if code.is_failure:
            words = getattr(properties, "ReasonString", "") or str(code)
            self._opened.set_exception(Unavailable("broker", because=f"it refused: {words}"))
            return
        self._held = True
        self._loop.remove_reader(self._wire.fileno())
        self._opened.set_result(flags.session_present)

    def _on_subscribe(
        self, _client: Client, _userdata: object, mid: int, codes: Sequence[ReasonCode], _properties: Properties | None
    ) -> None:
        self._outstanding.granted(mid, codes)

    def _on_publish(
        self, _client: Client, _userdata: object, mid: int, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if self._writing:  # only a QoS 0 message is done by being written
            self._outstanding.written(mid)
        else:
            self._outstanding.acknowledged(mid, code)

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        if self._ended:
            return
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = UNREADABLE_TOPIC
        payload, packet_id = bytes(message.payload), message.mid if message.qos else 0
        try:
            self._events.delivered(Delivery(topic, payload, message.qos, message.retain, message.dup, packet_id))
        except Exception:  # noqa: BLE001 - one that passed through paho would make it read the same packet for ever
            _log.exception("a delivery was not taken and stays unacknowledged", topic=topic)

    def _on_disconnect(
        self, _client: Client, _userdata: object, flags: DisconnectFlags, code: ReasonCode, _properties: Any
    ) -> None:
        said = f"the broker said: {code}" if flags.is_disconnect_packet_from_server else str(code)
        self.drop(self._wire.trouble or said)

    # Small parts.

    @property
    def _reading(self) -> bool:
        return not (self._ended or self._held or self._paused)

    def _require_open(self) -> None:
        if self._ended or self._closing:
            raise Unavailable("broker", because="not connected")

    def _next_check(self, interval_s: float) -> None:
        self._timer = self._loop.call_later(interval_s, self._check, interval_s)

    def _read_on(self) -> None:
        if self._reading:
            self._loop.add_reader(self._wire.fileno(), self._readable)
            self._loop.call_soon(self._readable)

    def _stop_watching(self) -> None:
        if (descriptor := self._wire.fileno()) >= 0:
            self._loop.remove_reader(descriptor)
            self._loop.remove_writer(descriptor)

    def _write_soon(self) -> None:
        if not (self._ended or self._turn_to_write or self._blocked):
            self._turn_to_write = True
            self._loop.call_soon(self._writable)

    async def _until_settled(self) -> None:
        if not self._ended and (self._client.want_write() or self._wire.unsent):
            self._drained = self._loop.create_future()
            await self._drained
