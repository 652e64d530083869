"""The parts of a page that change by themselves: rendered once for all readers of a language and a right."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from aiohttp import web
from cachetools import LRUCache

from syspark.domain.units import SiteId
from web.language import Words, words
from web.live.service import View
from web.reading.alarms import AlarmsPage
from web.reading.model import Overview, SitePage
from web.rendering import part

OVERVIEW_PARTS = ("overview-head", "queue", "sites")
SITE_PARTS = ("site-head", "lanes", "devices", "curve", "feed", "site-alarms")
ALARM_PARTS = ("alarms-head", "alarms", "alarms-ended")
COUNT = "alarm-count"
"""In the head of every page."""


@dataclass(frozen=True, slots=True)
class Part:
    """A rendered part, and the event that brings it; `digest` tells whether a reader has it already."""

    name: str
    html: str
    digest: str
    event: str


class Parts:
    """Rendered parts, kept while what they show stays the same."""

    def __init__(self) -> None:
        self._kept: LRUCache[tuple[str, str, str, bool], tuple[object, Part]] = LRUCache(4000)
        self._latest: LRUCache[tuple[str, str, bool], tuple[View, list[Part]]] = LRUCache(1000)

    def of(self, topic: str, view: View, language: str, *, may_open: bool) -> list[Part]:
        """Every part of a view. Of a thousand readers of one view the first alone compares and renders."""
        latest = self._latest.get((topic, language, may_open))
        if latest is not None and latest[0] is view:
            return latest[1]
        found = []
        for name, shown in slices(view).items():
            key = (topic, name, language, may_open)
            kept = self._kept.get(key)
            if kept is None or kept[0] != shown:
                kept = self._kept[key] = (shown, _rendered(name, view, words(language), may_open=may_open))
            found.append(kept[1])
        self._latest[topic, language, may_open] = (view, found)
        return found


PARTS = web.AppKey("parts", Parts)


def slices(view: View) -> Mapping[str, object]:
    """What each part shows of a view."""
    return {**_slices(view.model), COUNT: view.alarms}


def _slices(model: Overview | SitePage | AlarmsPage) -> Mapping[str, object]:
    match model:
        case Overview():
            oldest = model.queue[0].card.waiting_since if model.queue else None
            sites = (model.troubled, model.calm)
            return dict(zip(OVERVIEW_PARTS, ((len(model.queue), oldest, sites), model.queue, sites), strict=True))
        case SitePage():
            head = (model.site, [(card.lane, card.waiting_since, card.mode) for card in model.lanes])
            shown = (
                head,
                model.lanes,
                (model.devices, model.weather, model.learned),
                model.curve,
                model.feed,
                (model.alarms, model.site.proof, model.unshared),
            )
            return dict(zip(SITE_PARTS, shown, strict=True))
        case AlarmsPage():
            standing = (model.unseen, model.seen)
            return dict(zip(ALARM_PARTS, (standing, standing, model.ended), strict=True))


def rendered(view: View, words_: Words, *, may_open: bool) -> Mapping[str, str]:
    """Every part of a view as it stands, for a whole page."""
    return {name: _rendered(name, view, words_, may_open=may_open).html for name in slices(view)}


def restricted(view: View, site_id: SiteId | None) -> View:
    """A view of all sites for an operator who is bound to one."""
    if site_id is None:
        return view
    model = view.model
    view = replace(view, alarms=tuple(count for count in view.alarms if count.site_id == site_id))
    if isinstance(model, AlarmsPage):
        shown = (
            [card for card in cards if card.site_id == site_id] for cards in (model.unseen, model.seen, model.ended)
        )
        return replace(view, model=AlarmsPage(*map(tuple, shown)))
    if not isinstance(model, Overview):
        return view
    own = replace(
        model,
        queue=tuple(row for row in model.queue if row.site_id == site_id),
        troubled=tuple(card for card in model.troubled if card.id == site_id),
        calm=tuple(card for card in model.calm if card.id == site_id),
    )
    return replace(view, model=own)


def _rendered(name: str, view: View, words_: Words, *, may_open: bool) -> Part:
    zone = view.model.site.zone if isinstance(view.model, SitePage) else "UTC"
    shown = {"page": view.model, "now": view.at, "may_open": may_open, "counts": view.alarms}
    html = part(name, words_.of(zone), shown)
    return Part(name, html, hashlib.sha256(html.encode()).hexdigest()[:16], event("part", {"name": name, "html": html}))


def event(name: str, data: Mapping[str, object]) -> str:
    """An event as a stream sends it."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
