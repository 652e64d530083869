"""What an operator does about a session's money: each act a request to the session, which alone decides.

A refund above 20.00 asks for the operator's password or code again; above the site's limit a colleague agrees too.
Source: domain.md, "Exit and payment"; quality.md, "Security".
"""

import re
from collections.abc import Mapping

import msgspec
from aiohttp import web

from syspark import logs
from syspark.contract.values import clean_text
from syspark.domain.messages import OpenReason
from syspark.domain.payment.messages import MoneyAsked, MovePayment, PayLater, RecordOnSite, RefundPayment, Waive
from syspark.domain.payment.payment import Means
from syspark.domain.policy import SitePolicy
from syspark.domain.units import Cents, SessionId, SiteId
from syspark.rows import Address
from syspark.web_ports import SessionLine
from web import asking, csrf, step_up
from web.correcting import line_of
from web.sentence import Sentence, said
from web.sessions import signed_in
from web.wing import WING

log = logs.get_logger(__name__)

STEP_UP_OVER_CENTS = 2000
LONGEST_RECEIPT = 40
LONGEST_REFERENCE = 200

REASONS: tuple[str, ...] = (
    OpenReason.GOODWILL,
    OpenReason.CANNOT_PAY,
    OpenReason.ALREADY_PAID,
    OpenReason.PAYMENT_DOWN,
    OpenReason.MISREAD_PLATE,
    OpenReason.ENTITLED,
)
"""Why money is let off or given back: those of the eight reasons that can be."""

PROBLEMS: Mapping[str, Sentence] = {
    "proof": said("The password or the code is wrong: nothing was given back."),
    "second": said("So much is given back by two people: a colleague types their own name and password."),
    "other": said("There is no such session at this site: nothing was moved."),
}
"""Why a request was not sent."""

_AMOUNT = re.compile(r"(\d{1,6})(?:[.,](\d{1,2}))?", re.ASCII)


@signed_in
@csrf.form
async def act(request: web.Request) -> web.StreamResponse:
    """Ask a session for one of the acts; the act is in the address."""
    author, fields = asking.author_of(request), request[csrf.FIELDS]
    line = await line_of(request, request.match_info["session"])
    back = f"/sessions/{line.id}"
    match request.match_info["act"]:
        case "waive":
            message: MoneyAsked = Waive(reason=_reason(fields), author=author)
        case "later":
            message = PayLater(reason=_reason(fields), author=author)
        case "on-site":
            message = _on_site(fields, author)
        case "move":
            other = await _other(request, line, fields.get("into", ""))
            if other is None:
                raise web.HTTPSeeOther(f"{back}?problem=other#money")
            reference = fields.get("payment", "")[:LONGEST_REFERENCE]
            message = MovePayment(payment_ref=reference, to=other, reason=_reason(fields), author=author)
        case _:
            message = _refund(fields, author)
            if message.amount_cents > STEP_UP_OVER_CENTS and not await step_up.is_proven(request, fields):
                raise web.HTTPSeeOther(f"{back}?problem=proof#money")
            if message.amount_cents > (await policy_of(request, line.site_id)).two_people_over_cents:
                second = await step_up.colleague(request, fields)
                if second is None:
                    raise web.HTTPSeeOther(f"{back}?problem=second#money")
                message = msgspec.structs.replace(message, second_author=second)
    row = asking.told_now(request, line.site_id, line.partition, Address("session", str(line.id)), message)
    log.info("money asked", act=request.match_info["act"], session=str(line.id), operator=author)
    return asking.answered(request, await asking.ask(request, row), back)


async def policy_of(request: web.Request, site_id: SiteId) -> SitePolicy:
    """The rules of a site."""
    site = await request.app[WING].stores.portal.site(site_id)
    if site is None:
        raise web.HTTPNotFound
    return msgspec.json.decode(site.policy, type=SitePolicy)


async def _other(request: web.Request, line: SessionLine, named: str) -> SessionId | None:
    """Another session of the same site, by its number or the address of its page."""
    try:
        other = await line_of(request, named.strip().rstrip("/").rpartition("/")[2])
    except web.HTTPNotFound:
        return None
    return SessionId(str(other.id)) if other.site_id == line.site_id and other.id != line.id else None


def _refund(fields: Mapping[str, str], author: str) -> RefundPayment:
    return RefundPayment(
        payment_ref=fields.get("payment", "")[:LONGEST_REFERENCE],
        amount_cents=cents_of(fields.get("amount", "")),
        reason=_reason(fields),
        author=author,
    )


def _on_site(fields: Mapping[str, str], author: str) -> RecordOnSite:
    means, number = fields.get("means", ""), clean_text(fields.get("receipt", ""), LONGEST_RECEIPT).strip()
    if means not in {Means.CASH, Means.TERMINAL} or not number:
        raise web.HTTPBadRequest
    return RecordOnSite(
        means=Means(means), receipt_number=number, amount_cents=cents_of(fields.get("amount", "")), author=author
    )


def cents_of(text: str) -> Cents:
    """An amount as people type it, `12.50` or `12,50`. Raises `HTTPBadRequest`; it is above zero."""
    found = _AMOUNT.fullmatch(text.strip())
    cents = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else 0
    if not cents:
        raise web.HTTPBadRequest
    return Cents(cents)


def _reason(fields: Mapping[str, str]) -> str:
    reason = fields.get("reason", "")
    if reason not in REASONS:
        raise web.HTTPBadRequest
    return reason


def problem(request: web.Request) -> Sentence | None:
    """Why the last request of this page was not sent."""
    return PROBLEMS.get(request.query.get("problem", ""))
