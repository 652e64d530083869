"""Review: what cameras and rules were not sure of, one decision each; the next one comes by itself."""

from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from syspark.web_ports import NEWEST, Asked
from web import asking
from web.parking import zone_of
from web.reading.doubts import Doubt, doubt_about, vehicles_to_match
from web.reading.stays import Stay, stay
from web.rendering import page
from web.sessions import SESSION, signed_in
from web.wing import WING

ROWS = 20
COUNTED = 99


@signed_in
async def show_next(request: web.Request) -> web.StreamResponse:
    """The first of those to look at, with what can be decided, and those after it."""
    wing, bound, now = request.app[WING], request[SESSION].operator.site_id, request.app[WING].clock.now()
    reads = wing.stores.parking
    lines = [line for line in await wing.stores.pages.sites() if bound in {None, line.id}]
    before = _cursor(request.query.get("before"))
    found = await reads.found(Asked("review", bound, before=before, limit=ROWS))
    doubt: Doubt | None = None
    if found:
        doubt = await doubt_about(reads, found[0], now)
    stays = [stay(line, now) for line in found]
    shown = {
        "matches": await vehicles_to_match(wing.stores.pages, lines, now) if before == NEWEST else (),
        "doubt": doubt,
        "after": tuple(stays[1:]),
        "skip": _skip(stays),
        "count": (await reads.counted(bound, COUNTED + 1))["review"],
        "counted": COUNTED,
        "first": before == NEWEST,
        "answer": await asking.answer_shown(request),
        "zone": doubt.stay.zone if doubt is not None else zone_of(lines),
    }
    return page(request, "review.html", shown)


def _skip(stays: Sequence[Stay]) -> str | None:
    """Where the next one is, for whoever leaves this one to a colleague."""
    return f"/review?before={stays[0].id}" if len(stays) > 1 else None


def _cursor(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        return NEWEST
