"""Where did you park, and what is your plate? Its amount is then on a page of its own, whose address holds no plate."""

import math

from aiohttp import web

from syspark import logs
from syspark.contract.reasons import UnreadableError
from syspark.contract.values import read_plate
from syspark.domain.units import Plate, SessionId
from syspark.portal_links import PortalLink, exit_code, path_of
from web import cookies, csrf
from web.pay import guard
from web.pay.place import Place, place_of, shown
from web.sentence import Seconds, Sentence, said
from web.wing import WING

log = logs.get_logger(__name__)

SITE = "syspark-site"
LISTED = 50


async def choose_site(request: web.Request) -> web.StreamResponse:
    """The sites, found by a part of their name, the remembered one first; the only one at once. Where help is wanted,
    each leads to its own.
    """
    sites, wants_help = await request.app[WING].stores.portal.names(), "help" in request.query
    if len(sites) == 1:
        raise web.HTTPSeeOther(f"/pay/{sites[0].id}{'/help' if wants_help else ''}")
    asked = request.query.get("q", "").strip()[:64]
    found = [one for one in sites if asked.casefold() in one.name.casefold() or asked.casefold() in one.id]
    last = next((one for one in sites if one.id == cookies.read(request, SITE)), None)
    numbers = {one.help_phone for one in ([last] if last is not None else sites) if one.help_phone}
    values = {
        "found": found[:LISTED],
        "more": len(found) - LISTED,
        "asked": asked,
        "last": last,
        "wants_help": wants_help,
        # Of several numbers none is everybody's: each stands beside its site.
        "phone": numbers.pop() if len(numbers) == 1 else "",
    }
    return shown(request, "sites", values)


async def ask_plate(request: web.Request) -> web.StreamResponse:
    """The form for a plate at a site, which is remembered."""
    return _form(request, await place_of(request))


@csrf.form
async def find(request: web.Request) -> web.StreamResponse:
    """Lead to the amount of exactly this plate. With the code of the exit, to its details too."""
    place, fields = await place_of(request), request[csrf.FIELDS]
    written, code = fields.get("plate", "")[:32], fields.get("code", "").strip()
    try:
        plate = read_plate(written)
    except UnreadableError:
        return _form(request, place, written, said("Type the plate as it is on the vehicle."), status=400)
    wing, made = request.app[WING], await guard.taken(request, place)
    if made.wait_s > 0:
        return too_fast(request, place, made.wait_s)
    session_id = await wing.stores.portal.by_plate(place.site.id, plate)
    proven = session_id is not None and is_code(request, session_id, code)
    if proven:
        await guard.given_back(request, made)
    if session_id is None:
        await guard.missed(request, place)
        log.info("portal: plate not found", site=place.site.id)
        return _form(request, place, written, not_found=plate, status=404)
    if code and not proven:
        await guard.missed(request, place)
    link = PortalLink(session_id, proven)
    response = web.Response(status=303, headers={"Location": path_of(wing.secret_key, link)})
    cookies.write(request, response, SITE, place.site.id, cookies.A_YEAR)
    return response


def is_code(request: web.Request, session_id: SessionId, code: str) -> bool:
    """Whether this is the code the exit shows for a session."""
    return code.isascii() and code == exit_code(request.app[WING].secret_key, session_id)


def too_fast(request: web.Request, place: Place, wait_s: float) -> web.StreamResponse:
    """Tell somebody who tries too often when to try again, and what else helps."""
    response = shown(request, "wait", {"wait": Seconds(math.ceil(wait_s))}, place, status=429)
    response.headers["Retry-After"] = str(math.ceil(wait_s))
    return response


def _form(
    request: web.Request,
    place: Place,
    plate: str = "",
    problem: Sentence | None = None,
    *,
    not_found: Plate | None = None,
    status: int = 200,
) -> web.StreamResponse:
    values = {"plate": plate, "problem": problem, "not_found": not_found}
    response = shown(request, "plate", values, place, status)
    if status == 200:
        cookies.write(request, response, SITE, place.site.id, cookies.A_YEAR)
    return response
