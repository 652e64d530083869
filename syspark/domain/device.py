"""A device's twin: what it last reported, and whether it can be believed. Source: domain.md, "Devices, health"."""

import enum
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from typing import TypeGuard

import msgspec

from syspark.domain import clock_offset, device_alarms, instruction, read_rate
from syspark.domain.decision import Decision, Event, Moment, ToSite, also
from syspark.domain.facts import (
    AclReported,
    AclWritten,
    BarrierReported,
    BridgeReported,
    Fact,
    RadioReported,
    SensorErrorReported,
)
from syspark.domain.instruction import Asked
from syspark.domain.messages import (
    CameraRead,
    ClockMeasured,
    CommandFated,
    DeviceMessage,
    Instruct,
    Life,
    LifeChanged,
    Reported,
    RhythmMeasured,
    SensorTrustChanged,
)
from syspark.domain.read_rate import ReadRate
from syspark.domain.rhythm import Rhythm
from syspark.domain.units import CommandId, Lane, Uid

BEAT_S = 2.0
"""How often what beats beats. Source: contract.md, `sensor_gate/heartbeat`."""
STALE_AFTER = 3
OFFLINE_AFTER = 10
"""Missed heartbeats."""

CLEARED = "OK"
CARD_FAULT = "SD_WRITE error"
BOARDS = 2
ANSWERS_WITHIN = timedelta(seconds=10)
"""A site's two boards answer one write each for itself, under the same name: answers so close belong together."""


class Health(enum.StrEnum):
    """Whether a device can be believed. `heard`: it does not beat, so that only its last word is known."""

    ONLINE = "online"
    STALE = "stale"
    OFFLINE = "offline"
    FAULT = "fault"
    HEARD = "heard"


class BadgeList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The badges a controller says it holds: how many different ones, and a digest that any order gives."""

    count: int
    digest: str
    version: int | None = None


class CardWrite(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the last write to the controllers' cards: how many boards did it, how many could not."""

    at: datetime
    done: int = 0
    failed: int = 0
    version: int | None = None


class Twin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A device's last-known state. `error` is the text of a fault that has not been cleared.

    `life` is what its heartbeats tell, None while it has never sent one; `heard_at` when it was last heard before its
    life changed. A camera's `reads` are counted, `doubtful` among them; the plates are not here. `written` and
    `badges` are a controller's. `asked` is what somebody had it do last. Its clock is `clock_s` ahead of ours, as
    far as measured; `clock_ahead_s` are the latest measurements of a camera's. `rates` says how many vehicles are read,
    by place: a gateway speaks for several cameras; `rhythms` how regularly each of its topics speaks. `cut_at` is when
    the broker told last that a site's bridge was gone, `back_at` when that bridge was there again.
    """

    reported: Fact | None = None
    reported_at: datetime | None = None
    error: str | None = None
    error_at: datetime | None = None
    life: Life | None = None
    life_at: datetime | None = None
    heard_at: datetime | None = None
    unsteady: bool = False
    badges: BadgeList | None = None
    written: CardWrite | None = None
    reads: int = 0
    doubtful: int = 0
    read_at: datetime | None = None
    asked: Asked | None = None
    clock_s: float | None = None
    clock_unsure_s: float = 0.0
    clock_ahead_s: tuple[float, ...] = ()
    rates: dict[str, ReadRate] = {}
    rhythms: dict[str, Rhythm] = {}
    cut_at: datetime | None = None
    back_at: datetime | None = None

    @property
    def health(self) -> Health | None:
        """Whether it can be believed, the gravest first; None while nothing was ever heard of it."""
        bridge = self.reported.online if isinstance(self.reported, BridgeReported) else None
        if self.life is Life.OFFLINE or bridge is False:
            return Health.OFFLINE
        if self.error is not None:
            return Health.FAULT
        if self.life is Life.STALE:
            return Health.STALE
        if self.life is Life.ONLINE or bridge:
            return Health.ONLINE
        heard = (self.reported_at, self.error_at, self.written, self.read_at)
        return Health.HEARD if any(one is not None for one in heard) else None

    @property
    def silent_topics(self) -> frozenset[str]:
        """Topics of it that speak no more although it is alive and well as far as it tells."""
        if self.error is not None or self.life not in {None, Life.ONLINE}:
            return frozenset()
        return frozenset(topic for topic, rhythm in self.rhythms.items() if rhythm.silent)


class ReportTaken(Event, frozen=True, kw_only=True, tag="report-taken"):
    """The device has reported something."""

    fact: Fact
    at: datetime


class FaultRaised(Event, frozen=True, kw_only=True, tag="fault-raised"):
    """The device says that it cannot do its work."""

    error: str
    at: datetime


class FaultCleared(Event, frozen=True, kw_only=True, tag="fault-cleared"):
    """The device says that it can work again."""


class LifeTaken(Event, frozen=True, kw_only=True, tag="life-taken"):
    """A device that beats has fallen silent, or is heard again."""

    life: Life
    at: datetime
    heard_at: datetime | None = None
    unsteady: bool = False


class PlateCounted(Event, frozen=True, kw_only=True, tag="plate-counted"):
    """A camera has read a plate, or has `missed` that of a vehicle which has passed; `place` is where it looks."""

    at: datetime
    doubtful: bool = False
    ahead_s: float | None = None
    missed: bool = False
    place: str = ""


class ClockTaken(Event, frozen=True, kw_only=True, tag="clock-taken"):
    """The device's clock was measured."""

    offset_s: float
    unsure_s: float


