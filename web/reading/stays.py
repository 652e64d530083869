"""Parking sessions as pages show them: whose vehicle, in which state, and the one sentence that says why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from syspark.domain.tariff import QuoteLine
from syspark.domain.units import SiteId
from syspark.web_ports import SessionLine
from web.reading.bill import line_words
from web.reading.holders import badge_end
from web.reading.model import Level, Vehicle
from web.reading.plates import masked, spaced
from web.reading.reviews import REVIEWS, TOLD_BY_THE_END
from web.sentence import Money, Sentence, Word, said

FRESH = timedelta(hours=24)
"""How long after its end a session shows its plate in full. Source: ui.md, first paragraph."""

STATES: Mapping[str, tuple[Sentence, str]] = {
    "active": (said("inside"), ""),
    "pending_payment": (said("to pay"), "warn"),
    "paid": (said("paid"), "ok"),
    "closed": (said("closed"), ""),
    "void": (said("void"), ""),
}
"""Per state: its word, and its colour."""

CLOSED: Mapping[str, Sentence] = {
    "right": said("Let out at {at}: its holder's right includes the stay."),
    "free": said("Let out at {at}: nothing was due."),
    "payment": said("Let out at {at}: the stay was paid."),
    "pin": said("Let out at {at} by a PIN: nothing was asked of it."),
    "entry-unknown": said("Let out at {at}: no time is invented, nothing was asked."),
    "override": said("Let out at {at} by a person."),
    "evacuation": said("Let out at {at}: the site was evacuated."),
    "held-open": said("Let out at {at}: the exit stood open, nothing was asked."),
    "stay-in-doubt": said("Let out at {at}: lanes had stood open meanwhile, nothing was asked."),
    "left_unpaid": said("Left at {at} without paying."),
    "waived": said("Let out at {at}: a person has let it off what was due."),
    "pay-later": said("Let out at {at}: it pays later."),
    "exit_missed": said("Left unseen: last seen at {at}."),
    "by_hand": said("Closed by an operator: last seen at {at}."),
    "merged": said("Left at {at}, as its other half tells."),
    "void": said("It never happened: an operator has said so."),
}
"""How a session ended, in words."""

ENDS: Mapping[str, Word] = {
    "right": Word("by right"),
    "free": Word("nothing due"),
    "payment": Word("paid"),
    "pin": Word("by PIN"),
    "entry-unknown": Word("entry not seen"),
    "override": Word("let out by a person"),
    "evacuation": Word("evacuation"),
    "held-open": Word("the exit stood open"),
    "stay-in-doubt": Word("lanes had stood open"),
    "left_unpaid": Word("left unpaid"),
    "waived": Word("let off"),
    "pay-later": Word("pays later"),
    "exit_missed": Word("exit missed"),
    "by_hand": Word("by an operator"),
    "merged": Word("merged"),
    "void": Word("void"),
}
"""How a session ended, in two words."""

_OPEN = frozenset({"active", "pending_payment", "paid"})


class _Quote(msgspec.Struct, frozen=True):
    total_cents: int = 0
    currency: str = "EUR"
    duration_s: int = 0
    lines: tuple[QuoteLine, ...] = ()


class _Declared(msgspec.Struct, frozen=True):
    arrived_at: datetime


class _Body(msgspec.Struct, frozen=True):
    holder_key: str = ""
    plan: str | None = None
    closed_as: str | None = None
    left_at: datetime | None = None
    waiting_since: datetime | None = None
    asked_at: datetime | None = None
    quoted: _Quote | None = None
    unpaid: _Quote | None = None
    review: tuple[str, ...] = ()
    merged_into: UUID | None = None
    tariff_version: int | None = None
    declared: _Declared | None = None


_BODY = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a quote."""

    words: Sentence
    count: int
    each: Money
    total: Money


@dataclass(frozen=True, slots=True)
class Stay:
    """A session. `whole`: its plate may be shown in full. `left_at` as far as known, while it is open None. `reasons`
    are those for which it is in review, `review` says them.
    """

    id: UUID
    site_id: SiteId
    site_name: str
    zone: str
    version: int
    status: str
    state: Sentence
    level: Level | str
    vehicle: Vehicle
    whole: bool
    opened_at: datetime | None
    left_at: datetime | None
    reasons: tuple[str, ...]
    review: tuple[Sentence, ...]
    doubts: tuple[Sentence, ...]
    why: tuple[Sentence, ...]
    due: Money | None
    unpaid: Money | None
    lines: tuple[Line, ...]
    duration_s: int
    merged_into: UUID | None
    holder_key: str
    currency: str

    @property
    def is_open(self) -> bool:
        """Whether its vehicle still holds it."""
        return self.status in _OPEN


