"""What an operator types to find a session, and the days they choose, as what is asked of the database."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from syspark.domain import plates
from syspark.domain.units import Plate, SiteId
from syspark.web_ports import NEWEST, OLDEST, SessionReads

SHORTEST = 2
MOST_PLATES = 500
"""So many plates hold what was typed at most: who finds more types more of it."""
NEAR_FROM = 5
"""From so many characters on plates that look like the one typed are found too."""
NEAR_PART = 3

_BADGE = re.compile(r"[0-9A-F]{8}(?:[0-9A-F]{2})?")


def typed(text: str) -> str:
    """A plate or a badge as it was typed, without what people put between."""
    return "".join(one for one in text.upper() if one.isascii() and one.isalnum())[:32]


@dataclass(frozen=True, slots=True)
class Meant:
    """Whose holder keys a text may mean. `near`: only plates that look like it; `many`: there are more than these."""

    keys: Collection[tuple[SiteId, str]] = ()
    near: bool = False
    many: bool = False


async def meant_by(reads: SessionReads, text: str, sites: Sequence[SiteId]) -> Meant:
    """What an operator may mean by what they typed."""
    wanted = typed(text)
    if len(wanted) < SHORTEST:
        return Meant()
    found = {(site, key) for site, key, _ in await reads.plates_with(wanted, MOST_PLATES)}
    many = len(found) == MOST_PLATES
    if _BADGE.fullmatch(wanted):
        found |= {(site, wanted[:8]) for site in sites}
    if found or len(wanted) < NEAR_FROM:
        return Meant(found, many=many)
    near = {(site, key) for site, key, _ in await alike(reads, wanted)}
    return Meant(near, near=bool(near))


async def alike(reads: SessionReads, wanted: str) -> list[tuple[SiteId, str, str]]:
    """Plates within two edits of one, the most alike first."""
    parts = {wanted[place : place + NEAR_PART] for place in range(len(wanted) - NEAR_PART + 1)}
    found = {row for part in parts for row in await reads.plates_with(part, MOST_PLATES)}
    plate = Plate(wanted)
    near = [row for row in found if plates.edits(plate, Plate(row[2])) <= plates.NEAR_EDITS and row[2] != wanted]
    return sorted(near, key=lambda row: (plates.distance(plate, Plate(row[2])), row))


def from_day(text: str, zone: str) -> UUID:
    """The first id of a day; the oldest of all when it is no day."""
    day = _day(text)
    return OLDEST if day is None else _id_at(datetime.combine(day, time(), ZoneInfo(zone)))


def to_day(text: str, zone: str) -> UUID:
    """The first id after a day; the newest of all when it is no day."""
    day = _day(text)
    return NEWEST if day is None else _id_at(datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= date(2200, 1, 1) else None


def _id_at(at: datetime) -> UUID:
    """The first id that can be made at a moment: ids begin with their time in milliseconds."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
