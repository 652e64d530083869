"""What operators do with alarms: a request into the mailbox of their actor, as an opening is one into the site's."""

from uuid import UUID

from aiohttp import web

from syspark import logs
from syspark.domain.messages import AlarmAct, HandleAlarm
from syspark.rows import Address
from web import asking, csrf, forms
from web.sessions import SESSION, signed_in
from web.wing import WING

log = logs.get_logger(__name__)


@signed_in
@csrf.form
async def handle(request: web.Request) -> web.StreamResponse:
    """Acknowledge an alarm, take it or leave it to others, escalate it, close it."""
    wing, operator = request.app[WING], request[SESSION].operator
    asking.author_of(request)
    line = await wing.stores.pages.alarm(UUID(request.match_info["alarm"]))
    if line is None or (operator.site_id is not None and line.site_id != operator.site_id):
        raise web.HTTPNotFound
    asked = request[csrf.FIELDS].get("act", "")
    if asked not in {*AlarmAct, "leave"}:
        raise web.HTTPBadRequest
    act = AlarmAct.ASSIGN if asked == "leave" else AlarmAct(asked)
    assignee = operator.login if asked == AlarmAct.ASSIGN else None
    message = HandleAlarm(alarm_id=str(line.id), act=act, author=operator.login, assignee=assignee)
    whose = Address("alarms", str(line.site_id or wing.stores.organisation_id))
    log.info("alarm handled", alarm=str(line.id), act=asked, operator=operator.login)
    found = await asking.ask(request, asking.told_now(request, line.site_id, line.partition, whose, message))
    back = forms.local_path(request[csrf.FIELDS].get("to"), "/alarms").partition("?")[0]
    gone = "?gone" if found.status == "refused" else ""
    raise web.HTTPSeeOther(f"{back}{gone}")
