"""A person's request into an actor's mailbox: stored, waited for three seconds, its outcome shown to who asked."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec
from aiohttp import web

from syspark.domain.messages import AnyMessage, SiteMessage
from syspark.domain.units import SiteId
from syspark.mailbox import of_site, row_of
from syspark.rows import Address, InboxRow, Scope
from syspark.web_ports import Request, SiteLine
from web.errors import wants_json
from web.language import chosen
from web.live.service import LIVE
from web.rendering import part
from web.sentence import Sentence, Word, said
from web.sessions import MAY_OPEN, SESSION, signed_in, site_of
from web.wing import WING, Wing

WAIT_S = 3.0
STEP_S = 0.1

REFUSALS: Mapping[str, Sentence] = {
    "open-lane-late": said("The request was too old when the site looked at it: nothing was sent. Decide again."),
    "changed-since": said("It has changed since this page was made: nothing was done. Look again."),
    "count-changed-since": said("Somebody has corrected the count since this page was made: look again."),
    "credential-dates": said("A temporary right needs an end, within 30 days."),
    "badge-to-replace-unknown": said("The site does not know the badge that is lost."),
    "badge-of-another": said("The new badge belongs to another holder."),
    "badge-replaces-itself": said("A badge cannot replace itself."),
    "nothing-due": said("Nothing is due of this session."),
    "on-site-too-much": said("Less than that is due: look at the amount again."),
    "on-site-recorded-already": said("This paper receipt is recorded already."),
    "refund-of-nothing": said("This session has no such payment."),
    "refund-too-much": said("Less than that can still be given back."),
    "refund-needs-two": said("So much is given back by two people only."),
    "move-of-nothing": said("This payment cannot be moved: it went back, was moved before, or does not count."),
    "partner-unknown": said("There is no such partner at this site."),
    "partner-not-today": said("The partner's validations do not count today."),
    "partner-quota": said("The month's quota is used up."),
    "partner-budget": said("The month's budget is used up."),
    "partner-name-taken": said("Another partner has this name."),
    "partner-nonsense": said("These terms make no sense: look at the name, the amounts and the dates."),
    "validation-nights": said("Choose how many nights, not more than the partner gives."),
    "validation-unknown": said("It was used, or is over already."),
    "enrolment-late": said("The request was too old when the site looked at it: begin again."),
}
"""Why a request is refused, by its rule; another rule's own words are shown."""

WHYS = (
    "the session has changed since it was shown: look again",
    "another open session has this plate: merge the two",
    "the session has this plate already",
    "that reading is not of this session",
    "that session never happened by itself",
    "there is no such session at this site",
    "a session is not merged into itself",
    "merge the session without entry into the one that has it",
    "only an open session can be split: the vehicles of this one are gone",
    "each of the two vehicles needs a reading of its own",
    "the session is closed",
    "the session is void",
    "money was paid for it: give it back or move it first",
    "the session is in review already",
    "the session is not in review",
    "a vehicle is matched at the exit",
    "that session is not open",
    "nobody who was read waits there any more",
    "the vehicle there has a session already",
    "the plate is not much like the one that was read there",
    "these two characters were not learned here",
)
"""Refusals in their rule's own words, as the catalogues have them."""

_OPENING = "open-lane"


class _Outcome(msgspec.Struct, frozen=True):
    rule: str = ""
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told to the person who asked. `state` is pending, accepted or refused."""

    request: str
    state: str
    title: Sentence
    detail: Sentence | None


def author_of(request: web.Request) -> str:
    """The name of who asks. Raises `HTTPForbidden` for a role that only looks."""
    operator = request[SESSION].operator
    if operator.role not in MAY_OPEN:
        raise web.HTTPForbidden
    return operator.login


async def site_line(request: web.Request) -> SiteLine:
    """The site in the address. Raises `HTTPNotFound`: it does not exist, or not for this operator."""
    return await line_of(request, site_of(request))


async def own_site(request: web.Request) -> SiteLine:
    """The operator's site, or the first one. Raises `HTTPNotFound`: there is none."""
    return await line_of(request, request[SESSION].operator.site_id)


async def line_of(request: web.Request, site_id: SiteId | None) -> SiteLine:
    """A site, the first one for None. Raises `HTTPNotFound`."""
    lines = await request.app[WING].stores.pages.sites()
    found = next((line for line in lines if site_id in {None, line.id}), None)
    if found is None:
        raise web.HTTPNotFound
    return found


def to_site(request: web.Request, line: SiteLine, message: SiteMessage) -> InboxRow:
    """A request to a site."""
    return told_now(request, line.id, line.partition, of_site(line.id), message)