class RhythmTaken(Event, frozen=True, kw_only=True, tag="rhythm-taken"):
    """It is known how regularly a topic of the device speaks, or that it speaks no more."""

    topic: str
    rhythm: Rhythm


class CardAnswered(Event, frozen=True, kw_only=True, tag="card-answered"):
    """A board has said what became of a write to its card."""

    written: CardWrite


class Instructed(Event, frozen=True, kw_only=True, tag="instructed"):
    """Somebody has the device do something."""

    asked: Asked


class InstructionFated(Event, frozen=True, kw_only=True, tag="instruction-fated"):
    """What became of the last thing the device was asked to do."""

    command_id: CommandId
    fate: str


DeviceEvent = (
    ReportTaken
    | FaultRaised
    | FaultCleared
    | LifeTaken
    | PlateCounted
    | ClockTaken
    | RhythmTaken
    | CardAnswered
    | Instructed
    | InstructionFated
)


def evolve(twin: Twin, event: DeviceEvent) -> Twin:
    """The twin after an event."""
    match event:
        case ReportTaken(fact=AclReported() as listed):
            badges = BadgeList(count=len(set(listed.entries)), digest=digest(listed.entries), version=listed.version)
            return msgspec.structs.replace(twin, reported=listed, reported_at=event.at, badges=badges)
        case ReportTaken(fact=BridgeReported(online=False) as gone):
            return msgspec.structs.replace(twin, reported=gone, reported_at=event.at, cut_at=event.at, back_at=None)
        case ReportTaken(fact=BridgeReported(online=True) as there) if twin.health is Health.OFFLINE:
            return msgspec.structs.replace(twin, reported=there, reported_at=event.at, back_at=event.at)
        case ReportTaken():
            return msgspec.structs.replace(twin, reported=event.fact, reported_at=event.at)
        case FaultRaised():
            return msgspec.structs.replace(twin, error=event.error, error_at=event.at)
        case FaultCleared():
            return msgspec.structs.replace(twin, error=None, error_at=None)
        case LifeTaken():
            return msgspec.structs.replace(
                twin, life=event.life, life_at=event.at, heard_at=event.heard_at, unsteady=event.unsteady
            )
        case PlateCounted():
            before, good = twin.rates.get(event.place, ReadRate()), not (event.doubtful or event.missed)
            rates = {**twin.rates, event.place: read_rate.counted(before, event.at, good=good)}
            if event.missed:
                return msgspec.structs.replace(twin, rates=rates)
            counted = msgspec.structs.replace(
                twin, reads=twin.reads + 1, doubtful=twin.doubtful + event.doubtful, read_at=event.at, rates=rates
            )
            return counted if event.ahead_s is None else _clocked(counted, event.ahead_s)
        case ClockTaken():
            return msgspec.structs.replace(twin, clock_s=event.offset_s, clock_unsure_s=event.unsure_s)
        case RhythmTaken():
            return msgspec.structs.replace(twin, rhythms={**twin.rhythms, event.topic: event.rhythm})
        case CardAnswered():
            return msgspec.structs.replace(twin, written=event.written)
        case Instructed():
            return msgspec.structs.replace(twin, asked=event.asked)
        case InstructionFated():
            asked = twin.asked and msgspec.structs.replace(twin.asked, fate=event.fate)
            return msgspec.structs.replace(twin, asked=asked)


