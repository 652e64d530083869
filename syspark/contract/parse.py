"""Payloads from the field, read once into facts, or refused with a reason; nothing here raises.

Checks go from cheap to dear: who may publish, size, retain, bytes, then JSON with bounded work, then the secret, then
the form. Source: contract.md, "Families", "Bad input", "Security of the contract".
"""

from datetime import datetime
from typing import Any

import msgspec

from syspark.contract import wire_up
from syspark.contract.jsontext import convert, decode_object
from syspark.contract.readings import FROM_TEXT, LONGEST_TEXT, from_form
from syspark.contract.reasons import Reason, Rejection, UnreadableError
from syspark.contract.redact import hide
from syspark.contract.secret import check_secret
from syspark.contract.table import Kind, Row, Twin, Way
from syspark.contract.topics import Topic, parse_topic
from syspark.contract.values import clean_text, read_time
from syspark.contract.wire_down import CLOUD
from syspark.domain import facts
from syspark.domain.units import Speaks

MAX_PAYLOAD = 65_536

_FREE_TEXT = frozenset({Twin.SENSOR, Twin.RADIO})
"""Devices whose texts are kept as they are, so that a secret in them would be stored and shown."""


class Reading(msgspec.Struct, frozen=True):
    """A fact, with what the payload said of itself. `ts` is the publisher's own clock, wrong or not; v1 says none."""

    fact: facts.Told
    ts: datetime | None = None
    src: str | None = None
    event_id: str | None = None


def parse(topic: Topic, payload: bytes, *, retained: bool, secrets: tuple[str, ...]) -> Reading | Rejection:
    """Read what a site published on an `up` topic. `secrets` are the site's currently valid ones; never raises."""
    row = topic.row
    if row.way is not Way.UP:
        return Rejection(Reason.DOWN_TOPIC_FROM_SITE, "only the cloud publishes here")
    if retained and row.kind is Kind.FACT:
        return Rejection(Reason.RETAINED_FACT, "an event must not be retained")
    try:
        text = _text(payload, nul_terminated=row.topic == "barriere")
        if text[0] in "{[":
            return _read_json(topic, text, secrets)
        return _read_text(row, text, secrets)
    except UnreadableError as error:
        return error.rejection


def parse_weather(body: bytes) -> Reading | Rejection:
    """Read the weather a site's client posts over HTTP (interface.md, `/api/meteo`); never raises."""
    try:
        form = convert(decode_object(_text(body)), wire_up.Weather)
        fact = facts.WeatherReported(
            ville=clean_text(form.ville, 64),
            description=clean_text(form.description, 64),
            temperature=form.temperature,
            humidite=form.humidite,
            vent=form.vent,
            vent_dir=clean_text(form.vent_dir or "", 64),
            prevision=clean_text(form.prevision or "", 200),
            pluie=form.pluie,
            co2=form.co2,
            air=None if form.air is None else clean_text(form.air, 64),
        )
        return _reading(fact, form)
    except UnreadableError as error:
        return error.rejection


def is_own_echo(topic: Topic, payload: bytes) -> bool:
    """Whether this is the cloud's own message coming back through a wide subscription.

    Only JSON says so (`src` is `cloud`). The text payloads of v1 carry no source: the link has to ask the broker not to
    send them back (MQTT 5 No Local), or to remember what it published.
    """
    if topic.row.way is Way.UP or len(payload) > MAX_PAYLOAD or CLOUD.encode() not in payload:
        return False
    try:
        return decode_object(_text(payload)).get("src") == CLOUD
    except UnreadableError:
        return False


def _text(payload: bytes, *, nul_terminated: bool = False) -> str:
    """Give the payload as text without white space around it; raises `UnreadableError`."""
    if len(payload) > MAX_PAYLOAD:
        raise UnreadableError(Reason.TOO_LARGE, "over 64 KiB")
    if nul_terminated:
        payload = payload.removesuffix(b"\0")
    if b"\0" in payload:
        raise UnreadableError(Reason.NUL_BYTES, "NUL bytes")
    try:
        text = payload.decode().strip(" \t\r\n")
    except UnicodeDecodeError:
        raise UnreadableError(Reason.NOT_UTF8, "not UTF-8") from None
    if not text:
        raise UnreadableError(Reason.EMPTY, "nothing in it")
    return text


