"""What an operator wants of a lane for a while, and that a call for help was answered: requests to the site."""

from datetime import timedelta

from aiohttp import web

from syspark import logs
from syspark.domain.messages import AnswerHelp, LaneMode, SetLaneMode, SiteMessage
from syspark.domain.units import Lane
from syspark.rows import Scope
from syspark.web_ports import request_row
from web import csrf
from web.asking import answered, ask
from web.sessions import MAY_OPEN, SESSION, signed_in, site_of
from web.wing import WING

log = logs.get_logger(__name__)

LONGEST_MINUTES = 7 * 24 * 60


@signed_in
@csrf.form
async def set_mode(request: web.Request) -> web.StreamResponse:
    """Put a lane into a mode, for so many minutes or until somebody says otherwise."""
    fields, now, login = request[csrf.FIELDS], request.app[WING].clock.now(), request[SESSION].operator.login
    mode, minutes = fields.get("mode", ""), fields.get("minutes", "")
    if mode not in list(LaneMode) or (minutes and not (minutes.isdecimal() and 0 < int(minutes) <= LONGEST_MINUTES)):
        raise web.HTTPBadRequest
    ends_at = now + timedelta(minutes=int(minutes)) if minutes else None
    lane = Lane(request.match_info["lane"]) if request.match_info["lane"] in list(Lane) else None
    if lane is None:
        raise web.HTTPNotFound
    return await _asked(request, SetLaneMode(lane=lane, mode=LaneMode(mode), ends_at=ends_at, author=login))


@signed_in
@csrf.form
async def answer_help(request: web.Request) -> web.StreamResponse:
    """A call for help was answered: the lane does not open by itself any more."""
    if request.match_info["lane"] not in list(Lane):
        raise web.HTTPNotFound
    login = request[SESSION].operator.login
    return await _asked(request, AnswerHelp(lane=Lane(request.match_info["lane"]), author=login))


async def _asked(request: web.Request, message: SiteMessage) -> web.StreamResponse:
    """Ask the site, and go back to its page, which shows what it has made of it."""
    wing, operator, site_id = request.app[WING], request[SESSION].operator, site_of(request)
    if operator.role not in MAY_OPEN:
        raise web.HTTPForbidden
    line = next((line for line in await wing.stores.pages.sites() if line.id == site_id), None)
    if line is None:
        raise web.HTTPNotFound
    scope = Scope(wing.stores.organisation_id, line.id, line.partition)
    row = request_row(wing.ids.new(), scope, message, wing.clock.now())
    log.info("lane asked", site=site_id, kind=row.kind, operator=operator.login)
    return answered(request, await ask(request, row), f"/sites/{site_id}")
