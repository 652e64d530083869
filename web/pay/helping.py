"""A driver calls for help: a person is called to their lane, and what happens next is on the page, to the minute.

Nobody is held hostage: where nobody answers, the lane opens by itself and what is due stays due. Source: domain.md,
"Timed release".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from syspark import logs
from syspark.domain.messages import AskHelp
from syspark.domain.site.matching import DRIVER
from syspark.domain.units import Lane
from web import asking, csrf
from web.pay import guard
from web.pay.finding import too_fast
from web.pay.place import Place, place_of, shown
from web.pay.stay import Stay, stay_of
from web.sentence import Sentence, said
from web.throttle import Slowdown
from web.wing import WING

log = logs.get_logger(__name__)

CALLS = web.AppKey("calls for help", Slowdown)


@dataclass(frozen=True, slots=True)
class Call:
    """A lane's driver has asked for help at `since`; unanswered, it opens at `opens_at` (None: not by itself)."""

    lane: Lane
    since: datetime
    opens_at: datetime | None


async def show_at_site(request: web.Request) -> web.StreamResponse:
    """Who may be asked, at a site."""
    return _page(request, await place_of(request))


async def show_at_stay(request: web.Request) -> web.StreamResponse:
    """The same for the driver of a stay."""
    stay = await stay_of(request)
    return _page(request, stay.place, stay)


@csrf.form
async def ask_at_site(request: web.Request) -> web.StreamResponse:
    """Call a person to a lane of a site."""
    return await _asked(request, await place_of(request))


@csrf.form
async def ask_at_stay(request: web.Request) -> web.StreamResponse:
    """The same for the driver of a stay."""
    stay = await stay_of(request)
    return await _asked(request, stay.place, stay)


async def rescue(request: web.Request) -> web.StreamResponse:
    """What else there is for whoever's plate is not found."""
    return shown(request, "rescue", {}, await place_of(request))


def call_of(place: Place, name: Lane) -> Call | None:
    """The call for help that stands at a lane."""
    since = place.lane(name).help_since
    if since is None:
        return None
    if place.lane(name).help_unseen:
        return Call(name, since, None)
    ask, policy = place.seen.ask, place.policy
    costly = name is Lane.EXIT and ask is not None and ask.cents > policy.help_costly_cents
    return Call(name, since, since + timedelta(seconds=policy.help_costly_s if costly else policy.help_unanswered_s))


async def _asked(request: web.Request, place: Place, stay: Stay | None = None) -> web.StreamResponse:
    named = request[csrf.FIELDS].get("lane", "")
    if named not in place.site.lanes or named not in list(Lane):
        raise web.HTTPBadRequest
    calls, who, wing = request.app[CALLS], guard.address_of(request), request.app[WING]
    wait_s = calls.wait_s(who)
    if wait_s > 0:
        return too_fast(request, place, wait_s)
    calls.failed(who)
    row = place.to_site(wing, AskHelp(lane=Lane(named), author=DRIVER))
    await wing.stores.requests.put(row)
    decided = await asking.decided(wing, row.id)
    log.info("portal: help asked", site=place.site.id, lane=named)
    if decided is not None and decided.status == "refused":
        return _page(request, place, stay, said("The car park could not take your call: use the telephone."), 409)
    raise web.HTTPSeeOther(f"{request.path}?lane={named}")


def _page(
    request: web.Request, place: Place, stay: Stay | None = None, problem: Sentence | None = None, status: int = 200
) -> web.StreamResponse:
    lanes = [lane for lane in (Lane.EXIT, Lane.ENTRY) if lane in place.site.lanes]
    asked = request.query.get("lane")
    calls = {lane: call for lane in lanes if (call := call_of(place, lane)) is not None}
    mine = Lane.EXIT if stay is not None and stay.stands_at_exit else None
    wanted = Lane(asked) if asked in lanes else mine
    values = {
        "lanes": [wanted] if wanted is not None else lanes,
        "call": calls.get(wanted) if wanted is not None else None,
        "asked": asked is not None,
        "stay": stay,
        "back": request.path.removesuffix("/help"),
        "help_at": request.path,
        "problem": problem,
        "now": request.app[WING].clock.now(),
    }
    return shown(request, "help", values, place, status)
