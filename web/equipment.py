"""A site's equipment: the badges its controllers should hold and do, and orders to elevator, cameras and radio."""

from aiohttp import web

from syspark import logs
from syspark.domain.messages import Instruct, Instruction, SendAgain
from syspark.domain.orders import AskElevator, CameraMove, MoveCamera, SendElevator, SendRadio, TuneRadio
from syspark.domain.units import DeviceName
from syspark.rows import Address
from syspark.web_ports import Request, SiteLine
from web import asking, csrf
from web.asking import Answer
from web.live.parts import restricted
from web.live.service import LIVE, OVERVIEW
from web.reading.controllers import controller_page, sync_seen
from web.reading.equipment import equipment
from web.reading.model import Overview
from web.reading.refused import refused
from web.reading.twin import twin_seen
from web.rendering import page
from web.sentence import said
from web.sessions import SESSION, signed_in
from web.wing import WING

log = logs.get_logger(__name__)

CONTROLLERS = "acl"


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Both lists of badges, and what operators may ask of the equipment."""
    wing, now = request.app[WING], request.app[WING].clock.now()
    line = await asking.site_line(request)
    devices = await wing.stores.pages.devices(line.id)
    lists = next((one for one in devices if one.kind == CONTROLLERS), None)
    view = restricted(await request.app[LIVE].read(OVERVIEW), request[SESSION].operator.site_id)
    assert isinstance(view.model, Overview)
    values = {
        "site": line,
        "lists": None
        if lists is None
        else controller_page(
            sync_seen(lists.sync), twin_seen(lists.twin), await wing.stores.pages.badges(line.id), now
        ),
        "equipment": equipment(devices, now),
        "refused": await refused(wing.stores.pages, line.id, now),
        "answer": await _answer(request),
        "waiting": len(view.model.queue),
        "counts": view.alarms,
        "zone": line.zone,
    }
    return page(request, "equipment.html", values)


@signed_in
@csrf.form
async def send_again(request: web.Request) -> web.StreamResponse:
    """Have the controllers' lists compared now, and PINs sent again."""
    author, line = asking.author_of(request), await asking.site_line(request)
    return await _ask(request, line, Address("controller", line.id), SendAgain(author=author))


@signed_in
@csrf.form
async def instruct(request: web.Request) -> web.StreamResponse:
    """Have a device do something."""
    author, line = asking.author_of(request), await asking.site_line(request)
    name = request.match_info["device"]
    devices = await request.app[WING].stores.pages.devices(line.id)
    if name not in {one.name for one in devices}:
        raise web.HTTPNotFound
    fields = request[csrf.FIELDS]
    order = _order(fields)
    if order is None:
        raise web.HTTPBadRequest
    message = Instruct(device=DeviceName(name), order=order, reason=fields.get("reason", "")[:200], author=author)
    return await _ask(request, line, Address("device", f"{line.id}/{name}"), message)


def _order(fields: dict[str, str]) -> Instruction | None:
    """The order a form asks for; None when it is none."""
    try:
        match fields.get("order"):
            case "elevator":
                return SendElevator(floor=int(fields.get("floor", "")))
            case "elevator-get":
                return AskElevator()
            case "camera":
                return MoveCamera(camera=int(fields.get("camera", "")), move=CameraMove(fields.get("move", "")))
            case "radio":
                return SendRadio(text=fields.get("text", ""))
            case "radio-parameters":
                return TuneRadio(text=fields.get("text", ""))
            case _:
                return None
    except ValueError:
        return None


async def _ask(request: web.Request, line: SiteLine, whom: Address, message: SendAgain | Instruct) -> web.Response:
    row = asking.told_now(request, line.id, line.partition, whom, message)
    log.info("equipment asked", site=line.id, whom=whom.id, kind=row.kind, operator=message.author)
    await asking.ask(request, row)
    return web.Response(status=303, headers={"Location": f"/sites/{line.id}/equipment?request={row.id}"})


async def _answer(request: web.Request) -> Answer | None:
    """What became of the request named in the address."""
    found = await asking.found(request, request.query.get("request", ""))
    return None if found is None else _told(found)


def _told(found: Request) -> Answer:
    name = str(found.id)
    match found.status:
        case "new":
            return Answer(name, "pending", said("Accepted, pending."), said("What becomes of it is shown here."))
        case "done":
            return Answer(name, "accepted", said("Asked."), said("What becomes of it is shown here."))
        case _:
            return Answer(name, "refused", said("Not done."), asking.refusal(found.outcome))