def told_now(
    request: web.Request, site_id: SiteId | None, partition: int, recipient: Address, message: AnyMessage
) -> InboxRow:
    """A request to any actor of a site, or of the organisation."""
    wing = request.app[WING]
    scope = Scope(wing.stores.organisation_id, site_id, partition)
    return row_of(wing.ids.new(), scope, recipient, message, wing.clock.now())


async def ask(request: web.Request, row: InboxRow) -> Request:
    """Store a request and wait for its outcome. Raises `Unavailable`."""
    wing = request.app[WING]
    await wing.stores.requests.put(row)
    return await waited_for(request, row.id)


async def waited_for(request: web.Request, row_id: UUID) -> Request:
    """A request that was stored, once it is decided or three seconds have passed. Raises `HTTPServiceUnavailable`."""
    stored = await decided(request.app[WING], row_id)
    if stored is None:
        raise web.HTTPServiceUnavailable
    request.app[LIVE].poke()
    return stored


def answered(request: web.Request, found: Request, back: str) -> web.StreamResponse:
    """The outcome, as our script wants it or on the page to go back to."""
    if wants_json(request):
        return told(request, answer_of(found))
    return web.Response(status=303, headers={"Location": with_request(back, found.id)})


def with_request(back: str, row_id: UUID) -> str:
    """The address of a page, naming the request whose outcome it shows."""
    path, _, query = back.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith("request=")]
    return f"{path}?{'&'.join([*kept, f'request={row_id}'])}"


@signed_in
async def show_request(request: web.Request) -> web.StreamResponse:
    """What became of a request, for the page that asked."""
    answer = await _of(request, request.match_info["request"])
    if answer is None:
        raise web.HTTPNotFound
    return told(request, answer)


async def answer_shown(request: web.Request) -> Answer | None:
    """What became of the request named in the address, for pages without JavaScript."""
    named = request.query.get("request")
    return await _of(request, named) if named else None


def told(request: web.Request, answer: Answer) -> web.StreamResponse:
    """An answer for our script."""
    html = part("answer", chosen(request), {"answer": answer})
    return web.json_response({"request": answer.request, "state": answer.state, "html": html})


async def decided(wing: Wing, row_id: UUID) -> Request | None:
    """The request once it is decided, or as it stands after three seconds; None: it was never stored.

    Whoever presses a second time may look before the first press has stored it.
    """
    until = wing.clock.monotonic() + WAIT_S
    while True:
        found = await wing.stores.requests.find(row_id)
        if (found is not None and found.status != "new") or wing.clock.monotonic() >= until:
            return found
        await asyncio.sleep(STEP_S)


async def found(request: web.Request, named: str) -> Request | None:
    """The request of this name, as far as its reader may know of it."""
    try:
        row_id = UUID(named)
    except ValueError:
        return None
    stored = await request.app[WING].stores.requests.find(row_id)
    bound = request[SESSION].operator.site_id
    return None if stored is None or (bound is not None and stored.site_id != bound) else stored


async def _of(request: web.Request, named: str) -> Answer | None:
    stored = await found(request, named)
    return None if stored is None else answer_of(stored)


def answer_of(found: Request) -> Answer:
    """What a request's row says, in words."""
    name, opening = str(found.id), found.kind == _OPENING
    match found.status:
        case "new":
            pending = said("The request is kept; the site has not decided yet. Its fate appears here.")
            return Answer(name, "pending", said("Accepted, pending."), pending)
        case "done" if opening:
            return Answer(name, "accepted", said("Opening decided."), said("Its fate appears beside the lane."))
        case "done":
            return Answer(name, "accepted", said("Done."), said("It is recorded with your name and the reason."))
        case "refused":
            title = said("Opening refused.") if opening else said("Refused: nothing was changed.")
            return Answer(name, "refused", title, refusal(found.outcome))
        case _:
            parked = said("The site could not decide this request; it is kept for the person who runs the service.")
            return Answer(name, "refused", said("Not opened.") if opening else said("Nothing was changed."), parked)


def refusal(outcome: str) -> Sentence:
    """Why a request was refused, as whoever decided it says."""
    read = _read(outcome)
    return REFUSALS.get(read.rule) or said(
        "The site says: {why}.", why=Word(read.refused) if read.refused else Word("no reason")
    )


def rule_of(outcome: str) -> str:
    """The rule a request was decided by; empty where its outcome says none."""
    return _read(outcome).rule


def _read(outcome: str) -> _Outcome:
    try:
        return msgspec.json.decode(outcome, type=_Outcome)
    except msgspec.DecodeError:
        return _Outcome()
