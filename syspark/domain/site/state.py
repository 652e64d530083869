"""What a site knows: its set-up, its lanes and count, and the latest visit of each vehicle."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from syspark.domain.access import Plan, Right
from syspark.domain.identity import Witness, WitnessKind, is_pin, is_unread
from syspark.domain.messages import LaneMode
from syspark.domain.orders import Because
from syspark.domain.partner import Partnership
from syspark.domain.policy import SitePolicy
from syspark.domain.session.state import Session
from syspark.domain.site.departure import Departure
from syspark.domain.site.learned import Learned
from syspark.domain.site.proof import Compared, Proof
from syspark.domain.tariff import Tariff, TariffVersion, in_force
from syspark.domain.units import CommandId, DeviceName, HolderKey, Lane, SessionId, Side, SiteId, SubjectId


@dataclass(frozen=True, slots=True)
class DeviceSetup:
    """What an operator says of a device: what it is and on which lane it stands."""

    kind: str
    lane: Lane | None


@dataclass(frozen=True, slots=True)
class SiteSetup:
    """A site's configuration: read by decisions, changed by none of them. `sensors`: lanes with a presence sensor.

    `zone` names the site's own time. `tariffs` are the versions of its tariff that start last, some of them in future.
    """

    site_id: SiteId
    policy: SitePolicy
    policy_version: int
    tariff: Tariff
    tariff_version: int
    capacity: int
    sensors: frozenset[Lane]
    devices: Mapping[DeviceName, DeviceSetup]
    zone: str = "UTC"
    tariffs: tuple[TariffVersion, ...] = ()

    def tariff_at(self, at: datetime) -> tuple[Tariff, int]:
        """The tariff of a stay that begins at `at`, and its version."""
        version = in_force(self.tariffs, at)
        return (self.tariff, self.tariff_version) if version is None else (version.tariff, version.version)

    def lane_of(self, device: DeviceName) -> Lane | None:
        """The lane a device stands on, None when it has none or is not known."""
        setup = self.devices.get(device)
        return setup.lane if setup else None


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last identity read at a lane; `session_id` is whose vehicle it is, None for one that may not pass."""

    key: HolderKey
    kind: WitnessKind
    at: datetime
    session_id: SessionId | None = None
    masked: str = ""


class Answer(enum.StrEnum):
    """How far what a read asked for has come."""

    PENDING = "pending"
    GOOD = "good"
    BAD = "bad"


