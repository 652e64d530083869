"""A site: admits, matches, creates sessions, and alone moves its lanes, count, displays and barriers."""

from syspark.domain.corrections import (
    CorrectPlate,
    FixCount,
    ForgetConfusion,
    MergeSessions,
    SessionEnded,
    SiteCorrection,
    SplitSession,
)
from syspark.domain.decision import Decision, Moment, also
from syspark.domain.facts import (
    BadgeRead,
    BarrierReported,
    BridgeReported,
    PinAccepted,
    PlateRead,
    PresenceReported,
    SyncRequested,
    WeatherReported,
)
from syspark.domain.messages import (
    AddCredential,
    AddHolder,
    AnswerHelp,
    AskHelp,
    CommandFated,
    DeadlineReached,
    DeclareArrival,
    DeclareEmergency,
    EndEmergency,
    EnrolBadge,
    ExitGranted,
    ForgetPlates,
    MatchVehicle,
    OpenLane,
    PaymentDue,
    PublishTariff,
    ReplaceBadge,
    Reported,
    SensorTrustChanged,
    SetLaneMode,
    SetPolicy,
    SiteMessage,
)
from syspark.domain.partner_messages import (
    SetPartner,
    SitePartners,
    TakeBackValidation,
    ValidatePlate,
    ValidationReturned,
    ValidationSpent,
)
from syspark.domain.payment.messages import PaymentPath, SessionPaid
from syspark.domain.site import (
    attention,
    cameras,
    corrections,
    display,
    emergency,
    exit_reader,
    partners,
    payment,
    replay,
    twins,
)
from syspark.domain.site.alone import count_doubted
from syspark.domain.site.badge import badge_read
from syspark.domain.site.by_hand import open_by_operator
from syspark.domain.site.connecting import bridge, synced
from syspark.domain.site.credentials import add_credential, add_holder, replace_badge
from syspark.domain.site.declaration import declare_arrival
from syspark.domain.site.enrolment import enrol_badge
from syspark.domain.site.events import Observed, SiteEvent
from syspark.domain.site.evolution import evolve
from syspark.domain.site.exit import exit_granted, payment_due, payment_timer
from syspark.domain.site.field import AGAIN_TIMER, barrier, command_fated, decide_again, gone, presence, trust_changed
from syspark.domain.site.forgetting import forget_plates
from syspark.domain.site.help import HELP_TIMER, answer_help, ask_help, help_due, settled
from syspark.domain.site.lane import GONE_TIMER
from syspark.domain.site.likeness import risk_told
from syspark.domain.site.matching import match_vehicle
from syspark.domain.site.mode import MODE_TIMER, mode_due, set_lane_mode
from syspark.domain.site.pin import pin_accepted
from syspark.domain.site.plate import plate_read
from syspark.domain.site.policy_change import set_policy
from syspark.domain.site.reading import Case
from syspark.domain.site.release import RELEASE_TIMER, kept_waiting
from syspark.domain.site.standing import is_past
from syspark.domain.site.state import Known, SiteSetup, SiteState
from syspark.domain.site.tariff_change import publish_tariff
from syspark.domain.site.unread import UNREAD_TIMER, nothing_read
from syspark.domain.units import Lane, SessionId

__all__ = ["decide", "evolve"]

Asked = (
    OpenLane
    | MatchVehicle
    | DeclareArrival
    | DeclareEmergency
    | EndEmergency
    | SiteCorrection
    | AddCredential
    | ReplaceBadge
    | AddHolder
    | EnrolBadge
    | SetPolicy
    | PublishTariff
    | AskHelp
    | AnswerHelp
    | SetLaneMode
    | ForgetPlates
    | SitePartners
)


