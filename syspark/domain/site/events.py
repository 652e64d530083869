"""What a site's decisions make true."""

from collections.abc import Mapping
from datetime import datetime

from syspark.domain.access import Credential, HolderKind, Plan
from syspark.domain.decision import Event
from syspark.domain.identity import Witness
from syspark.domain.messages import LaneMode
from syspark.domain.orders import Because
from syspark.domain.partner import Account, Partner, Validation
from syspark.domain.policy import SitePolicy
from syspark.domain.session import Session
from syspark.domain.site.departure import Departure
from syspark.domain.site.learned import Learned
from syspark.domain.site.proof import Proof
from syspark.domain.site.state import (
    Answer,
    Display,
    Emergency,
    Enrolment,
    ModeSpan,
    PaymentAsk,
    Suggestion,
    Visit,
    WaitWatch,
)
from syspark.domain.tariff import TariffVersion
from syspark.domain.units import CommandId, DeviceName, HolderKey, Lane, Plate, SessionId, Side, SubjectId


class VisitBegun(Event, frozen=True, kw_only=True, tag="visit-begun"):
    """A session is opened: a vehicle was admitted, or stands at the exit without a known entry."""

    session: Session
    visit: Visit


class VisitChanged(Event, frozen=True, kw_only=True, tag="visit-changed"):
    """What the site knows of a visit has changed."""

    visit: Visit


class VisitEnded(Event, frozen=True, kw_only=True, tag="visit-ended"):
    """A vehicle is let out, or known to have left unseen."""

    visit: Visit


class VisitResumed(Event, frozen=True, kw_only=True, tag="visit-resumed"):
    """A vehicle that was let out stands there still and asks again."""

    visit: Visit


class SubjectMet(Event, frozen=True, kw_only=True, tag="subject-met"):
    """A plate was read that was never seen before: from now on its subject stands for it."""

    subject: SubjectId
    plate: Plate


class IdentityRead(Event, frozen=True, kw_only=True, tag="identity-read"):
    """A lane knows who stands there: the witness is one of the arrival named, which begins with it if it is not known.

    `session_id` is whose vehicle it is, None while it may not pass; `kept`: it is a new witness of that session.
    `waits`: the reading is young enough to prove that somebody stands there. `photo`: a picture came with it. `side` is
    the end of the vehicle that a camera read. `passed`: the site had let it through by this witness already.
    """

    lane: Lane
    witness: Witness
    arrival: str
    session_id: SessionId | None = None
    kept: bool = False
    waits: bool = True
    photo: bool = False
    side: Side | None = None
    passed: bool = False


class RightRaised(Event, frozen=True, kw_only=True, tag="right-raised"):
    """A vehicle inside is counted under another plan: a better right of its was shown."""

    was: Plan
    now: Plan


class WitnessKept(Event, frozen=True, kw_only=True, tag="witness-kept"):
    """An earlier reading of the same arrival, so far nobody's, speaks for a session's vehicle."""

    session_id: SessionId
    witness: Witness


class WitnessWithdrawn(Event, frozen=True, kw_only=True, tag="witness-withdrawn"):
    """What was read for this holder speaks for the session's vehicle no more: it was misread, or another vehicle's."""

    session_id: SessionId
    key: HolderKey


class CountCorrected(Event, frozen=True, kw_only=True, tag="count-corrected"):
    """A person has found so many more vehicles inside than were counted, or fewer."""

    by: int
    at: datetime


class CountDoubted(Event, frozen=True, kw_only=True, tag="count-doubted"):
    """Who is inside was told late and without times: the count may be wrong until a person has counted."""

    at: datetime


class ExitReaderShown(Event, frozen=True, kw_only=True, tag="exit-reader-shown"):
    """So often it is shown now that badges are read at the exit too; below zero, that it is not."""

    times: int


class VisitFound(Event, frozen=True, kw_only=True, tag="visit-found"):
    """A session is made for a visit that a replay tells of and that is over: nobody is inside because of it."""

    session: Session


