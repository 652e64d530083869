"""What a reading says besides its fact; retained, secrets, size, time."""

from datetime import UTC, datetime

import msgspec
import pytest

from syspark.contract.marker import Marker, format_marker, parse_marker
from syspark.contract.parse import MAX_PAYLOAD, Reading, is_own_echo, parse, parse_weather
from syspark.contract.reasons import Reason, Rejection
from syspark.contract.table import Kind, Way, rows
from syspark.contract.topics import Topic, parse_topic, topic_for
from syspark.domain import facts
from syspark.domain.units import Plate, SiteId

SECRETS = ("s3cret-A", "s3cret-B")
AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def _topic(local: str) -> Topic:
    topic = parse_topic("parking", f"parking/{local}")
    assert isinstance(topic, Topic)
    return topic


def _parse(local: str, payload: bytes, *, retained: bool = False, secrets: tuple[str, ...] = SECRETS) -> Reading:
    reading = parse(_topic(local), payload, retained=retained, secrets=secrets)
    assert isinstance(reading, Reading), reading
    return reading


def _reason(local: str, payload: bytes, *, retained: bool = False, secrets: tuple[str, ...] = SECRETS) -> Reason:
    rejection = parse(_topic(local), payload, retained=retained, secrets=secrets)
    assert isinstance(rejection, Rejection), rejection
    return rejection.reason


def test_v1_text_carries_no_time_source_or_id() -> None:
    reading = _parse("barriere", b"A1B2C3D4")
    assert (reading.ts, reading.src, reading.event_id) == (None, None, None)


def test_json_carries_time_source_and_id() -> None:
    reading = _parse("barriere", b'{"uid":"A1B2C3D4","ts":1700000000000,"src":"reader\\u202e1","event_id":42}')
    assert (reading.ts, reading.src, reading.event_id) == (AT, "reader 1", "42")


@pytest.mark.parametrize("stamp", [b"1700000000", b"1700000000000", b"1700000000.0", b"1.7e9", b"1.7e12"])
def test_a_time_is_milliseconds_or_seconds_when_small(stamp: bytes) -> None:
    assert _parse("sync/req", b'{"ts":' + stamp + b"}").ts == AT


def test_the_limit_between_seconds_and_milliseconds() -> None:
    assert _parse("sync/req", b'{"ts":99999999999}').ts == datetime(5138, 11, 16, 9, 46, 39, tzinfo=UTC)
    assert _parse("sync/req", b'{"ts":100000000000}').ts == datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)


def test_a_wrong_clock_is_not_bad_input() -> None:
    assert _parse("sync/req", b'{"ts":0}').ts == datetime(1970, 1, 1, tzinfo=UTC)
    assert _parse("sync/req", b'{"ts":253402300799999}').ts is not None


def test_null_is_the_same_as_absent_for_optional_fields() -> None:
    payload = b'{"plate":"AB123CD","ts":null,"src":null,"lane":null,"confidence":null,"valid":null,"frame_id":null}'
    assert _parse("vision/plate", payload) == Reading(facts.PlateRead(plate=Plate("AB123CD")))


@pytest.mark.parametrize("row", rows(Way.UP), ids=lambda row: row.topic)
def test_a_retained_fact_is_refused_whatever_it_holds(row: object) -> None:
    row = next(known for known in rows(Way.UP) if known is row)
    topic = parse_topic("parking", topic_for("parking", SiteId("lyon"), row))
    assert isinstance(topic, Topic)
    answer = parse(topic, b"1", retained=True, secrets=SECRETS)
    refused = isinstance(answer, Rejection) and answer.reason is Reason.RETAINED_FACT
    assert refused == (row.kind is Kind.FACT)


def test_retained_levels_and_telemetry_are_read() -> None:
    assert _parse("sensor_gate/present", b"1", retained=True).fact == facts.PresenceReported(present=True)
    assert _parse("sensor_gate/heartbeat", b"1700000000", retained=True).ts == AT


def test_size_is_limited_in_bytes_and_the_limit_itself_is_fine() -> None:
    assert _reason("sensor_gate/error", b"E" * (MAX_PAYLOAD + 1)) is Reason.TOO_LARGE
    assert _parse("sensor_gate/error", b"E " + b"x" * (MAX_PAYLOAD - 2)).fact == facts.SensorErrorReported(
        code="E", detail="x" * 500
    )


