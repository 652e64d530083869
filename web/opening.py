"""The operator's Open, and whose the waiting vehicle is: requests for a lane.

Pressing twice asks once: for two seconds an operator's request for a lane is the same request.
"""

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web
from cachetools import TTLCache

from syspark import logs
from syspark.domain.messages import MatchVehicle, OpenLane, OpenReason, SiteMessage
from syspark.domain.units import Lane, SessionId, SiteId
from syspark.rows import Scope
from syspark.web_ports import SiteLine, request_row
from web import asking, csrf, forms
from web.reading.feed import REASONS
from web.sessions import MAY_OPEN, SESSION, signed_in, site_of
from web.wing import WING, Wing

log = logs.get_logger(__name__)

SAME_S = 2.0


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
    line, lane = await lane_of(request)
    reason, author = request[csrf.FIELDS].get("reason", ""), request[SESSION].operator.login
    if reason not in REASONS:
        raise web.HTTPBadRequest
    return await _asked(request, line, lane, OpenLane(lane=lane, reason=OpenReason(reason), author=author))


@signed_in
@csrf.form
async def match_vehicle(request: web.Request) -> web.StreamResponse:
    """Tell a site whose vehicle waits at a lane."""
    line, lane = await lane_of(request)
    named, author = request[csrf.FIELDS].get("session", ""), request[SESSION].operator.login
    try:
        session_id = SessionId(str(UUID(named)))
    except ValueError as error:
        raise web.HTTPBadRequest from error
    message = MatchVehicle(lane=lane, session_id=session_id, reason=OpenReason.MISREAD_PLATE, author=author)
    return await _asked(request, line, lane, message)


async def lane_of(request: web.Request) -> tuple[SiteLine, Lane]:
    """The lane in the address, for somebody who may act. Raises `HTTPForbidden`, `HTTPNotFound`."""
    wing, session, site_id = request.app[WING], request[SESSION], site_of(request)
    if session.operator.role not in MAY_OPEN:
        raise web.HTTPForbidden
    line = next((line for line in await wing.stores.pages.sites() if line.id == site_id), None)
    lane = request.match_info["lane"]
    if line is None or lane not in {known.lane for known in line.lanes}:
        raise web.HTTPNotFound
    return line, Lane(lane)


async def _asked(
    request: web.Request, line: SiteLine, lane: Lane, message: OpenLane | MatchVehicle
) -> web.StreamResponse:
    wing, operator = request.app[WING], request[SESSION].operator
    asked = request.app[RECENT].recent
    key = (operator.id, line.id, lane)
    row_id = asked.get(key)
    if row_id is None:
        row_id = asked[key] = wing.ids.new()
        try:
            await _put(wing, line, row_id, message)
        except BaseException:
            asked.pop(key, None)
            raise
        log.info("lane asked", kind=type(message).__name__, site=line.id, lane=lane, operator=operator.login)
    found = await asking.waited_for(request, row_id)
    back = forms.local_path(request[csrf.FIELDS].get("to"), f"/sites/{line.id}").partition("?")[0]
    return asking.answered(request, found, back)


async def _put(wing: Wing, line: SiteLine, row_id: UUID, message: SiteMessage) -> None:
    scope = Scope(wing.stores.organisation_id, line.id, line.partition)
    await wing.stores.requests.put(request_row(row_id, scope, message, wing.clock.now()))