class DepartureTold(Event, frozen=True, kw_only=True, tag="departure-told"):
    """A replay tells that a vehicle was read at the exit: another reading of about then may be of the same one."""

    departure: Departure


class ProofTaken(Event, frozen=True, kw_only=True, tag="proof-taken"):
    """The site has said who is inside, and it was compared with what we know."""

    proof: Proof


class SeenAgain(Event, frozen=True, kw_only=True, tag="seen-again"):
    """A holder was read once more at a lane no sensor watches: it stands there still."""

    lane: Lane
    key: HolderKey
    at: datetime


class PassageRefused(Event, frozen=True, kw_only=True, tag="passage-refused"):
    """A vehicle was refused at a lane."""

    lane: Lane
    key: HolderKey
    why: str
    at: datetime


class MatchesSuggested(Event, frozen=True, kw_only=True, tag="matches-suggested"):
    """A plate read at a lane is no open session's, but looks like these."""

    lane: Lane
    suggestions: tuple[Suggestion, ...]


class NothingRead(Event, frozen=True, kw_only=True, tag="nothing-read"):
    """A vehicle stands at a lane and nothing was read of it; `why` it is not let in for all that."""

    lane: Lane
    why: str
    at: datetime


class WaitingEnded(Event, frozen=True, kw_only=True, tag="waiting-ended"):
    """Nothing was heard any more of who waited at a lane no sensor watches: they are taken to have gone."""

    lane: Lane


class CameraSaw(Event, frozen=True, kw_only=True, tag="camera-saw"):
    """A camera has seen this end of the vehicle at a lane; whose plate it read once more, None for nobody's."""

    lane: Lane
    side: Side
    camera: DeviceName
    key: HolderKey | None = None


class WaitWatched(Event, frozen=True, kw_only=True, tag="wait-watched"):
    """How long a lane's driver waits is watched from now on, has been told to people, or is of no interest any more."""

    lane: Lane
    watch: WaitWatch


class PhotoTaken(Event, frozen=True, kw_only=True, tag="photo-taken"):
    """A camera took a picture at a lane, of a plate it could not read for certain; `photo_id` is its row."""

    lane: Lane
    photo_id: str
    at: datetime


class LaneOpened(Event, frozen=True, kw_only=True, tag="lane-opened"):
    """A lane's barrier is asked to open. `withheld`: the fact was too old, nothing is sent."""

    lane: Lane
    key: HolderKey
    session_id: SessionId
    command_id: CommandId
    read_at: datetime
    at: datetime
    because: Because
    withheld: bool = False


class LaneOpenedByHand(Event, frozen=True, kw_only=True, tag="lane-opened-by-hand"):
    """An operator has a lane opened for a vehicle of which nothing is known."""

    lane: Lane
    command_id: CommandId
    reason: str
    author: str
    at: datetime
    because: Because = Because.OVERRIDE


class OpeningClaimed(Event, frozen=True, kw_only=True, tag="opening-claimed"):
    """What a lane was opened by hand for is known now: this session's vehicle."""

    lane: Lane
    session_id: SessionId


class OpeningSeen(Event, frozen=True, kw_only=True, tag="opening-seen"):
    """A barrier says that it opens and no command of ours asked for it; `because` None: nothing explains it."""

    lane: Lane
    at: datetime
    because: Because | None = None


class PresenceChanged(Event, frozen=True, kw_only=True, tag="presence-changed"):
    """A vehicle arrived at a lane's sensor, or left it."""

    lane: Lane
    present: bool
    at: datetime


class BarrierSaid(Event, frozen=True, kw_only=True, tag="barrier-said"):
    """A lane's barrier says what it does."""

    lane: Lane
    state: str
    at: datetime


class TrustChanged(Event, frozen=True, kw_only=True, tag="trust-changed"):
    """A lane's sensor can no longer be believed, or can again."""

    lane: Lane
    trusted: bool