def test_sixteen_levels_are_fine_and_brackets_in_texts_do_not_count() -> None:
    deep = b'{"x":' + b"[" * 15 + b"]" * 15 + b"}"
    assert _parse("sync/req", deep).fact == facts.SyncRequested()
    assert _parse("sync/req", b'{"x":"' + b'[{\\"' * 50 + b'"}').fact == facts.SyncRequested()
    assert _reason("sync/req", b'{"x":' + b"[" * 16 + b"]" * 16 + b"}") is Reason.TOO_DEEP
    assert _reason("sync/req", b"[" * 60_000) is Reason.TOO_DEEP


def test_either_valid_secret_is_accepted_during_a_change() -> None:
    for secret in SECRETS:
        payload = msgspec.json.encode({"op": "SD_WRITE", "status": "ok", "secret": secret})
        assert _parse("acl/event", payload).fact == facts.AclWritten(ok=True)


@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
def test_without_a_configured_secret_nothing_is_accepted(secrets: tuple[str, ...]) -> None:
    payload = b'{"op":"SD_WRITE","status":"ok","secret":""}'
    answer = parse(_topic("acl/event"), payload, retained=False, secrets=secrets)
    assert isinstance(answer, Rejection)
    assert answer.reason is Reason.BAD_SECRET
    assert "no secret" in answer.detail


def test_a_secret_outside_ascii_is_compared_without_an_exception() -> None:
    payload = msgspec.json.encode({"op": "SD_WRITE", "status": "ok", "secret": "clé-€"})
    assert _parse("acl/event", payload, secrets=("clé-€",)).fact == facts.AclWritten(ok=True)
    assert _reason("acl/event", payload) is Reason.BAD_SECRET


def test_the_secret_is_checked_before_the_form() -> None:
    assert _reason("acl/list", b'{"op":"?","secret":"wrong","entries":7}') is Reason.BAD_SECRET


def test_a_rejection_never_repeats_a_value() -> None:
    payload = b'{"op":"s3cret-A","secret":"s3cret-A","status":"s3cret-A","version":"s3cret-A"}'
    answer = parse(_topic("acl/event"), payload, retained=False, secrets=SECRETS)
    assert isinstance(answer, Rejection)
    assert "s3cret" not in repr(answer)


def test_a_replay_keeps_its_own_id_or_takes_the_messages() -> None:
    inner = '{\\"uid\\":\\"A1B2C3D4\\",\\"event_id\\":\\"in\\",\\"src\\":\\"reader\\"}'
    body = f'{{"ts":1700000000000,"topic":"barriere","payload":"{inner}"'
    assert _parse("replay/event", f"{body}}}".encode()).event_id == "in"
    reading = _parse("replay/event", f'{body},"event_id":"out"}}'.encode())
    assert (reading.event_id, reading.src, reading.ts) == ("out", "reader", AT)


def test_the_clouds_own_json_is_recognised_and_a_sites_is_not() -> None:
    assert is_own_echo(_topic("display/text"), b'{"src":"cloud","text":"X"}')
    assert not is_own_echo(_topic("display/text"), b'{"src":"edge","text":"cloud"}')
    assert not is_own_echo(_topic("display/text"), b"cloud")
    assert not is_own_echo(_topic("barriere"), b'{"src":"cloud","uid":"A1B2C3D4"}')


def test_a_marker_comes_back_as_it_was_sent() -> None:
    payload = format_marker("n-1", AT)
    assert payload == b'{"src":"cloud","nonce":"n-1","ts":1700000000000}'
    assert parse_marker(payload) == Marker("n-1", AT)
    assert is_own_echo(_topic("cloud/marker"), payload)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"1",
        b"\xff",
        b"{",
        b"[]",
        b'{"src":"x","nonce":"n","ts":1}',
        b'{"src":"cloud","nonce":"n","ts":-1}',
        b"[" * 999,
    ],
)
def test_what_is_not_a_marker_is_ignored(payload: bytes) -> None:
    assert parse_marker(payload) is None


def test_weather_over_http() -> None:
    body = b'{"ville":"Lyon","description":"beau","temperature":21.5,"humidite":60,"vent":12,"vent_dir":"N","pluie":0}'
    reading = parse_weather(body)
    assert isinstance(reading, Reading)
    assert reading.fact == facts.WeatherReported(
        ville="Lyon", description="beau", temperature=21.5, humidite=60, vent=12, vent_dir="N", pluie=0
    )
    assert parse_weather(b'{"ville":"Lyon"}') == Rejection(Reason.BAD_PAYLOAD, "description is missing")
    assert parse_weather(body.replace(b"21.5", b"999")) == Rejection(Reason.OUT_OF_RANGE, "temperature is out of range")
