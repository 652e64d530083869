"""What a decision is made at, and what it is made of."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID, uuid5

import msgspec

from syspark.domain.message import Message
from syspark.domain.messages import AlarmCleared, AlarmRaised
from syspark.domain.orders import Order
from syspark.domain.units import CommandId, DeviceName, OfferId, SessionId, SubjectId


class Moment(msgspec.Struct, frozen=True):
    """When and because of what something is decided.

    `fact_at` is when the fact happened as far as can be proven, `now` when it is decided, `cause` the mailbox row.
    Ids of what a decision creates derive from `cause`, so that deciding a row twice names the same things.
    """

    now: datetime
    fact_at: datetime
    cause: UUID

    @property
    def age_s(self) -> float:
        """Seconds between the fact and its decision."""
        return (self.now - self.fact_at).total_seconds()

    def command_id(self, place: int) -> CommandId:
        """The id of the command at `place` in the decision."""
        return CommandId(str(uuid5(self.cause, f"command-{place}")))

    @property
    def subject_id(self) -> SubjectId:
        """The id of the subject this decision makes for a plate that was never seen."""
        return SubjectId(str(uuid5(self.cause, "subject")))

    @property
    def session_id(self) -> SessionId:
        """The id of the session this decision opens; rows are time-ordered, hence sessions are."""
        return SessionId(str(self.cause))

    @property
    def payment_id(self) -> OfferId:
        """The id of the payment this decision records without an offer of ours."""
        return OfferId(str(uuid5(self.cause, "payment")))


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something a decision makes true."""


class Command(msgspec.Struct, frozen=True):
    """An order to the site and until when it makes sense; `withheld` is recorded but never sent.

    `device` is whom it is for where a site may have several that take such orders.
    """

    id: CommandId
    order: Order
    expires_at: datetime | None
    withheld: bool = False
    device: DeviceName | None = None


class ToSite(msgspec.Struct, frozen=True):
    """A hand-over to the site's actor."""

    message: Message


class ToSession(msgspec.Struct, frozen=True):
    """A hand-over to a session's actor."""

    session_id: SessionId
    message: Message


class ToDevice(msgspec.Struct, frozen=True):
    """A hand-over to the twin of a device of this site."""

    device: str
    message: Message


class ToController(msgspec.Struct, frozen=True):
    """A hand-over to the sync of the site's controllers."""

    message: Message


class ToAlarms(msgspec.Struct, frozen=True):
    """A hand-over to the alarms of the site, or of the organisation where the decision concerns no site."""

    message: AlarmRaised | AlarmCleared


HandOver = ToSite | ToSession | ToDevice | ToController | ToAlarms


class Timer(msgspec.Struct, frozen=True):
    """A deadline set under a key, or cleared (`at` None)."""

    key: str
    at: datetime | None


E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Decision(Generic[E_co]):
    """What one message leads to. `rule` names why; `given` is what was looked up to decide it."""

    rule: str
    events: tuple[E_co, ...] = ()
    commands: tuple[Command, ...] = ()
    handovers: tuple[HandOver, ...] = ()
    timers: tuple[Timer, ...] = ()
    given: dict[str, object] = field(default_factory=dict)
    refused: str | None = None


def also(
    decision: Decision[E],
    *,
    events: Iterable[E] = (),
    handovers: Iterable[HandOver] = (),
    timers: Iterable[Timer] = (),
) -> Decision[E]:
    """The decision, from which this follows besides."""
    return replace(
        decision,
        events=(*decision.events, *events),
        handovers=(*decision.handovers, *handovers),
        timers=(*decision.timers, *timers),
    )


def later(at: datetime, seconds: float) -> datetime:
    """`seconds` after `at`."""
    return at + timedelta(seconds=seconds)
