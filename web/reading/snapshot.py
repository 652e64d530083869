"""A site's stored state as pages need it: fields that this or an older worker does not write stay empty."""

from datetime import datetime

import msgspec

from syspark.domain.site.learned import COUNTS_FROM


class Who(msgspec.Struct, frozen=True):
    """Who was read last at a lane, by holder key. `masked` is what everybody may see of a plate."""

    key: str
    at: datetime
    kind: str = "badge"
    masked: str = ""
    session_id: str | None = None


class Suggested(msgspec.Struct, frozen=True):
    """An open session whose vehicle may be the one that waits; `why` says what keeps it from being certain."""

    session_id: str
    masked: str = ""
    distance: float = 0.0
    why: str = ""


class Opened(msgspec.Struct, frozen=True):
    """The lane's last opening, with who was known to wait there since when until it was sent."""

    command_id: str
    answer: str = "pending"
    identity: Who | None = None
    waiting_since: datetime | None = None


class Span(msgspec.Struct, frozen=True):
    """What an operator wants of a lane, in force or to come."""

    mode: str
    starts_at: datetime
    author: str
    ends_at: datetime | None = None


class Enrolling(msgspec.Struct, frozen=True):
    """A lane that waits for a badge to be enrolled, and which one was held to its reader."""

    until: datetime
    offered: str | None = None


class LaneSeen(msgspec.Struct, frozen=True):
    """A lane."""

    present: bool = False
    trusted: bool = True
    cycle: int = 0
    identity: Who | None = None
    opening: Opened | None = None
    waiting_since: datetime | None = None
    closed_because: str | None = None
    closed_at: datetime | None = None
    photo_id: str | None = None
    photo_at: datetime | None = None
    barrier: str | None = None
    barrier_at: datetime | None = None
    mode: str = "controlled"
    span: Span | None = None
    enrolment: Enrolling | None = None
    help_since: datetime | None = None
    help_unseen: bool = False
    suggestions: tuple[Suggested, ...] = ()


class Ask(msgspec.Struct, frozen=True):
    """A payment the exit asks for."""

    session_id: str
    key: str
    cents: int
    currency: str
    duration_s: int
    until: datetime


class Shown(msgspec.Struct, frozen=True):
    """What the site's displays say."""

    text: str
    kind: str = "information"
    lane: str | None = None
    until: datetime | None = None


class Proof(msgspec.Struct, frozen=True):
    """Whether the site itself knows the same vehicles inside: identical `since`, or how many only one of both knows."""

    at: datetime
    since: datetime | None = None
    only_here: tuple[str, ...] = ()
    here: int = 0
    only_there: tuple[str, ...] = ()
    there: int = 0


class Confusion(msgspec.Struct, frozen=True):
    """Two characters that corrections say the site's cameras confuse, and the sessions that taught them."""

    pair: str
    sessions: tuple[str, ...] = ()

    @property
    def lacks(self) -> int:
        """How many corrections more make it count."""
        return max(0, COUNTS_FROM - len(self.sessions))


class Evacuation(msgspec.Struct, frozen=True):
    """An evacuation; `confirmed_by` is who on site said that it is over."""

    since: datetime
    author: str
    ended_at: datetime | None = None
    ended_by: str | None = None
    confirmed_by: str | None = None


class SiteSeen(msgspec.Struct, frozen=True):
    """A site."""

    occupancy: int = 0
    reserved: int = 0
    lanes: dict[str, LaneSeen] = {}
    ask: Ask | None = None
    display: Shown | None = None
    match_risk: float = 0.0
    emergencies: tuple[Evacuation, ...] = ()
    proof: Proof | None = None
    payments_down_since: datetime | None = None
    count_unsure_since: datetime | None = None
    learned: tuple[Confusion, ...] = ()


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
