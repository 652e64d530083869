"""The link's own heartbeat through the broker: which connection sent it and when.

An untimed fact is as old as the last own marker received before it. Source: architecture.md, "Old facts".
"""

from datetime import datetime

import msgspec

from syspark.contract import jsontext, wire_down
from syspark.contract.reasons import UnreadableError
from syspark.contract.values import read_time, unix_ms

_MAX_BYTES = 512


class Marker(msgspec.Struct, frozen=True):
    """One heartbeat: the connection's `nonce` and the time it was sent, to the millisecond."""

    nonce: str
    sent_at: datetime


def format_marker(nonce: str, sent_at: datetime) -> bytes:
    """Write a marker's payload."""
    return msgspec.json.encode(wire_down.Marker(src=wire_down.CLOUD, nonce=nonce, ts=unix_ms(sent_at)))


def parse_marker(payload: bytes) -> Marker | None:
    """Read a marker, or nothing: what is not a marker on its topic is ignored like a foreign nonce; never raises."""
    if len(payload) > _MAX_BYTES:
        return None
    try:
        form = jsontext.convert(jsontext.decode_object(payload.decode()), wire_down.Marker)
        return Marker(form.nonce, read_time(form.ts)) if form.src == wire_down.CLOUD else None
    except (UnicodeDecodeError, UnreadableError):
        return None
