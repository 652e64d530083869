"""The alarms of a site: what stands, who has seen it, and what people are told.

An alarm stands from its raise to its clear, once however often it is raised. What another one explains (a dead bridge
its silent devices) stands under that one and nobody is told of it. Source: domain.md, "Devices, health, alarms".
"""

import dataclasses
import enum
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid5

import msgspec
from msgspec.structs import replace

from syspark.domain.alarm_kind import TRAITS, AlarmKind, Severity
from syspark.domain.decision import Decision, Event, Moment, Timer
from syspark.domain.messages import (
    AlarmAct,
    AlarmCleared,
    AlarmMessage,
    AlarmRaised,
    DeadlineReached,
    HandleAlarm,
)

ESCALATED_AFTER = timedelta(minutes=5)
"""A critical alarm nobody has acknowledged is told once more."""
FLAPPING_CHANGES = 5
FLAPPING_WITHIN = timedelta(minutes=10)
"""Over 5 changes in this time are one alarm, until there is none for as long."""
FORGOTTEN_AFTER = timedelta(days=1)
"""What only happened is over when it has not happened again for so long."""
COVERED_BEFORE = timedelta(minutes=2)
"""What was raised so long before its root cause was its first sign."""
SURFACES_AFTER = timedelta(minutes=1)
"""When its root cause is gone, what it covered has so long to be gone too."""
STANDING_AT_MOST = 500
"""Of one site: beyond, one more helps nobody, and the decision says so."""


class News(enum.StrEnum):
    """What people are told of an alarm."""

    RAISED = "raised"
    WORSE = "worse"
    FLAPPING = "flapping"
    ESCALATED = "escalated"
    CLEARED = "cleared"


