"""Guests of partners: a partner's one page, and the operators' page of a site's partners. Source: ui.md, row "Partner".

Nothing is changed here: each act is a request into the site's mailbox, waited for three seconds.
"""

import re
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from aiohttp import web

from syspark import logs
from syspark.contract.reasons import UnreadableError
from syspark.contract.values import read_plate
from syspark.domain.partner import Gives, Terms, month_of
from syspark.domain.partner_messages import SetPartner, SitePartners, TakeBackValidation, ValidatePlate
from syspark.domain.units import Cents, PartnerId, ValidationId
from syspark.web_ports import Request, SiteLine
from web import csrf
from web.asking import Answer, answer_of, ask, author_of, line_of, own_site, site_line, to_site
from web.reading.partners import GIVES, STANDINGS, partner_rows, validation_rows, validations_sheet
from web.rendering import page
from web.sentence import Sentence, said
from web.sessions import MAY_MANAGE, SESSION, for_partners, signed_in
from web.wing import WING

log = logs.get_logger(__name__)

SHOWN = 100
_BLANK = dict.fromkeys(
    ("plate", "nights", "partner", "name", "gives", "amount", "at_most", "quota", "budget", "first", "last"), ""
)
MOST_LINES = 10_000
_MONTH = re.compile(r"20\d{2}-(0[1-9]|1[0-2])")
_MONEY = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,2}))?")
_COUNT = re.compile(r"[0-9]{1,6}")

TOLD: Mapping[str, tuple[Sentence, Sentence]] = {
    "plate-validated": (said("Validated."), said("The vehicle is inside: its price has the discount now.")),
    "validation-waits": (said("Validated."), said("The vehicle is not inside yet: it waits for it, 24 hours at most.")),
    "validated-already": (said("This plate is validated already."), said("Nothing was changed.")),
    "validation-asked-back": (said("Asked back."), said("The list says whether it was in time.")),
    "validation-taken-back": (said("Taken back."), said("It counts no more.")),
}
"""What came of a request, by the rule it was decided by."""


class _NotUnderstoodError(Exception):
    """A form says what cannot be."""

    def __init__(self, why: Sentence) -> None:
        super().__init__()
        self.why = why


@for_partners
async def show_own(request: web.Request) -> web.StreamResponse:
    """A partner's page: plate, nights, what is left."""
    return await _own_page(request)


@for_partners
@csrf.form
async def act_own(request: web.Request) -> web.StreamResponse:
    """A partner's act: whichever partner the form names, it is their own."""
    operator = request[SESSION].operator
    assert operator.partner_id is not None
    own, fields = PartnerId(str(operator.partner_id)), request[csrf.FIELDS]
    answer, again = await _asked(request, await _own_site(request), own, fields)
    return await _own_page(request, answer, again)


@signed_in
async def find(request: web.Request) -> web.StreamResponse:
    """The page of the operator's site, or of the first one."""
    line = await own_site(request)
    raise web.HTTPSeeOther(f"/sites/{line.id}/partners")


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """A site's partners, and what they validate this month."""
    return await _page(request, await site_line(request))


@signed_in
@csrf.form
async def act(request: web.Request) -> web.StreamResponse:
    """An operator validates a guest or takes one back; a manager makes partners."""
    line, fields = await site_line(request), request[csrf.FIELDS]
    author_of(request)
    partner = _id(fields.get("partner", ""))
    if request.match_info["act"] != "set":
        if partner is None:
            raise web.HTTPBadRequest
        answer, again = await _asked(request, line, PartnerId(str(partner)), fields)
        return await _page(request, line, answer, again)
    if request[SESSION].operator.role not in MAY_MANAGE:
        raise web.HTTPForbidden
    try:
        terms = _terms(fields)
    except _NotUnderstoodError as error:
        return await _page(request, line, Answer("", "refused", said("Not stored."), error.why), fields)
    partner_id = PartnerId(str(partner)) if partner is not None else None
    message = SetPartner(terms=terms, partner_id=partner_id, author=request[SESSION].operator.login)
    answer = _answer(await ask(request, to_site(request, line, message)))
    return await _page(request, line, answer, fields if answer.state == "refused" else {})


@signed_in
async def download(request: web.Request) -> web.StreamResponse:
    """A month's validations, for a spreadsheet."""
    if request[SESSION].operator.role not in MAY_MANAGE:
        raise web.HTTPForbidden
    line = await site_line(request)
    month = _shown_month(request, line)
    found = await request.app[WING].stores.partners.validations(line.id, month, MOST_LINES)
    text = validations_sheet(validation_rows(found, line.currency), line.zone)
    return web.Response(
        # With its mark in front: without it a spreadsheet takes UTF-8 for something older.
        body=b"\xef\xbb\xbf" + text.encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="validations-{line.id}-{month}.csv"',
            "Cache-Control": "no-store",
        },
    )


