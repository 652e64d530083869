"""A lane as an operator sees it: who waits since when, why it is closed, and what is being done about it.

The site's state tells who waits and why. The journal adds who asked for an opening, and who passed last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from syspark.web_ports import CommandLine, InsideLine, PersonLine, SiteLine
from web.reading.closed import BECAUSE, FATES, JUST_CAME, JUST_READ, UNDECIDED, UNREAD, Closed
from web.reading.holders import badge_end, kind_of, who
from web.reading.journal import Entry
from web.reading.model import Display, LaneCard, Level, Match, Opening, PhotoRef, Vehicle, level_of_wait
from web.reading.plates import plate_of, spaced, with_dots
from web.reading.release import comes
from web.reading.snapshot import Ask, LaneSeen, SiteSeen, Suggested
from web.reading.twin import Link, link_of
from web.sentence import Money, Sentence, said

IN_FLIGHT = frozenset({"queued", "sent"})
GOOD = frozenset({"acked", "confirmed"})
UP_FOR_S = 15
"""How long an arm whose state nobody tells is drawn up after its opening."""
SHOWN_FOR_S = 120
"""How long the fate of an opening stays beside its lane."""
GONE_AFTER_S = 120
"""How long somebody whom no sensor sees is taken to wait still after the last news of them."""
PATIENCE_S = 8
"""How long a vehicle may stand before it needs a person. Source: domain.md, "nothing read within 8 s of presence"."""
PICTURE_FOR_S = 600
"""How long a picture says something about a lane where nobody waits."""


class _Order(msgspec.Struct, frozen=True):
    lane: str = ""
    action: str = "open"


_ORDER = msgspec.json.Decoder(_Order)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around a site's lanes; `people` are by holder key."""

    site: SiteLine
    seen: SiteSeen
    entries: Sequence[Entry]
    commands: Sequence[CommandLine]
    people: Mapping[str, PersonLine]
    now: datetime
    inside: Mapping[str, InsideLine] = field(default_factory=dict)


def lane_card(lane: str, around: Surroundings) -> LaneCard:
    """The card of a lane."""
    seen = around.seen.lanes.get(lane, LaneSeen())
    ask = around.seen.ask if lane == "exit" else None
    opening = _opening(lane, around)
    since = waiting_since(lane, around.site, around.seen, around.now)
    if opening is not None and not opening.in_flight and since is not None and opening.fate_at < since:
        opening = None  # it was for the vehicle before, and says nothing of the one that waits
    if opening is not None and opening.fate not in GOOD and since is None:
        # The site waits for the fate; who looks sees the vehicle wait until it is known.
        since = opening.waiting_since or (opening.created_at if opening.in_flight else None)
    shown = _shown(seen, ask, opening, waits=since is not None)
    patient = since is not None and (around.now - since).total_seconds() < PATIENCE_S
    closed = _closed(seen, ask, opening, patient=patient) if since is not None else None
    card = LaneCard(
        site_id=around.site.id,
        lane=lane,
        mode=seen.mode,
        barrier=_barrier(seen, opening, around.now),
        level=_level(since, seen, opening, around.now),
        waiting_since=since,
        help_since=seen.help_since,
        vehicle=_vehicle(lane, seen, shown, around) if since or shown else None,
        headline=said("Closed: nobody waits."),
        details=(),
        next_act=closed.act if closed is not None else None,
        to_open=closed is not None and closed.to_open and not seen.suggestions,
        calls=since is not None and (not patient or _needs_a_person(closed, opening)),
        amount=Money(ask.cents, ask.currency) if ask else None,
        opening=opening,
        photo=_photo(seen, opening, around.now, waits=since is not None),
        display=_display(lane, around),
        suggestions=tuple(_match(one, around) for one in seen.suggestions) if since is not None else (),
    )
    headline, details = _why(card, seen, ask, closed, around)
    return replace(card, headline=headline, details=details)


