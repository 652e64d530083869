"""A bridge's connection to the cloud's broker: MQTT 3.1.1, clean session, a last will, driven by the event loop.

Transport only: what is said over it comes from the core. The product's own connection cannot serve here, its session is
persistent and it has no will.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ops.simulator.message import Publication
from syspark.errors import Unavailable
from syspark.gateways.mqtt.dialling import dial

KEEPALIVE_S = 5
CHECK_EVERY_S = 1.0
OPEN_WITHIN_S = 10.0
IN_FLIGHT_MAX = 1000

Heard = Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the cloud's broker is, and as whom a bridge connects."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)


class _Client(Client):
    """paho on a socket that is connected already: it would block to connect it."""

    def __init__(self, sock: socket.socket, client_id: str) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id, clean_session=True, reconnect_on_failure=False)
        self.max_inflight_messages = IN_FLIGHT_MAX
        self.suppress_exceptions = True
        self._given = sock

    def _create_socket(self) -> socket.socket:
        return self._given


class Line:
    """One connection. `lost` is set when it has ended, `unacknowledged` keeps what nobody has answered for."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._client: _Client | None = None
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._checking: asyncio.TimerHandle | None = None
        self.lost = asyncio.Event()
        self.unacknowledged: dict[int, Publication] = {}

    async def open(
        self, address: BrokerAddress, client_id: str, will: Publication, subscriptions: Sequence[tuple[str, int]]
    ) -> None:
        """Connect and subscribe. Raises `Unavailable`."""
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                sock = await dial(address.host, address.port, address.tls)
                self._connect(sock, address, client_id, will)
                await self._opened
        except TimeoutError as error:
            self.cut()
            raise Unavailable("broker", because=f"no answer within {OPEN_WITHIN_S:g} s") from error
        except OSError as error:
            self.cut()
            raise Unavailable("broker", because=str(error)) from error
        except BaseException:
            self.cut()
            raise
        assert self._client is not None
        self._client.subscribe(list(subscriptions))

    def publish(self, publication: Publication) -> None:
        """Send; above QoS 0 it is kept until the broker has answered."""
        if self._client is None or self.lost.is_set():
            if publication.qos:
                self.unacknowledged[-len(self.unacknowledged) - 1] = publication
            return
        sent = self._client.publish(publication.topic, publication.payload, publication.qos, publication.retain)
        if publication.qos and not sent.is_published():
            self.unacknowledged[sent.mid] = publication

    def cut(self) -> None:
        """End the connection without a word, as a broken line does: the broker publishes the will."""
        if self._checking is not None:
            self._checking.cancel()
        client, self._client = self._client, None
        if client is not None:
            sock = client.socket()
            if isinstance(sock, socket.socket):
                self._unwatch(sock)
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()
        self.lost.set()

    def close(self) -> None:
        """Say good-bye first: the broker keeps the will to itself."""
        if self._client is not None:
            with suppress(OSError):
                self._client.disconnect()
        self.cut()

    def _connect(self, sock: socket.socket, address: BrokerAddress, client_id: str, will: Publication) -> None:
        client = self._client = _Client(sock, client_id)
        loop = asyncio.get_running_loop()
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_socket_open = lambda _client, _data, sock: loop.add_reader(sock, self._read)
        client.on_socket_close = lambda _client, _data, sock: self._unwatch(sock)
        client.on_socket_register_write = lambda _client, _data, sock: loop.add_writer(sock, self._write)
        client.on_socket_unregister_write = self._on_written
        client.will_set(will.topic, will.payload, will.qos, will.retain)
        if address.username is not None:
            client.username_pw_set(address.username, address.password)
        client.connect("broker", keepalive=KEEPALIVE_S)
        self._checking = loop.call_later(CHECK_EVERY_S, self._check)

    def _read(self) -> None:
        if self._client is not None and self._client.loop_read() is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.cut()

    def _write(self) -> None:
        if self._client is not None:
            self._client.loop_write()

    def _check(self) -> None:
        if self._client is not None:
            self._client.loop_misc()
            self._checking = asyncio.get_running_loop().call_later(CHECK_EVERY_S, self._check)

    def _unwatch(self, sock: Any) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError, ValueError):
            loop.remove_reader(sock)
            loop.remove_writer(sock)

    def _on_written(self, _client: Client, _data: object, sock: Any) -> None:
        asyncio.get_running_loop().remove_writer(sock)

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        if self._opened.done():
            return
        if code.is_failure:
            self._opened.set_exception(Unavailable("broker", because=str(code)))
        else:
            self._opened.set_result(None)

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        if not self._opened.done():
            self._opened.set_exception(Unavailable("broker", because=str(code)))
        self.lost.set()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._heard(message.topic, bytes(message.payload))

    def _on_publish(
        self, _client: Client, _data: object, mid: int, _code: ReasonCode, _more: Properties | None
    ) -> None:
        self.unacknowledged.pop(mid, None)
