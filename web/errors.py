"""Errors as people are told them: what was not done, and for a bug a reference that finds its line in the log."""

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from syspark import logs
from syspark.errors import Unavailable
from syspark.ports import DataRefused
from web.pay.place import HELP
from web.rendering import page
from web.sentence import Sentence, said
from web.wing import WING

log = logs.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SAID: dict[int, tuple[Sentence, Sentence]] = {
    400: (said("The request is not understood"), said("Nothing was sent to a site.")),
    401: (said("The shift is over"), said("Sign in again; nothing was sent to a site.")),
    403: (
        said("Not with your role, or not from this page"),
        said("Nothing was sent to a site. Reload the page, or ask the person in charge of this site."),
    ),
    404: (said("There is no such page"), said("Its address may have changed, or it is not one of your sites.")),
    405: (said("The request is not understood"), said("Nothing was sent to a site.")),
    413: (said("Too much at once"), said("Nothing was kept of what was sent.")),
    415: (said("The request is not understood"), said("Nothing was sent to a site.")),
    500: (
        said("The page could not be made"),
        said("Nothing was sent to a site. Give this reference: it finds the line in the log."),
    ),
    503: (
        said("The database does not answer"),
        said("Nothing was sent to a site. Sites keep working on their own; this page comes back by itself."),
    ),
}


@web.middleware
async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into an answer: the outermost step of a request."""
    reference = new_reference()
    with logs.correlated(reference):
        try:
            return await handler(request)
        except web.HTTPException as answer:
            if answer.status < 400:
                raise
            return _answer(request, answer.status, headers=answer.headers.get("Allow"))
        except Unavailable as error:
            log.warning("answered unavailable", because=str(error))
            return _answer(request, 503)
        except DataRefused as error:
            log.warning("the database refused a request's data", because=str(error))
            return _answer(request, 400)
        except (asyncio.CancelledError, ConnectionResetError):
            raise
        except Exception:
            log.exception("request failed", reference=reference, route=route_of(request))
            return _answer(request, 500, reference)


def new_reference() -> str:
    """A reference short enough to be read over the phone: `7QK4-TX2M-A3PD`."""
    text = base64.b32encode(secrets.token_bytes(8)).decode()[:12]
    return "-".join((text[:4], text[4:8], text[8:]))


def route_of(request: web.Request) -> str:
    """The route, never the path itself, which may hold a token."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


def wants_json(request: web.Request) -> bool:
    """Whether a program asks: ours by its header, an edge by its path; where there are no pages, nobody else does."""
    return (
        WING not in request.app
        or request.headers.get("Accept", "").startswith("application/json")
        or request.path.startswith(("/edge/", "/api/", "/healthz", "/readyz", "/metrics"))
    )


def _answer(
    request: web.Request, status: int, reference: str | None = None, headers: str | None = None
) -> web.StreamResponse:
    title, what = _SAID.get(status, _SAID[400])
    extra = {"Allow": headers} if headers else {}
    if status == 503:
        extra["Retry-After"] = "2"
    if wants_json(request):
        content = {"status": "error", "reason": HTTPStatus(status).phrase.lower()}
        return web.json_response(
            content | ({"reference": reference} if reference else {}), status=status, headers=extra
        )
    shown = {"status": status, "title": title, "what": what, "reference": reference}
    if request.path.startswith("/pay"):
        driver = {"place": None, "zone": "UTC", "sandbox": False, "help_at": HELP, "phone": "", "here": "/pay"}
        response = page(request, "pay/error.html", {**shown, **driver}, status=status)
    else:
        response = page(request, "error.html", shown, status=status)
    response.headers.update(extra)
    return response
