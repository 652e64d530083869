"""A site's evacuation: declared with one press, ended on the word of somebody on site and with one's password again."""

from aiohttp import web

from syspark import logs
from syspark.domain.messages import DeclareEmergency, EndEmergency
from syspark.web_ports import SiteLine
from web import asking, csrf, step_up
from web.live.parts import restricted
from web.live.service import LIVE, OVERVIEW
from web.reading.evacuation import Report, latest, over_at
from web.reading.model import Overview
from web.rendering import page
from web.sentence import Sentence, said
from web.sessions import MAY_OPEN, SESSION, signed_in
from web.wing import WING

log = logs.get_logger(__name__)

LONGEST_NAME = 100


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """What stands, how to declare or end it, and what became of the last ones."""
    return await _page(request, problem=None)


@signed_in
@csrf.form
async def declare(request: web.Request) -> web.StreamResponse:
    """Evacuate a site: whoever may open a lane may do this, at once."""
    message = DeclareEmergency(author=asking.author_of(request))
    return await _asked(request, await asking.site_line(request), message)


@signed_in
@csrf.form
async def end(request: web.Request) -> web.StreamResponse:
    """End it; the password is asked for again, since lanes close and fees go on."""
    author, fields, line = asking.author_of(request), request[csrf.FIELDS], await asking.site_line(request)
    confirmed_by = fields.get("confirmed_by", "").strip()[:LONGEST_NAME]
    if not confirmed_by:
        return await _page(request, problem=said("Who on site says that it is over?"), status=400)
    if not await step_up.is_proven(request, fields):
        return await _page(request, problem=said("The password is wrong: the evacuation stands."), status=403)
    return await _asked(request, line, EndEmergency(author=author, confirmed_by=confirmed_by))


async def _asked(request: web.Request, line: SiteLine, message: DeclareEmergency | EndEmergency) -> web.StreamResponse:
    row = asking.to_site(request, line, message)
    log.warning("evacuation", site=line.id, kind=row.kind, operator=message.author)
    found = await asking.ask(request, row)
    return asking.answered(request, found, f"/sites/{line.id}/evacuation")


async def _page(request: web.Request, *, problem: Sentence | None, status: int = 200) -> web.StreamResponse:
    wing, line = request.app[WING], await asking.site_line(request)
    now = wing.clock.now()
    reports = [
        Report(one, await wing.stores.pages.evacuated(line.id, one.since, over_at(one, now)))
        for one in latest(line.state)
    ]
    view = restricted(await request.app[LIVE].read(OVERVIEW), request[SESSION].operator.site_id)
    assert isinstance(view.model, Overview)
    values = {
        "site": line,
        "standing": next((one.evacuation for one in reports if one.evacuation.ended_at is None), None),
        "reports": reports,
        "problem": problem,
        "may_open": request[SESSION].operator.role in MAY_OPEN,
        "answer": await asking.answer_shown(request),
        "waiting": len(view.model.queue),
        "counts": view.alarms,
        "zone": line.zone,
    }
    return page(request, "evacuation.html", values, status=status)
