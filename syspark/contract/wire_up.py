"""The JSON forms a site may send, field for field. JSON Schemas are made from these.

Source: contract.md, "Families", column "richer payload also accepted or sent". Unknown extra fields are ignored, so
that a newer edge can talk to an older cloud; an optional field may also be `null`.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from syspark.domain.units import Lane, Side

Stamp = Annotated[float, Meta(ge=0, le=253_402_300_799_999)]
"""Unix milliseconds; seconds when under 10^11."""

Label = Annotated[str, Meta(max_length=64)]
Id = Annotated[str, Meta(pattern=r"^[ -~]{1,128}(?![\s\S])")]
"""An id made by a publisher: printable ASCII. The pattern ends so because `$` would let a line feed through."""

Word = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}(?![\s\S])")]
Number = Annotated[int, Meta(ge=0, le=2**53)]
FloorNumber = Annotated[int, Meta(ge=-9, le=99)]


class Stamped(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The shared optional fields."""

    ts: Stamp | None = None
    src: Label | None = None
    event_id: Id | Number | None = None


class Presence(Stamped, frozen=True, kw_only=True):
    """`sensor_gate/present`."""

    present: bool


class Heartbeat(Stamped, frozen=True, kw_only=True):
    """`sensor_gate/heartbeat`; `ts` is required by its reader."""

    state: Word | None = None


class SensorError(Stamped, frozen=True, kw_only=True):
    """`sensor_gate/error`."""

    code: Word
    detail: str | None = None


class Identification(Stamped, frozen=True, kw_only=True):
    """`barriere`: a badge, or a PIN the controller has accepted."""

    uid: str | None = None
    lane: Lane | None = None
    method: Word | None = None


class BarrierState(Stamped, frozen=True, kw_only=True):
    """`barriere/state`, `barriere_entree/state`."""

    state: Literal["open", "closed", "opening", "closing", "fault"]
    command_id: Id | None = None
    code: Word | None = None


class PlateSeen(Stamped, frozen=True, kw_only=True):
    """`vision/plate` and its two lane topics."""

    plate: str
    lane: Lane | None = None
    confidence: Annotated[float, Meta(ge=0, le=1)] | None = None
    valid: bool | None = None
    frame_id: Id | Number | None = None
    side: Side | None = None


class Floor(Stamped, frozen=True, kw_only=True):
    """`ascenseur/state`."""

    current: FloorNumber
    target: FloorNumber | None = None
    moving: bool | None = None


class AclEntry(msgspec.Struct, frozen=True):
    """One badge of a list, in its longer form."""

    uid: str


class AclList(Stamped, frozen=True, kw_only=True):
    """`acl/list`."""

    op: Literal["LIST"]
    secret: str
    entries: list[str | AclEntry]
    version: Number | None = None


class AclDone(Stamped, frozen=True, kw_only=True):
    """`acl/event`."""

    op: Literal["SD_WRITE"]
    status: Literal["ok", "error"]
    secret: str
    version: Number | None = None


class Sync(Stamped, frozen=True, kw_only=True):
    """`sync/req`; `inside` names who the site believes to be inside, by badge or plate (decision record 21)."""

    inside: Annotated[list[Annotated[str, Meta(max_length=32)]], Meta(max_length=5000)] | None = None


class Radio(Stamped, frozen=True, kw_only=True):
    """`radio/tx/status`, `radio/tx/error`: the radio is independent, its JSON may hold anything more."""

    state: Label | int | None = None
    code: Label | int | None = None


class Replay(Stamped, frozen=True, kw_only=True):
    """`replay/event`: a message the site buffered; `ts` is when it happened."""

    ts: Stamp
    topic: Annotated[str, Meta(max_length=256)]
    payload: str | int | dict[str, Any]


class Weather(Stamped, frozen=True, kw_only=True):
    """The `meteo` payload as a site's weather client posts it."""

    ville: Label
    description: Label
    temperature: Annotated[float, Meta(ge=-100, le=100)]
    humidite: Annotated[float, Meta(ge=0, le=100)]
    vent: Annotated[float, Meta(ge=0, le=1000)]
    vent_dir: Label | None = None
    prevision: Annotated[str, Meta(max_length=200)] | None = None
    pluie: Annotated[float, Meta(ge=0, le=10_000)] | None = None
    co2: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None
    air: Label | None = None
