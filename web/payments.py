"""The pages about money: what is not explained first, then day by day, payments, closings; each number leads to what
it is computed from.
"""

from datetime import date, datetime, timedelta

from aiohttp import web

from syspark.domain.closing import totals_of
from syspark.sheet import closings_sheet, entries_sheet
from syspark.web_ports import Shown
from web import asking
from web.parking import zone_of
from web.reading import money
from web.rendering import page
from web.sentence import Sentence, said
from web.sessions import MAY_MANAGE, SESSION, signed_in, site_of
from web.wing import WING

DAYS = 14
ROWS = 50
CLOSINGS = 40
UNDONE_AFTER = timedelta(minutes=10)
"""How long the provider may take to do what it was asked before somebody is told."""
MOST_ENTRIES = 20_000

LISTS: dict[Shown, Sentence] = {
    "paid": said("Payments"),
    "disputed": said("Contested"),
    "back": said("Refunded"),
    "on-site": said("On site"),
}


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Whether ledger and provider agree, and what came and went."""
    wing, bound, now = request.app[WING], request[SESSION].operator.site_id, request.app[WING].clock.now()
    lines = [line for line in await wing.stores.pages.sites() if bound in {None, line.id}]
    asked = request.query.get("site", "")
    site = next((line.id for line in lines if line.id == asked), bound)
    shown = _shown(request.query.get("show", ""))
    before = _moment(request.query.get("before", "")) or now + timedelta(days=1)
    today = now.date() + timedelta(days=1)  # of the most eastern zone
    first, reads = today - timedelta(days=DAYS), wing.stores.money
    compared = await reads.compared(site, first, today)
    paid = await reads.payments(shown, site, before, ROWS + 1)
    values = {
        "explain": money.to_explain(compared, await reads.orders(site, now - UNDONE_AFTER, ROWS)),
        "compared_at": money.newest(compared),
        "days": money.day_rows(await reads.days(site, first, today), compared),
        "payments": [money.paid_row(line) for line in paid[:ROWS]],
        "more": paid[ROWS - 1].paid_at if len(paid) > ROWS else None,
        "closings": money.closing_rows(await reads.closings(site, CLOSINGS)),
        "periods": money.PERIODS,
        "sellers": await reads.sellers() if bound is None else (),
        "sites": lines,
        "site": site,
        "bound": bound,
        "shown": shown,
        "lists": LISTS,
        "may_manage": request[SESSION].operator.role in MAY_MANAGE,
        "answer": await asking.answer_shown(request),
        "zone": zone_of(lines),
    }
    return page(request, "payments.html", values)


@signed_in
async def show_day(request: web.Request) -> web.StreamResponse:
    """Every entry of a site's day, its sums, and what the provider says of it."""
    site, day = site_of(request), _day(request)
    wing, reads = request.app[WING], request.app[WING].stores.money
    line = next((one for one in await wing.stores.pages.sites() if one.id == site), None)
    if line is None:
        raise web.HTTPNotFound
    entries = await reads.entries(site, day, day, MOST_ENTRIES)
    compared = await reads.compared(site, day, day)
    values = {
        "line": line,
        "day": day,
        "entries": entries,
        "totals": totals_of(entries),
        "explain": money.to_explain(compared, ()),
        "compared": compared,
        "told": [(one.provider, money.read_day(one.body)) for one in compared],
        "row": next(iter(money.day_rows(await reads.days(site, day, day), compared)), None),
        "books": money,
        "may_manage": request[SESSION].operator.role in MAY_MANAGE,
        "zone": line.zone,
    }
    return page(request, "payments-day.html", values)


@signed_in
async def show_closing(request: web.Request) -> web.StreamResponse:
    """One closing: its sums, its place in the chain."""
    reads, site, seq = request.app[WING].stores.money, site_of(request), int(request.match_info["seq"])
    found = await reads.closing(site, seq)
    if found is None:
        raise web.HTTPNotFound
    before = await reads.closing(site, seq - 1)
    values = {
        "row": money.closing_rows([found, *([before] if before is not None else [])])[0],
        "before": before.closing if before is not None else None,
        "books": money,
        "zone": "UTC",
    }
    return page(request, "payments-closing.html", values)


@signed_in
async def day_csv(request: web.Request) -> web.StreamResponse:
    """A day's entries, for a spreadsheet."""
    _may_take(request)
    site, day = site_of(request), _day(request)
    entries = await request.app[WING].stores.money.entries(site, day, day, MOST_ENTRIES)
    return _csv(entries_sheet(entries), f"ledger-{site}-{day}.csv")


@signed_in
async def closings_csv(request: web.Request) -> web.StreamResponse:
    """A site's closings, for a spreadsheet."""
    _may_take(request)
    site = site_of(request)
    lines = await request.app[WING].stores.money.closings(site, MOST_ENTRIES)
    return _csv(closings_sheet(line.closing for line in reversed(lines)), f"closings-{site}.csv")


def _may_take(request: web.Request) -> None:
    """Raises `HTTPForbidden` for who does not keep the books."""
    if request[SESSION].operator.role not in MAY_MANAGE:
        raise web.HTTPForbidden


def _csv(text: str, name: str) -> web.Response:
    # With its mark in front: without it a spreadsheet takes UTF-8 for something older.
    return web.Response(
        body=b"\xef\xbb\xbf" + text.encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _day(request: web.Request) -> date:
    try:
        return date.fromisoformat(request.match_info["day"])
    except ValueError as error:
        raise web.HTTPNotFound from error


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _shown(text: str) -> Shown:
    match text:
        case "disputed" | "back" | "on-site":
            return text
        case _:
            return "paid"
