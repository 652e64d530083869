"""What platforms ask: alive, ready, measured; of a process with pages, or alone."""

import asyncio
import hmac

from aiohttp import web

import syspark
from syspark.metrics import CONTENT_TYPE
from web import client, errors, headers
from web.wing import LISTENER, Listener


def make_probes(listener: Listener) -> web.Application:
    """The application of a process without pages; run it as that of the pages. What it answers is not counted."""
    app = web.Application(middlewares=[errors.explained])
    app[LISTENER] = listener
    app.on_response_prepare.append(headers.secure)
    app.add_routes(routes())
    return app


def routes() -> list[web.RouteDef]:
    """The addresses of the probes."""
    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]


async def healthz(_request: web.Request) -> web.StreamResponse:
    """The loop runs."""
    return web.json_response({"status": "ok", "version": syspark.__version__})


async def readyz(request: web.Request) -> web.StreamResponse:
    """Whether what this process depends on is fine."""
    checks = await request.app[LISTENER].readiness()
    wrong = any(problem is not None for problem in checks.values())
    told = {what: problem or "ok" for what, problem in checks.items()}
    return web.json_response({"status": "unready" if wrong else "ready", **told}, status=503 if wrong else 200)


async def metrics(request: web.Request) -> web.StreamResponse:
    """The Prometheus text format, for who holds the token or, without one, for private addresses."""
    listener = request.app[LISTENER]
    if listener.metrics_token is None:
        if not client.is_private(request):
            raise web.HTTPForbidden
    else:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(errors="replace"), f"Bearer {listener.metrics_token}".encode()):
            raise web.HTTPUnauthorized
    body = await asyncio.to_thread(listener.metrics.render)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})
