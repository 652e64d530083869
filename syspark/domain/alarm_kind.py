"""What can be wrong at a site and how grave it is. Source: domain.md, "Devices, health, alarms"."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Severity(enum.StrEnum):
    """How soon a person is needed: when there is time, today, now."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    def is_worse_than(self, other: "Severity") -> bool:
        """Whether a person is needed sooner."""
        return _ORDER.index(self) > _ORDER.index(other)


_ORDER = tuple(Severity)


class AlarmKind(enum.StrEnum):
    """What is wrong. An alarm is of a kind and about something: a device, a lane, a session, or the whole site."""

    SENSOR_FAULT = "sensor-fault"
    DEVICE_FAULT = "device-fault"
    DEVICE_STALE = "device-stale"
    DEVICE_OFFLINE = "device-offline"
    SITE_OFFLINE = "site-offline"
    CAMERA_MISREADS = "camera-misreads"
    CLOCK_OFF = "clock-off"
    CONTROLLER_DRIFT = "controller-drift"
    CONTRACT_DRIFT = "contract-drift"
    TOPIC_SILENT = "topic-silent"
    REJECTED_BURST = "rejected-burst"
    RADIO_EMERGENCY = "radio-emergency"
    EVACUATION = "evacuation"
    VEHICLE_WAITING = "vehicle-waiting"
    HELP_ASKED = "help-asked"
    BARRIER_NOT_CONFIRMED = "barrier-not-confirmed"
    COMMAND_EXPIRED = "command-expired"
    UNEXPLAINED_OPENING = "unexplained-opening"
    PARKING_FULL = "parking-full"
    PASSBACK = "passback"
    PIN_GUESSED = "pin-guessed"
    PAYMENT_MISMATCH = "payment-mismatch"
    WEBHOOK_SILENT = "webhook-silent"
    REFUND_FAILED = "refund-failed"
    PAYMENT_DISPUTED = "payment-disputed"
    PAYMENTS_DOWN = "payments-down"
    RESYNC_DIFFERENCE = "resync-difference"
    BROKER_LOST = "broker-lost"
    BROKER_SESSION_LOST = "broker-session-lost"
    DATABASE_LOST = "database-lost"
    MESSAGE_PARKED = "message-parked"
    CHAIN_BROKEN = "chain-broken"
    PORTAL_GUESSING = "portal-guessing"


@dataclass(frozen=True, slots=True)
class Traits:
    """How an alarm of a kind behaves.

    `happened`: it tells of something that is over, so that nothing clears it but a person who has seen it, or a day
    without another one. `covers`: the kinds that this one explains, which nobody is told of beside it.
    """

    severity: Severity
    happened: bool = False
    covers: frozenset[AlarmKind] = frozenset()


_AS_LONG_AS_CUT = frozenset(
    {
        AlarmKind.DEVICE_STALE,
        AlarmKind.DEVICE_OFFLINE,
        AlarmKind.CAMERA_MISREADS,
        AlarmKind.CLOCK_OFF,
        AlarmKind.CONTROLLER_DRIFT,
        AlarmKind.CONTRACT_DRIFT,
        AlarmKind.TOPIC_SILENT,
        AlarmKind.BARRIER_NOT_CONFIRMED,
        AlarmKind.COMMAND_EXPIRED,
    }
)

TRAITS: Mapping[AlarmKind, Traits] = {
    AlarmKind.SENSOR_FAULT: Traits(Severity.WARNING),
    AlarmKind.DEVICE_FAULT: Traits(Severity.WARNING),
    AlarmKind.DEVICE_STALE: Traits(Severity.INFO),
    AlarmKind.DEVICE_OFFLINE: Traits(Severity.WARNING),
    AlarmKind.SITE_OFFLINE: Traits(Severity.CRITICAL, covers=_AS_LONG_AS_CUT),
    AlarmKind.CAMERA_MISREADS: Traits(Severity.WARNING),
    AlarmKind.CLOCK_OFF: Traits(Severity.WARNING),
    AlarmKind.CONTROLLER_DRIFT: Traits(Severity.WARNING),
    AlarmKind.CONTRACT_DRIFT: Traits(Severity.WARNING, happened=True),
    AlarmKind.TOPIC_SILENT: Traits(Severity.WARNING),
    AlarmKind.REJECTED_BURST: Traits(Severity.WARNING, happened=True),
    AlarmKind.RADIO_EMERGENCY: Traits(Severity.CRITICAL, happened=True),
    AlarmKind.EVACUATION: Traits(Severity.CRITICAL),
    AlarmKind.VEHICLE_WAITING: Traits(Severity.WARNING),
    AlarmKind.HELP_ASKED: Traits(Severity.CRITICAL),
    AlarmKind.BARRIER_NOT_CONFIRMED: Traits(Severity.CRITICAL, happened=True),
    AlarmKind.COMMAND_EXPIRED: Traits(Severity.WARNING, happened=True),
    AlarmKind.UNEXPLAINED_OPENING: Traits(Severity.WARNING, happened=True),
    AlarmKind.PARKING_FULL: Traits(Severity.INFO),
    AlarmKind.PASSBACK: Traits(Severity.INFO, happened=True),
    AlarmKind.PIN_GUESSED: Traits(Severity.WARNING, happened=True),
    AlarmKind.PAYMENT_MISMATCH: Traits(Severity.WARNING, happened=True),
    AlarmKind.WEBHOOK_SILENT: Traits(Severity.WARNING, happened=True),
    AlarmKind.REFUND_FAILED: Traits(Severity.WARNING, happened=True),
    AlarmKind.PAYMENT_DISPUTED: Traits(Severity.WARNING),
    AlarmKind.PAYMENTS_DOWN: Traits(Severity.CRITICAL),
    AlarmKind.RESYNC_DIFFERENCE: Traits(Severity.WARNING),
    AlarmKind.BROKER_LOST: Traits(Severity.CRITICAL),
    AlarmKind.BROKER_SESSION_LOST: Traits(Severity.WARNING, happened=True),
    AlarmKind.DATABASE_LOST: Traits(Severity.CRITICAL, happened=True),
    AlarmKind.MESSAGE_PARKED: Traits(Severity.WARNING, happened=True),
    AlarmKind.CHAIN_BROKEN: Traits(Severity.CRITICAL),
    AlarmKind.PORTAL_GUESSING: Traits(Severity.WARNING, happened=True),
}
