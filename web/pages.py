"""The operators' pages: all sites, one site, the list of sites, pictures."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from aiohttp import web

from syspark.domain.units import SiteId
from web import asking, lane_mode, language
from web.live.parts import rendered, restricted
from web.live.service import ALARMS, LIVE, OVERVIEW, NoSuchSiteError, View
from web.reading.alarms import AlarmsPage
from web.reading.model import AlarmCard, Overview, SiteCard, SitePage
from web.rendering import markup, page
from web.sessions import MAY_OPEN, SESSION, signed_in, site_of
from web.wing import WING

LISTED = 200
CLOCK_ERROR = timedelta(minutes=5)


@signed_in
async def show_overview(request: web.Request) -> web.StreamResponse:
    """What needs a human now, across all sites."""
    view = await request.app[LIVE].read(OVERVIEW)
    return await _live_page(request, "overview.html", OVERVIEW, restricted(view, request[SESSION].operator.site_id))


@signed_in
async def show_site(request: web.Request) -> web.StreamResponse:
    """One site."""
    site_id = site_of(request)
    try:
        view = await request.app[LIVE].read(site_id)
    except NoSuchSiteError as error:
        raise web.HTTPNotFound from error
    return await _live_page(request, "site.html", site_id, restricted(view, request[SESSION].operator.site_id))


@signed_in
async def show_alarms(request: web.Request) -> web.StreamResponse:
    """What is wrong, anywhere, and who has taken it up."""
    view = await request.app[LIVE].read(ALARMS)
    return await _live_page(request, "alarms.html", ALARMS, restricted(view, request[SESSION].operator.site_id))


@signed_in
async def list_sites(request: web.Request) -> web.StreamResponse:
    """Every site, filtered by a part of its name; those with trouble first."""
    view = restricted(await request.app[LIVE].read(OVERVIEW), request[SESSION].operator.site_id)
    assert isinstance(view.model, Overview)
    asked = request.query.get("q", "").strip()[:64]
    found = [
        card
        for card in (*view.model.troubled, *view.model.calm)
        if asked.casefold() in card.name.casefold() or asked.casefold() in card.id
    ]
    shown = {
        "cards": found[:LISTED],
        "found": len(found),
        "total": view.model.total,
        "asked": asked,
        "waiting": len(view.model.queue),
        "counts": view.alarms,
        "zone": _zone(view),
    }
    return page(request, "sites.html", shown)


@signed_in
async def show_photo(request: web.Request) -> web.StreamResponse:
    """A picture of a lane. Its id is time-ordered: the time in it tells where it is stored."""
    site_id = site_of(request)
    try:
        photo_id = UUID(request.match_info["photo"])
        taken_at = datetime.fromtimestamp((photo_id.int >> 80) / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise web.HTTPNotFound from error
    span = (taken_at - CLOCK_ERROR, taken_at + CLOCK_ERROR)
    found = await request.app[WING].stores.pages.photo(site_id, photo_id, span)
    if found is None:
        raise web.HTTPNotFound
    return web.Response(body=found.body, content_type="image/jpeg")


async def _live_page(request: web.Request, template: str, topic: SiteId, view: View) -> web.StreamResponse:
    may_open = request[SESSION].operator.role in MAY_OPEN
    parts = rendered(view, language.chosen(request), may_open=may_open)
    waiting = len(view.model.queue) if isinstance(view.model, Overview) else 0
    values = {
        "parts": {name: markup(html) for name, html in parts.items()},
        "model": view.model,
        "topic": topic,
        "answer": lane_mode.not_sent(request) or await asking.answer_shown(request),
        "waiting": waiting,
        "counts": view.alarms,
        "gone": "gone" in request.query,
        "now": view.at,
        "zone": _zone(view),
    }
    return page(request, template, values)


def _zone(view: View) -> str:
    """The time zone of a page: its site's, or the one most of the sites are in."""
    if isinstance(view.model, SitePage):
        return view.model.site.zone
    if isinstance(view.model, AlarmsPage):
        cards: Iterable[SiteCard | AlarmCard] = (*view.model.unseen, *view.model.seen, *view.model.ended)
    else:
        cards = (*view.model.troubled, *view.model.calm)
    zones = Counter(card.zone for card in cards)
    return zones.most_common(1)[0][0] if zones else "UTC"
