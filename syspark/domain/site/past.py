"""A holder's visits in the order of their times, as far as they are known when a replay tells of another reading.

Each exit belongs to the latest entry before it: whatever order readings come in, the same visits come of them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from syspark.domain.identity import Witness, WitnessKind
from syspark.domain.policy import SitePolicy
from syspark.domain.site.departure import plate_later_s
from syspark.domain.site.ends import are_of_one
from syspark.domain.site.state import Past, PastRead
from syspark.domain.units import Lane

STANDS = timedelta(seconds=60)
"""How soon a driver for whom nothing opens badges again. Source: domain.md, "one per vehicle per 60 s"."""

LATE = timedelta(seconds=10)
"""Nothing is opened for what was read longer ago. Source: domain.md, "Commands to the site"."""

AROUND = 3
"""How many visits before a time, and how many after it, tell all there is to tell about a reading of that time."""


class Shown(NamedTuple):
    """What is told of the past: a reading at the entry, and whether the site lets in by it without asking us."""

    kind: WitnessKind
    at: datetime
    let_in: bool
    rear: bool = False


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

    waits = session.left_at is None and session.ended_at is None and session.asked_at is not None
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


def read_within(sessions: Iterable[Past], read: Witness, seconds: float) -> bool:
    """Whether this end of this holder was read at this lane about that time already."""
    theirs = (one for visit in sessions for one in visit.reads if one.key == read.key and one.rear is read.rear)
    return any(one.lane is read.lane and abs(one.at - read.at) <= timedelta(seconds=seconds) for one in theirs)


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


def arrival_near(sessions: Iterable[Past], shown: Shown, policy: SitePolicy) -> Past | None:
    """The visit that a reading at the entry is another witness of: the one begun last before, else the first after.

    Vehicles enter one behind the other. While nothing was opened for its plate a vehicle stands there until its driver
    shows what the site opens for, or turns back.
    """
    begun = sorted((one for one in sessions if one.opened_at is not None), key=_time)
    before = next((one for one in reversed(begun) if _time(one) <= shown.at), None)
    after = next((one for one in begun if _time(one) > shown.at), None)
    for one in (before, after):
        if one is not None and _is_of(one, shown, policy):
            return one
    return None


def _is_of(visit: Past, shown: Shown, policy: SitePolicy) -> bool:
    later_s = (shown.at - _time(visit)).total_seconds()
    if shown.kind is WitnessKind.PLATE:
        plates = [read for read in visit.reads if read.kind is WitnessKind.PLATE]
        if plates:
            seen = any(read.rear is shown.rear for read in plates)
            return not seen and any(read.lane is Lane.ENTRY and are_of_one(read, shown, policy) for read in plates)
        let_in = any(_lets_in(read, visit) for read in visit.reads)
        return -policy.plate_after_badge_s <= later_s <= plate_later_s(policy, let_through=let_in)
    if any(_excludes(read, visit, shown) for read in visit.reads):
        return False
    waited = visit.decided_at is not None and visit.decided_at - _time(visit) > LATE
    longest_s = policy.plate_after_badge_s if waited else policy.badge_after_plate_s
    return -plate_later_s(policy, let_through=shown.let_in) <= later_s <= longest_s


def _excludes(read: PastRead, visit: Past, shown: Shown) -> bool:
    """Whether a badge or a PIN is another driver's: they have shown one already, or were let in by what came first."""
    if read.kind not in {WitnessKind.BADGE, WitnessKind.PIN} or read.lane is not Lane.ENTRY:
        return False
    return read.kind is shown.kind or (_lets_in(read, visit) if read.at <= shown.at else shown.let_in)


def _lets_in(read: PastRead, visit: Past) -> bool:
    """Whether a site opens its entry for what was read of a visit."""
    return read.kind is WitnessKind.PIN or (read.kind is WitnessKind.BADGE and visit.plan.parks_free)


def _time(session: Past) -> datetime:
    """When a visit began; one whose entry nobody saw, when it ended."""
    last = max((read.at for read in session.reads), default=None)
    at = session.opened_at or session.left_at or session.asked_at or last
    assert at is not None
    return at
