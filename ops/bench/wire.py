"""A lean MQTT 3.1.1 client for the load: it must cost next to nothing beside what it measures.

Publishes at QoS 1 and trusts the loopback: nothing is sent again. Subscribes at QoS 0. Source: MQTT 3.1.1, section 3.
"""

import asyncio
import struct
from collections.abc import Callable, Sequence
from typing import Self, cast

from syspark.errors import Unavailable

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, DISCONNECT = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90, 0xE0
QOS_1 = 0x02
ANSWERS_WITHIN_S = 5.0

Received = Callable[[str, bytes], None]


class WireClient(asyncio.Protocol):
    """A clean session. `received` hears of every message, on the loop."""

    def __init__(self, received: Received) -> None:
        self._received = received
        self._transport: asyncio.Transport
        self._buffer = bytearray()
        self._packet_id = 0
        self._answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.acknowledged = 0

    @classmethod
    async def connect(
        cls, host: str, port: int, client_id: str, received: Received, topics: Sequence[str] = ()
    ) -> Self:
        """Open a session and subscribe. Raises `Unavailable`."""
        try:
            _, client = await asyncio.get_running_loop().create_connection(lambda: cls(received), host, port)
        except OSError as error:
            raise Unavailable("broker", because=str(error)) from error
        # Protocol level 4, clean session, no keep-alive: the run is short.
        await client._ask(_packet(CONNECT, _text("MQTT") + b"\x04\x02\x00\x00" + _text(client_id)))
        if topics:
            await client._ask(_packet(SUBSCRIBE, b"\x00\x01" + b"".join(_text(topic) + b"\x00" for topic in topics)))
        return client

    def publish(self, topic: str, payload: bytes) -> None:
        """Send at QoS 1."""
        self._packet_id = self._packet_id % 65_535 + 1
        body = _text(topic) + struct.pack(">H", self._packet_id) + payload
        self._transport.write(_packet(PUBLISH | QOS_1, body))

    def close(self) -> None:
        """Disconnect."""
        self._transport.write(bytes([DISCONNECT, 0]))
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """For asyncio."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        """For asyncio."""
        self._buffer += data
        taken = 0
        while (whole := _frame(self._buffer, taken)) is not None:
            start, end = whole
            self._packet(self._buffer[taken], bytes(self._buffer[start:end]))
            taken = end
        del self._buffer[:taken]

    def connection_lost(self, exc: Exception | None) -> None:
        """For asyncio."""
        if not self._answer.done():
            self._answer.set_exception(Unavailable("broker", because=str(exc or "it hung up")))

    def _packet(self, first: int, body: bytes) -> None:
        match first & 0xF0:
            case 0x30:  # PUBLISH at QoS 0
                (length,) = struct.unpack_from(">H", body)
                self._received(body[2 : 2 + length].decode(), body[2 + length :])
            case 0x40:  # PUBACK
                self.acknowledged += 1
            case 0x20 | 0x90 if not self._answer.done():  # CONNACK, SUBACK
                self._answer.set_result(None)
            case _:
                pass

    async def _ask(self, packet: bytes) -> None:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(packet)
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            await self._answer


def _packet(first: int, body: bytes) -> bytes:
    length, size = bytearray(), len(body)
    while True:
        size, digit = divmod(size, 128)
        length.append(digit | (0x80 if size else 0))
        if not size:
            return bytes([first]) + bytes(length) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded


def _frame(buffer: bytearray, at: int) -> tuple[int, int] | None:
    """Where the body of the packet at `at` begins and ends; None while it is incomplete."""
    size, shift, place = 0, 0, at + 1
    while place < len(buffer):
        digit = buffer[place]
        size |= (digit & 0x7F) << shift
        place += 1
        if not digit & 0x80:
            return (place, place + size) if place + size <= len(buffer) else None
        shift += 7
    return None
