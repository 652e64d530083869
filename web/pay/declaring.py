"""A driver at the exit whose entry nobody saw says when they came: their site decides what that is worth.

What is typed is sent on as the driver's word; only the plate that stands at the exit is taken, and who tries others is
slowed down as whoever tries plates. Source: domain.md, "Exit without entry"; docs/portal.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from aiohttp import web

from syspark import logs
from syspark.contract.reasons import UnreadableError
from syspark.contract.values import read_plate
from syspark.domain.messages import DeclareArrival
from syspark.domain.site.matching import DRIVER
from syspark.domain.units import Plate, SessionId
from syspark.portal_links import PortalLink, path_of
from syspark.web_ports import Request
from web import asking, csrf
from web.pay import guard
from web.pay.finding import too_fast
from web.pay.paying import NO_ANSWER
from web.pay.place import Place, place_of, shown
from web.sentence import Sentence, said
from web.wing import WING

log = logs.get_logger(__name__)

TO_CONFIRM = "arrival-to-confirm"
FOR_A_PERSON = "arrival-for-a-person"
ELSEWHERE = "arrival-of-another"
WHY: Mapping[str, Sentence] = {
    "arrival-late": NO_ANSWER,
    "arrival-nobody-there": said("No vehicle is seen at the exit. Drive up to the camera, then try again."),
    ELSEWHERE: said("The camera at the exit has read another plate. Check yours, or ask for help."),
    "arrival-known": said("Your stay is known: type your plate to see its amount."),
    "arrival-not-yet": said("You stood at the exit before that: check the day and the time."),
}
"""Why a declared arrival is not taken, by the rule of its site."""

_TIME = re.compile(r"([01]?\d|2[0-3]) ?[:hH.] ?([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """What the driver has typed, as typed, and what it means: None where it means nothing."""

    written: str
    day: str
    hour: str
    plate: Plate | None = None
    arrived_at: datetime | None = None


async def show(request: web.Request) -> web.StreamResponse:
    """The form, for today."""
    place = await place_of(request)
    today = request.app[WING].clock.now().astimezone(ZoneInfo(place.site.zone)).date()
    return _form(request, place, Told("", today.isoformat(), ""))


@csrf.form
async def declare(request: web.Request) -> web.StreamResponse:
    """Tell the site, and lead to what is due; or ask for the day once more, or say why not."""
    place, fields = await place_of(request), request[csrf.FIELDS]
    told = read(fields, place.site.zone)
    if told.plate is None:
        return _form(request, place, told, said("Type the plate as it is on the vehicle."), status=400)
    if told.arrived_at is None:
        return _form(request, place, told, said("Give the day and the time at which you came."), status=400)
    if "again" in fields:
        return _form(request, place, told)
    wing, made = request.app[WING], await guard.taken(request, place)
    if made.wait_s > 0:
        return too_fast(request, place, made.wait_s)
    confirmed = "confirmed" in fields
    message = DeclareArrival(plate=told.plate, arrived_at=told.arrived_at, confirmed=confirmed, author=DRIVER)
    row = place.to_site(wing, message)
    await wing.stores.requests.put(row)
    decided = await asking.decided(wing, row.id)
    log.info("portal: arrival declared", site=place.site.id)
    if decided is None or decided.status == "new":
        return _form(request, place, told, NO_ANSWER, status=503)
    if decided.status != "refused" or asking.rule_of(decided.outcome) == TO_CONFIRM:
        await guard.given_back(request, made)
    if decided.status != "refused":
        # Whoever is taken stands there; what they may see of the stay is still to be proven.
        raise web.HTTPSeeOther(path_of(wing.secret_key, PortalLink(SessionId(str(row.id)))))
    return await _refused(request, place, told, decided)


def read(fields: Mapping[str, str], zone: str) -> Told:
    """What a form says; a time of day that comes twice in a night is the later one, which costs less."""
    told = Told(fields.get("plate", "")[:32], fields.get("day", "")[:16], fields.get("time", "").strip()[:8])
    try:
        plate: Plate | None = read_plate(told.written)
    except UnreadableError:
        plate = None
    found, at = _TIME.fullmatch(told.hour), None
    if found is not None:
        try:
            day = date.fromisoformat(told.day)
            wall = datetime.combine(day, time(int(found[1]), int(found[2]), fold=1), ZoneInfo(zone))
            at = wall.astimezone(UTC)
        except (ValueError, OverflowError):
            at = None
    return Told(told.written, told.day, told.hour, plate, at)


async def _refused(request: web.Request, place: Place, told: Told, decided: Request) -> web.StreamResponse:
    rule = asking.rule_of(decided.outcome)
    if rule == TO_CONFIRM:
        return shown(request, "arrival-day", {"told": told, "now": request.app[WING].clock.now()}, place)
    if rule == FOR_A_PERSON:
        return shown(request, "arrival-help", {}, place, 409)
    if rule == ELSEWHERE:
        await guard.missed(request, place)
    return _form(request, place, told, WHY.get(rule, NO_ANSWER), status=409)


def _form(
    request: web.Request, place: Place, told: Told, problem: Sentence | None = None, *, status: int = 200
) -> web.StreamResponse:
    today = request.app[WING].clock.now().astimezone(ZoneInfo(place.site.zone)).date()
    return shown(request, "arrival", {"told": told, "today": today.isoformat(), "problem": problem}, place, status)