def _read_text(row: Row, text: str, secrets: tuple[str, ...]) -> Reading:
    reader = FROM_TEXT.get(row.topic)
    if reader is None:
        raise UnreadableError(Reason.BAD_PAYLOAD, "a JSON object is expected")
    if row.twin in _FREE_TEXT and row.kind is not Kind.TELEMETRY:
        text = hide(text, secrets)
    fact = reader(text, row)
    return Reading(fact, fact.beat_at if isinstance(fact, facts.HeartbeatReported) else None)


def _read_json(topic: Topic, text: str, secrets: tuple[str, ...]) -> Reading:
    row = topic.row
    value = decode_object(text)
    if row.json is None:
        raise UnreadableError(Reason.BAD_PAYLOAD, "text is expected, not JSON")
    if row.secret:
        check_secret(value.get("secret"), secrets)
    form = convert(value, row.json)
    if isinstance(form, wire_up.Replay):
        return _replayed(topic, form, secrets)
    assert isinstance(form, wire_up.Stamped)
    fact = from_form(form, row)
    if row.twin in _FREE_TEXT:
        fact = _without_secrets(fact, text, secrets)
    return _reading(fact, form)


def _reading(fact: facts.Told, form: wire_up.Stamped) -> Reading:
    return Reading(
        fact,
        None if form.ts is None else read_time(form.ts),
        None if form.src is None else clean_text(form.src, 64),
        None if form.event_id is None else str(form.event_id),
    )


def _without_secrets(fact: facts.Fact, text: str, secrets: tuple[str, ...]) -> facts.Fact:
    """Hide secrets in texts that are shown as they came. The radio's whole message is one: nobody fixed its form."""
    match fact:
        case facts.SensorErrorReported():
            return msgspec.structs.replace(fact, code=hide(fact.code, secrets), detail=hide(fact.detail, secrets))
        case facts.RadioReported(state=state, code=code):
            return facts.RadioReported(
                error=fact.error,
                text=clean_text(hide(text, secrets), LONGEST_TEXT),
                state=None if state is None else hide(state, secrets),
                code=None if code is None else hide(code, secrets),
            )
        case _:
            return fact


def _replayed(topic: Topic, form: wire_up.Replay, secrets: tuple[str, ...]) -> Reading:
    inner = _inner_topic(topic, form.topic)
    reading = parse(inner, _inner_payload(form.payload), retained=False, secrets=secrets)
    if isinstance(reading, Rejection):
        raise UnreadableError(reading.reason, f"in the replayed message: {reading.detail}")
    assert not isinstance(reading.fact, facts.Replayed)
    happened_at = read_time(form.ts)
    outer = _reading(facts.Replayed(fact=reading.fact, device=inner.device, happened_at=happened_at), form)
    return msgspec.structs.replace(outer, src=outer.src or reading.src, event_id=outer.event_id or reading.event_id)


def _inner_topic(outer: Topic, text: str) -> Topic:
    """Read a replayed message's topic as its site means it: `barriere-2`, `parking/barriere`, or its own v2 topic."""
    inner = parse_topic(outer.root, f"{outer.root}/{outer.site}/{text}")
    if isinstance(inner, Rejection):
        inner = parse_topic(outer.root, text)
    if isinstance(inner, Rejection):
        raise UnreadableError(inner.reason, f"in the replayed topic: {inner.detail}")
    if inner.generation is Speaks.V2 and inner.site != outer.site:
        raise UnreadableError(Reason.BAD_TOPIC, "the replayed message belongs to another site")
    if inner.row.way is not Way.UP:
        raise UnreadableError(Reason.DOWN_TOPIC_FROM_SITE, "the replayed topic is the cloud's own")
    if inner.row.kind is Kind.TELEMETRY or facts.Replayed in inner.row.carries:
        raise UnreadableError(Reason.BAD_PAYLOAD, "only facts and levels are replayed")
    return Topic(outer.root, outer.site, inner.device, inner.row, inner.generation)


def _inner_payload(payload: str | int | dict[str, Any]) -> bytes:
    if isinstance(payload, dict):
        return msgspec.json.encode(payload)
    return str(payload).encode()
