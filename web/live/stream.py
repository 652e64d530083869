"""One event stream a page: first everything, then what changes, and twice a second the time of the last reading.

A reader who comes back after a gap gets everything anew, so that nothing has to be kept for them.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from aiohttp import web

from syspark.domain.units import SiteId
from web import csrf, language
from web.live.parts import PARTS, event, restricted
from web.live.service import ALARMS, LIVE, OVERVIEW, Live, View
from web.rendering import filled
from web.sessions import MAY_OPEN, SESSION, signed_in

TIME_EVERY = timedelta(seconds=0.4)
"""How often a page that did not change is told when it was read; on hints it may be read ten times a second."""
SLOWEST_WRITE_S = 10.0
"""A reader who takes longer to take an event is let go; their browser comes back."""


@signed_in
async def stream(request: web.Request) -> web.StreamResponse:
    """`/live` for all sites, `/live?site=default` for one, `/live?site=*alarms` for the alarms."""
    live, session = request.app[LIVE], request[SESSION]
    topic = SiteId(request.query.get("site", OVERVIEW))
    bound = session.operator.site_id
    if bound is not None and topic not in {OVERVIEW, ALARMS, bound}:
        raise web.HTTPNotFound
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(request)
    with live.watch(topic, session.id_hash) as over, suppress(ConnectionError, TimeoutError):
        await _write(response, "retry: 1000\n\n")
        await _tell(request, response, live, topic, over)
    return response


async def _tell(
    request: web.Request, response: web.StreamResponse, live: Live, topic: SiteId, over: asyncio.Event
) -> None:
    session = request[SESSION]
    chosen, token = language.chosen(request).language, csrf.token(request)
    may_open = session.operator.role in MAY_OPEN
    parts = request.app[PARTS]
    # Restricted views share nothing with those of other readers.
    group = f"{topic}|{session.operator.site_id or ''}"
    sent: dict[str, str] = {}
    told: datetime | None = None
    while True:
        changed = live.changed
        if over.is_set():
            await _write(response, event("over", {}))
            return
        if live.is_ending:
            return
        view = live.view(topic)
        text = ""
        if view is not None:
            shown: View = restricted(view, session.operator.site_id)
            for part in parts.of(group, shown, chosen, may_open=may_open):
                if sent.get(part.name) != part.digest:
                    sent[part.name] = part.digest
                    text += filled(part.event, token)
        if text or live.is_stale or told is None or (live.last_read or told) - told >= TIME_EVERY:
            text += _time(live)
            told = live.last_read
        if text:
            await _write(response, text)
        await changed.wait()


def _time(live: Live) -> str:
    if live.last_read is None:
        return event("stale", {}) if live.is_stale else ""
    return event("stale" if live.is_stale else "fresh", {"at": live.last_read.timestamp()})


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(SLOWEST_WRITE_S):
        await response.write(text.encode())