def waiting_since(lane: str, site: SiteLine, state: SiteSeen, now: datetime) -> datetime | None:
    """Since when somebody is known to wait at a lane.

    A driver whom no sensor sees may have gone: without news of them for a while they are taken to have, unless a
    payment is being asked of them.
    """
    seen = state.lanes.get(lane, LaneSeen())
    ask = state.ask if lane == "exit" else None
    if seen.waiting_since is None or ask is not None:
        return seen.waiting_since
    watched = any(line.lane == lane and line.has_sensor for line in site.lanes)
    if watched and seen.trusted and seen.present:
        return seen.waiting_since
    known = (seen.waiting_since, seen.identity.at if seen.identity else None, seen.closed_at, seen.photo_at)
    news = max(at for at in known if at is not None)
    return seen.waiting_since if (now - news).total_seconds() < GONE_AFTER_S else None


def _opening(lane: str, around: Surroundings) -> Opening | None:
    """The lane's latest barrier command, while it still says something."""
    for command in reversed(around.commands):
        order = _ORDER.decode(command.order)
        if order.lane != lane or order.action != "open":
            continue
        if (around.now - command.fate_at).total_seconds() > SHOWN_FOR_S and command.fate not in IN_FLIGHT:
            return None
        asked = next((entry for entry in around.entries if command.id in entry.commands), None)
        kept = around.seen.lanes.get(lane, LaneSeen()).opening
        of_it = kept if kept is not None and kept.command_id == command.id else None
        return Opening(
            command_id=command.id,
            lane=lane,
            rule=command.author,
            author=asked.author if asked else None,
            reason=asked.reason if asked else None,
            fate=_fate(command, link_of(around.site.bridge)),
            fate_at=command.fate_at,
            created_at=command.created_at,
            expires_at=command.expires_at,
            in_flight=command.fate in IN_FLIGHT,
            key=of_it.identity.key if of_it and of_it.identity else asked.key if asked else None,
            waiting_since=of_it.waiting_since if of_it and of_it.answer == "pending" else None,
            photo=PhotoRef(str(asked.line.cause), asked.fact_at) if asked and asked.has_photo else None,
        )
    return None


def _fate(command: CommandLine, link: Link) -> str:
    """What became of an opening; what the broker took while the bridge was away nobody has heard, nor will."""
    if command.fate != "acked" or link.heard(command.fate_at):
        return command.fate
    return "missed" if link.online else "unheard"


def _shown(seen: LaneSeen, ask: Ask | None, opening: Opening | None, *, waits: bool) -> str | None:
    """The holder key of the vehicle a card is about: who waits, else who was let through last."""
    if waits:
        if opening is not None and opening.in_flight and opening.key is not None:
            return opening.key
        return ask.key if ask else seen.identity.key if seen.identity else None
    if opening is not None and opening.fate in GOOD:
        return opening.key
    return None


def _level(since: datetime | None, seen: LaneSeen, opening: Opening | None, now: datetime) -> Level:
    if since is not None:
        waited = level_of_wait(since, now)
        if waited != "none" and not (opening and opening.in_flight):
            return waited
    if opening is not None and opening.in_flight:
        return "act"
    return "warn" if seen.mode in {"held-open", "closed", "uncontrolled"} or not seen.trusted else "none"


def _barrier(seen: LaneSeen, opening: Opening | None, now: datetime) -> str:
    if seen.mode in {"held-open", "uncontrolled"}:
        return seen.mode
    if opening is None or (seen.barrier_at is not None and seen.barrier_at >= opening.created_at):
        return seen.barrier or "closed"
    up = opening.fate in GOOD and (now - opening.fate_at).total_seconds() < UP_FOR_S
    return "opening" if opening.in_flight or up else seen.barrier or "closed"


def _vehicle(lane: str, seen: LaneSeen, key: str | None, around: Surroundings) -> Vehicle:
    """The vehicle of a holder key; of a plate that nobody stored, what its lane shows of it."""
    if key is None:
        return Vehicle()
    identity = seen.identity if seen.identity and seen.identity.key == key else None
    person = around.people.get(key)
    plate = plate_of(person, identity.at if identity else around.now, around.now)
    if plate is None and identity is not None and identity.masked:
        plate = with_dots(identity.masked)
    return Vehicle(
        plate=plate,
        badge=badge_end(key) if kind_of(key) == "badge" else None,
        pin=kind_of(key) == "pin",
        holder=person.holder if person else None,
        plan=person.plan if person else None,
        # Who stands at the entry is not inside yet, though the session has begun.
        opened_at=person.opened_at if person and person.closed_at is None and lane == "exit" else None,
    )


