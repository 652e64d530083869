"""The messages actors receive, as closed unions: what a durable mailbox row can hold for each kind of actor."""

import enum
import functools
from datetime import datetime
from typing import Any

import msgspec

from syspark.domain.access import HolderKind, Plan, Window
from syspark.domain.alarm_kind import AlarmKind, Severity
from syspark.domain.corrections import (
    ClearReview,
    CloseByHand,
    CorrectPlate,
    FixCount,
    FlagReview,
    ForgetConfusion,
    IdentityCorrected,
    MergedInto,
    MergeSessions,
    PartFound,
    SessionEnded,
    SplitSession,
    VoidSession,
)
from syspark.domain.facts import Fact
from syspark.domain.message import Message
from syspark.domain.orders import AskElevator, MoveCamera, SendElevator, SendRadio, TuneRadio
from syspark.domain.partner_messages import SessionPartners, SitePartners
from syspark.domain.payment.messages import SessionMoney, SiteMoney
from syspark.domain.tariff import Quote, Tariff
from syspark.domain.units import (
    CommandId,
    DeviceName,
    HolderKey,
    Lane,
    Plate,
    SessionId,
    Side,
    SiteId,
    Speaks,
    SubjectId,
    Uid,
)


class Reported(Message, frozen=True, kw_only=True, tag="reported"):
    """A device has sent this.

    `replayed`: its site kept it while it was cut off, and tells it now; its time may be wrong by `unsure_s`. `said_at`
    is a camera's own time, by which only its clock is measured.
    """

    device: DeviceName
    fact: Fact
    replayed: bool = False
    unsure_s: float = 0.0
    said_at: datetime | None = None


class ExitRequested(Message, frozen=True, kw_only=True, tag="exit-requested"):
    """Site to session: your vehicle wants out at this lane, in this presence cycle.

    `by_pin`: a controller has let it out already, nothing is asked of it. `review` says what a person should look at.
    `waived`: why nobody is asked to pay now. `unbilled_s`: seconds of its stay that are never billed.
    `stands_since`: it waited from then on for somebody to say whose it is. `queued_s`: so long it waited behind others.
    """

    lane: Lane
    cycle: int
    by_pin: bool = False
    review: tuple[str, ...] = ()
    waived: str | None = None
    unbilled_s: int = 0
    stands_since: datetime | None = None
    queued_s: int = 0


SESSION_OVER = "session-over"
"""Why a vehicle is let out whose session had ended before it asked: the session stays as it is."""


class ExitGranted(Message, frozen=True, kw_only=True, tag="exit-granted"):
    """Session to site: let this vehicle out; its session was closed at `closed_at`.

    `resumed`: it had been closed before and was opened again for this, so the vehicle was counted out already. The
    site cannot tell by itself: after a restart its visits are rebuilt from sessions that may be ahead of its count.
    """

    session_id: SessionId
    key: HolderKey
    lane: Lane
    cycle: int
    why: str
    closed_at: datetime
    resumed: bool = False


class PaymentDue(Message, frozen=True, kw_only=True, tag="payment-due"):
    """Session to site: this vehicle has to pay first. `resumed` as in `ExitGranted`."""

    session_id: SessionId
    key: HolderKey
    lane: Lane
    cycle: int
    quote: Quote
    resumed: bool = False


class ExitMissed(Message, frozen=True, kw_only=True, tag="exit-missed"):
    """Site to session: your vehicle is seen entering again, so it left unseen; it was last seen at `last_seen_at`."""

    last_seen_at: datetime


class EntryTold(Message, frozen=True, kw_only=True, tag="entry-told"):
    """Site to session: a replay tells when your vehicle entered."""

    opened_at: datetime


class LeavingTold(Message, frozen=True, kw_only=True, tag="leaving-told"):
    """Site to session: a replay tells when your vehicle left, its site acting alone.

    `missed`: it does not tell when, only that it was before another entry; it was last seen at `left_at`.
    """

    left_at: datetime
    missed: bool = False


class ReplayConflict(Message, frozen=True, kw_only=True, tag="replay-conflict"):
    """Site to session: a replay tells of your vehicle what cannot be, after what is known; a person should look."""

    happened_at: datetime


class RightShown(Message, frozen=True, kw_only=True, tag="right-shown"):
    """Site to session: another witness of your vehicle has this right, until then; the better one counts."""

    plan: Plan
    until: datetime | None = None
    pool: str | None = None


