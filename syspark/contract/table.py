"""The MQTT contract as data: one row a topic family, for both generations. Everything else is derived from it.

Source: contract.md, "Families"; pacing from "Facts about the field equipment", expiry from domain.md, "Commands to the
site".
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from syspark.contract import wire_down, wire_up
from syspark.domain import facts, orders
from syspark.domain.units import Lane


class Way(enum.StrEnum):
    """Who publishes: a site (`up`), the cloud to a site (`down`), or the cloud to itself (`own`)."""

    UP = "up"
    DOWN = "down"
    OWN = "own"


class Kind(enum.StrEnum):
    """What an `up` message is: an event that happened once, a state that repeats, or a sign of life."""

    FACT = "fact"
    LEVEL = "level"
    TELEMETRY = "telemetry"


class Retain(enum.StrEnum):
    """Whether the publisher retains: `seen` = some firmware does, neither is a drift; `never` = it would harm."""

    YES = "yes"
    SEEN = "seen retained"
    NO = "no"
    NEVER = "never"


class Twin(enum.StrEnum):
    """The kind of device a topic speaks for or to."""

    SENSOR = "sensor"
    BARRIER = "barrier"
    CONTROLLER = "controller"
    CAMERA = "camera"
    ELEVATOR = "elevator"
    DISPLAY = "display"
    RADIO = "radio"
    WEATHER = "weather"
    BRIDGE = "bridge"
    CLOUD = "cloud"


PACING_MS = 200
"""What a controller needs between two messages it reads; closer ones are dropped."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One family of topics. Rows are compared by identity: there is one of each."""

    topic: str
    """The v1 topic below the root; in v2 the first level is the device and may carry a suffix."""
    way: Way
    qos: int
    retain: Retain
    twin: Twin
    carries: tuple[type[msgspec.Struct], ...]
    """The facts it reports or the orders it gives."""
    json: type[msgspec.Struct] | None
    """The JSON form accepted or sent; none where only text is exchanged."""
    kind: Kind | None = None
    lane: Lane | None = None
    """The lane the topic implies."""
    secret: bool = False
    """The payload must hold the site's secret."""
    confidential: bool = False
    """The whole payload is a secret (a PIN): it is never kept, not even rejected."""
    paced: bool = False
    """Controllers read it: `PACING_MS` between two of these."""
    expires_s: int | None = None
    tells_of_vehicles: bool = False
    """Vehicles make it speak: as long as a site's other topics tell of vehicles, it should."""

    @property
    def family(self) -> str:
        """The first level of the topic: what a device is named after."""
        return self.topic.partition("/")[0]

    @property
    def channel(self) -> str:
        """What follows the family; empty for `barriere` and `meteo`."""
        return self.topic.partition("/")[2]

    @property
    def published_retained(self) -> bool:
        """Whether the cloud sets the retain flag when it publishes here."""
        return self.retain is Retain.YES

    @property
    def arrival_qos(self) -> int:
        """The QoS a message arrives with: the link subscribes with 1 at most. Another one is a drift to alarm."""
        return min(self.qos, 1)


_FACT, _LEVEL, _TELEMETRY = Kind.FACT, Kind.LEVEL, Kind.TELEMETRY
_YES, _SEEN, _NO, _NEVER = Retain.YES, Retain.SEEN, Retain.NO, Retain.NEVER
_UP, _DOWN, _OWN = Way.UP, Way.DOWN, Way.OWN
_BADGES, _BARRIER, _CAMERA, _ELEVATOR = Twin.CONTROLLER, Twin.BARRIER, Twin.CAMERA, Twin.ELEVATOR
_ENTRY, _EXIT = Lane.ENTRY, Lane.EXIT

MARKER = Row("cloud/marker", _OWN, 1, _NO, Twin.CLOUD, (), wire_down.Marker)

