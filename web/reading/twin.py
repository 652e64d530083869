"""A device's stored twin as pages need it: fields that this or an older worker does not write stay empty."""

from dataclasses import dataclass
from datetime import datetime

import msgspec


class Said(msgspec.Struct, frozen=True):
    """What a device reported last; `type` tells which of the fields it has."""

    type: str = ""
    present: bool | None = None
    state: str | None = None
    current: int | None = None
    target: int | None = None
    moving: bool | None = None
    text: str | None = None
    online: bool | None = None
    ville: str = ""
    description: str = ""
    temperature: float | None = None
    humidite: float | None = None
    vent: float | None = None
    vent_dir: str = ""
    prevision: str = ""
    pluie: float | None = None
    co2: float | None = None
    air: str | None = None
    entries: list[str] | None = None


class Badges(msgspec.Struct, frozen=True):
    """How many badges a controller says it holds."""

    count: int


class Written(msgspec.Struct, frozen=True):
    """When controllers last answered a write to their cards, and how many of them could not."""

    at: datetime
    done: int = 0
    failed: int = 0


class RateSeen(msgspec.Struct, frozen=True):
    """Which share of a camera's last 50 vehicles was read, and of those of its last 7 days; None: too few as yet."""

    last: float | None = None
    norm: float | None = None
    is_low: bool = False


class OrderSeen(msgspec.Struct, frozen=True):
    """An order to a device; `type` tells which of the fields it has."""

    type: str = ""
    floor: int = 0
    camera: int = 0
    move: str = ""
    text: str = ""


class AskedSeen(msgspec.Struct, frozen=True):
    """What a device was asked to do last."""

    order: OrderSeen
    at: datetime
    author: str = ""
    fate: str = "queued"


class TwinSeen(msgspec.Struct, frozen=True):
    """A device's stored twin."""

    reported: Said | None = None
    reported_at: datetime | None = None
    error: str | None = None
    error_at: datetime | None = None
    life: str | None = None
    heard_at: datetime | None = None
    unsteady: bool = False
    badges: Badges | None = None
    written: Written | None = None
    reads: int = 0
    doubtful: int = 0
    read_at: datetime | None = None
    rates: dict[str, RateSeen] = {}
    clock_s: float | None = None
    asked: AskedSeen | None = None
    cut_at: datetime | None = None
    back_at: datetime | None = None

    @property
    def spoke_at(self) -> datetime | None:
        """When it last said something."""
        written_at = self.written.at if self.written is not None else None
        times = (self.reported_at, self.error_at, self.heard_at, self.read_at, written_at)
        return max((at for at in times if at is not None), default=None)


_TWIN = msgspec.json.Decoder(TwinSeen)


def twin_seen(body: bytes | None) -> TwinSeen:
    """A device's twin, empty when there is none or it is not understood."""
    try:
        return _TWIN.decode(body) if body is not None else TwinSeen()
    except msgspec.DecodeError:
        return TwinSeen()


@dataclass(frozen=True, slots=True)
class Link:
    """Whether a site's bridge is connected, and since when; `online` None: it has never said.

    From `cut_at` to `back_at` it was not, the last time.
    """

    online: bool | None
    since: datetime | None
    cut_at: datetime | None = None
    back_at: datetime | None = None

    def heard(self, at: datetime) -> bool:
        """Whether the site may have heard what the broker took then."""
        return self.cut_at is None or at < self.cut_at or (self.back_at is not None and self.back_at <= at)


def link_of(bridge: bytes | None) -> Link:
    """Whether a site is connected, by its bridge's twin."""
    twin = twin_seen(bridge)
    online = twin.reported.online if twin.reported else None
    # A bridge that was there again before this was kept.
    back_at = twin.back_at or (twin.reported_at if online else None)
    return Link(online, twin.reported_at, twin.cut_at, back_at)
