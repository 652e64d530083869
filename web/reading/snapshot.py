"""A site's stored state as pages need it: fields that this or an older worker does not write stay empty."""

from datetime import datetime

import msgspec


class Who(msgspec.Struct, frozen=True):
    """The last badge read at a lane."""

    uid: str
    at: datetime


class Opened(msgspec.Struct, frozen=True):
    """That a lane was opened for the vehicle of its present cycle, and what became of it."""

    answer: str = "pending"


class LaneSeen(msgspec.Struct, frozen=True):
    """A lane. Fields from `waiting_since` on stay empty until a worker writes them."""

    present: bool = False
    trusted: bool = True
    cycle: int = 0
    identity: Who | None = None
    opening: Opened | None = None
    waiting_since: datetime | None = None
    closed_because: str | None = None
    closed_at: datetime | None = None
    plate: str | None = None
    photo_id: str | None = None
    photo_at: datetime | None = None
    barrier: str | None = None
    barrier_at: datetime | None = None
    mode: str = "controlled"
    mode_until: datetime | None = None
    mode_by: str | None = None
    help_since: datetime | None = None


class Ask(msgspec.Struct, frozen=True):
    """A payment the exit asks for."""

    session_id: str
    uid: str
    cents: int
    currency: str
    duration_s: int
    until: datetime
    asked_at: datetime | None = None


class Shown(msgspec.Struct, frozen=True):
    """What the site's displays say."""

    text: str
    kind: str = "information"
    lane: str | None = None
    until: datetime | None = None


class SiteSeen(msgspec.Struct, frozen=True):
    """A site."""

    occupancy: int = 0
    reserved: int = 0
    lanes: dict[str, LaneSeen] = {}
    ask: Ask | None = None
    display: Shown | None = None


class _Count(msgspec.Struct, frozen=True):
    occupancy: int = 0


_SITE = msgspec.json.Decoder(SiteSeen)
_COUNT = msgspec.json.Decoder(_Count)


def site_seen(body: bytes | None) -> SiteSeen | None:
    """A site's state; None when nothing is stored. Of one that is not understood, the count alone is kept."""
    if body is None:
        return None
    try:
        return _SITE.decode(body)
    except msgspec.DecodeError:
        pass
    try:
        return SiteSeen(occupancy=_COUNT.decode(body).occupancy)
    except msgspec.DecodeError:
        return None


class _Fact(msgspec.Struct, frozen=True):
    online: bool | None = None
    state: str | None = None
    code: str | None = None


class TwinSeen(msgspec.Struct, frozen=True):
    """A device's stored twin."""

    reported: _Fact | None = None
    reported_at: datetime | None = None
    error: str | None = None


_TWIN = msgspec.json.Decoder(TwinSeen)


def twin_seen(body: bytes | None) -> TwinSeen:
    """A device's twin, empty when there is none or it is not understood."""
    try:
        return _TWIN.decode(body) if body is not None else TwinSeen()
    except msgspec.DecodeError:
        return TwinSeen()
