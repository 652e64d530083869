"""Facts put into the bytes a site sends, which are to be read back whole.

Source: contract.md, "Families" (way `up`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from syspark.contract.format_equipment import FLOORS
from syspark.contract.table import Row, Way, rows
from syspark.contract.values import unix_ms
from syspark.contract.words import UnformattableError
from syspark.domain import facts
from syspark.domain.units import Lane, Speaks

_PINS = {Lane.ENTRY: "PIN_IN", Lane.EXIT: "PIN_OUT"}


class Report(msgspec.Struct, frozen=True):
    """A message a site may publish; its topic is `topics.topic_for(root, site, row, device)`."""

    row: Row
    payload: bytes


def format_fact(
    fact: facts.Fact,
    speaks: Speaks,
    *,
    secret: str | None = None,
    ts: datetime | None = None,
    src: str | None = None,
    event_id: str | None = None,
) -> Report:
    """Write a fact as a site does: v1 text, which drops what v1 cannot say, or the richer JSON.

    Raises `UnformattableError` when the generation does not send such a fact, or its secret is missing.
    """
    row = _row_of(fact)
    if row.secret and not secret:
        raise UnformattableError(f"{row.topic} needs a secret")
    if isinstance(fact, facts.BridgeReported):
        words = ("offline", "online") if speaks is Speaks.V2 else ("0", "1")
        return Report(row, words[fact.online].encode())
    if speaks is Speaks.V1 and not row.secret:
        return Report(row, _v1_text(fact).encode())
    if isinstance(fact, facts.HeartbeatReported):
        ts = fact.beat_at
    stamps = {"ts": None if ts is None else unix_ms(ts), "src": src, "event_id": event_id}
    fields = _JSON[type(fact)](fact) | ({"secret": secret} if row.secret else {})
    if speaks is Speaks.V2:
        fields |= stamps
    return Report(row, msgspec.json.encode({name: value for name, value in fields.items() if value is not None}))


def _row_of(fact: facts.Fact) -> Row:
    candidates = [row for row in rows(Way.UP) if type(fact) in row.carries]
    match fact:
        case facts.BarrierReported() | facts.PlateRead():
            return next(row for row in candidates if row.lane is fact.lane)
        case facts.RadioReported():
            return candidates[fact.error]
        case facts.WeatherReported():
            raise UnformattableError("weather comes over HTTP only")
        case _:
            return candidates[0]


def _v1_text(fact: facts.Fact) -> str:
    words = _TEXT.get(type(fact))
    if words is None:
        raise UnformattableError("v1 does not send this")
    return words(fact)


def _floor(fact: facts.FloorReported) -> str:
    return FLOORS[fact.current] if 0 <= fact.current < len(FLOORS) else str(fact.current)


_TEXT: Mapping[type[Any], Callable[[Any], str]] = {
    facts.PresenceReported: lambda fact: "1" if fact.present else "0",
    facts.HeartbeatReported: lambda fact: str(int(fact.beat_at.timestamp())),
    facts.SensorErrorReported: lambda fact: f"{fact.code} {fact.detail}".strip(),
    facts.BadgeRead: lambda fact: fact.uid,
    facts.PinAccepted: lambda fact: _PINS[fact.lane],
    facts.FloorReported: _floor,
    facts.SyncRequested: lambda fact: "boot_request" if fact.boot else "1",
    facts.RadioReported: lambda fact: fact.text,
}

_JSON: Mapping[type[Any], Callable[[Any], dict[str, Any]]] = {
    facts.PresenceReported: lambda fact: {"present": fact.present},
    facts.HeartbeatReported: lambda fact: {"state": fact.state},
    facts.SensorErrorReported: lambda fact: {"code": fact.code, "detail": fact.detail},
    facts.BadgeRead: lambda fact: {"uid": fact.uid, "lane": fact.lane, "method": "badge"},
    facts.PinAccepted: lambda fact: {"lane": fact.lane, "method": "pin"},
    facts.BarrierReported: lambda fact: {"state": fact.state, "command_id": fact.command_id, "code": fact.code},
    facts.PlateRead: lambda fact: {
        "lane": fact.lane,
        "plate": fact.plate,
        "confidence": fact.confidence,
        "valid": fact.valid,
        "frame_id": fact.frame_id,
    },
    facts.FloorReported: lambda fact: {"current": fact.current, "target": fact.target, "moving": fact.moving},
    facts.AclReported: lambda fact: {"op": "LIST", "entries": fact.entries, "version": fact.version},
    facts.AclWritten: lambda fact: {
        "op": "SD_WRITE",
        "status": "ok" if fact.ok else "error",
        "version": fact.version,
    },
    facts.SyncRequested: lambda fact: {"inside": fact.held},
    facts.RadioReported: lambda fact: {"state": fact.state, "code": fact.code},
}
