"""The page of rights: find, add, change and replace badges and plates, the places of companies, enrolment, lists.

Nothing is changed here: each act is a request into the site's mailbox, waited for three seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from syspark import logs
from syspark.domain.access import HolderKind, Plan
from syspark.domain.credential_list import Fault, Line, NotUnderstoodError, asked_by, lines_of, number_of
from syspark.domain.messages import AddHolder, EnrolBadge, ReplaceBadge, SiteMessage
from syspark.domain.units import Lane
from syspark.web_ports import SiteLine
from web import csrf
from web.asking import Answer, answer_of, ask, author_of, own_site, site_line, to_site
from web.reading.snapshot import site_seen
from web.rendering import page
from web.sentence import Sentence, said
from web.sessions import SESSION, signed_in
from web.wing import WING

log = logs.get_logger(__name__)

SHOWN = 50
SOON = timedelta(days=30)
_EMPTY = dict.fromkeys(
    ("number", "holder", "plan", "lane", "from", "until", "hours", "temporary", "blocked", "lines"), ""
)

FAULTS: Mapping[Fault, Sentence] = {
    Fault.HEADING: said("The first line names the columns: number, holder, plan, from, until, hours, lane."),
    Fault.NUMBER: said("A badge has 8 or 10 digits 0 to 9 and A to F; a plate 2 to 15 letters and digits."),
    Fault.HOLDER: said("The holder's name has 1 to 80 letters."),
    Fault.PLAN: said("The plan is subscriber, visitor, staff or emergency."),
    Fault.DAY: said("A day is written 2026-12-31."),
    Fault.ORDER: said("It ends before it begins."),
    Fault.HOURS: said("Hours are written mon-fri 08:00-18:00, sat 09:00-12:00."),
    Fault.LANE: said("The lane is entry or exit."),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that was read but not stored: its text, its lines, and how many of them ask for something."""

    text: str
    lines: Sequence[Line]

    @property
    def good(self) -> int:
        """How many lines are understood."""
        return sum(line.asked is not None for line in self.lines)


@signed_in
async def find(request: web.Request) -> web.StreamResponse:
    """The page of the operator's site, or of the first one."""
    line = await own_site(request)
    raise web.HTTPSeeOther(f"/sites/{line.id}/access")


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """What needs a look: rights that end soon, and how full companies' places are."""
    return await _page(request, await site_line(request))


@signed_in
@csrf.form
async def act(request: web.Request) -> web.StreamResponse:
    """Search, or ask the site for a change. A search is no address: it may hold a plate."""
    line, fields, what = await site_line(request), request[csrf.FIELDS], request.match_info["act"]
    if what == "search":
        return await _page(request, line, text=fields.get("text", "").strip()[:64])
    author = author_of(request)
    try:
        if what == "list":
            return await _list(request, line, fields)
        message = _asked(what, fields, line, author)
    except NotUnderstoodError as error:
        wrong = Answer("", "refused", said("Not stored."), FAULTS[error.fault])
        return await _page(request, line, answer=wrong, fields=fields)
    log.info("right asked", site=line.id, act=what, operator=author)
    answer = answer_of(await ask(request, to_site(request, line, message)))
    return await _page(request, line, answer=answer, text=fields.get("text", ""))


def _asked(what: str, fields: Mapping[str, str], line: SiteLine, author: str) -> SiteMessage:
    """What a form asks for. Raises `NotUnderstoodError`, `HTTPNotFound` and `HTTPBadRequest`."""
    match what:
        case "add":
            return asked_by(fields, line.zone, author)
        case "replace":
            lost, new = number_of(fields.get("lost", ""))[0], number_of(fields.get("number", ""))[0]
            if lost is None or new is None:
                raise NotUnderstoodError(Fault.NUMBER)
            return ReplaceBadge(lost_uid=lost, uid=new, author=author)
        case "holder":
            name, places = " ".join(fields.get("holder", "").split()), fields.get("places", "")
            if not name or len(name) > 80:
                raise NotUnderstoodError(Fault.HOLDER)
            if not places.isdecimal() or len(places) > 5:
                raise web.HTTPBadRequest
            return AddHolder(holder=name, holder_kind=HolderKind.COMPANY, places=int(places), author=author)
        case "enrol":
            if fields.get("lane") not in {known.lane for known in line.lanes}:
                raise web.HTTPBadRequest
            return EnrolBadge(lane=Lane(fields["lane"]), author=author)
        case _:
            raise web.HTTPNotFound


async def _list(request: web.Request, line: SiteLine, fields: Mapping[str, str]) -> web.StreamResponse:
    """Read a list and show what it says; store it when that was confirmed."""
    text, login = fields.get("lines", ""), request[SESSION].operator.login
    listed = Listed(text, list(lines_of(text, line.zone, login)))
    if not fields.get("sure") or not listed.good:
        return await _page(request, line, listed=listed)
    rows = [to_site(request, line, read.asked) for read in listed.lines if read.asked is not None]
    for row in rows[:-1]:
        await request.app[WING].stores.requests.put(row)
    log.info("list of rights asked", site=line.id, lines=len(rows), operator=login)
    last = answer_of(await ask(request, rows[-1]))
    sent = said("{n} lines were sent to the site, in their order.", n=str(len(rows)))
    detail = sent if last.state == "accepted" else last.detail
    return await _page(request, line, answer=Answer(last.request, last.state, last.title, detail))


async def _page(
    request: web.Request,
    line: SiteLine,
    *,
    text: str = "",
    answer: Answer | None = None,
    fields: Mapping[str, str] | None = None,
    listed: Listed | None = None,
) -> web.StreamResponse:
    wing = request.app[WING]
    now, reads, bound = wing.clock.now(), wing.stores.access, request[SESSION].operator.site_id
    # As late as it can be: whoever waits for a badge looks at what the site has just stored.
    lines = [one for one in await wing.stores.pages.sites() if bound in {None, one.id}]
    line = next((one for one in lines if one.id == line.id), line)
    seen = site_seen(line.state)
    enrolling = [
        (name, lane.enrolment)
        for name, lane in (seen.lanes if seen is not None else {}).items()
        if lane.enrolment is not None and (lane.enrolment.offered is not None or lane.enrolment.until > now)
    ]
    found = await reads.credentials(line.id, text, SHOWN, now=now) if text else []
    values = {
        "site": line,
        "others": [one for one in lines if one.id != line.id],
        "text": text,
        "found": found,
        "more": len(found) == SHOWN,
        "soon": await reads.credentials(line.id, "", SHOWN, now=now, ends_before=now + SOON),
        "pools": await reads.pools(line.id),
        "known": await reads.known(line.id),
        "enrolling": enrolling,
        "waits": any(enrolment.offered is None for _, enrolment in enrolling),
        "plans": list(Plan),
        "fields": {**_EMPTY, **(fields or {})},
        "listed": listed,
        "faults": FAULTS,
        "answer": answer,
        "waiting": 0,
        "zone": line.zone,
        "on_access": True,
    }
    return page(request, "access.html", values)
