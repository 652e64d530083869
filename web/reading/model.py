"""What the pages are made of: values that are equal as long as nothing a reader could see has changed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from syspark.domain.units import SiteId
from syspark.telling import session_of
from web.reading.snapshot import Confusion, Proof
from web.reading.twin import Link
from web.sentence import Money, Sentence, Word

Level = Literal["none", "act", "warn", "crit"]

AMBER_S = 60
RED_S = 120


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Who stands at a lane, as far as known; `badge` is the end of a badge's number, `pin`: a PIN was typed."""

    plate: str | None = None
    badge: str | None = None
    pin: bool = False
    holder: str | None = None
    plan: str | None = None
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PhotoRef:
    """A picture of a lane and when it was taken."""

    id: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Opening:
    """A barrier command: by which rule or whom, for which reason, for which holder key, and its fate.

    `waiting_since` is since when the vehicle it is for had waited, until the site has heard of the fate; `photo` came
    with the reading that led to it.
    """

    command_id: str
    lane: str
    rule: str
    author: str | None
    reason: str | None
    fate: str
    fate_at: datetime
    created_at: datetime
    expires_at: datetime | None
    in_flight: bool
    key: str | None = None
    waiting_since: datetime | None = None
    photo: PhotoRef | None = None


@dataclass(frozen=True, slots=True)
class Display:
    """What a driver reads at a lane."""

    text: str
    kind: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Match:
    """An open session whose vehicle may be the one that waits; `because` says what keeps it from being certain."""

    session_id: str
    plate: str
    holder: str | None
    opened_at: datetime | None
    because: Sentence


@dataclass(frozen=True, slots=True)
class LaneCard:
    """A lane: who waits since when, why it is closed, what is under way and what to do next.

    `to_open`: opening is the next act. `calls`: it needs a person, and is not just being decided.
    """

    site_id: SiteId
    lane: str
    mode: str
    barrier: str
    level: Level
    waiting_since: datetime | None
    help_since: datetime | None
    vehicle: Vehicle | None
    headline: Sentence
    details: tuple[Sentence, ...]
    next_act: Sentence | None
    to_open: bool
    calls: bool
    amount: Money | None
    opening: Opening | None
    photo: PhotoRef | None
    display: Display | None
    suggestions: tuple[Match, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether somebody stands there and is not let through."""
        return self.waiting_since is not None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the queue."""

    site_id: SiteId
    site_name: str
    zone: str
    card: LaneCard


@dataclass(frozen=True, slots=True)
class SiteCard:
    """A site in one line. `free` below zero is shown as full.

    `evacuated`: an evacuation stands. `match_risk` is the share of exits at which one vehicle inside would be taken for
    another. `unsure_since`: since when the count may be wrong.
    """

    id: SiteId
    name: str
    zone: str
    currency: str
    capacity: int
    occupancy: int | None
    reserved: int
    link: Link
    as_of: datetime | None
    level: Level
    troubles: tuple[Sentence, ...]
    waiting: int
    oldest: datetime | None
    match_risk: float = 0.0
    evacuated: bool = False
    alarms: int = 0
    proof: Proof | None = None
    unsure_since: datetime | None = None

    @property
    def share(self) -> float:
        """Per cent of the places taken."""
        return min(100.0, 100 * (self.occupancy or 0) / self.capacity) if self.capacity else 0.0

    @property
    def is_full(self) -> bool:
        """Whether no place is left."""
        return self.occupancy is not None and self.occupancy >= self.capacity > 0


@dataclass(frozen=True, slots=True)
class Overview:
    """All sites: who waits, oldest first, then where to look."""

    queue: tuple[Waiting, ...]
    troubled: tuple[SiteCard, ...]
    calm: tuple[SiteCard, ...]

    @property
    def total(self) -> int:
        """How many sites there are."""
        return len(self.troubled) + len(self.calm)


@dataclass(frozen=True, slots=True)
class Device:
    """A device with its age.

    `health` is online, late, unsteady, offline or fault; `drift` of controllers that hold other badges than they
    should, `misreads` of a camera that reads fewer vehicles than it used to, `heard` of what does not beat, `cut` of
    what is behind a link that is cut, `silent` of what was never heard.
    """

    name: str
    kind: str
    lane: str | None
    health: str
    seen_at: datetime | None
    detail: Sentence | None


@dataclass(frozen=True, slots=True)
class Weather:
    """The weather at a site: degrees Celsius, per cent, km/h, mm of rain, ppm of CO2; what is not known is None."""

    place: str
    description: str
    temperature: float
    humidity: float | None
    wind: float | None
    wind_from: str
    forecast: str
    rain: float | None
    co2: float | None
    air: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class FeedItem:
    """A line of the live feed."""

    seq: int
    at: datetime
    icon: str
    level: str
    text: Sentence


@dataclass(frozen=True, slots=True)
class Curve:
    """Occupancy over the last 24 h, a value at each step's end, the last one now."""

    since: datetime
    step_s: int
    values: tuple[int, ...]
    capacity: int


@dataclass(frozen=True, slots=True)
class Way:
    """The page on which something is put right, and its name."""

    path: str
    name: Word


@dataclass(frozen=True, slots=True)
class AlarmCard:
    """An alarm. `lane`: it is about that lane; `happened`: to acknowledge it is to end it; `way`: where it is done."""

    id: UUID
    site_id: SiteId | None
    site_name: str
    zone: str
    kind: str
    level: Level
    lane: str | None
    about: str
    detail: str
    raised_at: datetime
    times: int
    flapping: bool
    happened: bool
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    assigned_to: str | None
    escalated_at: datetime | None
    cleared_at: datetime | None
    cleared_by: str | None
    way: Way | None = None

    @property
    def session(self) -> str | None:
        """The session it is about."""
        return session_of(self.about)


@dataclass(frozen=True, slots=True)
class Unshared:
    """A session that is open here, while its site does not list its vehicle."""

    session_id: str
    vehicle: Vehicle


@dataclass(frozen=True, slots=True)
class SitePage:
    """One site. `unshared`: who is inside for us alone, by the latest comparison with the site's own list."""

    site: SiteCard
    lanes: tuple[LaneCard, ...]
    devices: tuple[Device, ...]
    weather: Weather | None
    feed: tuple[FeedItem, ...]
    curve: Curve = field(repr=False)
    alarms: tuple[AlarmCard, ...] = ()
    learned: tuple[Confusion, ...] = ()
    unshared: tuple[Unshared, ...] = ()


def level_of_wait(since: datetime, now: datetime) -> Level:
    """How urgent a wait is. Source: domain.md, "vehicle waiting (60 s amber, 120 s red)"."""
    waited_s = (now - since).total_seconds()
    return "crit" if waited_s >= RED_S else "warn" if waited_s >= AMBER_S else "none"