def _clocked(twin: Twin, ahead_s: float) -> Twin:
    latest = (*twin.clock_ahead_s, ahead_s)[-clock_offset.KEPT :]
    offset = clock_offset.offset_of(latest)
    if offset is None:
        return msgspec.structs.replace(twin, clock_ahead_s=latest)
    return msgspec.structs.replace(twin, clock_ahead_s=latest, clock_s=offset.seconds, clock_unsure_s=offset.unsure_s)


NOT_SET_UP: Decision[DeviceEvent] = Decision(rule="device-not-set-up")
"""Nobody has set this device up: it gets no twin, since its name came from outside, and there is no end of names."""


def decide(twin: Twin, message: DeviceMessage, lane: Lane | None, at: Moment) -> Decision[DeviceEvent]:
    """Take what a device says, or what is noticed of it. Of the twin it reads all but `reported`."""
    match message:
        case Instruct():
            return _instructed(message, at)
        case CommandFated():
            return _fated(twin, message)
        case _:
            decision = _decided(twin, message, lane, at)
    after = reduce(evolve, decision.events, twin)
    told = (
        *device_alarms.of_error(message.device, twin.error, after.error),
        *device_alarms.of_clock(message.device, twin.clock_s, after.clock_s),
        *device_alarms.of_life(message.device, twin.life, after.life),
        *device_alarms.of_silence(twin.silent_topics, after.silent_topics),
        *device_alarms.of_rates(message.device, twin.rates, after.rates),
        *(device_alarms.of_fact(message.device, message.fact) if _is_news(message) else ()),
    )
    return also(decision, handovers=told) if told else decision


def _is_news(message: DeviceMessage) -> TypeGuard[Reported]:
    return isinstance(message, Reported) and not message.replayed


def _decided(
    twin: Twin,
    message: Reported | CameraRead | LifeChanged | ClockMeasured | RhythmMeasured,
    lane: Lane | None,
    at: Moment,
) -> Decision[DeviceEvent]:
    match message:
        case Reported(replayed=True):
            return Decision(rule="replayed-noted")
        case Reported(fact=SensorErrorReported() as fact):
            return _trusting(twin, _fault(twin, f"{fact.code} {fact.detail}".strip(), fact.code, at), lane)
        case Reported():
            return _reported(twin, message.fact, at)
        case LifeChanged():
            return _trusting(twin, _life_changed(twin, message, at), lane)
        case CameraRead(missed=True) if twin.read_at is None:
            return Decision(rule="no-camera-here")
        case CameraRead():
            said_at = message.said_at
            ahead_s = (said_at - at.fact_at).total_seconds() if said_at is not None else None
            counted = PlateCounted(
                at=at.fact_at,
                doubtful=message.doubtful,
                ahead_s=ahead_s,
                missed=message.missed,
                place=read_rate.place(message.lane, message.side),
            )
            return Decision(rule="plate-missed" if message.missed else "plate-counted", events=(counted,))
        case ClockMeasured(offset_s=offset_s, unsure_s=unsure_s):
            return Decision(rule="clock-measured", events=(ClockTaken(offset_s=offset_s, unsure_s=unsure_s),))
        case RhythmMeasured(topic=topic, rhythm=rhythm):
            taken = RhythmTaken(topic=topic, rhythm=rhythm)
            return Decision(rule="topic-silent" if rhythm.silent else "rhythm-measured", events=(taken,))


def _instructed(message: Instruct, at: Moment) -> Decision[DeviceEvent]:
    refused = instruction.refusal(message, at)
    if refused is not None:
        return Decision(rule="instruction-refused", refused=refused)
    command = instruction.command(message, at)
    asked = Asked(order=message.order, command_id=command.id, at=at.fact_at, author=message.author)
    return Decision(rule="instructed", events=(Instructed(asked=asked),), commands=(command,))


