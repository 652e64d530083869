"""The pages about parking sessions: those to look at, a search, one session with its story."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from aiohttp import web

from syspark.domain.units import SiteId
from syspark.web_ports import NEWEST, Asked, Kind, SessionLine, SessionReads, SiteLine
from web import asking
from web.charging import REASONS, STEP_UP_OVER_CENTS, policy_of, problem
from web.correcting import line_of
from web.reading.charge import charge_of
from web.reading.keeping import keeping
from web.reading.search import Meant, from_day, meant_by, to_day, typed
from web.reading.snapshot import SiteSeen, site_seen
from web.reading.stays import Stay, stay
from web.reading.story import story
from web.rendering import page
from web.sentence import Money, Sentence, said
from web.sessions import SESSION, signed_in
from web.wing import WING, Wing

ROWS = 50
SHORTEST_REFERENCE = 6
"""What is shorter is a part of a plate; a receipt's code has six characters."""
FIRST = 8
COUNTED = 99
"""More than so many are not counted one by one."""

LISTS: dict[str, Sentence] = {
    "waiting": said("Waiting"),
    "review": said("In review"),
    "unpaid": said("Unpaid"),
    "overlong": said("Too long inside"),
    "all": said("All"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """One list of the first page: what is in it, and how many more there are."""

    name: str
    title: Sentence
    rows: tuple[Stay, ...]
    count: int


@signed_in
async def list_sessions(request: web.Request) -> web.StreamResponse:
    """Those a person has to look at, or what is searched."""
    query, bound = request.query, request[SESSION].operator.site_id
    asked, show = query.get("q", "").strip()[:64], query.get("show", "")
    if asked or show in LISTS or query.get("from") or query.get("to"):
        return await _listed(request, asked, show if show in LISTS else "all")
    wing = request.app[WING]
    lines, now = await _sites(request), wing.clock.now()
    counts = await wing.stores.parking.counted(bound, COUNTED + 1)
    waiting = await _waiting(wing.stores.parking, lines)
    sections = []
    for name, title in LISTS.items():
        found = waiting if name == "waiting" else await wing.stores.parking.found(_asked(name, bound, FIRST))
        count = len(waiting) if name == "waiting" else counts.get(name, len(found))
        sections.append(Section(name, title, tuple(stay(line, now) for line in found[:FIRST]), count))
    shown = {
        "sections": sections,
        "counted": COUNTED,
        "asked": "",
        "show": "",
        "days": ("", ""),
        "lists": LISTS,
        "answer": await asking.answer_shown(request),
        "zone": zone_of(lines),
    }
    return page(request, "sessions.html", shown)


@signed_in
async def show_session(request: web.Request) -> web.StreamResponse:
    """One session: why it stands as it does, its story, and what can be put right."""
    wing = request.app[WING]
    line = await line_of(request, request.match_info["session"])
    reads, now = wing.stores.parking, wing.clock.now()
    shown = stay(line, now)
    told = await story(reads, shown, now)
    policy = await policy_of(request, line.site_id)
    charge = charge_of(
        line.body,
        await wing.stores.money.of_session(line.id),
        policy,
        now,
        secret_key=wing.secret_key,
        public_url=wing.public_url or "",
    )
    values = {
        "stay": shown,
        "charge": charge,
        "keeping": keeping(line, policy, now),
        "why_money": REASONS,
        "step_up_over": Money(STEP_UP_OVER_CENTS, shown.currency),
        "problem": problem(request),
        "story": told,
        "answer": await asking.answer_shown(request),
        "zone": line.zone,
    }
    return page(request, "session.html", values)


async def _listed(request: web.Request, asked: str, show: str) -> web.StreamResponse:
    wing, query, bound = request.app[WING], request.query, request[SESSION].operator.site_id
    lines, now, reads = await _sites(request), wing.clock.now(), request.app[WING].stores.parking
    zone, days = zone_of(lines), (query.get("from", "")[:10], query.get("to", "")[:10])
    meant = Meant()
    if asked:
        named = await _by_id(reads, asked, bound) or await _by_payment(wing, asked, bound)
        if named is not None:
            raise web.HTTPSeeOther(f"/sessions/{named}")
    if show == "waiting":
        found = await _waiting(reads, lines)
    else:
        keys = None
        if asked:
            meant = await meant_by(reads, asked, [line.id for line in lines])
            keys = meant.keys
        before = min(_uuid(query.get("before")) or NEWEST, to_day(days[1], zone))
        wanted = Asked(_kind(show), bound, from_day(days[0], zone), before, keys, ROWS + 1)
        found = list(await reads.found(wanted)) if keys is None or keys else []
    rows = tuple(stay(line, now) for line in found[:ROWS])
    more = None
    if len(found) > ROWS:
        kept = {name: query[name] for name in ("q", "show", "from", "to") if query.get(name)}
        more = f"/sessions?{urlencode({**kept, 'before': str(rows[-1].id)})}"
    values = {
        "rows": rows,
        "more": more,
        "near": meant.near,
        "many": meant.many,
        "asked": asked,
        "wanted": typed(asked),
        "show": show,
        "days": days,
        "lists": LISTS,
        "answer": await asking.answer_shown(request),
        "zone": zone,
    }
    return page(request, "sessions-found.html", values)


async def _sites(request: web.Request) -> list[SiteLine]:
    bound = request[SESSION].operator.site_id
    return [line for line in await request.app[WING].stores.pages.sites() if bound in {None, line.id}]


async def _waiting(reads: SessionReads, lines: Sequence[SiteLine]) -> list[SessionLine]:
    """Sessions whose vehicle stands at a lane and is not let through."""
    named: set[UUID | None] = set()
    for line in lines:
        seen = site_seen(line.state) or SiteSeen()
        known = [lane.identity.session_id for lane in seen.lanes.values() if lane.waiting_since and lane.identity]
        known += [seen.ask.session_id] if seen.ask is not None else []
        named |= {_uuid(one) for one in known}
    return list(await reads.named([one for one in named if one is not None]))


async def _by_id(reads: SessionReads, text: str, bound: SiteId | None) -> UUID | None:
    """The session whose number was typed."""
    named = _uuid(text)
    found = await reads.named([named]) if named is not None else []
    return found[0].id if found and bound in {None, found[0].site_id} else None


async def _by_payment(wing: Wing, text: str, bound: SiteId | None) -> UUID | None:
    """The one session of a receipt's code, or of the provider's reference, that was typed."""
    named = await wing.stores.money.sessions_named(text) if len(text) >= SHORTEST_REFERENCE else ()
    found = [line for line in await wing.stores.parking.named(named) if bound in {None, line.site_id}]
    return found[0].id if len(found) == 1 else None


def _asked(name: str, bound: SiteId | None, limit: int) -> Asked:
    return Asked(_kind(name), bound, limit=limit)


def _kind(show: str) -> Kind:
    match show:
        case "review" | "unpaid" | "overlong":
            return show
        case _:
            return "newest"


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def zone_of(lines: Sequence[SiteLine]) -> str:
    """The time zone most of these sites are in."""
    zones = Counter(line.zone for line in lines)
    return zones.most_common(1)[0][0] if zones else "UTC"
