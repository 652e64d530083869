"""How the payload of each family becomes a fact: the exact v1 text, and the JSON form.

Source: contract.md, "Families".
"""

from collections.abc import Callable, Mapping
from typing import Any, Never, cast

from syspark.contract import wire_up
from syspark.contract.reasons import Reason, UnreadableError
from syspark.contract.table import Row
from syspark.contract.values import clean_text, read_digits, read_plate, read_time, read_uid
from syspark.domain import facts
from syspark.domain.units import Lane

_PINS = {"PIN_IN": Lane.ENTRY, "PIN_OUT": Lane.EXIT}
LONGEST_TEXT = 500
SHORTEST_NAME = 2


def _refuse(detail: str) -> Never:
    raise UnreadableError(Reason.BAD_PAYLOAD, detail)


def _present_text(text: str, _row: Row) -> facts.Fact:
    if text not in {"0", "1"}:
        _refuse("presence is 0 or 1")
    return facts.PresenceReported(present=text == "1")


def _heartbeat_text(text: str, _row: Row) -> facts.Fact:
    return facts.HeartbeatReported(beat_at=read_time(read_digits(text, what="the heartbeat", longest=15)))


def _heartbeat(form: wire_up.Heartbeat, _row: Row) -> facts.Fact:
    if form.ts is None:
        _refuse("a heartbeat needs its ts")
    return facts.HeartbeatReported(beat_at=read_time(form.ts), state=form.state)


def _sensor_error_text(text: str, _row: Row) -> facts.Fact:
    """An error text we do not know is still an error: it becomes the code `ERROR` with the text as its detail."""
    code, _, detail = text.partition(" ")
    code = code.rstrip(":").upper()
    if 1 <= len(code) <= 64 and code.isascii() and code.replace("_", "").isalnum():
        return facts.SensorErrorReported(code=code, detail=clean_text(detail, LONGEST_TEXT))
    return facts.SensorErrorReported(code="ERROR", detail=clean_text(text, LONGEST_TEXT))


def _sensor_error(form: wire_up.SensorError, _row: Row) -> facts.Fact:
    return facts.SensorErrorReported(code=form.code.upper(), detail=clean_text(form.detail or "", LONGEST_TEXT))


def _identification_text(text: str, _row: Row) -> facts.Fact:
    lane = _PINS.get(text)
    return facts.BadgeRead(uid=read_uid(text)) if lane is None else facts.PinAccepted(lane=lane)


def _identification(form: wire_up.Identification, _row: Row) -> facts.Fact:
    method = (form.method or ("PIN" if form.uid in _PINS else "BADGE")).upper()
    if method == "BADGE":
        return facts.BadgeRead(uid=read_uid(form.uid or ""), lane=form.lane)
    if method != "PIN" and method not in _PINS:
        _refuse("method is badge or pin")
    named = {lane for lane in (form.lane, _PINS.get(method), _PINS.get(form.uid or "")) if lane is not None}
    if len(named) != 1:
        _refuse("an accepted PIN names exactly one lane")
    return facts.PinAccepted(lane=named.pop())


def _barrier(form: wire_up.BarrierState, row: Row) -> facts.Fact:
    assert row.lane is not None
    return facts.BarrierReported(lane=row.lane, state=form.state, command_id=form.command_id, code=form.code)


def _plate(form: wire_up.PlateSeen, row: Row) -> facts.Fact:
    if row.lane is not None and form.lane not in {None, row.lane}:
        _refuse("the lane contradicts the topic")
    return facts.PlateRead(
        plate=read_plate(form.plate),
        lane=row.lane or form.lane,
        confidence=form.confidence,
        valid=form.valid is not False,
        frame_id=None if form.frame_id is None else str(form.frame_id),
        side=form.side,
    )


def _floor_text(text: str, _row: Row) -> facts.Fact:
    if text == "RDC":
        return facts.FloorReported(current=0)
    return facts.FloorReported(current=read_digits(text.removeprefix("ETAGE"), what="the floor", longest=2))


def _acl_list(form: wire_up.AclList, _row: Row) -> facts.Fact:
    entries = (entry if isinstance(entry, str) else entry.uid for entry in form.entries)
    return facts.AclReported(entries=tuple(read_uid(entry) for entry in entries), version=form.version)


def _acl_done(form: wire_up.AclDone, _row: Row) -> facts.Fact:
    return facts.AclWritten(ok=form.status == "ok", version=form.version)


def _sync_text(text: str, _row: Row) -> facts.Fact:
    if text not in {"1", "boot_request"}:
        _refuse("a sync request is 1 or boot_request")
    return facts.SyncRequested(boot=text == "boot_request")


def _sync(form: wire_up.Sync, _row: Row) -> facts.Fact:
    if form.inside is None:
        return facts.SyncRequested()
    named = {"".join(letter for letter in one.upper() if letter.isascii() and letter.isalnum()) for one in form.inside}
    if not all(len(one) >= SHORTEST_NAME for one in named):
        _refuse("who is inside is named by badges and plates")
    return facts.SyncRequested(held=tuple(sorted(named)))


def _radio_text(text: str, row: Row) -> facts.Fact:
    return facts.RadioReported(error=row.channel == "tx/error", text=clean_text(text, LONGEST_TEXT))


def _radio(form: wire_up.Radio, row: Row) -> facts.Fact:
    """The text is added by `parse`: the whole message, since nobody fixed its form."""
    state, code = (None if value is None else clean_text(str(value), 64) for value in (form.state, form.code))
    return facts.RadioReported(error=row.channel == "tx/error", text="", state=state, code=code)


def _bridge_text(text: str, _row: Row) -> facts.Fact:
    if text not in {"1", "0", "online", "offline"}:
        _refuse("a bridge is 1, 0, online or offline")
    return facts.BridgeReported(online=text in {"1", "online"})


FROM_TEXT: Mapping[str, Callable[[str, Row], facts.Fact]] = {
    "sensor_gate/present": _present_text,
    "sensor_gate/heartbeat": _heartbeat_text,
    "sensor_gate/error": _sensor_error_text,
    "barriere": _identification_text,
    "ascenseur/state": _floor_text,
    "sync/req": _sync_text,
    "radio/tx/status": _radio_text,
    "radio/tx/error": _radio_text,
    "bridge/state": _bridge_text,
}
"""Families whose v1 payload is text, by topic."""

FROM_JSON: Mapping[type[Any], Callable[[Any, Row], facts.Fact]] = {
    wire_up.Heartbeat: _heartbeat,
    wire_up.SensorError: _sensor_error,
    wire_up.Identification: _identification,
    wire_up.BarrierState: _barrier,
    wire_up.PlateSeen: _plate,
    wire_up.AclList: _acl_list,
    wire_up.AclDone: _acl_done,
    wire_up.Sync: _sync,
    wire_up.Radio: _radio,
}
"""How a JSON form becomes a fact that says it otherwise; a replay is read by `parse`, as it holds another message."""


def from_form(form: wire_up.Stamped, row: Row) -> facts.Fact:
    """The fact of a JSON form: as `FROM_JSON` says, else the row's one fact, whose fields the form has by name."""
    reader = FROM_JSON.get(type(form))
    if reader is not None:
        return reader(form, row)
    (fact,) = row.carries
    said = {name: getattr(form, name) for name in fact.__struct_fields__}
    return cast("facts.Fact", fact(**{name: _clean(value) for name, value in said.items()}))


def _clean(value: object) -> object:
    return clean_text(value, LONGEST_TEXT) if type(value) is str else value
