"""What a site's own gateways send over HTTP: plates with their picture, and the weather.

An answer of 200 means that the fact is durable. Source: interface.md, "HTTP".
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec
from aiohttp import web

from syspark import logs
from syspark.contract.jsontext import convert, decode_object
from syspark.contract.parse import parse_weather
from syspark.contract.reasons import Rejection, UnreadableError
from syspark.contract.values import read_plate, read_time
from syspark.domain.facts import PlateRead, WeatherReported
from syspark.domain.messages import Reported
from syspark.domain.units import DeviceName, Lane, Side
from syspark.mailbox import of_site, row_of
from syspark.rows import InboxRow
from syspark.web_ports import EdgeSite, Photo
from web import client, forms
from web.sessions import hashed
from web.throttle import Rate, Slowdown
from web.wing import WING, Wing

log = logs.get_logger(__name__)

LARGEST_PHOTO = 2 * 1024 * 1024
LONGEST_PLATE_BODY = LARGEST_PHOTO * 4 // 3 + 64 * 1024
LONGEST_WEATHER_BODY = 64 * 1024
OLDEST = timedelta(days=35)
"""Source: contract.md, "Bad input"."""
EVENT_IDS_KEPT = timedelta(days=40)
"""For so long a plate that is sent again is known by its `event_id`."""
FACTS_PER_S = 20.0
FACTS_AT_ONCE = 60
CAMERA = DeviceName("vision")
WEATHER = DeviceName("meteo")
JPEG = b"\xff\xd8\xff"
_LANES = {"1": Lane.ENTRY, "cam1": Lane.ENTRY, "2": Lane.EXIT, "cam2": Lane.EXIT}

RATE = web.AppKey("edge rate", Rate)
STRANGERS = web.AppKey("edge strangers", Slowdown)


class _PlateEvent(msgspec.Struct, frozen=True):
    plate: str
    cam_id: str | int | None = None
    image: str | None = None
    lane: Lane | None = None
    confidence: float | None = None
    ts: float | None = None
    event_id: str | int | None = None
    side: Side | None = None


class _Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The body cannot be used; the text says why, to whoever sent it."""


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Take = Callable[[web.Request, EdgeSite], Awaitable[web.StreamResponse]]


def for_token(take: Take) -> Handler:
    """Only for a site's token, in the path or as bearer; strangers who guess are slowed down."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        token = request.match_info.get("token") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        token_hash = hashed(token)
        site = await request.app[WING].stores.edge.site_of(token_hash) if token else None
        if site is None:
            # Looked at after the token: a gateway must not be cut off by a stranger behind the same address.
            strangers, who = request.app[STRANGERS], f"edge {client.group(request)}"
            wait_s = strangers.wait_s(who)
            if wait_s > 0:
                return _too_many(wait_s)
            strangers.failed(who)
            return _answer("error", 401, reason="the token is not known")
        if not request.app[RATE].allows(token_hash):
            return _too_many(1)
        try:
            return await take(request, site)
        except _Refused as error:
            return _answer("error", 400, reason=str(error))

    return guarded


@for_token
async def plate_event(request: web.Request, site: EdgeSite) -> web.StreamResponse:
    """A plate that a camera has read."""
    event = _plate_event(await forms.body(request, LONGEST_PLATE_BODY))
    wing = request.app[WING]
    now = wing.clock.now()
    try:
        fact = PlateRead(
            plate=read_plate(event.plate),
            lane=_lane(event),
            confidence=_confidence(event),
            photo=bool(event.image),
            side=event.side,
        )
        said_at = None if event.ts is None else read_time(event.ts)
    except UnreadableError as error:
        raise _Refused(error.rejection.detail) from error
    photo = Photo("image/jpeg", _photo(event.image), fact.lane) if event.image else None
    event_id = None if event.event_id is None else _event_id(str(event.event_id))
    if event_id is not None and event.ts is not None and now - read_time(event.ts) > EVENT_IDS_KEPT:
        raise _Refused("the event is older than repeats of it can be recognised")
    # Live: it counts as read now, whatever its clock says, which is only measured.
    row = _row(wing, site, Reported(device=CAMERA, fact=fact, said_at=said_at), now, event_id)
    await wing.stores.edge.put(row, photo)
    log.info("plate received", site=site.id, lane=fact.lane, photo=photo is not None)
    return _answer("ok", 200, plate=fact.plate)


@for_token
async def meteo(request: web.Request, site: EdgeSite) -> web.StreamResponse:
    """The weather at the site."""
    reading = parse_weather(await forms.body(request, LONGEST_WEATHER_BODY))
    if isinstance(reading, Rejection):
        raise _Refused(reading.detail)
    assert isinstance(reading.fact, WeatherReported)
    wing = request.app[WING]
    now = wing.clock.now()
    weather = Reported(device=WEATHER, fact=reading.fact)
    row = _row(wing, site, weather, now, _event_id(reading.event_id))
    await wing.stores.edge.put(row, None)
    return _answer("ok", 200)


def _plate_event(body: bytes) -> _PlateEvent:
    try:
        text = body.decode()
        return convert(decode_object(text), _PlateEvent)
    except UnicodeDecodeError as error:
        raise _Refused("not UTF-8") from error
    except UnreadableError as error:
        raise _Refused(error.rejection.detail) from error


def _lane(event: _PlateEvent) -> Lane | None:
    if event.cam_id is None:
        return event.lane
    lane = _LANES.get(str(event.cam_id).strip().lower())
    if lane is None:
        raise _Refused("cam_id is 1, 2, cam1 or cam2")
    if event.lane not in {None, lane}:
        raise _Refused("the lane contradicts cam_id")
    return lane


def _confidence(event: _PlateEvent) -> float | None:
    if event.confidence is not None and not 0 <= event.confidence <= 1:
        raise _Refused("confidence is between 0 and 1")
    return event.confidence


def _event_id(text: str | None) -> str | None:
    if text is None:
        return None
    if not 1 <= len(text) <= 64 or not text.isascii() or not text.isprintable():
        raise _Refused("event_id is 1 to 64 printable ASCII characters")
    return text


def _photo(text: str) -> bytes:
    _, _, coded = text.rpartition(",") if text.startswith("data:") else ("", "", text)
    try:
        picture = base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _Refused("image is not base64") from error
    if len(picture) > LARGEST_PHOTO:
        raise web.HTTPRequestEntityTooLarge(LARGEST_PHOTO, len(picture))
    if not picture.startswith(JPEG):
        raise _Refused("image is not a JPEG")
    return picture


def _row(wing: Wing, site: EdgeSite, message: Reported, now: datetime, event_id: str | None) -> InboxRow:
    return row_of(wing.ids.new(), site.scope, of_site(site.scope.site_id), message, now, event_id=event_id)


def _too_many(wait_s: float) -> web.Response:
    response = _answer("error", 429, reason="too many requests")
    response.headers["Retry-After"] = str(int(wait_s) + 1)
    return response


def _answer(status: str, code: int, **more: str) -> web.Response:
    return web.json_response({"status": status, **more}, status=code)
