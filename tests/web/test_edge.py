"""What gateways send: durable before 200, refused with a reason."""

import base64
import io
import json
import time
from datetime import UTC, datetime

import msgspec
import pytest

from syspark.domain.messages import Reported
from tests.web.field import TOKEN, Field
from tests.web.serving import Reader, Served, served_on
from web.edge import FACTS_AT_ONCE, LARGEST_PHOTO

PLATE = f"/edge/{TOKEN}/api/plate_event"
PICTURE = b"\xff\xd8\xff\xe0 a picture"


@pytest.fixture
def edge(field: Field, reader: Reader) -> Reader:
    """A gateway of the default site."""
    field.token()
    return reader


async def send(edge: Reader, path: str, body: object, **headers: str) -> tuple[int, dict[str, object]]:
    """Post JSON, or bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with edge.session.post(path, data=io.BytesIO(data), headers=headers) as response:
        return response.status, await response.json()


async def test_a_plate_is_a_row_with_its_picture_before_it_is_answered(edge: Reader, field: Field) -> None:
    image = base64.b64encode(PICTURE).decode()
    status, answer = await send(edge, PLATE, {"plate": "gh-482-kv", "cam_id": "cam2", "image": image})
    assert (status, answer) == (200, {"status": "ok", "plate": "GH482KV"})
    [(row_id, kind, site, tag, body, _, row_status)] = field.inbox()
    assert (kind, site, tag, row_status) == ("site", "default", "reported", "new")
    fact = {"type": "plate", "plate": "GH482KV", "lane": "exit", "photo": True}
    assert msgspec.json.decode(body) == {"type": "reported", "device": "vision", "fact": fact}
    assert field.run("SELECT id, site_id, lane, body FROM photo") == [(row_id, "default", "exit", PICTURE)]


async def test_a_newer_gateway_names_its_token_as_bearer_and_may_repeat(edge: Reader, field: Field) -> None:
    said_at = int(time.time()) - 3600
    event = {"plate": "AA123BB", "lane": "entry", "confidence": 0.97, "ts": said_at, "event_id": "frame-7"}
    for _ in range(3):
        status, _ = await send(edge, "/api/plate_event", event, Authorization=f"Bearer {TOKEN}")
        assert status == 200
    assert len(field.inbox()) == 1
    assert field.run("SELECT event_id FROM inbox_key") == [("frame-7",)]
    [(body,)] = field.run("SELECT body FROM inbox WHERE fact_at = received_at")
    assert msgspec.json.decode(body, type=Reported).said_at == datetime.fromtimestamp(said_at, UTC)


@pytest.mark.parametrize("stamp", [0, 1, 1_000_000_000_000, 4_000_000_000, 253_402_300_799_999])
async def test_whatever_a_gateway_s_clock_says_the_plate_was_read_now(edge: Reader, field: Field, stamp: int) -> None:
    status, _ = await send(edge, PLATE, {"plate": "AA123BB", "cam_id": "1", "ts": stamp})
    assert status == 200
    assert field.run("SELECT fact_at = received_at, now() - fact_at < '1 minute' FROM inbox") == [(True, True)]


async def test_what_may_have_been_sent_before_and_is_too_old_to_tell_is_refused(edge: Reader, field: Field) -> None:
    event = {"plate": "AA123BB", "cam_id": "1", "ts": time.time() - 41 * 86_400, "event_id": "frame-7"}
    status, answer = await send(edge, PLATE, event)
    assert (status, field.inbox()) == (400, [])
    assert "older" in str(answer["reason"])


async def test_an_unknown_token_is_refused_and_guessing_slows_down(edge: Reader, field: Field) -> None:
    statuses = [(await send(edge, "/edge/guess/api/plate_event", {"plate": "AA123BB"}))[0] for _ in range(22)]
    assert statuses[:20] == [401] * 20
    assert 429 in statuses[20:]
    status, _ = await send(edge, "/api/plate_event", {"plate": "AA123BB"})
    assert status in {401, 429}
    assert field.inbox() == []
    assert (await send(edge, PLATE, {"plate": "AA123BB"}))[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"plate": 7},
        {"plate": ""},
        {"plate": "АВ123СК"},
        {"plate": "AA123BB", "cam_id": "3"},
        {"plate": "AA123BB", "cam_id": "1", "lane": "exit"},
        {"plate": "AA123BB", "confidence": 1.5},
        {"plate": "AA123BB", "image": "not base64 !"},
        {"plate": "AA123BB", "image": base64.b64encode(b"GIF89a").decode()},
        {"plate": "AA123BB", "event_id": "x" * 65},
        {"plate": "AA123BB", "ts": -1},
        b'{"plate": "AA123BB", "plate": "AA123BC"}',
        b'{"plate": "AA123BB", "confidence": NaN}',
        b'{"plate": "\\ud800"}',
        b"\xff\xfe{",
        b"",
    ],
)
async def test_what_cannot_be_used_is_answered_with_a_reason(edge: Reader, field: Field, body: object) -> None:
    status, answer = await send(edge, PLATE, body)
    assert (status, answer["status"]) == (400, "error")
    assert answer["reason"]
    assert field.inbox() == []


async def test_too_large_a_picture_is_refused(edge: Reader, field: Field) -> None:
    too_large = base64.b64encode(b"\xff\xd8\xff" + bytes(LARGEST_PHOTO)).decode()
    assert (await send(edge, PLATE, {"plate": "AA123BB", "image": too_large}))[0] == 413
    assert (await send(edge, PLATE, b"[" * (4 * LARGEST_PHOTO)))[0] == 413
    largest = base64.b64encode(b"\xff\xd8\xff" + bytes(LARGEST_PHOTO - 3)).decode()
    assert (await send(edge, PLATE, {"plate": "AA123BB", "image": largest}))[0] == 200
    assert len(field.inbox()) == 1


async def test_a_flood_is_told_to_slow_down(edge: Reader) -> None:
    statuses = [(await send(edge, PLATE, {"plate": ""}))[0] for _ in range(FACTS_AT_ONCE + 40)]
    assert statuses.count(429) > 0


async def test_the_weather_is_kept(edge: Reader, field: Field) -> None:
    weather = {"ville": "Paris", "description": "pluie", "temperature": 14.0, "humidite": 80, "vent": 12}
    assert (await send(edge, f"/edge/{TOKEN}/api/meteo", weather))[0] == 200
    assert (await send(edge, f"/edge/{TOKEN}/api/meteo", {"ville": "Paris"}))[0] == 400
    [row] = field.inbox()
    assert msgspec.json.decode(row[4])["fact"]["type"] == "weather"


async def test_without_the_database_nothing_is_promised(field: Field) -> None:
    field.token()
    async with served_on(field.url) as running, Reader.visiting(running) as edge:
        field.run("REVOKE ALL ON site FROM syspark_web")
        status, _ = await send(edge, PLATE, {"plate": "AA123BB"})
        assert status == 503


async def test_tokens_are_in_no_metric(edge: Reader, running: Served) -> None:
    await send(edge, PLATE, {"plate": "AA123BB"})
    assert TOKEN not in running.wing.metrics.render().decode()
