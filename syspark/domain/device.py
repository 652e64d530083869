"""A device's twin: what it last reported, and whether it can be believed. Source: domain.md, "Devices, health"."""

from datetime import datetime

import msgspec

from syspark.domain.decision import Decision, Event, Moment, ToSite
from syspark.domain.facts import Fact, SensorErrorReported
from syspark.domain.messages import DeviceMessage, SensorTrustChanged
from syspark.domain.units import Lane

CLEARED = "OK"


class Twin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A device's last-known state. `error` is the text of a fault that has not been cleared."""

    reported: Fact | None = None
    reported_at: datetime | None = None
    error: str | None = None


class ReportTaken(Event, frozen=True, kw_only=True, tag="report-taken"):
    """The device has reported something."""

    fact: Fact
    at: datetime


class FaultRaised(Event, frozen=True, kw_only=True, tag="fault-raised"):
    """The device says that it cannot do its work."""

    error: str


class FaultCleared(Event, frozen=True, kw_only=True, tag="fault-cleared"):
    """The device says that it can work again."""


DeviceEvent = ReportTaken | FaultRaised | FaultCleared


def evolve(twin: Twin, event: DeviceEvent) -> Twin:
    """The twin after an event."""
    match event:
        case ReportTaken():
            return msgspec.structs.replace(twin, reported=event.fact, reported_at=event.at)
        case FaultRaised():
            return msgspec.structs.replace(twin, error=event.error)
        case FaultCleared():
            return msgspec.structs.replace(twin, error=None)


def decide(twin: Twin, message: DeviceMessage, lane: Lane | None, at: Moment) -> Decision[DeviceEvent]:
    """Take a report; a presence sensor's fault also tells the site that its presence proves nothing."""
    fact = message.fact
    if not isinstance(fact, SensorErrorReported):
        return Decision(rule="reported", events=(ReportTaken(fact=fact, at=at.fact_at),))
    if fact.code == CLEARED:
        if twin.error is None:
            return Decision(rule="no-fault")
        return Decision(rule="fault-cleared", events=(FaultCleared(),), handovers=_trust(lane, trusted=True))
    raised = FaultRaised(error=f"{fact.code} {fact.detail}".strip())
    return Decision(rule="fault-raised", events=(raised,), handovers=_trust(lane, trusted=False))


def _trust(lane: Lane | None, *, trusted: bool) -> tuple[ToSite, ...]:
    return (ToSite(SensorTrustChanged(lane=lane, trusted=trusted)),) if lane is not None else ()