class CommandFated(Message, frozen=True, kw_only=True, tag="command-fated"):
    """Outbox to site: what became of a command."""

    command_id: CommandId
    fate: str


class DeadlineReached(Message, frozen=True, kw_only=True, tag="deadline-reached"):
    """Scanner to actor: the deadline it set under `key` for `due_at` is due."""

    # Stored under another name: what is called a key elsewhere names a holder, and is set apart in the journal.
    key: str = msgspec.field(name="timer")
    due_at: datetime


class SensorTrustChanged(Message, frozen=True, kw_only=True, tag="sensor-trust"):
    """Twin to site: a presence sensor can no longer be believed, or can again."""

    lane: Lane
    trusted: bool


class CameraRead(Message, frozen=True, kw_only=True, tag="camera-read"):
    """Site to twin: your camera has read a plate, `doubtful` or not; which one, no twin needs to know.

    `missed`: a vehicle has passed its lane and it has read none. `lane` and `side` say which of a gateway's cameras it
    was, as far as known.
    """

    device: DeviceName
    doubtful: bool = False
    said_at: datetime | None = None
    missed: bool = False
    lane: Lane | None = None
    side: Side = Side.FRONT


class Life(enum.StrEnum):
    """What a device's heartbeats tell: that it lives, that some are missing, that it is gone."""

    ONLINE = "online"
    STALE = "stale"
    OFFLINE = "offline"


class LifeChanged(Message, frozen=True, kw_only=True, tag="life-changed"):
    """Vigil to twin: you have fallen silent, or are heard again; `heard_at` is when last, as far as known.

    `unsteady`: it changes so often that this is said once, and no more until it has been steady for a while.
    """

    device: DeviceName
    life: Life
    heard_at: datetime | None = None
    unsteady: bool = False


class ClockMeasured(Message, frozen=True, kw_only=True, tag="clock-measured"):
    """Vigil to twin: your clock is so many seconds ahead of ours; the truth may be off by `unsure_s`."""

    device: DeviceName
    offset_s: float
    unsure_s: float


class OpenReason(enum.StrEnum):
    """Why a person opens a lane: one tap. Source: domain.md, "Audit and privacy"."""

    MISREAD_PLATE = "misread-plate"
    PAYMENT_DOWN = "payment-down"
    ALREADY_PAID = "already-paid"
    ENTITLED = "entitled"
    CANNOT_PAY = "cannot-pay"
    EMERGENCY = "emergency"
    TURNING_BACK = "turning-back"
    GOODWILL = "goodwill"


class OpenLane(Message, frozen=True, kw_only=True, tag="open-lane"):
    """Operator to site: open this lane now."""

    lane: Lane
    reason: OpenReason
    author: str


class MatchVehicle(Message, frozen=True, kw_only=True, tag="match-vehicle"):
    """Operator to site: the vehicle that stands at this lane is that session's, whatever was read of it."""

    lane: Lane
    session_id: SessionId
    reason: str
    author: str


class DeclareArrival(Message, frozen=True, kw_only=True, tag="declare-arrival"):
    """Driver to site: I stand at the exit, nobody saw me come; this is my plate, and I came at `arrived_at`.

    `confirmed`: they were asked whether that is the day, the stay being beyond the site's longest.
    """

    plate: Plate
    arrived_at: datetime
    confirmed: bool = False
    author: str


class DeclareEmergency(Message, frozen=True, kw_only=True, tag="declare-emergency"):
    """Operator to site: evacuate."""

    author: str


class EndEmergency(Message, frozen=True, kw_only=True, tag="end-emergency"):
    """Operator to site: the evacuation is over; `confirmed_by` is who says so on site."""

    author: str
    confirmed_by: str


class SessionOverridden(Message, frozen=True, kw_only=True, tag="session-overridden"):
    """Site to session: an operator has let your vehicle out."""

    reason: OpenReason
    author: str


class TurnedBack(Message, frozen=True, kw_only=True, tag="turned-back"):
    """Site to session: your vehicle, last asked at `asked_at`, has left the exit without passing it."""

    asked_at: datetime


class LeftUnpaid(Message, frozen=True, kw_only=True, tag="left-unpaid"):
    """Site to session: your vehicle left at `left_at` through an opening that was not its own."""

    left_at: datetime


