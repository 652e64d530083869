"""The messages actors receive, as closed unions: what a durable mailbox row can hold for each kind of actor."""

import functools

import msgspec

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
from syspark.domain.message import Message
from syspark.domain.messages.access import AddCredential, AddHolder, EnrolBadge, ForgetPlates, ReplaceBadge
from syspark.domain.messages.alarms import AlarmAct, AlarmCleared, AlarmRaised, HandleAlarm
from syspark.domain.messages.equipment import ChangePin, DesiredChanged, Instruct, Instruction, SendAgain
from syspark.domain.messages.field import (
    CameraRead,
    ClockMeasured,
    CommandFated,
    DeadlineReached,
    Life,
    LifeChanged,
    Reported,
    RhythmMeasured,
    SensorTrustChanged,
)
from syspark.domain.messages.lanes import (
    AnswerHelp,
    AskHelp,
    DeclareArrival,
    DeclareEmergency,
    EndEmergency,
    LaneMode,
    MatchVehicle,
    OpenLane,
    OpenReason,
    SetLaneMode,
)
from syspark.domain.messages.organisation import ActDone, ActKind, AddSite
from syspark.domain.messages.passage import (
    SESSION_OVER,
    EntryTold,
    ExitGranted,
    ExitMissed,
    ExitRequested,
    LeavingTold,
    LeftUnpaid,
    PaymentDue,
    ReplayConflict,
    RightShown,
    SessionOverridden,
    TurnedBack,
    VisitDoubted,
)
from syspark.domain.messages.rules import PublishTariff, SetPolicy, Template
from syspark.domain.partner_messages import SessionPartners, SitePartners
from syspark.domain.payment.messages import SessionMoney, SiteMoney

__all__ = [
    "SESSION_OVER",
    "ActDone",
    "ActKind",
    "AddCredential",
    "AddHolder",
    "AddSite",
    "AlarmAct",
    "AlarmCleared",
    "AlarmMessage",
    "AlarmRaised",
    "AnswerHelp",
    "AnyMessage",
    "AskHelp",
    "CameraRead",
    "ChangePin",
    "ClockMeasured",
    "CommandFated",
    "ControllerMessage",
    "DeadlineReached",
    "DeclareArrival",
    "DeclareEmergency",
    "DesiredChanged",
    "DeviceMessage",
    "EndEmergency",
    "EnrolBadge",
    "EntryTold",
    "ExitGranted",
    "ExitMissed",
    "ExitRequested",
    "ForgetPlates",
    "HandleAlarm",
    "Instruct",
    "Instruction",
    "LaneMode",
    "LeavingTold",
    "LeftUnpaid",
    "Life",
    "LifeChanged",
    "MatchVehicle",
    "OpenLane",
    "OpenReason",
    "OrganisationMessage",
    "PaymentDue",
    "PublishTariff",
    "ReplaceBadge",
    "ReplayConflict",
    "Reported",
    "RhythmMeasured",
    "RightShown",
    "SendAgain",
    "SensorTrustChanged",
    "SessionMessage",
    "SessionOverridden",
    "SetLaneMode",
    "SetPolicy",
    "SiteMessage",
    "Template",
    "TurnedBack",
    "VisitDoubted",
    "decode",
    "encode",
    "kind_of",
]

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
    | VisitDoubted
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
DeviceMessage = Reported | CameraRead | LifeChanged | Instruct | CommandFated | ClockMeasured | RhythmMeasured
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