ROWS: tuple[Row, ...] = (
    Row(
        "sensor_gate/present",
        _UP,
        1,
        _YES,
        Twin.SENSOR,
        (facts.PresenceReported,),
        wire_up.Presence,
        _LEVEL,
        tells_of_vehicles=True,
    ),
    Row("sensor_gate/heartbeat", _UP, 0, _SEEN, Twin.SENSOR, (facts.HeartbeatReported,), wire_up.Heartbeat, _TELEMETRY),
    Row("sensor_gate/error", _UP, 2, _SEEN, Twin.SENSOR, (facts.SensorErrorReported,), wire_up.SensorError, _LEVEL),
    Row(
        "barriere",
        _UP,
        1,
        _NO,
        _BADGES,
        (facts.BadgeRead, facts.PinAccepted),
        wire_up.Identification,
        _FACT,
        tells_of_vehicles=True,
    ),
    Row(
        "barriere/state",
        _UP,
        1,
        _YES,
        _BARRIER,
        (facts.BarrierReported,),
        wire_up.BarrierState,
        _LEVEL,
        _EXIT,
        tells_of_vehicles=True,
    ),
    Row(
        "barriere_entree/state",
        _UP,
        1,
        _YES,
        _BARRIER,
        (facts.BarrierReported,),
        wire_up.BarrierState,
        _LEVEL,
        _ENTRY,
        tells_of_vehicles=True,
    ),
    Row("vision/plate", _UP, 1, _NO, _CAMERA, (facts.PlateRead,), wire_up.PlateSeen, _FACT, tells_of_vehicles=True),
    Row(
        "entry/vision/plate",
        _UP,
        1,
        _NO,
        _CAMERA,
        (facts.PlateRead,),
        wire_up.PlateSeen,
        _FACT,
        _ENTRY,
        tells_of_vehicles=True,
    ),
    Row(
        "exit/vision/plate",
        _UP,
        1,
        _NO,
        _CAMERA,
        (facts.PlateRead,),
        wire_up.PlateSeen,
        _FACT,
        _EXIT,
        tells_of_vehicles=True,
    ),
    Row("ascenseur/state", _UP, 1, _YES, _ELEVATOR, (facts.FloorReported,), wire_up.Floor, _LEVEL),
    Row("acl/list", _UP, 1, _YES, _BADGES, (facts.AclReported,), wire_up.AclList, _LEVEL, secret=True),
    Row("acl/event", _UP, 1, _NO, _BADGES, (facts.AclWritten,), wire_up.AclDone, _FACT, secret=True),
    Row("sync/req", _UP, 1, _NO, _BADGES, (facts.SyncRequested,), wire_up.Sync, _FACT),
    Row("radio/tx/status", _UP, 1, _NO, Twin.RADIO, (facts.RadioReported,), wire_up.Radio, _FACT),
    Row("radio/tx/error", _UP, 1, _NO, Twin.RADIO, (facts.RadioReported,), wire_up.Radio, _FACT),
    Row("meteo", _DOWN, 0, _YES, Twin.WEATHER, (orders.ShowWeather,), wire_down.WeatherShown),
    Row("bridge/state", _UP, 1, _YES, Twin.BRIDGE, (facts.BridgeReported,), None, _LEVEL),
    MARKER,
    Row("replay/event", _UP, 1, _NO, Twin.BRIDGE, (facts.Replayed,), wire_up.Replay, _FACT),
    Row(
        "barriere/cmd",
        _DOWN,
        1,
        _NEVER,
        _BARRIER,
        (orders.MoveBarrier,),
        wire_down.BarrierCommand,
        lane=_EXIT,
        expires_s=10,
    ),
    Row(
        "barriere_entree/cmd",
        _DOWN,
        1,
        _NEVER,
        _BARRIER,
        (orders.MoveBarrier,),
        wire_down.BarrierCommand,
        lane=_ENTRY,
        expires_s=10,
    ),
    Row(
        "display/text",
        _DOWN,
        1,
        _NO,
        Twin.DISPLAY,
        (orders.ShowText,),
        wire_down.DisplayText,
        paced=True,
        expires_s=3600,
    ),
    Row(
        "payment/req",
        _DOWN,
        1,
        _NO,
        _BADGES,
        (orders.RequestPayment, orders.RefuseEntry),
        wire_down.PaymentRequest,
        paced=True,
    ),
    Row("payment/success", _DOWN, 1, _NO, _BADGES, (orders.ConfirmPayment,), wire_down.PaymentSuccess, paced=True),
    Row("acl/add", _DOWN, 2, _NO, _BADGES, (orders.AddBadge,), wire_down.AclChange, secret=True, paced=True),
    Row("acl/del", _DOWN, 2, _NO, _BADGES, (orders.RemoveBadge,), wire_down.AclChange, secret=True, paced=True),
    Row("acl/full", _DOWN, 2, _NO, _BADGES, (orders.ReplaceBadges,), wire_down.AclFull, secret=True, paced=True),
    Row("acl/enroll", _DOWN, 1, _NO, _BADGES, (orders.StartEnrolment,), wire_down.AclEnrol, secret=True, paced=True),
    Row("acl/get", _DOWN, 0, _NO, _BADGES, (orders.ListBadges,), wire_down.AclQuestion, secret=True, paced=True),
    Row("config/pin", _DOWN, 1, _NEVER, _BADGES, (orders.SetPin,), None, lane=_ENTRY, confidential=True, paced=True),
    Row(
        "config/exit_pin", _DOWN, 1, _NEVER, _BADGES, (orders.SetPin,), None, lane=_EXIT, confidential=True, paced=True
    ),
    Row("camera/cmd", _DOWN, 0, _NO, _CAMERA, (orders.MoveCamera,), wire_down.CameraCommand, expires_s=2),
    Row("ascenseur/cmd", _DOWN, 1, _NO, _ELEVATOR, (orders.SendElevator,), wire_down.ElevatorCommand, expires_s=30),
    Row("ascenseur/get", _DOWN, 0, _NO, _ELEVATOR, (orders.AskElevator,), wire_down.ElevatorQuestion, expires_s=30),
    Row("radio/tx/cmd", _DOWN, 1, _NO, Twin.RADIO, (orders.SendRadio,), wire_down.RadioText),
    Row("radio/tx/params", _DOWN, 1, _NO, Twin.RADIO, (orders.TuneRadio,), wire_down.RadioText),
)

BY_TOPIC: Mapping[str, Row] = MappingProxyType({row.topic: row for row in ROWS})
FAMILIES: frozenset[str] = frozenset(row.family for row in ROWS)
"""First levels of the topics: names no site may have."""


def rows(way: Way) -> tuple[Row, ...]:
    """Give the rows of one way, in the table's order."""
    return tuple(row for row in ROWS if row.way is way)


def row_for(order: orders.Order) -> Row:
    """Find the row an order is published on: by its type, and by its lane where lanes have topics of their own."""
    candidates = _BY_ORDER[type(order)]
    if isinstance(order, orders.MoveBarrier | orders.SetPin):
        return next(row for row in candidates if row.lane is order.lane)
    return candidates[0]


_BY_ORDER: Mapping[type[msgspec.Struct], tuple[Row, ...]] = MappingProxyType(
    {order: tuple(row for row in rows(_DOWN) if order in row.carries) for row in rows(_DOWN) for order in row.carries}
)