class AskHelp(Message, frozen=True, kw_only=True, tag="ask-help"):
    """Portal, intercom or operator to site: the driver at this lane asks for help."""

    lane: Lane
    author: str


class AnswerHelp(Message, frozen=True, kw_only=True, tag="answer-help"):
    """Operator to site: I have answered the driver at this lane; it opens when I say so."""

    lane: Lane
    author: str


class LaneMode(enum.StrEnum):
    """How far a lane is ours to decide: held open or without its arm, whoever comes passes; closed, nobody enters."""

    CONTROLLED = "controlled"
    HELD_OPEN = "held-open"
    UNCONTROLLED = "uncontrolled"
    CLOSED = "closed"


class AddCredential(Message, frozen=True, kw_only=True, tag="add-credential"):
    """Operator to site: know this badge or this plate from now on, or change what is known of it.

    One of `uid` and `plate` is given; the rest is as `Credential` tells.
    """

    uid: Uid | None = None
    holder: str
    plan: Plan
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    blocked: bool = False
    author: str
    plate: Plate | None = None
    windows: tuple[Window, ...] = ()
    lane: Lane | None = None
    temporary: bool = False


class ReplaceBadge(Message, frozen=True, kw_only=True, tag="replace-badge"):
    """Operator to site: a badge is lost; block it, and let another one stand for its holder."""

    lost_uid: Uid
    uid: Uid
    author: str


class EnrolBadge(Message, frozen=True, kw_only=True, tag="enrol-badge"):
    """Operator to site: the next unknown badge at this lane is to be enrolled."""

    lane: Lane
    author: str


class Template(enum.StrEnum):
    """A kind of site, whose rules are set together."""

    HOTEL = "hotel"
    HOSPITAL = "hospital"
    MALL = "mall"
    OFFICE = "office"


class SetPolicy(Message, frozen=True, kw_only=True, tag="set-policy"):
    """Operator to site: change these rules, by their names in `SitePolicy`, after all have been set to a template's."""

    changes: dict[str, Any]
    template: Template | None = None
    author: str


class PublishTariff(Message, frozen=True, kw_only=True, tag="publish-tariff"):
    """Operator to site: stays that begin from `starts_at` on (now without) cost this.

    `after` is the newest version they have seen. `knowing`: they know that the law may forbid it.
    """

    tariff: Tariff
    after: int
    starts_at: datetime | None = None
    knowing: bool = False
    author: str


class AddHolder(Message, frozen=True, kw_only=True, tag="add-holder"):
    """Operator to site: know this holder, or change what is known of them; `places` are those of a company's pool."""

    holder: str
    holder_kind: HolderKind = HolderKind.PERSON
    places: int | None = None
    author: str


class SetLaneMode(Message, frozen=True, kw_only=True, tag="set-lane-mode"):
    """Operator to site: this lane is in this mode from `starts_at` (at once without) to `ends_at` (until told)."""

    lane: Lane
    mode: LaneMode
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str = ""
    author: str


class DesiredChanged(Message, frozen=True, kw_only=True, tag="desired-changed"):
    """Site to controller: what is known of these badges has changed; what is true of them now is in their rows."""

    uids: tuple[Uid, ...]


class ChangePin(Message, frozen=True, kw_only=True, tag="change-pin"):
    """Operator to controller: from now on this PIN opens the lane. `sealed_secret` is it, encrypted."""

    lane: Lane
    sealed_secret: bytes
    author: str


class SendAgain(Message, frozen=True, kw_only=True, tag="send-again"):
    """Operator to controller: compare your badges with ours now, and take the PINs again."""

    author: str


Instruction = SendElevator | AskElevator | MoveCamera | SendRadio | TuneRadio


class Instruct(Message, frozen=True, kw_only=True, tag="instruct"):
    """Operator to twin: have your device do this now, for a reason."""

    device: DeviceName
    order: Instruction
    reason: str
    author: str


class ActKind(enum.StrEnum):
    """What people do that their own rows do not tell: the rule it is journalled under."""

    OPERATOR_ADDED = "operator-added"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - a rule's name
    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    SIGN_IN_REFUSED = "sign-in-refused"
    TOKEN_REPLACED = "token-replaced"  # noqa: S105 - a rule's name
    MESSAGE_RETRIED = "message-retried"
    MESSAGE_DROPPED = "message-dropped"
    CLOSING_MADE = "closing-made"
    SELLER_CHANGED = "seller-changed"
    EVIDENCE_ERASED = "evidence-erased"
    EVIDENCE_HELD = "evidence-held"
    PERSON_ERASED = "person-erased"
    PERSON_EXPORTED = "person-exported"