def _fated(twin: Twin, fated: CommandFated) -> Decision[DeviceEvent]:
    asked = twin.asked
    if asked is None or asked.command_id != fated.command_id or asked.fate == "confirmed":
        return Decision(rule="fate-noted")
    return Decision(rule="instruction-fated", events=(InstructionFated(command_id=asked.command_id, fate=fated.fate),))


def digest(uids: tuple[Uid, ...]) -> str:
    """What two lists of the same badges have in common, whatever their order."""
    return hashlib.sha256(",".join(sorted(set(uids))).encode()).hexdigest()[:16]


def _reported(twin: Twin, fact: Fact, at: Moment) -> Decision[DeviceEvent]:
    taken = ReportTaken(fact=fact, at=at.fact_at)
    match fact:
        case BarrierReported(state="fault"):
            raised = FaultRaised(error=f"fault {fact.code or ''}".strip(), at=at.fact_at)
            return Decision(rule="fault-raised", events=(taken, raised))
        case BarrierReported() if twin.error is not None:
            return Decision(rule="fault-cleared", events=(taken, FaultCleared()))
        case RadioReported(error=True):
            return _fault(twin, fact.text, fact.code or fact.state or fact.text, at)
        case AclWritten():
            return _card(twin, fact, at)
        case _ if twin.asked is not None and instruction.confirms(fact, twin.asked):
            confirmed = InstructionFated(command_id=twin.asked.command_id, fate="confirmed")
            return Decision(rule="instruction-confirmed", events=(taken, confirmed))
        case _:
            return Decision(rule="reported", events=(taken,))


def _fault(twin: Twin, text: str, code: str, at: Moment) -> Decision[DeviceEvent]:
    if code.strip().upper() != CLEARED:
        return Decision(rule="fault-raised", events=(FaultRaised(error=text, at=at.fact_at),))
    if twin.error is None:
        return Decision(rule="no-fault")
    return Decision(rule="fault-cleared", events=(FaultCleared(),))


def _card(twin: Twin, fact: AclWritten, at: Moment) -> Decision[DeviceEvent]:
    """Count a board's answer; one that failed is a fault until a later write goes well."""
    last = twin.written
    if last is None or not _belongs(fact, last, at):
        last = CardWrite(at=at.fact_at, version=fact.version)
    written = msgspec.structs.replace(last, done=last.done + fact.ok, failed=last.failed + (not fact.ok))
    answered = CardAnswered(written=written)
    if written.failed:
        return Decision(rule="fault-raised", events=(answered, FaultRaised(error=CARD_FAULT, at=at.fact_at)))
    if twin.error == CARD_FAULT:
        return Decision(rule="fault-cleared", events=(answered, FaultCleared()))
    return Decision(rule="card-written", events=(answered,))


def _belongs(fact: AclWritten, write: CardWrite, at: Moment) -> bool:
    """Whether an answer is the other board's, to the same write."""
    return (
        write.done + write.failed < BOARDS and write.version == fact.version and at.fact_at - write.at < ANSWERS_WITHIN
    )


def _life_changed(twin: Twin, changed: LifeChanged, at: Moment) -> Decision[DeviceEvent]:
    if (changed.life, changed.unsteady) == (twin.life, twin.unsteady):
        return Decision(rule="life-unchanged")
    taken = LifeTaken(life=changed.life, at=at.fact_at, heard_at=changed.heard_at, unsteady=changed.unsteady)
    if changed.unsteady:
        return Decision(rule="device-unsteady", events=(taken,))
    if changed.life is Life.ONLINE:
        return Decision(rule="device-back" if twin.life is Life.OFFLINE else "device-online", events=(taken,))
    return Decision(rule=f"device-{changed.life}", events=(taken,))


def _trusting(twin: Twin, decision: Decision[DeviceEvent], lane: Lane | None) -> Decision[DeviceEvent]:
    """Tell the site when a sensor's presence begins to prove nothing, or proves something again."""
    after = reduce(evolve, decision.events, twin)
    if lane is None or _believed(after) == _believed(twin):
        return decision
    return replace(decision, handovers=(ToSite(SensorTrustChanged(lane=lane, trusted=_believed(after))),))


def _believed(twin: Twin) -> bool:
    return twin.error is None and twin.life is not Life.OFFLINE
