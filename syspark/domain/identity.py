"""Who speaks for a vehicle. Source: domain.md, "Identity and fusion"."""

import enum
from datetime import datetime

import msgspec

from syspark.domain.units import HolderKey, Lane, Plate, SessionId

MASKED_END = 3
"""How many of a plate's characters a public screen may show."""


class WitnessKind(enum.StrEnum):
    """What was read; of a vehicle of which nothing was, only the sensor speaks."""

    BADGE = "badge"
    PLATE = "plate"
    PIN = "pin"
    SENSOR = "sensor"


class Witness(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reading that speaks for a vehicle. `cause` is the mailbox row that brought it, the id of its photo too.

    `masked` is what a public screen may show of a plate; `rear`: it was read behind the vehicle. A plate without
    `confidence` serves exact matches only.
    """

    key: HolderKey
    kind: WitnessKind
    lane: Lane
    at: datetime
    cause: str
    masked: str = ""
    confidence: float | None = None
    rear: bool = False


def masked(plate: Plate) -> str:
    """What may be shown of a plate to everybody: its last characters, of a short one no more than half."""
    return f"..{plate[-min(MASKED_END, len(plate) // 2) :]}"


def pin_key(session_id: SessionId) -> HolderKey:
    """A PIN says nothing of who typed it: its holder is whoever holds the session it was typed for."""
    return HolderKey(f"{PIN_PREFIX}{session_id}")


def is_pin(key: HolderKey) -> bool:
    """Whether a holder key is a PIN's."""
    return key.startswith(PIN_PREFIX)


def unread_key(session_id: SessionId) -> HolderKey:
    """Nothing was read of this vehicle: its holder is whoever holds the session it was let in by."""
    return HolderKey(f"{UNREAD_PREFIX}{session_id}")


def is_unread(key: HolderKey) -> bool:
    """Whether a holder key is that of a vehicle of which nothing was read."""
    return key.startswith(UNREAD_PREFIX)


PIN_PREFIX = "pin:"
UNREAD_PREFIX = "unread:"
