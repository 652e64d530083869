"""The operator's Open, and whose the waiting vehicle is: requests for a lane.

Pressing twice asks once: for two seconds an operator's request for a lane is the same request.
"""

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web
from cachetools import TTLCache

from syspark import logs
from syspark.domain.messages import MatchVehicle, OpenLane, OpenReason
from syspark.domain.units import Lane, SessionId, SiteId
from syspark.web_ports import SiteLine
from web import asking, csrf, forms
from web.reading.feed import REASONS
from web.sessions import SESSION, signed_in
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
    asking.author_of(request)
    line, lane = await asking.site_line(request), request.match_info["lane"]
    if lane not in {known.lane for known in line.lanes}:
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
        row = asking.to_site(request, line, message)
        row_id = asked[key] = row.id
        try:
            await wing.stores.requests.put(row)
        except BaseException:
            asked.pop(key, None)
            raise
        log.info("lane asked", kind=type(message).__name__, site=line.id, lane=lane, operator=operator.login)
    found = await asking.waited_for(request, row_id)
    back = forms.local_path(request[csrf.FIELDS].get("to"), f"/sites/{line.id}").partition("?")[0]
    return asking.answered(request, found, back)
