"""Hours of the week, in a site's own time: when a right holds, when a site is open. Source: domain.md, "Access"."""

import functools
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import msgspec

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
LONGEST_DAYS = 8
"""Hours that follow one another for longer never end."""

_ENTRY = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? +(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)")


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Every week on these days (0 is Monday) from `begins` to before `ends`, in minutes after midnight.

    It may end on the next day: then `ends` is at or before `begins`. What the wall clock shows decides, so that an hour
    that comes twice is inside twice.
    """

    days: tuple[int, ...]
    begins: int
    ends: int


@functools.cache
def clocks_of(zone: str) -> tzinfo:
    """The clocks of a zone by its name: a few kB of a file, read once in a process."""
    return ZoneInfo(zone)


def holds(windows: Iterable[Window], at: datetime, zone: tzinfo) -> bool:
    """Whether `at` lies within one of them, on the clocks of `zone`; without any it always does."""
    return not (some := tuple(windows)) or _ending(some, at.astimezone(zone)) is not None


def holds_until(windows: Iterable[Window], at: datetime, zone: tzinfo) -> datetime | None:
    """When the hours end that `at` lies within; None when they never do, or it lies within none."""
    some = tuple(windows)
    local, reached = at.astimezone(zone), None
    while some and (end := _ending(some, local)) is not None:
        if reached is not None and end <= reached:
            break
        reached, local = end, end.replace(fold=1)
        if end.replace(tzinfo=None) - at.astimezone(zone).replace(tzinfo=None) > timedelta(days=LONGEST_DAYS):
            return None
    if reached is None:
        return None
    # Of an hour that comes twice, or is left out, the later end counts: nobody pays for the clock.
    return max(reached.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def _ending(windows: Sequence[Window], local: datetime) -> datetime | None:
    """The latest end, on the wall clock, of those that hold at a local time."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    minute, today = local.hour * 60 + local.minute, local.weekday()
    ends = []
    for window in windows:
        length = window.ends - window.begins + (DAY_MINUTES if window.ends <= window.begins else 0)
        for days_ago in (0, 1):
            since = window.begins - days_ago * DAY_MINUTES
            if (today - days_ago) % 7 in window.days and since <= minute < since + length:
                ends.append(midnight + timedelta(minutes=since + length))
    return max(ends, default=None)


def windows_of(text: str) -> tuple[Window, ...]:
    """Read `mon-fri 08:00-18:00, sat 09:00-12:00`. Raises `ValueError` saying what is not understood."""
    return tuple(_window(part.strip().lower()) for part in text.split(",") if part.strip())


def text_of(windows: Iterable[Window]) -> str:
    """What `windows_of` reads."""
    return ", ".join(f"{_days(one.days)} {_clock(one.begins)}-{_clock(one.ends)}" for one in windows)


def _window(text: str) -> Window:
    found = _ENTRY.fullmatch(text)
    if found is None or found[1] not in DAYS or (found[2] or found[1]) not in DAYS:
        raise ValueError(f"{text!r} is not understood: write `mon-fri 08:00-18:00`")
    first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
    begins, ends = int(found[3]) * 60 + int(found[4]), int(found[5]) * 60 + int(found[6])
    if max(int(found[4]), int(found[6])) > 59 or begins >= DAY_MINUTES or ends > DAY_MINUTES:
        raise ValueError(f"{text!r} names no time of day")
    days = tuple(sorted((first + step) % 7 for step in range((last - first) % 7 + 1)))
    return Window(days=days, begins=begins, ends=ends)


def _days(days: tuple[int, ...]) -> str:
    """The days by their names; those that follow one another as `mon-fri`, also over the week's end."""
    first = next((day for day in days if (day - 1) % 7 not in days), days[0])
    last = DAYS[(first + len(days) - 1) % 7]
    return DAYS[first] if len(days) == 1 else f"{DAYS[first]}-{last}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
