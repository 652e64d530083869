"""A lane as an operator sees it: who waits since when, why it is closed, and what is being done about it.

What the site's state does not say itself is taken from its latest journal rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from syspark.web_ports import CommandLine, PersonLine, SiteLine
from web.reading.journal import Entry, badge_end
from web.reading.model import Display, LaneCard, Level, Opening, PhotoRef, Vehicle, level_of_wait
from web.reading.snapshot import Ask, LaneSeen, SiteSeen
from web.sentence import Money, Sentence, said

IN_FLIGHT = frozenset({"queued", "sent"})
GOOD = frozenset({"acked", "confirmed"})
RECENT_S = 60
"""How long a refusal or an opening is what there is to say about a lane without a sensor."""
SHOWN_FOR_S = 120
"""How long the fate of an opening stays beside its lane."""

PAYMENT_ASKED_FOR = timedelta(seconds=300)

_REFUSED: Mapping[str, Sentence] = {
    "badge-unknown": said("Closed: the badge is not known."),
    "badge-blocked": said("Closed: the badge is blocked."),
    "badge-not-yet-valid": said("Closed: the badge is not valid yet."),
    "badge-ended": said("Closed: the badge has expired."),
    "site-full": said("Closed: the car park is full."),
}


class _Order(msgspec.Struct, frozen=True):
    lane: str = ""
    action: str = "open"


_ORDER = msgspec.json.Decoder(_Order)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around a site's lanes."""

    site: SiteLine
    seen: SiteSeen
    entries: Sequence[Entry]
    commands: Sequence[CommandLine]
    people: Mapping[str, PersonLine]
    now: datetime


def lane_card(lane: str, around: Surroundings) -> LaneCard:
    """The card of a lane."""
    seen = around.seen.lanes.get(lane, LaneSeen())
    ask = around.seen.ask if lane == "exit" else None
    opening = _opening(lane, around)
    refusal = _refusal(lane, seen, around)
    since = _waiting_since(lane, seen, ask, opening, refusal, around)
    if since is not None and opening is not None and opening.fate in GOOD and opening.created_at < since:
        opening = None  # it let the vehicle before through, and says nothing of the one that waits
    uid = ask.uid if ask else seen.identity.uid if seen.identity else refusal.uid if refusal else None
    card = LaneCard(
        site_id=around.site.id,
        lane=lane,
        mode=seen.mode,
        barrier=_barrier(seen, opening),
        level=_level(since, seen, opening, around.now),
        waiting_since=since,
        help_since=seen.help_since,
        vehicle=_vehicle(seen, uid, around) if since or (opening and opening.in_flight) else None,
        headline=said("Closed: nobody waits."),
        details=(),
        amount=Money(ask.cents, ask.currency) if ask else None,
        opening=opening,
        photo=PhotoRef(seen.photo_id, seen.photo_at) if seen.photo_id else None,
        display=_display(lane, around),
    )
    headline, details = _why(card, seen, ask, refusal, around)
    return replace(card, headline=headline, details=details)


def _opening(lane: str, around: Surroundings) -> Opening | None:
    """The lane's latest barrier command, while it still says something."""
    for command in reversed(around.commands):
        order = _ORDER.decode(command.order)
        if order.lane != lane or order.action != "open":
            continue
        if (around.now - command.fate_at).total_seconds() > SHOWN_FOR_S and command.fate not in IN_FLIGHT:
            return None
        asked = next((entry for entry in around.entries if command.id in entry.commands), None)
        return Opening(
            command_id=command.id,
            lane=lane,
            rule=command.author,
            author=asked.author if asked else None,
            reason=asked.reason if asked else None,
            fate=command.fate,
            fate_at=command.fate_at,
            created_at=command.created_at,
            expires_at=command.expires_at,
            in_flight=command.fate in IN_FLIGHT,
        )
    return None


def _refusal(lane: str, seen: LaneSeen, around: Surroundings) -> Entry | None:
    """The latest refusal at a lane that nothing has followed and whose driver may still stand there."""
    for entry in around.entries:
        if entry.lane != lane:
            continue
        if entry.rule in _REFUSED:
            age_s = (around.now - entry.fact_at).total_seconds()
            return entry if seen.present or age_s < RECENT_S else None
        if entry.rule in {"vehicle-arrived", "vehicle-gone", "vehicle-passed"} or entry.commands:
            return None
    return None


