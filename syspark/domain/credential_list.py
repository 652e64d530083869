"""A list of credentials as people keep it in a spreadsheet, read line by line.

Columns by name, in any order: number, holder, plan, from, until, hours, lane; commas or semicolons. Days are those of
the site's own calendar.
"""

import csv
import enum
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from syspark.domain.access import Plan, windows_of
from syspark.domain.messages import AddCredential
from syspark.domain.units import Lane, Plate, Uid

COLUMNS = ("number", "holder", "plan", "from", "until", "hours", "lane")
LONGEST_NAME = 80
_BADGE = re.compile(r"[0-9A-F]{8}(?:[0-9A-F]{2})?")
_PLATE = re.compile(r"[0-9A-Z]{2,15}")


T = TypeVar("T")


class Fault(enum.StrEnum):
    """What is not understood, and how it is written."""

    HEADING = "the first line names the columns number, holder, plan, from, until, hours, lane"
    NUMBER = "a badge has 8 or 10 hexadecimal digits, a plate 2 to 15 letters and digits"
    HOLDER = "the holder's name has 1 to 80 letters"
    PLAN = "the plan is subscriber, visitor, staff or emergency"
    DAY = "a day is written 2026-12-31"
    ORDER = "it ends before it begins"
    HOURS = "hours are written mon-fri 08:00-18:00, sat 09:00-12:00"
    LANE = "the lane is entry or exit"


class NotUnderstoodError(ValueError):
    """A field says nothing that is understood."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list, counted from 1 with the heading: what it asks for, or what is wrong with it."""

    number: int
    asked: AddCredential | None
    wrong: Fault | None = None


def lines_of(text: str, zone: str, author: str) -> Iterator[Line]:
    """Read a list. Raises `NotUnderstoodError` when its heading lacks a column that is needed."""
    heading = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=";" if ";" in heading else ",")
    names = [name.strip().lower().lstrip("\ufeff") for name in next(rows, [])]
    if not {"number", "holder"} <= set(names) or not set(names) <= set(COLUMNS):
        raise NotUnderstoodError(Fault.HEADING)
    for place, row in enumerate(rows, 2):
        if not any(field.strip() for field in row):
            continue
        try:
            yield Line(place, asked_by(dict(zip(names, row, strict=False)), zone, author))
        except NotUnderstoodError as error:
            yield Line(place, None, error.fault)


def asked_by(fields: Mapping[str, str], zone: str, author: str) -> AddCredential:
    """What the fields of one credential ask for. Raises `NotUnderstoodError`."""

    def said(name: str) -> str:
        return " ".join(fields.get(name, "").split())

    uid, plate = number_of(said("number"))
    holder = said("holder")
    if not holder or len(holder) > LONGEST_NAME or not holder.isprintable():
        raise NotUnderstoodError(Fault.HOLDER)
    begins, ends = _day(said("from"), zone, is_end=False), _day(said("until"), zone, is_end=True)
    if begins is not None and ends is not None and ends <= begins:
        raise NotUnderstoodError(Fault.ORDER)
    return AddCredential(
        uid=uid,
        plate=plate,
        holder=holder,
        plan=_understood(Plan, said("plan").lower() or Plan.SUBSCRIBER, Fault.PLAN),
        valid_from=begins,
        valid_until=ends,
        windows=_understood(windows_of, said("hours"), Fault.HOURS),
        lane=_understood(Lane, said("lane").lower(), Fault.LANE) if said("lane") else None,
        blocked=bool(said("blocked")),
        temporary=bool(said("temporary")),
        author=author,
    )


def number_of(text: str) -> tuple[Uid | None, Plate | None]:
    """A badge's number or a plate, whichever it looks like. Raises `NotUnderstoodError`."""
    number = re.sub(r"[\s.:-]", "", text).upper()
    if _BADGE.fullmatch(number):
        return Uid(number[:8]), None
    if _PLATE.fullmatch(number):
        return None, Plate(number)
    raise NotUnderstoodError(Fault.NUMBER)


def _day(text: str, zone: str, *, is_end: bool) -> datetime | None:
    """The instant a day begins, or is over, on the site's clocks; with a time, that one."""
    if not text:
        return None
    try:
        if len(text) > len("2026-12-31"):
            return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        day = date.fromisoformat(text) + timedelta(days=1 if is_end else 0)
    except (ValueError, OverflowError) as error:
        raise NotUnderstoodError(Fault.DAY) from error
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def _understood(read: Callable[[str], T], text: str, otherwise: Fault) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise NotUnderstoodError(otherwise) from error
