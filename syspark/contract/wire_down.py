"""The JSON forms the cloud sends, field for field and in the order they are written. JSON Schemas are made from these.

Source: contract.md, "Families". Forms that v1 firmware reads keep its fields first and in its order.
"""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from syspark.domain.units import Lane

CLOUD = "cloud"
"""The `src` of everything the cloud publishes as JSON; what carries it is recognised when it comes back."""


class _Form(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A JSON payload to a site; a field without a value is left out."""


class _Command(_Form, frozen=True, kw_only=True):
    """What every command to a v2 device carries. Times are Unix milliseconds; `epoch` unmasks an old owner."""

    ts: int
    src: str
    command_id: str | None = None
    expires_ts: int | None = None
    epoch: int | None = None


class BarrierCommand(_Command, frozen=True, kw_only=True):
    """`barriere/cmd`, `barriere_entree/cmd`."""

    cmd: Literal["open", "close"]


class DisplayText(_Command, frozen=True, kw_only=True):
    """`display/text`."""

    text: str
    lane: Lane | None = None
    ttl_s: int | None = None
    prio: int | None = None


class CameraCommand(_Command, frozen=True, kw_only=True):
    """`camera/cmd`: `pan` and `tilt` in steps, right and up positive."""

    cam: Literal["cam1", "cam2"]
    pan: int
    tilt: int
    preset: int | None = None


class ElevatorCommand(_Command, frozen=True, kw_only=True):
    """`ascenseur/cmd`."""

    floor: int


class ElevatorQuestion(_Command, frozen=True, kw_only=True):
    """`ascenseur/get`."""


class RadioText(_Command, frozen=True, kw_only=True):
    """`radio/tx/cmd`, `radio/tx/params`."""

    text: str


class PaymentSuccess(_Command, frozen=True, kw_only=True):
    """`payment/success`."""

    session_id: str
    provider_ref: str
    amount: int
    currency: str


class PaymentRequest(_Form, frozen=True, kw_only=True):
    """`payment/req`, one form for both generations: the first three are what v1 firmware reads."""

    plate: str
    price: str
    cause: str
    ts: int
    src: str
    session_id: str | None = None
    amount: int | None = None
    currency: str | None = None
    label: str | None = None
    duration_s: int | None = None


class AclChange(_Form, frozen=True, kw_only=True):
    """`acl/add`, `acl/del`."""

    op: Literal["ADD", "DEL"]
    uid: str
    secret: str
    version: int | None = None
    src: str | None = None


class AclUid(_Form, frozen=True, kw_only=True):
    """One badge of a full list."""

    uid: str


class AclFull(_Form, frozen=True, kw_only=True):
    """`acl/full`."""

    op: Literal["FULL"]
    entries: tuple[AclUid, ...]
    secret: str
    version: int | None = None
    src: str | None = None


class AclEnrol(_Form, frozen=True, kw_only=True):
    """`acl/enroll`."""

    op: Literal["ENROLL"]
    secret: str
    ttl_s: int | None = None
    src: str | None = None


class AclQuestion(_Form, frozen=True, kw_only=True):
    """`acl/get`."""

    op: Literal["LIST_REQ"]
    secret: str
    src: str | None = None


class WeatherShown(msgspec.Struct, frozen=True, kw_only=True):
    """`meteo`: the ten fields of v1 are always written, unknown ones as `null`."""

    ville: str
    description: str
    temperature: float
    humidite: float
    vent: float
    vent_dir: str
    prevision: str
    pluie: float | None
    co2: float | None
    air: str | None
    ts: int | UnsetType = UNSET
    src: str | UnsetType = UNSET


class Marker(_Form, frozen=True, kw_only=True):
    """`cloud/marker`: which connection sent it, and when."""

    src: str
    nonce: str
    ts: int
