"""Holder keys in words: whose name, plate or badge a lane or a feed line shows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from syspark.web_ports import PersonLine
from web.reading.plates import plate_of
from web.sentence import PlateText, Word

BADGE_END = 4
PIN_PREFIX = "pin:"
UNREAD_PREFIX = "unread:"

Kind = Literal["badge", "plate", "pin", "unread"]

_UNNAMED: Mapping[Kind, Word] = {
    "plate": Word("a plate"),
    "pin": Word("a PIN"),
    "unread": Word("a vehicle nobody could read"),
}


def kind_of(key: str) -> Kind:
    """What a holder key is of: `pin:<session>`, `unread:<session>`, a subject's id, or a badge's UID."""
    if key.startswith(PIN_PREFIX):
        return "pin"
    if key.startswith(UNREAD_PREFIX):
        return "unread"
    return "plate" if "-" in key else "badge"


def badge_end(uid: str) -> str:
    """What may be shown of a badge's number."""
    return f"··{uid[-BADGE_END:]}"


def who(key: str | None, people: Mapping[str, PersonLine], read_at: datetime, now: datetime) -> object:
    """Whom a sentence names: the holder, else the plate, else what was read."""
    if key is None:
        return Word("somebody")
    person = people.get(key)
    if person is not None and person.holder is not None:
        return person.holder
    plate = plate_of(person, read_at, now)
    if plate is not None:
        return PlateText(plate)
    return _UNNAMED.get(kind_of(key)) or badge_end(key)
