"""What operators do with alarms: a request into the mailbox of their actor, as an opening is one into the site's."""

from uuid import UUID

from aiohttp import web

from syspark import logs
from syspark.domain.messages import AlarmAct, HandleAlarm, encode, kind_of
from syspark.rows import Address, InboxRow, Scope
from syspark.web_ports import AlarmLine
from web import csrf, forms
from web.asking import decided
from web.live.service import LIVE
from web.sessions import MAY_OPEN, SESSION, signed_in
from web.wing import WING, Wing

log = logs.get_logger(__name__)


@signed_in
@csrf.form
async def handle(request: web.Request) -> web.StreamResponse:
    """Acknowledge an alarm, take it or leave it to others, escalate it, close it."""
    wing, operator = request.app[WING], request[SESSION].operator
    if operator.role not in MAY_OPEN:
        raise web.HTTPForbidden
    line = await wing.stores.pages.alarm(UUID(request.match_info["alarm"]))
    if line is None or (operator.site_id is not None and line.site_id != operator.site_id):
        raise web.HTTPNotFound
    asked = request[csrf.FIELDS].get("act", "")
    if asked not in {*AlarmAct, "leave"}:
        raise web.HTTPBadRequest
    act = AlarmAct.ASSIGN if asked == "leave" else AlarmAct(asked)
    assignee = operator.login if asked == AlarmAct.ASSIGN else None
    message = HandleAlarm(alarm_id=str(line.id), act=act, author=operator.login, assignee=assignee)
    row = _row(wing, line, message)
    await wing.stores.requests.put(row)
    log.info("alarm handled", alarm=str(line.id), act=asked, operator=operator.login)
    found = await decided(wing, row.id)
    request.app[LIVE].poke()
    back = forms.local_path(request[csrf.FIELDS].get("to"), "/alarms").partition("?")[0]
    gone = "?gone" if found is not None and found.status == "refused" else ""
    raise web.HTTPSeeOther(f"{back}{gone}")


def _row(wing: Wing, line: AlarmLine, message: HandleAlarm) -> InboxRow:
    organisation_id, now = wing.stores.organisation_id, wing.clock.now()
    return InboxRow(
        id=wing.ids.new(),
        scope=Scope(organisation_id, line.site_id, line.partition),
        recipient=Address("alarms", str(line.site_id or organisation_id)),
        kind=kind_of(message),
        body=encode(message),
        fact_at=now,
        received_at=now,
    )