class CommandEnded(Event, frozen=True, kw_only=True, tag="command-ended"):
    """A command has its fate."""

    command_id: CommandId
    fate: str
    at: datetime


class PaymentAsked(Event, frozen=True, kw_only=True, tag="payment-asked"):
    """The exit asks for a payment, until it is told to stop."""

    ask: PaymentAsk


class PaymentAskEnded(Event, frozen=True, kw_only=True, tag="payment-ask-ended"):
    """The exit no longer asks for the payment."""

    why: str


class PaymentPathChanged(Event, frozen=True, kw_only=True, tag="payment-path"):
    """Since then nobody can pay; None: payments work, from `at` on."""

    down_since: datetime | None = None
    at: datetime | None = None


class ExitHeldUp(Event, frozen=True, kw_only=True, tag="exit-held-up"):
    """One vehicle has kept others waiting at the exit."""

    since: datetime
    until: datetime


class DisplayTold(Event, frozen=True, kw_only=True, tag="display-told"):
    """The site's displays are told to say something else, or what they are to say next has changed."""

    display: Display | None = None
    texts: tuple[Display, ...] = ()


class CredentialChanged(Event, frozen=True, kw_only=True, tag="credential-changed"):
    """A badge is known from now on, or known differently."""

    credential: Credential
    author: str


class EmergencyDeclared(Event, frozen=True, kw_only=True, tag="emergency-declared"):
    """The site is evacuated."""

    emergency: Emergency


class EmergencyEnded(Event, frozen=True, kw_only=True, tag="emergency-ended"):
    """The evacuation is over."""

    emergency: Emergency


class HolderChanged(Event, frozen=True, kw_only=True, tag="holder-changed"):
    """A holder is known from now on, or known differently; a new one is stored under `holder_id`."""

    holder_id: str
    holder: str
    holder_kind: HolderKind
    places: int | None
    author: str


class EnrolmentBegun(Event, frozen=True, kw_only=True, tag="enrolment-begun"):
    """A lane waits for a badge to be enrolled."""

    lane: Lane
    enrolment: Enrolment


class BadgeOffered(Event, frozen=True, kw_only=True, tag="badge-offered"):
    """An unknown badge was held to a lane's reader for enrolment."""

    lane: Lane
    key: HolderKey
    at: datetime


class PinGuessed(Event, frozen=True, kw_only=True, tag="pin-guessed"):
    """A PIN let out whoever was longest inside; `day` is the site's own."""

    day: str


class PolicyChanged(Event, frozen=True, kw_only=True, tag="policy-changed"):
    """The site's rules are these from now on."""

    policy: SitePolicy
    version: int
    author: str


class TariffPublished(Event, frozen=True, kw_only=True, tag="tariff-published"):
    """Stays have another price from its start on; `now`: that is the present price."""

    version: TariffVersion
    author: str
    now: bool


class PassbackReset(Event, frozen=True, kw_only=True, tag="passback-reset"):
    """For a while nobody saw who came and went."""

    at: datetime


class LineChanged(Event, frozen=True, kw_only=True, tag="line-changed"):
    """The site's bridge says that it is cut off since then, or there again (`cut_since` None)."""

    cut_since: datetime | None


class ControllerHeard(Event, frozen=True, kw_only=True, tag="controller-heard"):
    """A controller has connected to the site's broker for the first time."""


class HelpAsked(Event, frozen=True, kw_only=True, tag="help-asked"):
    """A driver at a lane asks for help; `unseen`: nobody is known to wait there."""

    lane: Lane
    at: datetime
    unseen: bool = False


class HelpEnded(Event, frozen=True, kw_only=True, tag="help-ended"):
    """A person has answered, the lane was opened, or the driver has gone."""

    lane: Lane


class LaneModeChanged(Event, frozen=True, kw_only=True, tag="lane-mode-changed"):
    """A lane is in this mode; `span` is what an operator wants of it, in force or to come."""

    lane: Lane
    mode: LaneMode
    span: ModeSpan | None
    at: datetime


