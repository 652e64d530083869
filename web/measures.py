"""What the web counts, on the process's own registry. Routes are labels, paths never: their values are unbounded."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from syspark.metrics import Metrics
from web.errors import route_of
from web.wing import WING

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Measures:
    """The web's metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self.requests = metrics.counter("http_requests_total", "HTTP requests answered", "route", "method", "status")
        self.seconds = metrics.histogram(
            "http_request_duration_seconds", "Time to answer a request, streams left out", _SECONDS
        )
        self.streams = metrics.gauge("live_streams", "Pages that are kept up to date")
        self.refresh_seconds = metrics.histogram(
            "live_refresh_duration_seconds", "Time to read again what open pages show", _SECONDS
        )


MEASURES = web.AppKey("measures", Measures)


@web.middleware
async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count every answer and its time."""
    measures, clock = request.app[MEASURES], request.app[WING].clock
    begun, status = clock.monotonic(), 500
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        status = answer.status
        raise
    else:
        status = response.status
        return response
    finally:
        method = request.method if request.method in {"GET", "POST", "HEAD"} else "other"
        measures.requests.labels(route_of(request), method, str(status)).inc()
        if route_of(request) != "/live":
            measures.seconds.observe(clock.monotonic() - begun)
