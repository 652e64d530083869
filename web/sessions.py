"""Shifts: who is signed in. The id is 128 random bits in a cookie; the database holds its hash only."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import quote

from aiohttp import web

from syspark.acts import act
from syspark.domain.messages import ActKind
from syspark.domain.units import SiteId
from syspark.web_ports import Operator, WebSession
from web import cookies
from web.wing import WING

SHIFT = timedelta(hours=8)
SESSION = web.RequestKey("session", WebSession)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

NOBODY_S = ("/static/", "/edge/", "/api/", "/healthz", "/readyz", "/metrics")
"""Paths where nobody is signed in: they must answer without asking the database who it is."""

MAY_OPEN = frozenset({"operator", "manager", "admin"})
MAY_MANAGE = frozenset({"manager", "admin"})
MAY_LOOK = MAY_OPEN | {"viewer"}
PARTNER = "partner"
PARTNER_PAGE = "/partner"


async def begin(request: web.Request, response: web.StreamResponse, operator: Operator) -> WebSession:
    """Start a shift under a new id, and end the one this browser had. Raises `Unavailable`."""
    wing = request.app[WING]
    before = request.get(SESSION)
    if before is not None:
        await wing.stores.sessions.close(before.id_hash)
    name, now = secrets.token_urlsafe(16), wing.clock.now()
    session = WebSession(hashed(name), operator, secrets.token_urlsafe(24), now, now + SHIFT)
    await wing.stores.sessions.open(session, act(ActKind.SIGNED_IN, operator.login, operator.login, clock=wing.clock))
    cookies.write(request, response, cookies.SHIFT, name, SHIFT)
    cookies.forget(request, response, cookies.BEFORE)
    return session


def hashed(name: str) -> bytes:
    """What is stored of an id or of a key."""
    return hashlib.sha256(name.encode(errors="surrogatepass")).digest()


@web.middleware
async def known(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find the shift of the request's cookie."""
    name = None if request.path.startswith(NOBODY_S) else cookies.read(request, cookies.SHIFT)
    if name and len(name) <= 64:
        wing = request.app[WING]
        session = await wing.stores.sessions.find(hashed(name), wing.clock.now())
        if session is not None:
            request[SESSION] = session
    return await handler(request)


def signed_in(handler: Handler) -> Handler:
    """Only for somebody who is signed in and may look; others are shown to the door."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        session = request.get(SESSION)
        if session is None:
            if request.method != "GET" or request.headers.get("Accept", "").startswith("text/event-stream"):
                raise web.HTTPUnauthorized
            raise web.HTTPSeeOther(f"/login?to={quote(request.path_qs, safe='')}")
        if session.operator.role == PARTNER and request.path == "/":
            raise web.HTTPSeeOther(PARTNER_PAGE)
        if session.operator.role not in MAY_LOOK:
            raise web.HTTPForbidden
        return await handler(request)

    return guarded


def for_partners(handler: Handler) -> Handler:
    """Only for a partner's login, which sees its own page and nothing else."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        session = request.get(SESSION)
        if session is None:
            if request.method != "GET":
                raise web.HTTPUnauthorized
            raise web.HTTPSeeOther(f"/login?to={PARTNER_PAGE}")
        operator = session.operator
        if operator.role != PARTNER or operator.site_id is None or operator.partner_id is None:
            raise web.HTTPForbidden
        return await handler(request)

    return guarded


def site_of(request: web.Request) -> SiteId:
    """The site in the address. Raises `HTTPNotFound` when it is not this operator's: it does not exist for them."""
    site_id = SiteId(request.match_info["site"])
    bound = request[SESSION].operator.site_id
    if bound is not None and bound != site_id:
        raise web.HTTPNotFound
    return site_id