class MatchRiskChanged(Event, frozen=True, kw_only=True, tag="match-risk-changed"):
    """The vehicles inside are more easily confused than before, or less: the share of exits that would go wrong."""

    risk: float


class ConfusionsLearned(Event, frozen=True, kw_only=True, tag="confusions-learned"):
    """What the site's cameras confuse besides what all do is this from now on, as a person's act has it."""

    learned: tuple[Learned, ...]
    version: int
    author: str


class PartnerChanged(Event, frozen=True, kw_only=True, tag="partner-changed"):
    """The site knows a partner, or gives them other terms."""

    partner: Partner
    author: str


class ValidationChanged(Event, frozen=True, kw_only=True, tag="validation-changed"):
    """A partner takes over a plate, or something has become of that; `account` is the partner's month if it moves."""

    validation: Validation
    account: Account | None = None


class Observed(Event, frozen=True, kw_only=True, tag="observed"):
    """The site has noted a report it does not act on."""

    device: str


class PlatesForgotten(Event, frozen=True, kw_only=True, tag="plates-forgotten"):
    """Plates are over their time: those of these subjects that nothing refers to any more are erased."""

    subjects: tuple[SubjectId, ...]


LaneEvent = (
    IdentityRead
    | SeenAgain
    | PassageRefused
    | MatchesSuggested
    | NothingRead
    | WaitingEnded
    | PhotoTaken
    | LaneOpened
    | LaneOpenedByHand
    | PresenceChanged
    | BarrierSaid
    | TrustChanged
    | CameraSaw
    | OpeningClaimed
    | WaitWatched
)
"""What changes how one lane stands."""

CountEvent = VisitBegun | VisitResumed | VisitEnded | RightRaised | CountCorrected | CountDoubted
"""What changes how many are inside, or how far that is believed."""

AccessEvent = (
    CredentialChanged
    | EnrolmentBegun
    | BadgeOffered
    | LaneModeChanged
    | PassbackReset
    | ControllerHeard
    | PinGuessed
    | HelpAsked
    | HelpEnded
    | LineChanged
)
"""What changes who may pass, and who is looked after."""

PaymentEvent = PaymentAsked | PaymentAskEnded | PaymentPathChanged | ExitHeldUp
"""What changes what the exit asks for, or what keeps vehicles there."""

SiteEvent = (
    LaneEvent
    | CountEvent
    | AccessEvent
    | PaymentEvent
    | VisitChanged
    | SubjectMet
    | WitnessKept
    | VisitFound
    | DepartureTold
    | ProofTaken
    | OpeningSeen
    | CommandEnded
    | DisplayTold
    | EmergencyDeclared
    | EmergencyEnded
    | Observed
    | HolderChanged
    | PolicyChanged
    | TariffPublished
    | WitnessWithdrawn
    | MatchRiskChanged
    | PlatesForgotten
    | ConfusionsLearned
    | PartnerChanged
    | ValidationChanged
    | ExitReaderShown
)


def visit_after(event: SiteEvent) -> Visit | None:
    """The visit an event brings up to date, None when it concerns none."""
    match event:
        case VisitBegun() | VisitChanged() | VisitEnded() | VisitResumed():
            return event.visit
        case _:
            return None


ANSWERS: Mapping[str, Answer] = {
    "acked": Answer.GOOD,
    "confirmed": Answer.GOOD,
    "expired": Answer.BAD,
    "withheld": Answer.BAD,
    "unknown": Answer.BAD,
    "failed": Answer.BAD,
    "refused": Answer.BAD,
}
"""What a fate means to the driver who waits; any other fate leaves the answer pending."""


def witness_kept(event: SiteEvent) -> tuple[SessionId, Witness] | None:
    """The witness an event gives to a session, None when it gives none."""
    match event:
        case WitnessKept(session_id=session_id, witness=witness):
            return session_id, witness
        case IdentityRead(session_id=str(session_id), witness=witness, kept=True):
            return SessionId(session_id), witness
        case _:
            return None
