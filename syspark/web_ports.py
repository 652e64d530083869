"""What the web needs from the outside world, as protocols: its operators and sessions, reads for pages, requests.

Everything here belongs to one organisation, the one its stores were opened for; row-level policies are the second
net. Every method raises `syspark.errors.Unavailable` while the database is away.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from syspark.acts import Act
from syspark.domain.units import SessionId, SiteId
from syspark.money_reads import MoneyReads
from syspark.portal_reads import PortalReads
from syspark.portal_tries import Tries
from syspark.rows import InboxRow, Scope
from syspark.session_reads import CommandLine, SessionReads


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who may sign in. `site_id` bounds what they see; `totp` is their sealed second factor, if they have one.

    `role` is viewer, operator, manager, admin or partner; `partner_id` is whose page a partner's login sees.
    """

    id: UUID
    login: str
    password_hash: str
    role: str
    site_id: SiteId | None = None
    totp: bytes | None = None
    disabled: bool = False
    partner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class WebSession:
    """A shift: who signed in, the token their forms carry, and until when."""

    id_hash: bytes
    operator: Operator
    csrf: str
    created_at: datetime
    expires_at: datetime


class OperatorStore(Protocol):
    """Who may sign in."""

    async def by_login(self, login: str) -> Operator | None:
        """The operator of this name, a disabled one too."""

    async def by_id(self, operator_id: UUID) -> Operator | None:
        """The operator of this id."""


class WebSessionStore(Protocol):
    """Shifts, and what may be used only once; ids are stored hashed."""

    async def open(self, session: WebSession, act: Act) -> None:
        """Store a new shift, tell the journal of it, and forget those that are over."""

    async def find(self, id_hash: bytes, now: datetime) -> WebSession | None:
        """A shift that is not over, of an operator who is not disabled."""

    async def close(self, id_hash: bytes, act: Act | None = None) -> None:
        """End a shift now; the journal is told of the act unless it had ended already."""

    async def note(self, act: Act) -> None:
        """Tell the journal of an act that changes nothing."""

    async def alive(self, id_hashes: Collection[bytes], now: datetime) -> Collection[bytes]:
        """Which of these shifts still stand."""

    async def use_once(self, key_hash: bytes, now: datetime, expires_at: datetime) -> bool:
        """Mark a key as used until `expires_at`; False: it was used before."""


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

    async def session_journal(self, session_id: UUID, since: datetime) -> Sequence[JournalLine]:
        """Every journal row about a session, none of which is older than `since`, in order."""

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


@dataclass(frozen=True, slots=True)
class Request:
    """What became of a request: `status` and `outcome` as its mailbox row has them."""

    id: UUID
    site_id: SiteId
    status: str
    outcome: str
    received_at: datetime
    kind: str = ""


class RequestStore(Protocol):
    """The mailboxes, as seen by those who ask."""

    async def put(self, row: InboxRow) -> None:
        """Make a request durable, once however often it is tried."""

    async def find(self, row_id: UUID) -> Request | None:
        """What became of a request."""


@dataclass(frozen=True, slots=True)
class CredentialLine:
    """What a holder shows at a site: `uid` is what it is found by, `plate` None for a badge. `inside`: it is in use."""

    uid: str
    kind: str
    plate: str | None
    holder: str
    plan: str
    valid_from: datetime | None
    valid_until: datetime | None
    blocked: bool
    windows: str
    lane: str | None
    temporary: bool
    inside: bool


@dataclass(frozen=True, slots=True)
class PoolLine:
    """A holder whose vehicles share places, how many take one now, and by how many credentials."""

    holder: str
    kind: str
    places: int
    in_use: int
    credentials: int


class AccessReads(Protocol):
    """What the page of rights is made of."""

    async def credentials(
        self, site_id: SiteId, text: str, limit: int, *, now: datetime, ends_before: datetime | None = None
    ) -> Sequence[CredentialLine]:
        """Those that have this text in holder, plate or badge, by holder; or those that end soon, the first first."""

    async def known(self, site_id: SiteId) -> tuple[int, int]:
        """How many badges and plates a site knows."""

    async def pools(self, site_id: SiteId) -> Sequence[PoolLine]:
        """The holders that share places, by name."""


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """A partner of a site with a month; `body` is its JSON."""

    id: UUID
    body: bytes
    validated: int
    held_cents: int
    spent_cents: int


@dataclass(frozen=True, slots=True)
class ValidationLine:
    """A plate that a partner has taken over; `body` is its JSON, `plate` None once it was erased."""

    id: UUID
    partner_id: UUID
    partner: str
    plate: str | None
    body: bytes


class PartnerReads(Protocol):
    """What the pages of partners are made of. `partner_id` None: of all partners of a site."""

    async def partners(self, site_id: SiteId, month: str, partner_id: UUID | None = None) -> Sequence[PartnerLine]:
        """The partners of a site, by name, with what they have validated in a month."""

    async def validations(
        self, site_id: SiteId, month: str, limit: int, partner_id: UUID | None = None
    ) -> Sequence[ValidationLine]:
        """What was validated in a month, the latest first."""


@dataclass(frozen=True, slots=True)
class TariffLine:
    """A version of a site's tariff; `body` is its JSON."""

    version: int
    starts_at: datetime
    published_at: datetime
    author: str
    body: bytes


@dataclass(frozen=True, slots=True)
class EndedLine:
    """A session that is over; `body` is its JSON."""

    id: UUID
    opened_at: datetime | None
    closed_at: datetime
    body: bytes


class TariffReads(Protocol):
    """What the page of tariffs is made of."""

    async def versions(self, site_id: SiteId) -> Sequence[TariffLine]:
        """Every version of a site's tariff, the one that starts last first."""

    async def ended(
        self, site_id: SiteId, since: datetime, before: tuple[datetime, UUID], limit: int
    ) -> Sequence[EndedLine]:
        """Sessions that ended from `since` on and before that one did, the latest first, `limit` at most."""


@dataclass(frozen=True, slots=True)
class EdgeSite:
    """The site a token opens."""

    id: SiteId
    organisation_id: UUID
    partition: int

    @property
    def scope(self) -> Scope:
        """Whom its rows belong to."""
        return Scope(self.organisation_id, self.id, self.partition)


class EdgeStore(Protocol):
    """What the gateways of a site send over HTTP."""

    async def site_of(self, token_hash: bytes) -> EdgeSite | None:
        """The site whose token has this SHA-256."""

    async def put(self, row: InboxRow, photo: Photo | None) -> None:
        """Make a fact and its picture durable in one transaction; the picture takes the row's id."""


class WordReads(Protocol):
    """Whose the words of the payment provider are."""

    async def scope_of(self, session_id: SessionId) -> Scope | None:
        """Where a session is; None: there is none of ours."""

    async def session_of(self, payment_ref: str) -> SessionId | None:
        """The session of the payment that the provider knows by this name."""


class Hints(Protocol):
    """The word of workers that something has changed."""

    def heard(self) -> AsyncIterator[None]:
        """One item as soon as it listens, since earlier words are not heard, and one for each word."""


@dataclass(frozen=True, slots=True)
class WebStores:
    """The persistence of the web wing, for one organisation."""

    organisation_id: UUID
    operators: OperatorStore
    sessions: WebSessionStore
    pages: PageReads
    requests: RequestStore
    edge: EdgeStore
    access: AccessReads
    hints: Hints
    parking: SessionReads
    portal: PortalReads
    tries: Tries
    words: WordReads
    money: MoneyReads
    tariffs: TariffReads
    partners: PartnerReads
