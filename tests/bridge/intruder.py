"""A publisher that keeps to no rule: MQTT 3.1.1 written by hand, as client libraries refuse to send what it sends."""

import socket
import ssl
from dataclasses import dataclass
from typing import Literal

_PINGREQ, _PINGRESP = b"\xc0\x00", b"\xd0\x00"
_WAIT_S = 5.0

Outcome = Literal["served", "thrown out"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message at a broker. `user` None is anonymous; a last will is published by the broker once the line breaks."""

    topic: bytes
    payload: bytes
    user: str | None = None
    password: str | None = None
    qos: Literal[0, 1, 2] = 1
    retain: bool = False
    as_will: bool = False


def intrude(port: int, attempt: Attempt, context: ssl.SSLContext | None) -> Outcome:
    """Connect, publish without waiting for leave, and return once the broker has taken note of all or hung up."""
    with socket.create_connection(("127.0.0.1", port), timeout=_WAIT_S) as plain:
        if context is None:
            return _converse(plain, attempt)
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as line:
            return _converse(line, attempt)


def _converse(line: socket.socket, attempt: Attempt) -> Outcome:
    heard = b""
    try:
        line.sendall(_connect(attempt) + (b"" if attempt.as_will else _publish(attempt)) + _PINGREQ)
        while not heard.endswith(_PINGRESP):
            data = line.recv(4096)
            if not data:
                return "thrown out"
            heard += data
    except ConnectionError:
        return "thrown out"
    return "served"


def _connect(attempt: Attempt) -> bytes:
    flags = 0x02  # a clean session
    fields = _text(b"intruder")
    if attempt.as_will:
        flags |= 0x04 | attempt.qos << 3 | attempt.retain << 5
        fields += _text(attempt.topic) + _text(attempt.payload)
    if attempt.user is not None:
        flags |= 0x80
        fields += _text(attempt.user.encode())
    if attempt.password is not None:
        flags |= 0x40
        fields += _text(attempt.password.encode())
    return _packet(0x10, _text(b"MQTT") + bytes([4, flags, 0, 30]) + fields)


def _publish(attempt: Attempt) -> bytes:
    identified = b"\x00\x01" if attempt.qos else b""
    packet = _packet(0x30 | attempt.qos << 1 | attempt.retain, _text(attempt.topic) + identified + attempt.payload)
    return packet + (_packet(0x62, b"\x00\x01") if attempt.qos == 2 else b"")


def _packet(kind: int, body: bytes) -> bytes:
    length, digits = len(body), b""
    while True:
        length, digit = divmod(length, 128)
        digits += bytes([digit | 0x80 if length else digit])
        if not length:
            return bytes([kind]) + digits + body


def _text(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value
