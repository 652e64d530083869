"""Forms are accepted from our own pages only: a token of the shift, and the Origin the browser names.

Before a login the token is the signature of a random cookie. Source: OWASP ASVS 5.0, 3.5.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web
from itsdangerous import BadSignature, Signer

from syspark.web_ports import WebSession
from web import client, cookies, forms
from web.sessions import SESSION
from web.wing import WING

FIELD = "csrf"
FIELDS = web.RequestKey("fields", dict[str, str])
FRESH = web.RequestKey("fresh", str)
LASTS = timedelta(hours=2)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def token(request: web.Request) -> str:
    """What the forms of this answer carry."""
    session: WebSession | None = request.get(SESSION)
    if session is not None:
        return session.csrf
    before = cookies.read(request, cookies.BEFORE)
    if not before or len(before) > 64:
        before = request[FRESH] = secrets.token_urlsafe(16)
    signed: bytes = _signer(request).sign(before.encode(errors="replace"))
    return signed.decode()


def remember(request: web.Request, response: web.StreamResponse) -> None:
    """Give the browser the cookie that a token was made for."""
    fresh = request.get(FRESH)
    if fresh is not None:
        cookies.write(request, response, cookies.BEFORE, fresh, LASTS)


def form(handler: Handler) -> Handler:
    """Only for forms of our own pages; the fields are then in `request[FIELDS]`. Raises `HTTPForbidden`."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if not _same_origin(request):
            raise web.HTTPForbidden
        fields = await forms.fields(request)
        if not _holds(request, fields.pop(FIELD, "")):
            raise web.HTTPForbidden
        request[FIELDS] = fields
        return await handler(request)

    return guarded


def _same_origin(request: web.Request) -> bool:
    named = request.headers.get("Origin")
    if named is None:
        named = "/".join(request.headers.get("Referer", "").split("/", 3)[:3])
    return named.lower() == client.origin(request)


def _holds(request: web.Request, given: str) -> bool:
    session = request.get(SESSION)
    if session is not None:
        return hmac.compare_digest(session.csrf.encode(), given.encode(errors="replace"))
    before = cookies.read(request, cookies.BEFORE)
    if not before:
        return False
    try:
        signed = _signer(request).unsign(given.encode(errors="replace"))
    except BadSignature:
        return False
    return hmac.compare_digest(signed, before.encode(errors="replace"))


def _signer(request: web.Request) -> Signer:
    return Signer(request.app[WING].secret_key, salt="before-login")