async def _asked(
    request: web.Request, line: SiteLine, partner_id: PartnerId, fields: Mapping[str, str]
) -> tuple[Answer, Mapping[str, str]]:
    """Validate or take back for a partner: what came of it, and what of the form is to be typed again."""
    login, what = request[SESSION].operator.login, request.match_info["act"]
    message: SitePartners
    if what == "back":
        named = _id(fields.get("validation", ""))
        if named is None:
            raise web.HTTPBadRequest
        message = TakeBackValidation(partner_id=partner_id, validation_id=ValidationId(str(named)), author=login)
    else:
        nights = fields.get("nights", "") or "0"
        if not _COUNT.fullmatch(nights):
            raise web.HTTPBadRequest
        try:
            plate = read_plate(fields.get("plate", "")[:32])
        except UnreadableError:
            wrong = said("Type the plate as it is on the vehicle.")
            return Answer("", "refused", said("Not validated."), wrong), fields
        message = ValidatePlate(partner_id=partner_id, plate=plate, nights=int(nights), author=login)
    log.info("validation asked", site=line.id, act=what, operator=login)
    answer = _answer(await ask(request, to_site(request, line, message)))
    return answer, fields if answer.state == "refused" else {"partner": partner_id}


def _answer(found: Request) -> Answer:
    answer = answer_of(found)
    if found.status == "refused":
        return Answer(answer.request, answer.state, said("Refused: nothing was changed."), answer.detail)
    told = next((words for rule, words in TOLD.items() if f'"rule":"{rule}"' in found.outcome), None)
    return Answer(answer.request, answer.state, *told) if told is not None and found.status == "done" else answer


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _terms(fields: Mapping[str, str]) -> Terms:
    """What a manager gives a partner. Raises `_NotUnderstoodError`; the site judges what makes sense."""
    gives = fields.get("gives", "")
    if gives not in set(Gives):
        raise web.HTTPBadRequest
    quota, budget = fields.get("quota", "").strip(), fields.get("budget", "").strip()
    return Terms(
        name=" ".join(fields.get("name", "").split()),
        gives=Gives(gives),
        amount=0 if gives == Gives.ALL else _count(fields.get("amount", "")),
        at_most_cents=_cents(fields.get("at_most", "")),
        quota=_count(quota) if quota else None,
        budget_cents=_cents(budget) if budget else None,
        first=_day(fields.get("first", "")),
        last=_day(fields.get("last", "")),
    )


def _count(text: str) -> int:
    if not _COUNT.fullmatch(text.strip()):
        raise _NotUnderstoodError(said("{text} is no whole number.", text=f"«{text.strip()[:20]}»"))
    return int(text)


def _cents(text: str) -> Cents:
    found = _MONEY.fullmatch(text.strip())
    if found is None:
        raise _NotUnderstoodError(said("{text} is no amount: write 0.50.", text=f"«{text.strip()[:20]}»"))
    return Cents(int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise _NotUnderstoodError(said("{text} is no day: write 2026-12-31.", text=f"«{text[:20]}»")) from error


def _shown_month(request: web.Request, line: SiteLine) -> str:
    asked = request.query.get("month", "")
    return asked if _MONTH.fullmatch(asked) else month_of(request.app[WING].clock.now(), line.zone)


async def _own_site(request: web.Request) -> SiteLine:
    site_id = request[SESSION].operator.site_id
    if site_id is None:
        raise web.HTTPNotFound
    return await line_of(request, site_id)


async def _own_page(
    request: web.Request, answer: Answer | None = None, fields: Mapping[str, str] | None = None
) -> web.StreamResponse:
    line, partner_id = await _own_site(request), request[SESSION].operator.partner_id
    reads, month = request.app[WING].stores.partners, month_of(request.app[WING].clock.now(), line.zone)
    known = partner_rows(await reads.partners(line.id, month, partner_id), line.currency)
    if not known:
        raise web.HTTPNotFound
    found = await reads.validations(line.id, month, SHOWN, partner_id)
    values = {
        **_shared(line, month, answer, fields),
        "partner": known[0],
        "rows": validation_rows(found, line.currency),
        "to": "/partner",
    }
    return page(request, "partner.html", values)


async def _page(
    request: web.Request,
    line: SiteLine,
    answer: Answer | None = None,
    fields: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    wing, operator, month = request.app[WING], request[SESSION].operator, _shown_month(request, line)
    lines = await wing.stores.pages.sites()
    values = {
        **_shared(line, month, answer, fields),
        "others": [one for one in lines if one.id != line.id and operator.site_id is None],
        "partners": partner_rows(await wing.stores.partners.partners(line.id, month), line.currency),
        "rows": validation_rows(await wing.stores.partners.validations(line.id, month, SHOWN), line.currency),
        "to": f"/sites/{line.id}/partners",
        "may_manage": operator.role in MAY_MANAGE,
        "waiting": 0,
        "on_partners": True,
    }
    return page(request, "partners.html", values)


def _shared(line: SiteLine, month: str, answer: Answer | None, fields: Mapping[str, str] | None) -> dict[str, object]:
    return {
        "site": line,
        "month": month,
        "first_day": date.fromisoformat(f"{month}-01"),
        "answer": answer,
        "blank": _BLANK,
        "fields": {**_BLANK, **(fields or {})},
        "standings": STANDINGS,
        "gives": GIVES,
        "shown": SHOWN,
        "zone": line.zone,
    }