def decide(state: SiteState, message: SiteMessage, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """What a message means for this site."""
    decided = settled(state, _decided(state, message, known, setup, at))
    decided = count_doubted(state, message, decided, setup, at)
    decided = partners.arrived(decided, known, at)
    decided = kept_waiting(state, decided, setup, at)
    return display.told(state, attention.drawn(state, message, decided, known, setup, at), setup, at)


def _decided(state: SiteState, message: SiteMessage, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    match message:
        case Reported():
            return _reported(state, message, known, setup, at)
        case ExitGranted():
            return exit_granted(state, message, known, setup, at)
        case PaymentDue():
            return payment_due(state, message, known, setup, at)
        case CommandFated():
            return command_fated(state, message, known, setup, at)
        case DeadlineReached():
            return _deadline(state, message, known, setup, at)
        case SensorTrustChanged():
            return trust_changed(message, setup, at)
        case SessionPaid():
            return payment.paid(state, message, known, setup, at)
        case PaymentPath():
            return payment.path(state, message, setup, at)
        case SessionEnded():
            return corrections.session_ended(state, message, known, setup, at)
        case _:
            return _asked(state, message, known, setup, at)


def _asked(state: SiteState, message: Asked, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """What a person asks for, or a session tells of partners."""
    match message:
        case OpenLane():
            return open_by_operator(state, message, known, setup, at)
        case MatchVehicle():
            return match_vehicle(state, message, known, setup, at)
        case DeclareArrival():
            return declare_arrival(state, message, known, setup, at)
        case DeclareEmergency():
            return emergency.declare(state, message, setup, at)
        case EndEmergency():
            return emergency.end(state, message, setup, at)
        case CorrectPlate() | MergeSessions() | SplitSession() | FixCount() | ForgetConfusion():
            return corrections.corrected(state, message, known, setup, at)
        case AskHelp():
            return ask_help(state, message, setup, at)
        case AnswerHelp():
            return answer_help(state, message)
        case ForgetPlates():
            return forget_plates(message)
        case SetPartner() | ValidatePlate() | TakeBackValidation() | ValidationSpent() | ValidationReturned():
            return partners.decide(message, known, setup, at)
        case (
            AddCredential()
            | ReplaceBadge()
            | AddHolder()
            | EnrolBadge()
            | SetPolicy()
            | SetLaneMode()
            | PublishTariff()
        ):
            return _access(state, message, known, setup, at)


def _access(
    state: SiteState,
    message: AddCredential | ReplaceBadge | AddHolder | EnrolBadge | SetPolicy | SetLaneMode | PublishTariff,
    known: Known,
    setup: SiteSetup,
    at: Moment,
) -> Decision[SiteEvent]:
    match message:
        case AddCredential():
            return twins.controllers(add_credential(message, known, setup, at))
        case ReplaceBadge():
            return twins.controllers(replace_badge(message, known))
        case AddHolder():
            return add_holder(message, at)
        case EnrolBadge():
            return enrol_badge(message, setup, at)
        case SetPolicy():
            return set_policy(message, setup)
        case PublishTariff():
            return publish_tariff(message, setup, at)
        case SetLaneMode():
            return set_lane_mode(state, message, setup, at)


def _reported(state: SiteState, reported: Reported, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    if is_past(reported, state, known.right, setup, at):
        return replay.of_the_past(reported, Case(state, known, setup, at))
    match reported.fact:
        case BadgeRead() as read:
            return badge_read(state, read, known, setup, at)
        case PinAccepted() as pin:
            return pin_accepted(state, pin, known, setup, at)
        case PresenceReported() as fact:
            return presence(state, reported, fact, known, setup, at)
        case BarrierReported() as fact:
            return barrier(state, reported, fact, known, setup, at)
        case PlateRead() as read:
            decided = plate_read(state, reported, read, known, setup, at)
            seen = cameras.saw(reported, read, decided, state, known, setup, at)
            told = (cameras.told(reported, read, setup),)
            return also(decided, events=(*seen, *risk_told(state, known)), handovers=told)
        case SyncRequested() as fact:
            return synced(state, reported, fact, known, setup, at)
        case WeatherReported() as fact:
            return twins.weather(reported, fact, setup, at)
        case BridgeReported(online=online):
            return bridge(state, reported, setup, at, online=online)
        case _:
            return Decision(rule="noted", events=(Observed(device=reported.device),))


def _deadline(
    state: SiteState, reached: DeadlineReached, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    timer, about = reached.timer, reached.about
    if timer == display.DISPLAY_TIMER:
        return display.restored(state, setup, at)
    if timer == partners.VALIDATION_TIMER:
        return partners.due(known, at)
    if timer == emergency.EMERGENCY_TIMER:
        return emergency.go_on(state, setup, at)
    if timer == display.PAYMENT_TIMER:
        return payment_timer(state, setup, at)
    if timer == RELEASE_TIMER:
        return payment.release_due(state, known, setup, at)
    if timer == payment.PAID_TIMER:
        return payment.leaves(state, SessionId(about), known, setup, at)
    if timer == GONE_TIMER:
        return gone(state, Lane(about), setup, at)
    if timer == UNREAD_TIMER:
        return nothing_read(state, Lane(about), known, setup, at)
    if timer == AGAIN_TIMER:
        return decide_again(state, known, setup, at)
    if timer == HELP_TIMER:
        return help_due(state, Lane(about), known, setup, at)
    if timer == exit_reader.CAME_TIMER:
        return exit_reader.came_in(state, known, setup, reached.due_at)
    if timer == MODE_TIMER:
        return mode_due(state, Lane(about), setup, at)
    if timer == attention.BARRIER_TIMER:
        return attention.barrier_due(state, Lane(about), at)
    if timer == attention.WAITING_TIMER:
        return attention.waiting_due(state, Lane(about), setup, at)
    return Decision(rule="deadline-of-nothing", refused=f"no rule knows the deadline {reached.key}")
