"""What the field reports, as the inside knows it: only valid values, whatever generation sent them.

The contract parses payloads into these; inbox rows carry them. Source: contract.md, "Families".
"""

from datetime import datetime

import msgspec

from syspark.domain.units import Lane, Plate, Side, Uid


class _Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A report from the field."""


class PresenceReported(_Fact, frozen=True, kw_only=True, tag="presence"):
    """A presence sensor sees a vehicle, or no longer does; it says `True` when it cannot read (fail-safe)."""

    present: bool


class HeartbeatReported(_Fact, frozen=True, kw_only=True, tag="heartbeat"):
    """A sensor is alive. `beat_at` is the device's own clock."""

    beat_at: datetime
    state: str | None = None


class SensorErrorReported(_Fact, frozen=True, kw_only=True, tag="sensor-error"):
    """A sensor cannot do its work; `code` `OK` clears the error."""

    code: str
    detail: str = ""


class BadgeRead(_Fact, frozen=True, kw_only=True, tag="badge"):
    """A badge was held to a reader: a claim, not a grant. V1 does not say on which lane."""

    uid: Uid
    lane: Lane | None = None


class PinAccepted(_Fact, frozen=True, kw_only=True, tag="pin"):
    """A controller has accepted a PIN and let the driver through: a grant already made."""

    lane: Lane


class BarrierReported(_Fact, frozen=True, kw_only=True, tag="barrier"):
    """A barrier says what it is doing: open, closed, opening, closing or fault."""

    lane: Lane
    state: str
    command_id: str | None = None
    code: str | None = None


class PlateRead(_Fact, frozen=True, kw_only=True, tag="plate"):
    """A camera read a plate; without a confidence it serves exact matches only.

    `photo`: a picture is stored under the id of the row that brings this. `side` is which end of the vehicle was read,
    None where the camera does not say.
    """

    plate: Plate
    lane: Lane | None = None
    confidence: float | None = None
    valid: bool = True
    frame_id: str | None = None
    photo: bool = False
    side: Side | None = None


class FloorReported(_Fact, frozen=True, kw_only=True, tag="floor"):
    """The elevator says where it is."""

    current: int
    target: int | None = None
    moving: bool | None = None


class AclReported(_Fact, frozen=True, kw_only=True, tag="acl-list"):
    """A controller lists the badges it holds."""

    entries: tuple[Uid, ...]
    version: int | None = None


class AclWritten(_Fact, frozen=True, kw_only=True, tag="acl-written"):
    """A controller wrote its badge list to its card, or failed to."""

    ok: bool
    version: int | None = None


class SyncRequested(_Fact, frozen=True, kw_only=True, tag="sync"):
    """A controller or banner has connected and wants its desired state. `boot` is the LED banner's wording.

    `held`: whom the site believes to be inside, by badge or plate.
    """

    boot: bool = False
    held: tuple[str, ...] | None = None


class RadioReported(_Fact, frozen=True, kw_only=True, tag="radio"):
    """The independent emergency radio reports a status, or an error."""

    error: bool
    text: str
    state: str | None = None
    code: str | None = None


class BridgeReported(_Fact, frozen=True, kw_only=True, tag="bridge"):
    """A site's bridge went online (each time a new connection) or offline (its last will)."""

    online: bool


class WeatherReported(_Fact, frozen=True, kw_only=True, tag="weather"):
    """The weather at a site as its local client knows it; the texts are shown as they are."""

    ville: str
    description: str
    temperature: float
    humidite: float
    vent: float
    vent_dir: str = ""
    prevision: str = ""
    pluie: float | None = None
    co2: float | None = None
    air: str | None = None


Fact = (
    PresenceReported
    | HeartbeatReported
    | SensorErrorReported
    | BadgeRead
    | PinAccepted
    | BarrierReported
    | PlateRead
    | FloorReported
    | AclReported
    | AclWritten
    | SyncRequested
    | RadioReported
    | BridgeReported
    | WeatherReported
)


class Replayed(_Fact, frozen=True, kw_only=True, tag="replayed"):
    """One fact a site buffered while it was offline, with the time it says it happened."""

    fact: Fact
    device: str
    happened_at: datetime


Told = Fact | Replayed
"""What a message from the field may tell: a fact, or one that its site has kept."""
