"""What an operator puts right about a session or a count: a request with its reason, its outcome told.

Source: docs/corrections.md. Each form carries the version of the session that its page has shown.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from aiohttp import web

from syspark import logs
from syspark.domain.corrections import (
    ClearReview,
    CloseByHand,
    CorrectPlate,
    FixCount,
    FlagReview,
    ForgetConfusion,
    Ground,
    MergeSessions,
    SessionCorrection,
    SplitSession,
    VoidSession,
)
from syspark.domain.messages import SessionMessage, SiteMessage
from syspark.domain.units import HolderKey, Plate, SessionId
from syspark.mailbox import of_site
from syspark.rows import Address, InboxRow
from syspark.web_ports import Request, SessionLine
from web import asking, csrf, forms
from web.reading.search import SHORTEST, typed
from web.sessions import SESSION, signed_in
from web.wing import WING

log = logs.get_logger(__name__)

LONGEST_PLATE = 15
AT_ONCE = 25
"""So many sessions are closed by one form."""

_OF_SESSION: Mapping[str, type[SessionCorrection]] = {
    "close": CloseByHand,
    "void": VoidSession,
    "flag": FlagReview,
    "clear": ClearReview,
}


@signed_in
@csrf.form
async def correct(request: web.Request) -> web.StreamResponse:
    """Put one session right: the act is in the address."""
    line, fields = await _line_of(request, request.match_info["session"]), request[csrf.FIELDS]
    act, author = request.match_info["act"], request[SESSION].operator.login
    ground, version = _ground(fields), _number(fields, "version")
    session_id = SessionId(str(line.id))
    row: InboxRow
    if act in _OF_SESSION:
        asked = _OF_SESSION[act](version=version, reason=ground, author=author)
        row = _row(request, line, asked, session_id=session_id)
    elif act == "plate":
        plate = typed(fields.get("plate", ""))
        if not SHORTEST <= len(plate) <= LONGEST_PLATE:
            raise web.HTTPBadRequest
        key = HolderKey(fields["key"]) if fields.get("key") else None
        found = CorrectPlate(
            session_id=session_id, plate=Plate(plate), key=key, version=version, reason=ground, author=author
        )
        row = _row(request, line, found)
    elif act == "split":
        keys = (HolderKey(fields.get("key", "")),)
        row = _row(
            request, line, SplitSession(session_id=session_id, keys=keys, version=version, reason=ground, author=author)
        )
    else:
        into = await _line_of(request, fields.get("into", ""))
        merging = MergeSessions(
            session_id=session_id,
            into=SessionId(str(into.id)),
            version=version,
            into_version=_number(fields, "into_version") if fields.get("into_version") else into.version,
            reason=ground,
            author=author,
        )
        row = _row(request, line, merging)
    log.info("correction asked", act=act, session=session_id, operator=author)
    found_row = await asking.ask(request, row)
    return asking.answered(request, found_row, forms.local_path(fields.get("to"), f"/sessions/{session_id}"))


@signed_in
@csrf.form
async def close_many(request: web.Request) -> web.StreamResponse:
    """Close the sessions that were marked: each a request of its own, refused where it has changed since."""
    fields, wing, author = request[csrf.FIELDS], request.app[WING], asking.author_of(request)
    ground = _ground(fields)
    marked = [name.removeprefix("close-") for name in fields if name.startswith("close-")][:AT_ONCE]
    if not marked:
        raise web.HTTPBadRequest
    lines = [await _line_of(request, name) for name in marked]
    rows = [
        _row(
            request,
            line,
            CloseByHand(version=_number(fields, f"close-{line.id}"), reason=ground, author=author),
            session_id=SessionId(str(line.id)),
        )
        for line in lines
    ]
    for row in rows:
        await wing.stores.requests.put(row)
    found = [await asking.waited_for(request, row.id) for row in rows]
    log.info("correction asked", act="close", sessions=len(rows), operator=author)
    worst = min(found, key=_rank)
    return asking.answered(request, worst, forms.local_path(fields.get("to"), "/sessions?show=overlong"))


@signed_in
@csrf.form
async def fix_count(request: web.Request) -> web.StreamResponse:
    """Add a signed correction to a site's count."""
    author, fields, site = asking.author_of(request), request[csrf.FIELDS], await asking.site_line(request)
    try:
        seen_at = datetime.fromisoformat(fields.get("seen_at", ""))
    except ValueError as error:
        raise web.HTTPBadRequest from error
    if seen_at.tzinfo is None:
        raise web.HTTPBadRequest
    by = _number(fields, "inside") - _number(fields, "counted")
    fixing = FixCount(by=by, seen_at=seen_at, reason=_ground(fields), author=author)
    found = await asking.ask(request, asking.to_site(request, site, fixing))
    log.info("correction asked", act="count", site=site.id, operator=author)
    return asking.answered(request, found, forms.local_path(fields.get("to"), f"/sites/{site.id}"))


@signed_in
@csrf.form
async def forget_confusion(request: web.Request) -> web.StreamResponse:
    """Have a site forget two characters that corrections have taught it to take for one another."""
    author, pair, site = (
        asking.author_of(request),
        request[csrf.FIELDS].get("pair", ""),
        await asking.site_line(request),
    )
    if len(pair) != 2:
        raise web.HTTPBadRequest
    found = await asking.ask(request, asking.to_site(request, site, ForgetConfusion(pair=pair, author=author)))
    log.info("correction asked", act="forget", site=site.id, operator=author)
    return asking.answered(request, found, f"/sites/{site.id}")


async def _line_of(request: web.Request, named: str) -> SessionLine:
    """A session by its id, for somebody who may act. Raises `HTTPForbidden`, `HTTPNotFound`."""
    asking.author_of(request)
    return await line_of(request, named)


async def line_of(request: web.Request, named: str) -> SessionLine:
    """A session by its id, one of the reader's own site. Raises `HTTPNotFound`."""
    try:
        session_id = UUID(named)
    except ValueError as error:
        raise web.HTTPNotFound from error
    bound = request[SESSION].operator.site_id
    found = await request.app[WING].stores.parking.named([session_id])
    if not found or (bound is not None and found[0].site_id != bound):
        raise web.HTTPNotFound
    return found[0]


def _row(
    request: web.Request,
    line: SessionLine,
    message: SiteMessage | SessionMessage,
    *,
    session_id: SessionId | None = None,
) -> InboxRow:
    recipient = of_site(line.site_id) if session_id is None else Address("session", session_id)
    return asking.told_now(request, line.site_id, line.partition, recipient, message)


def _ground(fields: Mapping[str, str]) -> Ground:
    try:
        return Ground(fields.get("reason", ""))
    except ValueError as error:
        raise web.HTTPBadRequest from error


def _number(fields: Mapping[str, str], name: str) -> int:
    """A whole number of at most six digits. Raises `HTTPBadRequest`."""
    text = fields.get(name, "").strip().replace("\N{MINUS SIGN}", "-")
    digits = text.removeprefix("-").removeprefix("+")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 6:
        raise web.HTTPBadRequest
    return int(text)


def _rank(found: Request) -> int:
    """What is told of many requests: that one was refused, else that one is pending, else that all were done."""
    order = {"parked": 0, "refused": 1, "new": 2}
    return order.get(found.status, 3)
