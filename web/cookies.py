"""Our cookies: named `__Host-` where browsers reach us by https, which forbids any other host or path to set them."""

from datetime import timedelta

from aiohttp import web

from web import client

SHIFT = "syspark-shift"
BEFORE = "syspark-before"
LANGUAGE = "syspark-language"
THEME = "syspark-theme"
A_YEAR = timedelta(days=365)


def read(request: web.Request, name: str) -> str | None:
    """The cookie's value."""
    return request.cookies.get(_named(request, name))


def write(request: web.Request, response: web.StreamResponse, name: str, value: str, lasts: timedelta) -> None:
    """Set a cookie for as long as `lasts`."""
    response.set_cookie(
        _named(request, name),
        value,
        max_age=int(lasts.total_seconds()),
        path="/",
        httponly=True,
        secure=client.is_secure(request),
        samesite="Lax",
    )


def forget(request: web.Request, response: web.StreamResponse, name: str) -> None:
    """Remove a cookie."""
    response.del_cookie(
        _named(request, name), path="/", httponly=True, secure=client.is_secure(request), samesite="Lax"
    )


def _named(request: web.Request, name: str) -> str:
    return f"__Host-{name}" if client.is_secure(request) else name
