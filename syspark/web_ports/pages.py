"""What pages about sites, lanes, devices, vehicles and alarms read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from syspark.domain.units import SiteId
from syspark.web_ports.sessions import CommandLine


@dataclass(frozen=True, slots=True)
class LaneLine:
    """A lane and whether a presence sensor watches it."""

    lane: str
    has_sensor: bool


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A site with its last stored state. `bridge` is the stored twin of its link, `seen_at` when any device spoke;
    `policy` is JSON of its rules.
    """

    id: SiteId
    name: str
    zone: str
    currency: str
    capacity: int
    partition: int
    lanes: tuple[LaneLine, ...]
    state: bytes | None
    state_at: datetime | None
    bridge: bytes | None
    seen_at: datetime | None
    policy: bytes = b"{}"


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A journal row; `personal` maps the references in `inputs` to the values that are still kept."""

    site_id: SiteId
    seq: int
    at: datetime
    fact_at: datetime
    actor: str
    kind: str
    rule: str
    inputs: bytes
    cause: UUID
    personal: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Whom a holder key (a badge's UID, a subject's id, `pin:<session>`) stands for, and their session if it lasts.

    What is not known of the key itself is what else speaks for that session's vehicle: the badge read with a plate,
    the plate read with a badge. `closed_at`: when that session ended; one that ended long ago is not told.
    """

    site_id: SiteId
    key: str
    holder: str | None
    plan: str | None
    plate: str | None
    session_id: str | None
    opened_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class InsideLine:
    """An open session, since when, and who its vehicle is as far as known."""

    session_id: str
    opened_at: datetime | None
    plate: str | None
    holder: str | None


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A device, when it was last heard and its stored twin; of controllers also the stored state of their sync."""

    name: str
    kind: str
    lane: str | None
    seen_at: datetime | None
    twin: bytes | None
    sync: bytes | None = None


@dataclass(frozen=True, slots=True)
class BadgeLine:
    """A badge known at a site, as far as it tells whether a controller may act on it."""

    uid: str
    plan: str
    valid_from: datetime | None
    valid_until: datetime | None
    blocked: bool


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A message of the site's that was refused, by a `Reason`; what it held is for `syspark rejected` alone."""

    topic: str
    reason: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class FlowLine:
    """How many vehicles came in and went out in the step that begins at `at`."""

    at: datetime
    entries: int
    exits: int


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as the camera sent it."""

    content_type: str
    body: bytes
    lane: str | None = None


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """An alarm by itself, not explained by another one. `site_id` None: of what runs beside the sites.

    `partition` is where its actor lives.
    """

    id: UUID
    site_id: SiteId | None
    partition: int
    site_name: str
    zone: str
    kind: str
    about: str
    severity: str
    detail: str
    raised_at: datetime
    times: int
    flapping: bool
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    assigned_to: str | None
    escalated_at: datetime | None
    cleared_at: datetime | None
    cleared_by: str | None


@dataclass(frozen=True, slots=True)
class AlarmCount:
    """How many alarms of a site stand by themselves, and how grave the gravest is."""

    site_id: SiteId | None
    standing: int
    severity: str


@dataclass(frozen=True, slots=True)
class EvacuatedLine:
    """Vehicles `inside` when an evacuation began, and what became of them; `unknown` left without a known entry.

    `openings` are lane, commands sent, and those of them that did not get there.
    """

    inside: int
    left: int
    unknown: int
    stayed: int
    openings: tuple[tuple[str, int, int], ...]


class PageReads(Protocol):
    """What pages are made of."""

    async def sites(self) -> Sequence[SiteLine]:
        """Every site, by name."""

    async def journal(self, site_ids: Collection[SiteId], since: datetime, limit: int) -> Sequence[JournalLine]:
        """The newest `limit` journal rows of each site at or after `since`, newest first."""

    async def evacuated(self, site_id: SiteId, since: datetime, until: datetime) -> EvacuatedLine:
        """What was counted between the beginning of an evacuation and the end of the time in which nobody paid."""

    async def openings(self, site_ids: Collection[SiteId], since: datetime) -> Sequence[CommandLine]:
        """Barrier commands created at or after `since`, oldest first."""

    async def people(self, keys: Collection[tuple[SiteId, str]], closed_since: datetime) -> Sequence[PersonLine]:
        """Whom holder keys stand for, with sessions that are open or were closed at or after `closed_since`."""

    async def inside(self, session_ids: Collection[str]) -> Sequence[InsideLine]:
        """Those of these sessions that are open."""

    async def devices(self, site_id: SiteId) -> Sequence[DeviceLine]:
        """The devices of a site, by name."""

    async def badges(self, site_id: SiteId) -> Sequence[BadgeLine]:
        """Every badge known at a site."""

    async def refused(self, site_id: SiteId, since: datetime, limit: int) -> Sequence[RefusedLine]:
        """The messages of a site that were refused last, at or after `since`, newest first."""

    async def flow(self, site_id: SiteId, since: datetime, step_s: int) -> Sequence[FlowLine]:
        """Entries and exits since then, by steps that have any."""

    async def alarm_counts(self) -> Sequence[AlarmCount]:
        """How many alarms stand, of each site that has any."""

    async def alarms(self, ended: int) -> Sequence[AlarmLine]:
        """Every alarm that stands, and so many of those that ended last."""

    async def alarm(self, alarm_id: UUID) -> AlarmLine | None:
        """One alarm."""

    async def photo(self, site_id: SiteId, photo_id: UUID, taken: tuple[datetime, datetime]) -> Photo | None:
        """A picture taken between two moments."""
