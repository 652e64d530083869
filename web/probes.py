"""What platforms ask: alive, ready, measured."""

import asyncio
import hmac

from aiohttp import web

import syspark
from syspark.metrics import CONTENT_TYPE
from web import client
from web.wing import WING


async def healthz(_request: web.Request) -> web.StreamResponse:
    """The loop runs."""
    return web.json_response({"status": "ok", "version": syspark.__version__})


async def readyz(request: web.Request) -> web.StreamResponse:
    """Whether what this process depends on is fine."""
    checks = await request.app[WING].readiness()
    wrong = any(problem is not None for problem in checks.values())
    told = {what: problem or "ok" for what, problem in checks.items()}
    return web.json_response({"status": "unready" if wrong else "ready", **told}, status=503 if wrong else 200)


async def metrics(request: web.Request) -> web.StreamResponse:
    """The Prometheus text format, for who holds the token or, without one, for private addresses."""
    wing = request.app[WING]
    if wing.metrics_token is None:
        if not client.is_private(request):
            raise web.HTTPForbidden
    else:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(errors="replace"), f"Bearer {wing.metrics_token}".encode()):
            raise web.HTTPUnauthorized
    body = await asyncio.to_thread(wing.metrics.render)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})
