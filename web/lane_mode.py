"""What an operator wants of a lane for a while, and that a call for help was answered: requests to the site.

To hold a lane open lets everybody through: who asks for it proves again who they are. Source: quality.md, "Security".
"""

from datetime import timedelta

from aiohttp import web

from syspark import logs
from syspark.domain.messages import AnswerHelp, LaneMode, SetLaneMode, SiteMessage
from syspark.domain.units import Lane
from web import csrf, step_up
from web.asking import Answer, answered, ask, author_of, site_line, to_site
from web.sentence import said
from web.sessions import SESSION, signed_in
from web.wing import WING

log = logs.get_logger(__name__)

LONGEST_MINUTES = 7 * 24 * 60
UNPROVEN = "problem=proof"


@signed_in
@csrf.form
async def set_mode(request: web.Request) -> web.StreamResponse:
    """Put a lane into a mode, for so many minutes or until somebody says otherwise; `held-open` with a proof."""
    fields, now, login = request[csrf.FIELDS], request.app[WING].clock.now(), request[SESSION].operator.login
    mode, minutes = fields.get("mode", ""), fields.get("minutes", "")
    if mode not in list(LaneMode) or (minutes and not (minutes.isdecimal() and 0 < int(minutes) <= LONGEST_MINUTES)):
        raise web.HTTPBadRequest
    ends_at = now + timedelta(minutes=int(minutes)) if minutes else None
    lane = Lane(request.match_info["lane"]) if request.match_info["lane"] in list(Lane) else None
    if lane is None:
        raise web.HTTPNotFound
    if mode == LaneMode.HELD_OPEN and not await step_up.is_proven(request, fields):
        raise web.HTTPSeeOther(f"/sites/{request.match_info['site']}?{UNPROVEN}")
    return await _asked(request, SetLaneMode(lane=lane, mode=LaneMode(mode), ends_at=ends_at, author=login))


def not_sent(request: web.Request) -> Answer | None:
    """Why the last request of the site's page was not sent to it."""
    if request.query_string != UNPROVEN:
        return None
    return Answer("", "refused", said("The password is wrong: the lane stays as it is."), None)


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
    author, line = author_of(request), await site_line(request)
    row = to_site(request, line, message)
    log.info("lane asked", site=line.id, kind=row.kind, operator=author)
    return answered(request, await ask(request, row), f"/sites/{line.id}")
