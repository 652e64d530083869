"""The camera gateway and the weather client, down to the requests they make."""

import base64
import json
from collections.abc import AsyncIterator
from random import Random

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from ops.simulator.agenda import Agenda
from ops.simulator.camera import Camera, Post, WeatherClient, forced_french, plate_of, plate_post
from ops.simulator.drawing import HIGH, WIDE
from ops.simulator.gateway import Gateway, HttpAddress
from ops.simulator.layout import LaneName
from ops.simulator.misreading import confidence, misread
from ops.simulator.picture import jpeg
from tests.servers.waiting import eventually


@pytest.mark.parametrize(
    ("read", "sent"),
    [
        ("AB123CD", "AB123CD"),
        ("A8123CD", "AB123CD"),
        ("AB1Z3CD", "AB123CD"),
        ("ABIOSCD", "AB105CD"),
        ("AB1234C", None),
        ("A4123CD", None),
        ("1234AB75", None),
        ("", None),
    ],
)
def test_what_is_read_is_forced_into_the_french_format_or_dropped(read: str, sent: str | None) -> None:
    assert forced_french(read) == sent


@given(uid=st.integers(0x10000000, 0xDFFFFFFF))
def test_a_badge_always_comes_with_the_same_plate(uid: int) -> None:
    plate = plate_of(f"{uid:08X}")
    assert plate == plate_of(f"{uid:08x}")
    assert (forced_french(plate) == plate) == (uid % 16 != 0)


def test_a_gateway_posts_without_a_confidence() -> None:
    agenda, told, read = Agenda(0.0), list[tuple[LaneName, str]](), list[str]()
    camera = Camera(agenda, Random(1), 0.0, lambda lane, plate, _: told.append((lane, plate)))
    camera.sees("entry", "AB123CD", read.append)
    camera.sees("exit", "AB1234C", read.append)
    agenda.advance(1)
    assert read == ["AB123CD"]
    posts = [plate_post(lane, plate) for lane, plate in told]
    assert [post.path for post in posts] == ["/api/plate_event"]
    form = json.loads(posts[0].body)
    assert list(form) == ["plate", "cam_id", "image"]
    assert (form["plate"], form["cam_id"]) == ("AB123CD", "1")
    assert base64.b64decode(form["image"]) == jpeg("AB123CD")


def test_most_misreadings_are_one_character_for_one_that_looks_like_it() -> None:
    chance, plate = Random(1), "AB128CD"
    wrong = [misread(plate, chance) for _ in range(2000)]
    edits = [sum(one != other for one, other in zip(plate, read, strict=True)) for read in wrong]
    assert set(edits) == {1, 2}
    assert 0.06 < edits.count(2) / len(edits) < 0.12
    assert {read for read in wrong if wrong.count(read) > 60} == {
        *("A8128CD", "ABI28CD", "ABT28CD", "AB1Z8CD", "AB178CD", "AB12BCD", "AB128C0", "AB128CO", "AB128CQ")
    }


def test_a_camera_is_less_sure_of_what_it_misreads() -> None:
    chance = Random(1)
    rightly = [confidence(chance, rightly=True) for _ in range(2000)]
    wrongly = [confidence(chance, rightly=False) for _ in range(2000)]
    assert sum(sure >= 0.90 for sure in rightly) / len(rightly) > 0.9
    assert 0.1 < sum(sure >= 0.90 for sure in wrongly) / len(wrongly) < 0.2


def test_a_gateway_forces_what_was_misread_into_the_format_which_undoes_some_of_it() -> None:
    agenda, read = Agenda(0.0), list[str]()
    camera = Camera(agenda, Random(1), 1.0, lambda _lane, _plate, _sure: None)
    for _ in range(50):
        camera.sees("exit", "AB128CD", read.append)
    agenda.advance(1)
    assert "AB128CD" in read
    assert all(plate[:2].isalpha() and plate[2:5].isdigit() and plate[5:].isalpha() for plate in read)


def test_the_weather_comes_every_ten_minutes() -> None:
    agenda, posts = Agenda(0.0), list[Post]()
    WeatherClient(agenda, Random(1), posts.append).start()
    agenda.advance(1801)
    assert [post.path for post in posts] == ["/api/meteo"] * 4
    form = json.loads(posts[0].body)
    names = "ville description temperature humidite vent vent_dir prevision pluie co2 air"
    assert list(form) == names.split()


def test_the_picture_is_a_baseline_jpeg() -> None:
    picture = jpeg("AB123CD")
    assert picture.startswith(b"\xff\xd8\xff\xe0\x00\x10JFIF\0")
    assert picture.endswith(b"\xff\xd9")
    frame = picture.index(b"\xff\xc0")
    assert picture[frame + 5 : frame + 9] == (HIGH * 8).to_bytes(2, "big") + (WIDE * 8).to_bytes(2, "big")
    assert len(picture) < 8000
    assert picture != jpeg("AB124CD")
    data = picture[picture.index(b"\xff\xda") + 14 : -2]
    assert b"\xff" not in data.replace(b"\xff\x00", b"")


class Service:
    """Notes what is posted, and answers by the path."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, str]] = []
        app = web.Application()
        app.router.add_post("/{path:.*}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.Response:
        self.posted.append((request.path, await request.text()))
        return web.json_response({}, status=401 if "/wrong/" in request.path else 200)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """A service on loopback."""
    service = Service()
    async with service.server:
        yield service


async def test_posts_arrive_in_order_under_the_sites_token(service: Service) -> None:
    address = HttpAddress(str(service.server.make_url("")).rstrip("/"), {"default": "t0ken", "lyon": "wrong"})
    async with Gateway(address) as gateway:
        for site, body in (("default", b"1"), ("lyon", b"2"), ("default", b"3"), ("silent", b"4")):
            gateway.post(site, Post("/api/meteo", body))
        await eventually(lambda: len(service.posted) == 3, "all are posted")
        await eventually(lambda: (gateway.accepted, gateway.refused) == (2, 1), "all are answered")
    assert service.posted == [
        ("/edge/t0ken/api/meteo", "1"),
        ("/edge/wrong/api/meteo", "2"),
        ("/edge/t0ken/api/meteo", "3"),
    ]
    assert "t0ken" not in repr(address)


async def test_a_service_that_is_away_costs_nothing_but_the_posts(service: Service) -> None:
    base = str(service.server.make_url("")).rstrip("/")
    await service.server.close()
    async with Gateway(HttpAddress(base, {"default": "t0ken"})) as gateway:
        gateway.post("default", Post("/api/meteo", b"1"))
        await eventually(lambda: gateway.dropped == 1, "it is given up")