class Alarm(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alarm. `last_at` is when it was last raised, `times` how often; `told` whether people have heard of it.

    `under` is the kind of the alarm that explains it, `surfaces_at` when it counts by itself again because that one is
    over. `changes` are its latest raises and clears; while it is `flapping` a clear leaves it standing, as `is_down`.
    """

    id: str
    kind: AlarmKind
    severity: Severity
    raised_at: datetime
    last_at: datetime
    about: str = ""
    detail: str = ""
    times: int = 1
    told: bool = False
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    assigned_to: str | None = None
    escalated_at: datetime | None = None
    critical_at: datetime | None = None
    cleared_at: datetime | None = None
    cleared_by: str | None = None
    under: AlarmKind | None = None
    surfaces_at: datetime | None = None
    flapping: bool = False
    is_down: bool = False
    changes: tuple[datetime, ...] = ()

    @property
    def key(self) -> str:
        """What it is the same alarm by."""
        return place(self.kind, self.about)


class Book(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands, by `place`; `changed` when those that stand no more changed last; `more` stand that are not here."""

    standing: dict[str, Alarm] = msgspec.field(default_factory=dict)
    changed: dict[str, tuple[datetime, ...]] = msgspec.field(default_factory=dict)
    more: int = 0


class AlarmSet(Event, frozen=True, kw_only=True, tag="alarm-set"):
    """An alarm is like this from now on; `news` is what people are told of it, None: nothing."""

    alarm: Alarm
    news: News | None = None


def place(kind: AlarmKind, about: str) -> str:
    """What an alarm is the same one by."""
    return f"{kind}/{about}"


def evolve(book: Book, event: AlarmSet) -> Book:
    """The book after an event."""
    alarm = event.alarm
    if alarm.cleared_at is None:
        return replace(book, standing={**book.standing, alarm.key: alarm})
    since = alarm.cleared_at - FLAPPING_WITHIN
    changed = {key: times for key, times in book.changed.items() if times[-1] > since}
    standing = {key: one for key, one in book.standing.items() if key != alarm.key}
    return replace(book, standing=standing, changed={**changed, alarm.key: alarm.changes} if alarm.changes else changed)


def seen_by(message: AlarmMessage, book: Book) -> Book:
    """The part of the book a message is decided by, and that the journal keeps."""
    named = _named(message, book)
    kind = message.kind if isinstance(message, AlarmRaised | AlarmCleared) else None if named is None else named.kind
    seen = {
        key: one
        for key, one in book.standing.items()
        if one is named or (kind is not None and (one.kind in TRAITS[kind].covers or kind in TRAITS[one.kind].covers))
    }
    changed = {}
    if isinstance(message, AlarmRaised) and (key := place(message.kind, message.about)) in book.changed:
        changed = {key: book.changed[key]}
    return Book(standing=seen, changed=changed, more=len(book.standing) - len(seen))


def _named(message: AlarmMessage, book: Book) -> Alarm | None:
    """The standing alarm a message is about."""
    match message:
        case AlarmRaised(kind=kind, about=about) | AlarmCleared(kind=kind, about=about):
            return book.standing.get(place(kind, about))
        case HandleAlarm(alarm_id=alarm_id):
            return next((one for one in book.standing.values() if one.id == alarm_id), None)
        case DeadlineReached(key=key):
            return next((one for name, one in book.standing.items() if _timer(name) == key), None)


def decide(book: Book, message: AlarmMessage, at: Moment) -> Decision[AlarmSet]:
    """Take what happens to alarms. Reads what `seen_by` leaves of the book."""
    return _timed(_decided(book, message, at), book.standing, at)


def _decided(book: Book, message: AlarmMessage, at: Moment) -> Decision[AlarmSet]:
    standing = _named(message, book)
    match message:
        case AlarmRaised():
            return _raised(book, standing, message, at)
        case AlarmCleared():
            return _cleared(book, standing, at)
        case HandleAlarm():
            return _handled(book, standing, message, at)
        case DeadlineReached():
            return _looked_at(book, standing, at)


def _timed(decision: Decision[AlarmSet], before: Mapping[str, Alarm], at: Moment) -> Decision[AlarmSet]:
    """The decision with when each alarm it sets is to be looked at again."""
    timers = []
    for event in decision.events:
        alarm, was = event.alarm, before.get(event.alarm.key)
        due = _due(alarm)
        if due != (None if was is None else _due(was)):
            timers.append(Timer(_timer(alarm.key), due if due is None else max(due, at.now)))
    return dataclasses.replace(decision, timers=tuple(timers))


def _raised(book: Book, standing: Alarm | None, raised: AlarmRaised, at: Moment) -> Decision[AlarmSet]:
    key, traits = place(raised.kind, raised.about), TRAITS[raised.kind]
    severity = raised.severity or traits.severity
    if standing is not None:
        return _raised_again(standing, raised, severity, at)
    if len(book.standing) + book.more >= STANDING_AT_MOST:
        return Decision(rule="alarms-too-many", refused=f"{STANDING_AT_MOST} alarms stand already")
    changes = () if traits.happened else (*_lately(book.changed.get(key, ()), at), at.now)
    root = next((one.kind for one in book.standing.values() if raised.kind in TRAITS[one.kind].covers), None)
    alarm = Alarm(
        id=str(uuid5(at.cause, "alarm")),
        kind=raised.kind,
        about=raised.about,
        detail=raised.detail,
        severity=severity,
        raised_at=at.fact_at,
        last_at=at.now,
        told=root is None,
        critical_at=at.now if severity is Severity.CRITICAL else None,
        under=root,
        flapping=len(changes) > FLAPPING_CHANGES,
        changes=changes,
    )
    if root is not None:
        return Decision(rule="alarm-explained", events=(AlarmSet(alarm=alarm),))
    news = News.FLAPPING if alarm.flapping else News.RAISED
    return Decision(rule="alarm-raised", events=(AlarmSet(alarm=alarm, news=news), *_covered(book, alarm, at)))


def _covered(book: Book, root: Alarm, at: Moment) -> tuple[AlarmSet, ...]:
    """What the new alarm explains of what was raised just before it."""
    covers = TRAITS[root.kind].covers
    return tuple(
        AlarmSet(alarm=replace(one, under=root.kind))
        for one in book.standing.values()
        if one.kind in covers and one.acknowledged_at is None and at.now - one.last_at <= COVERED_BEFORE
    )


def _raised_again(standing: Alarm, raised: AlarmRaised, severity: Severity, at: Moment) -> Decision[AlarmSet]:
    worse = severity.is_worse_than(standing.severity)
    happened = TRAITS[standing.kind].happened
    if not (worse or happened or standing.is_down or raised.detail != standing.detail):
        return Decision(rule="alarm-stands")
    alarm = replace(
        standing,
        detail=raised.detail,
        last_at=at.now,
        times=standing.times + 1,
        is_down=False,
        changes=(*_lately(standing.changes, at), at.now) if standing.is_down else standing.changes,
    )
    if not worse:
        return Decision(rule="alarm-again", events=(AlarmSet(alarm=alarm),))
    alarm = replace(
        alarm,
        severity=severity,
        critical_at=at.now if severity is Severity.CRITICAL else None,
        acknowledged_at=None,
        acknowledged_by=None,
    )
    return Decision(rule="alarm-worse", events=(AlarmSet(alarm=alarm, news=None if alarm.under else News.WORSE),))


def _cleared(book: Book, standing: Alarm | None, at: Moment) -> Decision[AlarmSet]:
    if standing is None or standing.is_down:
        return Decision(rule="alarm-stood-not")
    changes = (*_lately(standing.changes, at), at.now)
    if standing.flapping or len(changes) > FLAPPING_CHANGES:
        alarm = replace(standing, is_down=True, flapping=True, changes=changes)
        news = None if standing.flapping or standing.under else News.FLAPPING
        return Decision(rule="alarm-flaps", events=(AlarmSet(alarm=alarm, news=news),))
    return _over(book, replace(standing, changes=changes), at)


def _over(book: Book, alarm: Alarm, at: Moment, by: str | None = None) -> Decision[AlarmSet]:
    """The alarm ends, and what it has explained counts by itself again a little later."""
    ended = AlarmSet(
        alarm=replace(alarm, cleared_at=at.now, cleared_by=by, under=None), news=News.CLEARED if alarm.told else None
    )
    surfacing = (
        AlarmSet(alarm=replace(one, surfaces_at=at.now + SURFACES_AFTER))
        for one in book.standing.values()
        if one.under is alarm.kind
    )
    return Decision(rule="alarm-cleared", events=(ended, *surfacing))


def _handled(book: Book, alarm: Alarm | None, handle: HandleAlarm, at: Moment) -> Decision[AlarmSet]:
    if alarm is None:
        return Decision(rule="alarm-is-over", refused="the alarm is over")
    seen = replace(alarm, acknowledged_at=at.now, acknowledged_by=handle.author)
    match handle.act:
        case AlarmAct.ACKNOWLEDGE if TRAITS[alarm.kind].happened:
            return _over(book, seen, at, handle.author)
        case AlarmAct.ACKNOWLEDGE:
            return Decision(rule="alarm-acknowledged", events=(AlarmSet(alarm=seen),))
        case AlarmAct.ASSIGN:
            assigned = replace(alarm, assigned_to=handle.assignee or None)
            return Decision(rule="alarm-assigned", events=(AlarmSet(alarm=assigned),))
        case AlarmAct.ESCALATE:
            return _escalated(alarm, at)
        case AlarmAct.CLOSE:
            return _over(book, seen, at, handle.author)


def _escalated(alarm: Alarm, at: Moment) -> Decision[AlarmSet]:
    told = replace(alarm, escalated_at=at.now, told=True)
    return Decision(rule="alarm-escalated", events=(AlarmSet(alarm=told, news=News.ESCALATED),))


def _looked_at(book: Book, alarm: Alarm | None, at: Moment) -> Decision[AlarmSet]:
    due = None if alarm is None else _due(alarm)
    if alarm is None or due is None or due > at.now:
        return Decision(rule="alarm-stands-not")
    if alarm.surfaces_at is not None and alarm.surfaces_at <= at.now:
        surfaced = replace(alarm, under=None, surfaces_at=None, told=True)
        news = None if alarm.told else News.RAISED
        return Decision(rule="alarm-surfaces", events=(AlarmSet(alarm=surfaced, news=news),))
    if alarm.flapping and alarm.changes[-1] + FLAPPING_WITHIN <= at.now:
        steady = replace(alarm, flapping=False, is_down=False, changes=())
        if alarm.is_down:
            return _over(book, steady, at)
        return Decision(rule="alarm-steady", events=(AlarmSet(alarm=steady),))
    if TRAITS[alarm.kind].happened and alarm.last_at + FORGOTTEN_AFTER <= at.now:
        return _over(book, alarm, at)
    return _escalated(alarm, at)


def _due(alarm: Alarm) -> datetime | None:
    """When something changes by itself."""
    if alarm.cleared_at is not None:
        return None
    times = []
    if alarm.surfaces_at is not None:
        times.append(alarm.surfaces_at)
    if alarm.flapping:
        times.append(alarm.changes[-1] + FLAPPING_WITHIN)
    if TRAITS[alarm.kind].happened:
        times.append(alarm.last_at + FORGOTTEN_AFTER)
    if (
        alarm.critical_at is not None
        and alarm.acknowledged_at is None
        and alarm.escalated_at is None
        and alarm.under is None
    ):
        times.append(alarm.critical_at + ESCALATED_AFTER)
    return min(times, default=None)


def _timer(key: str) -> str:
    return f"alarm:{key}"


def _lately(changes: tuple[datetime, ...], at: Moment) -> tuple[datetime, ...]:
    return tuple(one for one in changes if at.now - one < FLAPPING_WITHIN)[-FLAPPING_CHANGES:]
