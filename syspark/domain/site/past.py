"""A holder's visits in the order of their times, as far as they are known when a replay tells of another reading.

Each exit belongs to the latest entry before it: whatever order readings come in, the same visits come of them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from syspark.domain.identity import WitnessKind
from syspark.domain.site.state import Past
from syspark.domain.units import HolderKey, Lane

STANDS = timedelta(seconds=60)
"""How soon a driver for whom nothing opens badges again. Source: domain.md, "one per vehicle per 60 s"."""

AROUND = 3
"""How many visits before a time, and how many after it, tell all there is to tell about a reading of that time."""


def around(sessions: Iterable[Past], at: datetime) -> tuple[Past, ...]:
    """Those of one holder's sessions that matter for a reading of `at`, in order."""
    ordered = in_order(sessions)
    before = [one for one in ordered if _time(one) <= at]
    after = [one for one in ordered if _time(one) > at]
    return (*before[-AROUND:], *after[:AROUND])


def in_order(sessions: Iterable[Past]) -> list[Past]:
    """One holder's visits with their entries and exits as they were read, in order.

    What a session's own actor has not been told yet stands in its readings already, which the site keeps itself.
    `left_at` is None while it is inside, and where nobody saw it leave.
    """
    known = [one for one in map(_entered, sessions) if one.opened_at or one.left_at or one.reads]
    ordered = sorted(known, key=_time)
    entries = [one.opened_at for one in ordered if one.opened_at is not None]
    exits = sorted(
        read.at for one in ordered if one.opened_at is not None for read in one.reads if read.lane is Lane.EXIT
    )
    return [_left(one, exits, min((at for at in entries if at > _time(one)), default=None)) for one in ordered]


def _entered(session: Past) -> Past:
    entry = min((read.at for read in session.reads if read.lane is Lane.ENTRY), default=None)
    return session if session.opened_at is not None else replace(session, opened_at=entry)


def _left(session: Past, exits: list[datetime], until: datetime | None) -> Past:
    """The visit with its last exit before the next entry; who is asked to pay there has not left."""
    if session.opened_at is None:
        return session

    def in_time(at: datetime) -> bool:
        return session.opened_at is not None and session.opened_at <= at and (until is None or at < until)

    waits = session.left_at is None and session.asked_at is not None
    read_at = max((at for at in exits if in_time(at)), default=None)
    told = session.left_at if session.closed_as != "exit_missed" else None
    if read_at is None:
        return replace(session, left_at=told if told is not None and in_time(told) else None)
    return session if waits else replace(session, left_at=read_at)


def inside_at(sessions: Iterable[Past], at: datetime) -> Past | None:
    """Whose entry is the latest at or before a time; it may have left before."""
    entered = [one for one in sessions if one.opened_at is not None and one.opened_at <= at]
    return max(entered, key=_time, default=None)


def unknown_entry_after(sessions: Iterable[Past], at: datetime) -> Past | None:
    """The first visit after a time whose entry nobody saw, if no other entry lies between."""
    later = sorted((one for one in sessions if _time(one) > at), key=_time)
    return later[0] if later and later[0].opened_at is None else None


def entered_after(sessions: Iterable[Past], at: datetime) -> bool:
    """Whether another visit begins after a time."""
    return any(one.opened_at is not None and one.opened_at > at for one in sessions)


def read_within(sessions: Iterable[Past], key: HolderKey, lane: Lane, at: datetime, seconds: float) -> bool:
    """Whether this holder was read at this lane about that time already."""
    reads = (read for one in sessions for read in one.reads if read.key == key and read.lane is lane)
    return any(abs(read.at - at) <= timedelta(seconds=seconds) for read in reads)


def departed(sessions: Iterable[Past], at: datetime) -> Past | None:
    """The visit whose vehicle was read at the exit shortly before, and has not entered since: it stands there still."""
    ordered = sorted((one for one in sessions if _time(one) <= at), key=_time)
    last = ordered[-1] if ordered else None
    reads = (read for read in last.reads if read.lane is Lane.EXIT) if last is not None else ()
    return last if any(timedelta() <= at - read.at <= STANDS for read in reads) else None


def at_entry(visit: Past, at: datetime) -> bool:
    """Whether its vehicle was read at the entry shortly before: its driver badges again, since nothing opened."""
    return any(timedelta() <= at - read.at <= STANDS for read in visit.reads if read.lane is Lane.ENTRY)


def last_exit_between(sessions: Iterable[Past], since: datetime, until: datetime) -> datetime | None:
    """When their vehicle was last read at the exit after `since` and before `until`."""
    reads = (read for one in sessions for read in one.reads if read.lane is Lane.EXIT)
    return max((read.at for read in reads if since <= read.at < until), default=None)


def seen_after(sessions: Iterable[Past], visit: Past, at: datetime) -> bool:
    """Whether a visit's vehicle was read after a time, before it entered again."""
    entries = (one.opened_at for one in sessions if one.opened_at is not None and one.opened_at > at)
    until = min(entries, default=None)
    read = [read.at for read in visit.reads] + ([visit.asked_at] if visit.asked_at is not None else [])
    return any(at < one and (until is None or one < until) for one in read)


def arrival_near(sessions: Iterable[Past], kind: WitnessKind, at: datetime, seconds: float) -> Past | None:
    """The visit that began shortly before and that nothing of this kind speaks for, else the one that began just after.

    Vehicles enter one behind the other: of several before, the last one stood there. None where several come after.
    """
    near = [
        (one.opened_at, one)
        for one in sessions
        if one.opened_at is not None and abs(one.opened_at - at) <= timedelta(seconds=seconds)
    ]
    before = max((one for one in near if one[0] <= at), key=lambda one: one[0], default=None)
    after = [one for opened_at, one in near if opened_at > at and not _has(one, kind)]
    if before is not None and not _has(before[1], kind):
        return before[1]
    return after[0] if len(after) == 1 else None


def _has(session: Past, kind: WitnessKind) -> bool:
    return any(read.kind is kind for read in session.reads)


def _time(session: Past) -> datetime:
    """When a visit began; one whose entry nobody saw, when it ended."""
    last = max((read.at for read in session.reads), default=None)
    at = session.opened_at or session.left_at or session.asked_at or last
    assert at is not None
    return at
