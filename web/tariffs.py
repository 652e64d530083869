"""The page of tariffs: what applies today, every version, an editor with its preview, and the board to print.

Nothing is changed here: publishing is a request into the site's mailbox, waited for three seconds.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from syspark import logs
from syspark.domain.messages import PublishTariff
from syspark.domain.tariff import Tariff
from syspark.domain.tariff.lint import Said, lint
from syspark.domain.tariff.problem import Found, problems
from syspark.web_ports import SiteLine, TariffLine
from web import csrf, tariff_form
from web.asking import answer_shown, answered, ask, site_line, to_site
from web.reading.prices import BoardLine, board, price_curve, price_table, steps
from web.rendering import page
from web.sentence import Money, Sentence
from web.sessions import SESSION, signed_in
from web.shadow_run import shadowed
from web.wing import WING

log = logs.get_logger(__name__)

MAY_PRICE = frozenset({"manager", "admin"})


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a tariff, as the page lists it; `state` is past, present or future."""

    line: TariffLine
    tariff: Tariff
    state: str
    board: Sequence[BoardLine]


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """What applies today, what is to come, and what was."""
    line = await site_line(request)
    versions = await _versions(request, line)
    values = {
        **_shell(request, line),
        "versions": versions,
        "present": _present(versions),
        "answer": await answer_shown(request),
        "may_price": request[SESSION].operator.role in MAY_PRICE,
    }
    return page(request, "tariffs.html", values)


@signed_in
async def show_board(request: web.Request) -> web.StreamResponse:
    """The price board, to be printed and put up at the entry."""
    line = await site_line(request)
    versions = await _versions(request, line)
    asked = request.query.get("version", "")
    chosen = next((one for one in versions if str(one.line.version) == asked), _present(versions))
    return page(request, "tariff-board.html", {**_shell(request, line), "version": chosen})


@signed_in
async def edit(request: web.Request) -> web.StreamResponse:
    """The editor, filled with a version: the present one, or another to begin from."""
    line = await _priced(request)
    versions = await _versions(request, line)
    asked = request.query.get("from", "")
    chosen = next((one for one in versions if str(one.line.version) == asked), _present(versions))
    return _editor(request, line, versions, tariff_form.written(chosen.tariff, line.zone))


@signed_in
@csrf.form
async def publish(request: web.Request) -> web.StreamResponse:
    """Show what a tariff would mean, or have it published as it was shown."""
    line = await _priced(request)
    fields = request[csrf.FIELDS]
    versions = await _versions(request, line)
    try:
        tariff = tariff_form.read(fields, line.currency, line.zone)
        starts_at = tariff_form.starts_at(fields, line.zone)
    except tariff_form.NotUnderstoodError as error:
        return _editor(request, line, versions, fields, wrong=error.sentence, status=400)
    found = problems(tariff)
    if found or fields.get("act") != "publish":
        shown = await _preview(request, line, versions, tariff, starts_at) if not found else {}
        return _editor(request, line, versions, fields, found=found, status=400 if found else 200, **shown)
    message = PublishTariff(
        tariff=tariff,
        after=_seen(fields),
        starts_at=starts_at,
        knowing=bool(fields.get("knowing")),
        author=request[SESSION].operator.login,
    )
    row = to_site(request, line, message)
    log.info("tariff published", site=line.id, operator=message.author)
    return answered(request, await ask(request, row), f"/sites/{line.id}/tariffs")


async def _preview(
    request: web.Request, line: SiteLine, versions: Sequence[Version], tariff: Tariff, starts_at: datetime | None
) -> Mapping[str, Any]:
    """The curve, stays priced, what a lint finds, and the shadow run."""
    present, since = _present(versions).tariff, starts_at or request.app[WING].clock.now()
    curve = await asyncio.to_thread(price_curve, tariff, present, since, line.zone)
    return {
        "curve": curve,
        "table": await asyncio.to_thread(price_table, tariff, present, since, line.zone),
        "shadow": await shadowed(request.app[WING], line.id, tariff),
        "board": board(tariff),
        "lint": lint(tariff, present),
    }


def _editor(
    request: web.Request,
    line: SiteLine,
    versions: Sequence[Version],
    fields: Mapping[str, str],
    *,
    wrong: Sentence | None = None,
    found: Sequence[Found] = (),
    status: int = 200,
    **shown: Any,
) -> web.StreamResponse:
    findings: Sequence[Said] = shown.get("lint", ())
    values = {
        **_shell(request, line),
        "fields": defaultdict(str, fields),
        "rows": {kind: tariff_form.rows(fields, kind) for kind in ("band", "package")},
        "step_choices": sorted({*tariff_form.STEPS, _present(versions).tariff.step_minutes}),
        "newest": max(one.line.version for one in versions),
        "wrong": wrong,
        "found": found,
        "curve": None,
        "here": f"/sites/{line.id}/tariffs/new",
        "against": any(one.finding.is_law for one in findings),
        "steps": steps,
        "amount": lambda cents: Money(cents, line.currency),
        **shown,
    }
    return page(request, "tariff-editor.html", values, status)


async def _priced(request: web.Request) -> SiteLine:
    """The site in the address. Raises `HTTPForbidden` for a role that does not make prices, `HTTPNotFound`."""
    if request[SESSION].operator.role not in MAY_PRICE:
        raise web.HTTPForbidden
    return await site_line(request)


async def _versions(request: web.Request, line: SiteLine) -> Sequence[Version]:
    now = request.app[WING].clock.now()
    lines = await request.app[WING].stores.tariffs.versions(line.id)
    present = next((one for one in lines if one.starts_at <= now), lines[-1])
    found = []
    for one in lines:
        tariff = msgspec.json.decode(one.body, type=Tariff)
        found.append(Version(one, tariff, _state(one, present, lines, now), board(tariff)))
    return found


def _state(one: TariffLine, present: TariffLine, lines: Sequence[TariffLine], now: datetime) -> str:
    if one is present:
        return "present"
    # Of two that start together the later one counts.
    replaced = any(other.starts_at == one.starts_at and other.version > one.version for other in lines)
    return "future" if one.starts_at > now and not replaced else "past"


def _present(versions: Sequence[Version]) -> Version:
    return next(one for one in versions if one.state == "present")


def _seen(fields: Mapping[str, str]) -> int:
    text = fields.get("after", "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _shell(request: web.Request, line: SiteLine) -> dict[str, Any]:
    return {"site": line, "zone": line.zone}
