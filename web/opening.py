"""The operator's Open: a request into the site's mailbox, waited for three seconds, refused with its reason.

Pressing twice asks once: for two seconds an operator's request for a lane is the same request.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec
from aiohttp import web
from cachetools import TTLCache

from syspark import logs
from syspark.domain.messages import OpenLane, OpenReason
from syspark.domain.units import Lane, SiteId
from syspark.rows import Scope
from syspark.web_ports import Request, SiteLine, request_row
from web import csrf, forms
from web.errors import wants_json
from web.language import chosen
from web.live.service import LIVE
from web.reading.feed import REASONS
from web.rendering import part
from web.sentence import Sentence, Word, said
from web.sessions import MAY_OPEN, SESSION, signed_in, site_of
from web.wing import WING, Wing

log = logs.get_logger(__name__)

WAIT_S = 3.0
STEP_S = 0.1
SAME_S = 2.0

_REFUSALS: Mapping[str, Sentence] = {
    "open-lane-late": said("The request was too old when the site looked at it: nothing was sent. Decide again."),
}
"""Why a site refuses, by its rule; another rule's own words are shown."""


class _Outcome(msgspec.Struct, frozen=True):
    rule: str = ""
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told to the person who asked. `state` is pending, accepted or refused."""

    request: str
    state: str
    title: Sentence
    detail: Sentence | None


@dataclass(frozen=True, slots=True)
class _Known:
    recent: TTLCache[tuple[UUID, SiteId, str], UUID]


RECENT = web.AppKey("recent openings", _Known)


def known(wing: Wing) -> _Known:
    """The requests of the last two seconds."""
    return _Known(TTLCache(1000, SAME_S, timer=wing.clock.monotonic))


@signed_in
@csrf.form
async def open_lane(request: web.Request) -> web.StreamResponse:
    """Ask a site to open a lane."""
    wing, session, site_id = request.app[WING], request[SESSION], site_of(request)
    if session.operator.role not in MAY_OPEN:
        raise web.HTTPForbidden
    line = next((line for line in await wing.stores.pages.sites() if line.id == site_id), None)
    lane, reason = request.match_info["lane"], request[csrf.FIELDS].get("reason", "")
    if line is None or lane not in {known.lane for known in line.lanes}:
        raise web.HTTPNotFound
    if reason not in REASONS:
        raise web.HTTPBadRequest
    asked = request.app[RECENT].recent
    key = (session.operator.id, site_id, lane)
    row_id = asked.get(key)
    if row_id is None:
        row_id = asked[key] = wing.ids.new()
        try:
            await _put(wing, line, Lane(lane), row_id, reason, session.operator.login)
        except BaseException:
            asked.pop(key, None)
            raise
        log.info("opening asked", site=site_id, lane=lane, reason=reason, operator=session.operator.login)
    found = await decided(wing, row_id)
    if found is None:
        raise web.HTTPServiceUnavailable
    request.app[LIVE].poke()
    if wants_json(request):
        return _told(request, _answer(row_id, found))
    back = forms.local_path(request[csrf.FIELDS].get("to"), f"/sites/{site_id}").partition("?")[0]
    return web.Response(status=303, headers={"Location": f"{back}?request={row_id}"})


@signed_in
async def show_request(request: web.Request) -> web.StreamResponse:
    """What became of a request, for the page that asked."""
    answer = await _of(request, request.match_info["request"])
    if answer is None:
        raise web.HTTPNotFound
    return _told(request, answer)


async def answer_shown(request: web.Request) -> Answer | None:
    """What became of the request named in the address, for pages without JavaScript."""
    named = request.query.get("request")
    return await _of(request, named) if named else None


async def _put(wing: Wing, line: SiteLine, lane: Lane, row_id: UUID, reason: str, author: str) -> None:
    scope = Scope(wing.stores.organisation_id, line.id, line.partition)
    message = OpenLane(lane=lane, reason=OpenReason(reason), author=author)
    await wing.stores.requests.put(request_row(row_id, scope, message, wing.clock.now()))


async def decided(wing: Wing, row_id: UUID) -> Request | None:
    """The request once it is decided, or as it stands after three seconds; None: it was never stored.

    Whoever presses a second time may look before the first press has stored it.
    """
    until = wing.clock.monotonic() + WAIT_S
    while True:
        found = await wing.stores.requests.find(row_id)
        if (found is not None and found.status != "new") or wing.clock.monotonic() >= until:
            return found
        await asyncio.sleep(STEP_S)


async def found(request: web.Request, named: str) -> Request | None:
    """The request of this name, as far as its reader may know of it."""
    try:
        row_id = UUID(named)
    except ValueError:
        return None
    stored = await request.app[WING].stores.requests.find(row_id)
    bound = request[SESSION].operator.site_id
    return None if stored is None or (bound is not None and stored.site_id != bound) else stored


async def _of(request: web.Request, named: str) -> Answer | None:
    stored = await found(request, named)
    return None if stored is None else _answer(stored.id, stored)


def _answer(row_id: UUID, found: Request) -> Answer:
    name = str(row_id)
    match found.status:
        case "new":
            pending = said("The request is kept; the site has not decided yet. Its fate appears here.")
            return Answer(name, "pending", said("Accepted, pending."), pending)
        case "done":
            return Answer(name, "accepted", said("Opening decided."), said("Its fate appears beside the lane."))
        case "refused":
            return Answer(name, "refused", said("Opening refused."), refusal(found.outcome))
        case _:
            parked = said("The site could not decide this request; it is kept for the person who runs the service.")
            return Answer(name, "refused", said("Not opened."), parked)


def refusal(outcome: str) -> Sentence:
    """Why a request was refused, as whoever decided it says."""
    try:
        read = msgspec.json.decode(outcome, type=_Outcome)
    except msgspec.DecodeError:
        read = _Outcome()
    return _REFUSALS.get(read.rule) or said("The site says: {why}.", why=read.refused or Word("no reason"))


def _told(request: web.Request, answer: Answer) -> web.StreamResponse:
    html = part("answer", chosen(request), {"answer": answer})
    return web.json_response({"request": answer.request, "state": answer.state, "html": html})