def _needs_a_person(closed: Closed | None, opening: Opening | None) -> bool:
    by_hand = opening is not None and opening.author is not None
    return by_hand or (closed is not None and closed.act is not None)


def _photo(seen: LaneSeen, opening: Opening | None, now: datetime, *, waits: bool) -> PhotoRef | None:
    """The picture of who stands there, else of whom the lane was opened for last."""
    if seen.photo_id is None:
        return opening.photo if opening is not None and not waits else None
    fresh = seen.photo_at is not None and (now - seen.photo_at).total_seconds() < PICTURE_FOR_S
    return PhotoRef(seen.photo_id, seen.photo_at) if waits or fresh else None


def _display(lane: str, around: Surroundings) -> Display | None:
    shown = around.seen.display
    if shown is not None and shown.lane in {None, lane} and (shown.until is None or shown.until > around.now):
        return Display(shown.text, shown.kind, shown.until)
    return None


DOUBTS: Mapping[str, Sentence] = {
    "not-one-confusion": said("More than one character differs."),
    "no-confidence": said("One character differs; the camera does not say how sure it is."),
    "low-confidence": said("One character differs; the camera is not sure."),
    "neighbours": said("Another vehicle inside has a plate like it."),
}
"""What keeps a plate that looks like an open session's from being taken for it."""


def _match(one: Suggested, around: Surroundings) -> Match:
    found = around.inside.get(one.session_id)
    plate = spaced(found.plate) if found is not None and found.plate is not None else with_dots(one.masked)
    return Match(
        session_id=one.session_id,
        plate=plate,
        holder=found.holder if found is not None else None,
        opened_at=found.opened_at if found is not None else None,
        because=DOUBTS.get(one.why, DOUBTS["not-one-confusion"]),
    )


def _closed(seen: LaneSeen, ask: Ask | None, opening: Opening | None, *, patient: bool) -> Closed | None:
    """Why somebody who waits is not let through; None while it is decided or under way."""
    if seen.mode == "held-open" or (opening is not None and opening.in_flight):
        return None
    if opening is not None and opening.fate in FATES:
        return BECAUSE[opening.fate]
    if ask is not None:
        return BECAUSE["payment-due"]
    if seen.closed_because is not None:
        return BECAUSE.get(seen.closed_because, UNDECIDED)
    if seen.identity is None:
        return JUST_CAME if patient else UNREAD
    return JUST_READ if patient else UNDECIDED


def _why(
    card: LaneCard, seen: LaneSeen, ask: Ask | None, closed: Closed | None, around: Surroundings
) -> tuple[Sentence, tuple[Sentence, ...]]:
    details: list[Sentence] = []
    opening = card.opening
    if not seen.trusted:
        details.append(said("Its presence sensor cannot be believed."))
    if seen.mode == "held-open":
        return said("Held open."), (*details, *_held(seen))
    if opening is not None and opening.in_flight:
        return said("Opening: the command is under way."), tuple(details)
    if closed is not None:
        if ask is not None and closed is BECAUSE["payment-due"]:
            details.append(said("The exit asks for the payment until {until}.", until=ask.until))
            details += comes(seen, ask, around.seen, around.site.policy)
            return said("Closed: {amount} due.", amount=Money(ask.cents, ask.currency)), tuple(details)
        if seen.identity is not None:
            details.append(said("Read at {at}.", at=seen.identity.at))
        else:
            details.append(said("A vehicle has stood here since {at}.", at=card.waiting_since))
        return closed.why, (*details, *comes(seen, ask, around.seen, around.site.policy))
    if opening is not None and opening.fate in GOOD:
        return said("Opened at {at}.", at=opening.created_at), tuple(details)
    passed = next((e for e in around.entries if e.lane == card.lane and e.commands), None)
    if passed is not None:
        whom = who(passed.key, around.people, passed.fact_at, around.now)
        details.append(said("Last opened at {at} for {who}.", at=passed.fact_at, who=whom))
    return said("Closed: nobody waits."), tuple(details)


def _held(seen: LaneSeen) -> tuple[Sentence, ...]:
    if seen.span is None:
        return ()
    until = (said("Until {until}.", until=seen.span.ends_at),) if seen.span.ends_at is not None else ()
    return (*until, said("By {who}.", who=seen.span.author))