class Arrival(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was read of one vehicle at a lane: at most once each witness, and one of a kind but for second plates.

    `id` is the mailbox row that began it; `session_id` None: nothing read so far may pass. `since` is when the lane's
    cycle began, `ended_at` when it ended for this vehicle: an older fact may still belong to it. `sides` are the
    ends of the vehicle that cameras have read.
    """

    id: str
    witnesses: tuple[Witness, ...]
    session_id: SessionId | None = None
    since: datetime | None = None
    ended_at: datetime | None = None
    sides: tuple[Side, ...] = ()

    def has(self, key: HolderKey) -> bool:
        """Whether this holder is among the witnesses."""
        return any(witness.key == key for witness in self.witnesses)


class Doubt(enum.StrEnum):
    """Why a plate that looks like an open session's is not taken for it."""

    NOT_ONE_CONFUSION = "not-one-confusion"
    NO_CONFIDENCE = "no-confidence"
    LOW_CONFIDENCE = "low-confidence"
    NEIGHBOURS = "neighbours"


class LaneOpening(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last opening of a lane that was sent. `read_at` is the fact behind it, `answer` what became of it.
    `because` is what explains it.

    `session_id` is None when a person had it opened for nobody known; `reason` and `author` are that person's.
    `waiting_since` is since when its driver waited, who waits still should the opening come to nothing.
    """

    command_id: CommandId
    read_at: datetime
    session_id: SessionId | None = None
    answer: Answer = Answer.PENDING
    waiting_since: datetime | None = None
    reason: str | None = None
    author: str | None = None
    because: Because


class Suggestion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An open session whose vehicle may be the one that stands at the exit: it charges nobody, a person decides.

    `distance` is between the plate read and the session's: 1 for each edit, less for what cameras confuse. `why` says
    what keeps it from being certain.
    """

    session_id: SessionId
    masked: str
    distance: float
    why: Doubt


class ModeSpan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From when to when an operator wants a lane in a mode; `ends_at` None: until somebody says otherwise."""

    mode: LaneMode
    starts_at: datetime
    author: str
    ends_at: datetime | None = None
    reason: str = ""


class OpenSpan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From when to when a lane stood open for everybody; `until` None: still."""

    lane: Lane
    since: datetime
    until: datetime | None = None


class Enrolment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Until when a lane waits for the badge to be enrolled, and which one was held to its reader."""

    until: datetime
    author: str
    offered: HolderKey | None = None


class WaitWatch(enum.StrEnum):
    """Whether it is watched how long a lane's driver waits, and whether people were told that it is long."""

    OFF = "off"
    ON = "on"
    TOLD = "told"


class LaneState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A lane, as far as it is known: who stands there, what was done for them, and what people want of it."""

    present: bool = False
    """Whether its sensor sees a vehicle, since `present_at`."""
    present_at: datetime | None = None
    trusted: bool = True
    """Whether its sensor is believed."""
    cycle: int = 0
    """Which vehicle it is: it ends when one leaves the sensor; without one that is believed, at any opening.

    It ends at the departure and not at the next arrival: a badge is often held to the reader before the sensor tells
    of the vehicle, and both belong together.
    """
    cycle_since: datetime | None = None
    identity: Identity | None = None
    """Who was read last in this cycle."""
    arrivals: tuple[Arrival, ...] = ()
    """The latest, the last one possibly still there."""
    opening: LaneOpening | None = None
    """That of this cycle where a sensor watches, else the last one."""
    waiting_since: datetime | None = None
    """Since when somebody is known to wait and is not let through."""
    closed_because: str | None = None
    """The rule, or the fate of an opening, that keeps it closed for them, since `closed_at`."""
    closed_at: datetime | None = None
    photo_id: str | None = None
    """The picture of the latest plate, until its vehicle leaves the sensor."""
    photo_at: datetime | None = None
    barrier: str | None = None
    """What its barrier said last, at `barrier_at`."""
    barrier_at: datetime | None = None
    told_open_at: datetime | None = None
    """When its barrier was last asked to open."""
    suggestions: tuple[Suggestion, ...] = ()
    """Whose vehicle may be waiting, the nearest plate first, while it is not known."""
    mode: LaneMode = LaneMode.CONTROLLED
    """How far it is ours to decide now."""
    span: ModeSpan | None = None
    """What an operator wants of it, in force or to come."""
    enrolment: Enrolment | None = None
    """The badge that somebody waits for here."""
    help_since: datetime | None = None
    """Since when its driver asks for help in vain."""
    watch: WaitWatch = WaitWatch.OFF
    """How far it is watched how long its driver waits."""
    help_unseen: bool = False
    """Help was asked while nobody was known to wait."""
    cameras: dict[Side, DeviceName] = {}
    """Those that read here, by the end of a vehicle they see."""
    pictured: tuple[Side, ...] = ()
    """The ends that were seen of the vehicle of this cycle."""

    @property
    def come(self) -> int:
        """How many vehicles its sensor has seen come."""
        return self.cycle + self.present


class PaymentAsk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A payment the exit board keeps asking for: it shows each request for seconds only."""

    session_id: SessionId
    key: HolderKey
    cycle: int
    cents: int
    currency: str
    duration_s: int
    asked_at: datetime
    until: datetime
    masked: str = ""


class Display(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the site's displays were last told to say; `lane` None: all of them, `until` None: until told otherwise."""

    text: str
    kind: str
    lane: Lane | None = None
    until: datetime | None = None


class Emergency(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An evacuation, and who ended it: an operator, on the word of somebody on site (`confirmed_by`)."""

    since: datetime
    author: str
    ended_at: datetime | None = None
    ended_by: str | None = None
    confirmed_by: str | None = None


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """From when to when nobody could pay."""

    since: datetime
    until: datetime


class HeldUp(msgspec.Struct, frozen=True, kw_only=True):
    """From when to when one vehicle has kept others waiting at the exit."""

    since: datetime
    until: datetime


class SiteState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A site's last-known state: its snapshot. Visits are not in it, they are rebuilt from rows."""

    occupancy: int = 0
    """How many are counted inside, with what people have corrected."""
    lanes: dict[Lane, LaneState] = msgspec.field(default_factory=dict)
    ask: PaymentAsk | None = None
    """What the exit asks to be paid."""
    display: Display | None = None
    """What its displays were told last."""
    texts: tuple[Display, ...] = ()
    """Those above the site's own whose time is not over, seen or not."""
    emergencies: tuple[Emergency, ...] = ()
    """The latest evacuations."""
    passback_from: datetime | None = None
    """Who came in before is not held to have passed a badge back."""
    inside: dict[Plan, int] = {}
    """Open visits by plan."""
    count_corrected_at: datetime | None = None
    """When a person last corrected the occupancy."""
    match_risk: float = 0.0
    """The share of exits at which one vehicle inside would be taken for another."""
    pins_guessed: tuple[str, int] = ("", 0)
    """On which day how many PINs let out whoever was longest inside."""
    open_spans: tuple[OpenSpan, ...] = ()
    """The latest times in which a lane stood open."""
    proof: Proof | None = None
    """Whether the site itself knows the same vehicles inside."""
    departures: tuple[Departure, ...] = ()
    """The latest exits that a replay told of."""
    controllers: bool = False
    """One has connected, which opens by itself for the badges on its list."""
    payments_down_since: datetime | None = None
    """Since when nobody can pay."""
    held_up: HeldUp | None = None
    """When the exit was last taken for long."""
    count_unsure_since: datetime | None = None
    """Since when the occupancy may be wrong, None once a person has counted."""
    learned: tuple[Learned, ...] = ()
    """What its cameras confuse besides what all do, in the version `learned_version`."""
    learned_version: int = 0
    outages: tuple[Outage, ...] = ()
    """The latest times in which nobody could pay."""
    exit_reader: int = 0
    """How often it was shown that badges are read at the exit too; below zero, that they are not."""
    cut_since: datetime | None = None
    """Since when its bridge is cut off, and hears nothing of what it is told."""

    @property
    def emergency(self) -> Emergency | None:
        """The evacuation that stands, None when none does."""
        last = self.emergencies[-1] if self.emergencies else None
        return last if last is not None and last.ended_at is None else None

    def lane(self, lane: Lane) -> LaneState:
        """The state of a lane, that of an untouched one where nothing is known."""
        return self.lanes.get(lane, _UNTOUCHED)

    def with_lane(self, name: Lane, lane: LaneState) -> "SiteState":
        """The state with another one of a lane."""
        return msgspec.structs.replace(self, lanes={**self.lanes, name: lane})

    def watched(self, lane: Lane, sensors: frozenset[Lane]) -> bool:
        """Whether a sensor that is believed watches a lane."""
        return lane in sensors and self.lane(lane).trusted


_UNTOUCHED = LaneState()


class Visit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A vehicle's latest visit as the site sees it.

    `keys` are the holders its witnesses speak for, first the one its session was begun for, none once another visit of
    theirs has replaced it; `masked` is of its plate.
    `answer` is the fate of what the last accepted read (`read_at`) led to; `command_id` that read's barrier command.
    `confirmed`: nothing speaks against its having passed the entry. `tried_at`: when its entry was last decided.
    `left_at`: when its session was closed to let it out; such a visit is kept for minutes only.
    `counted_out`: it ended without its session's word, since it was seen entering again or a person let it out.
    `pool`: whose place it takes, of a company that shares its places; `plan`: under which it is counted.
    `opened_at` is as the driver declares it where nobody saw the entry. `come_by_exit`: how many had `come` to the
    entry when it was last read at the exit. `may_have_left`: a PIN was told late that may have been its driver's.
    """

    session_id: SessionId
    keys: tuple[HolderKey, ...]
    opened_at: datetime | None
    read_at: datetime
    tried_at: datetime
    lane: Lane
    command_id: CommandId | None = None
    answer: Answer = Answer.PENDING
    confirmed: bool = False
    left_at: datetime | None = None
    counted_out: bool = False
    masked: str = ""
    pool: str | None = None
    plan: Plan = Plan.VISITOR
    come_by_exit: int | None = None
    may_have_left: bool = False

    @property
    def key(self) -> HolderKey:
        """Whom its session was begun for."""
        return self.keys[0]

    @property
    def inside(self) -> bool:
        """Whether the vehicle still holds an open session."""
        return self.left_at is None

    @property
    def by_pin(self) -> bool:
        """Whether a PIN is among its witnesses."""
        return any(is_pin(key) for key in self.keys)

    @property
    def unread(self) -> bool:
        """Whether nothing was ever read of its vehicle."""
        return bool(self.keys) and all(is_unread(key) for key in self.keys)


class Near(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An open visit with a plate much like the one read; `masked` and `distance` are of that plate.

    `confusion`: one character was taken for another that looks like it, and nothing else differs; `learned` are the two
    where only this site's cameras confuse them. `alone`: no other open visit has a plate within two edits of the one
    read.
    """

    visit: Visit
    masked: str
    distance: float
    confusion: bool
    alone: bool
    learned: str = ""


class Stored(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A session a person corrects, as it was stored, with all that speaks for its vehicle."""

    session: Session
    version: int
    witnesses: tuple[Witness, ...] = ()


class PastRead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reading of a vehicle, some time ago."""

    key: HolderKey
    kind: WitnessKind
    lane: Lane
    at: datetime
    rear: bool = False


class Past(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A session as it stands in the database, for what a replay tells of earlier times. `reads` are in order.

    `paid_cents` is what counts as paid for it, at the exit or afterwards. `decided_at`: when it was made; long after
    its entry nothing was opened for it. `ended_at`: when a person ended it, who knew that it had left, and not when.
    """

    session_id: SessionId
    opened_at: datetime | None = None
    left_at: datetime | None = None
    ended_at: datetime | None = None
    closed_as: str | None = None
    asked_at: datetime | None = None
    reads: tuple[PastRead, ...] = ()
    paid_cents: int = 0
    plan: Plan = Plan.VISITOR
    decided_at: datetime | None = None

    @property
    def is_paid(self) -> bool:
        """Whether it was paid for: its times stand, whatever a replay tells."""
        return self.closed_as == "payment" or self.paid_cents > 0

    def is_of(self, key: HolderKey) -> bool:
        """Whether a holder is among its witnesses."""
        return any(read.key == key for read in self.reads)


class Declaring(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What there is to know of a plate whose driver declares when they came.

    `typed_apart` are the edits between the plate typed and the one read at the exit, None: none is known of there.
    `times` is how often its arrival was declared lately; `absent_at`, when it last left the site as far as known.
    """

    typed_apart: int | None = None
    times: int = 0
    absent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What was looked up for one message: all that is not the site's state, and is decided by."""

    right: Right | None = None
    """Of the badge or plate that was read, or is named."""
    subject: SubjectId | None = None
    """Of the plate; None for one that was never seen."""
    visit: Visit | None = None
    """That of the holder, session or command the message names."""
    arrived: Mapping[SessionId, Visit] = field(default_factory=dict)
    """The visits of the latest arrivals at the lanes."""
    held: tuple[HolderKey, ...] = ()
    """Those read there that hold an open session."""
    oldest_pin: Visit | None = None
    """The PIN visit longest inside."""
    near: tuple[Near, ...] = ()
    """Of a plate read at the exit that is no open visit's: those whose plates look most like it."""
    alike: tuple[HolderKey, ...] = ()
    """Who was read at the lanes by a plate that is one confusion away from this one."""
    other: Right | None = None
    """The right of a second badge that the message names."""
    stored: Mapping[SessionId, Stored] = field(default_factory=dict)
    """The sessions a correction names."""
    concerned: Mapping[SessionId, Visit] = field(default_factory=dict)
    """The visits a correction may change, or that stand against it."""
    rights: Mapping[HolderKey, Right] = field(default_factory=dict)
    """Those of who speaks for the sessions a correction names."""
    match_risk: float = 0.0
    """The share of exits at which one of those inside would be taken for another."""
    past: tuple[Past, ...] = ()
    """The sessions that a replayed reading may be about."""
    unread: tuple[Visit, ...] = ()
    """Two at most of the vehicles let in unread."""
    free_since: datetime | None = None
    """When the plate's free minutes were last counted."""
    compared: Compared | None = None
    """What a site's own list of who is inside and ours do not share."""
    declaring: Declaring | None = None
    """Of a plate whose arrival is declared."""
    taught: str | None = None
    """The two characters that a correction says were confused."""
    next_pin: Visit | None = None
    """Of those behind it, the PIN visit longest inside that is not held to have left, maybe, already."""
    partnership: Partnership | None = None
    """What partners have to do with it."""

    def inputs(self) -> dict[str, object]:
        """What there is of it, by name, as the journal keeps it."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}