def stay(line: SessionLine, now: datetime) -> Stay:
    """A session as it was read; a body of another release shows what is understood of it."""
    try:
        body = _BODY.decode(line.body)
    except msgspec.DecodeError:
        body = _Body()
    is_open = line.status in _OPEN
    ended_at = None if is_open else body.left_at or line.closed_at
    whole = is_open or (line.closed_at is not None and now - line.closed_at < FRESH)
    quote = body.unpaid if body.unpaid is not None and body.unpaid.lines else body.quoted
    state, level = STATES.get(line.status, (said("closed"), ""))
    return Stay(
        id=line.id,
        site_id=line.site_id,
        site_name=line.site_name,
        zone=line.zone,
        version=line.version,
        status=line.status,
        state=state,
        level=level,
        vehicle=vehicle(line, body.plan, whole=whole),
        whole=whole,
        opened_at=line.opened_at,
        left_at=ended_at,
        reasons=body.review,
        review=tuple(REVIEWS.get(why, said("To be looked at: {why}.", why=why)) for why in body.review),
        doubts=tuple(REVIEWS[why] for why in body.review if why in REVIEWS and why not in TOLD_BY_THE_END),
        why=_why(line, body, ended_at),
        due=_money(body.quoted) if line.status == "pending_payment" else None,
        unpaid=_money(body.unpaid),
        lines=_lines(quote),
        duration_s=quote.duration_s if quote is not None else 0,
        merged_into=body.merged_into,
        holder_key=body.holder_key,
        currency=quote.currency if quote is not None else "EUR",
    )


def vehicle(line: SessionLine, plan: str | None, *, whole: bool) -> Vehicle:
    """Who a session's vehicle is, its plate whole or masked."""
    plate = None if line.plate is None else spaced(line.plate) if whole else masked(line.plate)
    badge = badge_end(line.badge) if line.badge is not None else None
    return Vehicle(plate=plate, badge=badge, holder=line.holder, plan=plan, opened_at=line.opened_at)


def _why(line: SessionLine, body: _Body, ended_at: datetime | None) -> tuple[Sentence, ...]:
    """The sentence that says why it stands as it does."""
    entered = _entered(line.opened_at, body)
    unpaid = _money(body.unpaid)
    debt = (said("{amount} stay due.", amount=unpaid),) if unpaid is not None else ()
    if body.merged_into is not None:
        return (said("It is a part of another session."),)
    match line.status:
        case "active":
            return (entered, said("It is inside, and nothing has been asked of it."))
        case "pending_payment":
            amount, since = _money(body.quoted), body.waiting_since or body.asked_at
            if amount is None or since is None:
                return (entered, said("A payment is due."))
            return (entered, said("{amount} are due since it was read at the exit at {at}.", amount=amount, at=since))
        case "paid":
            return (entered, said("It has paid, and may leave."))
        case _:
            found = CLOSED.get(body.closed_as or "")
            if found is None or ended_at is None:
                return (
                    entered,
                    said("Closed: {why}.", why=Word(body.closed_as) if body.closed_as else Word("no reason")),
                )
            known = {"at": ended_at} if "{at}" in found.id else {}
            return (entered, said(found.id, **known), *debt)


def _entered(opened_at: datetime | None, body: _Body) -> Sentence:
    if opened_at is not None:
        return said("Entered at {at}.", at=opened_at)
    if body.declared is not None:
        return said("Nobody saw it enter: its driver has declared {at}.", at=body.declared.arrived_at)
    return said("Nobody saw it enter.")


def _money(quote: _Quote | None) -> Money | None:
    return Money(quote.total_cents, quote.currency) if quote is not None else None


def _lines(quote: _Quote | None) -> tuple[Line, ...]:
    if quote is None:
        return ()
    return tuple(
        Line(
            line_words(line),
            line.count,
            Money(line.each_cents, quote.currency),
            Money(line.total_cents, quote.currency),
        )
        for line in quote.lines
    )
