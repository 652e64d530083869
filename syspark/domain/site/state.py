"""What a site knows: its set-up, its lanes and count, and the latest visit of each vehicle."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from syspark.domain.access import Credential
from syspark.domain.policy import SitePolicy
from syspark.domain.tariff import Tariff
from syspark.domain.units import CommandId, DeviceName, Lane, SessionId, SiteId, Uid


@dataclass(frozen=True, slots=True)
class DeviceSetup:
    """What an operator says of a device: what it is and on which lane it stands."""

    kind: str
    lane: Lane | None


@dataclass(frozen=True, slots=True)
class SiteSetup:
    """A site's configuration: read by decisions, changed by none of them. `sensors`: lanes with a presence sensor."""

    site_id: SiteId
    policy: SitePolicy
    policy_version: int
    tariff: Tariff
    tariff_version: int
    capacity: int
    sensors: frozenset[Lane]
    devices: Mapping[DeviceName, DeviceSetup]

    def lane_of(self, device: DeviceName) -> Lane | None:
        """The lane a device stands on, None when it has none or is not known."""
        setup = self.devices.get(device)
        return setup.lane if setup else None


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """The last identity read at a lane."""

    uid: Uid
    at: datetime


class Answer(enum.StrEnum):
    """How far what a read asked for has come."""

    PENDING = "pending"
    GOOD = "good"
    BAD = "bad"


class LaneOpening(msgspec.Struct, frozen=True, kw_only=True):
    """The last opening of a lane that was sent. `read_at` is the fact behind it, `answer` what became of it."""

    uid: Uid
    session_id: SessionId
    command_id: CommandId
    read_at: datetime
    answer: Answer = Answer.PENDING


class LaneState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A lane. A `cycle` ends when the vehicle leaves the sensor; without one that is believed, at any opening.

    It ends at the departure and not at the next arrival: a badge is often held to the reader before the sensor tells
    of the vehicle, and both belong together. `opening` is that of this cycle where a sensor watches.
    """

    present: bool = False
    trusted: bool = True
    cycle: int = 0
    identity: Identity | None = None
    opening: LaneOpening | None = None


class PaymentAsk(msgspec.Struct, frozen=True, kw_only=True):
    """A payment the exit board keeps asking for: it shows each request for seconds only."""

    session_id: SessionId
    uid: Uid
    cycle: int
    cents: int
    currency: str
    duration_s: int
    asked_at: datetime
    until: datetime


class SiteState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A site's last-known state: its snapshot. Visits are not in it, they are rebuilt from rows."""

    occupancy: int = 0
    lanes: dict[Lane, LaneState] = msgspec.field(default_factory=dict)
    ask: PaymentAsk | None = None

    def lane(self, lane: Lane) -> LaneState:
        """The state of a lane, that of an untouched one where nothing is known."""
        return self.lanes.get(lane, _UNTOUCHED)

    def watched(self, lane: Lane, sensors: frozenset[Lane]) -> bool:
        """Whether a sensor that is believed watches a lane."""
        return lane in sensors and self.lane(lane).trusted


_UNTOUCHED = LaneState()


class Visit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A vehicle's latest visit as the site sees it.

    `answer` is the fate of what the last accepted read (`read_at`) led to; `command_id` that read's barrier command.
    `confirmed`: nothing speaks against its having passed the entry. `tried_at`: when its entry was last decided.
    `left_at`: when its session was closed to let it out; such a visit is kept for minutes only.
    """

    session_id: SessionId
    uid: Uid
    opened_at: datetime | None
    read_at: datetime
    tried_at: datetime
    lane: Lane
    command_id: CommandId | None = None
    answer: Answer = Answer.PENDING
    confirmed: bool = False
    left_at: datetime | None = None

    @property
    def inside(self) -> bool:
        """Whether the vehicle still holds an open session."""
        return self.left_at is None


@dataclass(frozen=True, slots=True)
class Known:
    """What was looked up for one message: the badge, and the visit the message is about."""

    credential: Credential | None = None
    visit: Visit | None = None