class ActDone(Message, frozen=True, kw_only=True, tag="act-done"):
    """Whoever did it, to the organisation: this was done, in the transaction that brings this.

    `about` is whom or what it concerns: an operator's name, a site, a mailbox row.
    """

    what: ActKind
    author: str
    about: str
    detail: str = ""


class AddSite(Message, frozen=True, kw_only=True, tag="add-site"):
    """Operator to organisation: open a site. `sealed_secret` is its shared secret, encrypted.

    `speaks` is the contract generation of its equipment.
    """

    site_id: SiteId
    name: str
    zone: str
    currency: str
    capacity: int
    speaks: Speaks = Speaks.V1
    sealed_secret: bytes | None = None
    author: str


class AlarmRaised(Message, frozen=True, kw_only=True, tag="alarm-raised"):
    """Any decision to the site's alarms: this is wrong. See `syspark.domain.alarms`."""

    kind: AlarmKind
    about: str = ""
    detail: str = ""
    severity: Severity | None = None


class AlarmCleared(Message, frozen=True, kw_only=True, tag="alarm-cleared"):
    """Any decision to the site's alarms: this is right again."""

    kind: AlarmKind
    about: str = ""


class AlarmAct(enum.StrEnum):
    """What a person does with an alarm."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    ESCALATE = "escalate"
    CLOSE = "close"


class HandleAlarm(Message, frozen=True, kw_only=True, tag="handle-alarm"):
    """Operator to the site's alarms: I have seen it, it is `assignee`'s, tell others, it is over."""

    alarm_id: str
    act: AlarmAct
    author: str
    assignee: str | None = None


class ForgetPlates(Message, frozen=True, kw_only=True, tag="forget-plates"):
    """The nightly look at what is over its time, to the site: forget these plates, unless they are in use again.

    Subjects say nothing of a vehicle once their plates are gone: they stand in clear.
    """

    subjects: tuple[SubjectId, ...]


SiteMessage = (
    Reported
    | ExitGranted
    | PaymentDue
    | CommandFated
    | DeadlineReached
    | SensorTrustChanged
    | AddCredential
    | OpenLane
    | MatchVehicle
    | DeclareEmergency
    | EndEmergency
    | ReplaceBadge
    | AddHolder
    | EnrolBadge
    | SetPolicy
    | PublishTariff
    | AskHelp
    | AnswerHelp
    | SetLaneMode
    | SessionEnded
    | CorrectPlate
    | MergeSessions
    | SplitSession
    | FixCount
    | DeclareArrival
    | ForgetConfusion
    | SiteMoney
    | ForgetPlates
    | SitePartners
)
SessionMessage = (
    ExitRequested
    | ExitMissed
    | EntryTold
    | LeavingTold
    | ReplayConflict
    | SessionOverridden
    | RightShown
    | TurnedBack
    | LeftUnpaid
    | CloseByHand
    | VoidSession
    | FlagReview
    | ClearReview
    | IdentityCorrected
    | MergedInto
    | PartFound
    | DeadlineReached
    | SessionMoney
    | SessionPartners
)
DeviceMessage = Reported | CameraRead | LifeChanged | Instruct | CommandFated | ClockMeasured
ControllerMessage = Reported | CommandFated | DeadlineReached | DesiredChanged | ChangePin | SendAgain
OrganisationMessage = AddSite | ActDone
AlarmMessage = AlarmRaised | AlarmCleared | HandleAlarm | DeadlineReached

AnyMessage = SiteMessage | SessionMessage | DeviceMessage | ControllerMessage | OrganisationMessage | AlarmMessage


def encode(message: AnyMessage) -> bytes:
    """A message as it is stored in a mailbox row."""
    return msgspec.json.encode(message)


def kind_of(message: Message) -> str:
    """The message's tag: the `kind` of its row."""
    return _tag(type(message))


@functools.cache
def _tag(message: type[Message]) -> str:
    return str(message.__struct_config__.tag)


_decoder: msgspec.json.Decoder[AnyMessage] = msgspec.json.Decoder(AnyMessage)


def decode(body: bytes) -> AnyMessage:
    """The message in a mailbox row. Raises `msgspec.ValidationError` when a newer version wrote what is not known."""
    return _decoder.decode(body)