def _waiting_since(
    lane: str,
    seen: LaneSeen,
    ask: Ask | None,
    opening: Opening | None,
    refusal: Entry | None,
    around: Surroundings,
) -> datetime | None:
    if seen.waiting_since is not None:
        return seen.waiting_since
    went_well = opening is not None and opening.fate in GOOD
    if ask is not None:
        asked_at = ask.asked_at or ask.until - PAYMENT_ASKED_FOR
        return None if went_well and opening and opening.created_at >= asked_at else asked_at
    if seen.present and seen.trusted:
        arrived = [e.fact_at for e in around.entries if e.rule == "vehicle-arrived" and e.lane == lane]
        since = arrived[0] if arrived else around.site.state_at
        # Badges are often read before the sensor tells: then the opening is older than the arrival it was for.
        passing = went_well and opening and (seen.opening is not None or (since and opening.created_at >= since))
        return None if passing else since
    if went_well:
        return None
    if refusal is not None:
        return refusal.fact_at
    if opening is not None and (opening.in_flight or (around.now - opening.fate_at).total_seconds() < RECENT_S):
        return opening.created_at
    return None


def _level(since: datetime | None, seen: LaneSeen, opening: Opening | None, now: datetime) -> Level:
    if since is not None:
        waited = level_of_wait(since, now)
        if waited != "none" and not (opening and opening.in_flight):
            return waited
    if opening is not None and opening.in_flight:
        return "act"
    return "warn" if seen.mode in {"held-open", "closed", "uncontrolled"} or not seen.trusted else "none"


def _barrier(seen: LaneSeen, opening: Opening | None) -> str:
    if seen.mode in {"held-open", "uncontrolled"}:
        return seen.mode
    if opening is not None and (seen.barrier_at is None or seen.barrier_at < opening.created_at):
        return "opening" if opening.in_flight or opening.fate in GOOD else seen.barrier or "closed"
    return seen.barrier or "closed"


def _vehicle(seen: LaneSeen, uid: str | None, around: Surroundings) -> Vehicle:
    person = around.people.get(uid) if uid else None
    return Vehicle(
        plate=seen.plate,
        badge=badge_end(uid) if uid else None,
        holder=person.holder if person else None,
        plan=person.plan if person else None,
        opened_at=person.opened_at if person else None,
    )


def _display(lane: str, around: Surroundings) -> Display | None:
    shown = around.seen.display
    if shown is not None and shown.lane in {None, lane}:
        return Display(shown.text, shown.kind, shown.until)
    return None


def _why(
    card: LaneCard, seen: LaneSeen, ask: Ask | None, refusal: Entry | None, around: Surroundings
) -> tuple[Sentence, tuple[Sentence, ...]]:
    details: list[Sentence] = []
    opening = card.opening
    if not seen.trusted:
        details.append(said("Its presence sensor cannot be believed."))
    if seen.mode == "held-open":
        return said("Held open."), (*details, *_held(seen))
    if opening is not None and opening.in_flight:
        return said("Opening: the command is under way."), tuple(details)
    if opening is not None and opening.fate not in GOOD and card.waits:
        details.append(said("The vehicle waits still: decide again."))
    if ask is not None and card.waits:
        details.append(said("The exit asks for the payment until {until}.", until=ask.until))
        return said("Closed: {amount} due.", amount=Money(ask.cents, ask.currency)), tuple(details)
    if refusal is not None and card.waits:
        details.append(said("Read at {at}.", at=refusal.fact_at))
        return _REFUSED[refusal.rule], tuple(details)
    if card.waits and seen.closed_because in _REFUSED:
        return _REFUSED[seen.closed_because or ""], tuple(details)
    if card.waits and seen.present:
        if seen.identity is not None:
            return said("Closed: read, not let through yet."), (*details, said("Read at {at}.", at=seen.identity.at))
        details.append(said("A vehicle has stood here since {at}.", at=card.waiting_since))
        if seen.plate is not None:
            return said("Closed: read, not let through yet."), tuple(details)
        return said("Closed: nothing was read."), tuple(details)
    if card.waits:
        return said("Closed: not let through."), tuple(details)
    if opening is not None and opening.fate in GOOD:
        return said("Opened at {at}.", at=opening.created_at), tuple(details)
    last = next((e for e in around.entries if e.lane == card.lane and e.commands), None)
    if last is not None:
        details.append(said("Last opened at {at}.", at=last.fact_at))
    return said("Closed: nobody waits."), tuple(details)


def _held(seen: LaneSeen) -> tuple[Sentence, ...]:
    found = []
    if seen.mode_until is not None:
        found.append(said("Until {until}.", until=seen.mode_until))
    if seen.mode_by is not None:
        found.append(said("By {who}.", who=seen.mode_by))
    return tuple(found)
