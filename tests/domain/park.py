"""A site with its sessions in a test's hands: `decide` and `evolve` as the actors play them, rows and all.

Hand-overs wait in line as they do in mailboxes; `settle` delivers them. Every message is decided twice, which must
give the same decision. Time passes only by `pass_time`, which also brings the deadlines that come due.
"""

import dataclasses
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from syspark.domain import session as parking
from syspark.domain import site
from syspark.domain.access import Credential, Plan, Right
from syspark.domain.corrections import CorrectPlate, Ground, MergeSessions, SessionCorrection, SplitSession
from syspark.domain.decision import Command, Decision, Event, Moment, ToSession, ToSite
from syspark.domain.facts import (
    BadgeRead,
    BarrierReported,
    BridgeReported,
    Fact,
    PinAccepted,
    PlateRead,
    PresenceReported,
    SyncRequested,
)
from syspark.domain.identity import Witness
from syspark.domain.message import Message
from syspark.domain.messages import (
    AddCredential,
    CommandFated,
    DeadlineReached,
    OpenLane,
    OpenReason,
    Reported,
    SensorTrustChanged,
    SessionMessage,
    SiteMessage,
)
from syspark.domain.orders import MoveBarrier, RefuseEntry, RequestPayment, ShowText
from syspark.domain.policy import SitePolicy
from syspark.domain.session import Session
from syspark.domain.site import lookup
from syspark.domain.site.events import (
    CommandEnded,
    CredentialChanged,
    SiteEvent,
    SubjectMet,
    VisitBegun,
    WitnessWithdrawn,
    witness_kept,
)
from syspark.domain.site.learned import pairs_of
from syspark.domain.site.sight import seen_by
from syspark.domain.site.state import DeviceSetup, Known, SiteSetup, SiteState, Stored, Visit
from syspark.domain.site.stays import Opening, Stay
from syspark.domain.site.visits import Visits
from syspark.domain.tariff import Tariff
from syspark.domain.units import CommandId, DeviceName, HolderKey, Lane, Plate, SessionId, SiteId, SubjectId, Uid

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
ALICE, BOB, CAROL, NOBODY = Uid("A11CE000"), Uid("B0B00000"), Uid("CA401000"), Uid("DEADBEEF")
CAR, VAN, TRAILER = Plate("AA123BB"), Plate("EF456GH"), Plate("JK789LM")
ENTRY, EXIT = Lane.ENTRY, Lane.EXIT
MOVABLE = ("queued", "sent", "acked")


def badge_of(uid: Uid, plan: Plan = Plan.SUBSCRIBER) -> Credential:
    """A badge without end."""
    return Credential(uid=HolderKey(uid), holder=f"holder of {uid}", plan=plan)


def setup_of(
    *, capacity: int = 10, sensors: Iterable[Lane] = (), tariff: Tariff | None = None, policy: SitePolicy | None = None
) -> SiteSetup:
    """A site with a presence device on each lane; `sensors` are those that decisions may rely on."""
    return SiteSetup(
        site_id=SiteId("default"),
        policy=policy or SitePolicy(),
        policy_version=1,
        tariff=tariff or Tariff(),
        tariff_version=1,
        capacity=capacity,
        sensors=frozenset(sensors),
        devices={
            DeviceName("sensor_gate"): DeviceSetup("sensor_gate", ENTRY),
            DeviceName("sensor_gate-exit"): DeviceSetup("sensor_gate", EXIT),
            DeviceName("barriere"): DeviceSetup("barriere", None),
        },
    )


SENSOR_OF = {ENTRY: DeviceName("sensor_gate"), EXIT: DeviceName("sensor_gate-exit")}


@dataclass
class Sent:
    """A command as its row stands. `root` is the message from the field that led to it."""

    command: Command
    decided_at: datetime
    fact_at: datetime
    fate: str
    root: UUID


@dataclass
class Waiting:
    """A hand-over in its recipient's line."""

    to: SessionId | None
    message: Message
    fact_at: datetime
    root: UUID


@dataclass
class Park:
    """Site, sessions, rows and clock."""

    setup: SiteSetup = field(default_factory=setup_of)
    badges: Sequence[Credential] = (badge_of(ALICE), badge_of(BOB), badge_of(CAROL, Plan.VISITOR))

    def __post_init__(self) -> None:
        self.now = NOON
        self.state = SiteState()
        self.visits = Visits(self.setup.policy.same_exit_s)
        self.credentials = {badge.uid: badge for badge in self.badges}
        self.sessions: dict[SessionId, Session] = {}
        self.versions: Counter[SessionId] = Counter()
        self.subjects: dict[Plate, SubjectId] = {}
        self.witnesses: list[tuple[SessionId, Witness]] = []
        self.sent: dict[CommandId, Sent] = {}
        self.timers: dict[str, datetime] = {}
        self.line: deque[Waiting] = deque()
        self.rules: list[str] = []
        self.told: list[tuple[SiteMessage, Decision[SiteEvent], dict[str, object]]] = []
        self.last_read = NOON - timedelta(days=10)
        self._rows = 0

    # what happens

    def badge(self, uid: Uid, lane: Lane | None = None, *, age_s: float = 0, settle: bool = True) -> str:
        """A badge is read; the rule that decides it."""
        return self.report("barriere", BadgeRead(uid=uid, lane=lane), age_s=age_s, settle=settle)

    def plate(
        self,
        plate: Plate,
        lane: Lane | None = None,
        *,
        confidence: float | None = None,
        valid: bool = True,
        photo: bool = False,
        age_s: float = 0,
        settle: bool = True,
    ) -> str:
        """A camera reads a plate; the rule that decides it."""
        read = PlateRead(plate=plate, lane=lane, confidence=confidence, valid=valid, photo=photo)
        return self.report("vision", read, age_s=age_s, settle=settle)

    def pin(self, lane: Lane, *, age_s: float = 0, settle: bool = True) -> str:
        """A controller accepts a PIN; the rule that decides it."""
        return self.report("barriere", PinAccepted(lane=lane), age_s=age_s, settle=settle)

    def arrive(self, lane: Lane) -> str:
        """The sensor sees a vehicle."""
        return self.report(SENSOR_OF[lane], PresenceReported(present=True))

    def leave(self, lane: Lane) -> str:
        """The sensor no longer sees one."""
        return self.report(SENSOR_OF[lane], PresenceReported(present=False))

    def trust(self, lane: Lane, *, trusted: bool) -> str:
        """The twin tells what it thinks of the sensor."""
        return self.tell(SensorTrustChanged(lane=lane, trusted=trusted)).rule

    def sync(self) -> str:
        """A controller has connected."""
        return self.report("sync", SyncRequested())

    def bridge(self, *, online: bool) -> str:
        """The site's bridge tells where it stands."""
        return self.report("bridge", BridgeReported(online=online))

    def open_by_hand(self, lane: Lane, *, settle: bool = True) -> str:
        """An operator has a lane opened."""
        rule = self.tell(OpenLane(lane=lane, reason=OpenReason.GOODWILL, author="op")).rule
        if settle:
            self.settle()
        return rule

    def know(self, uid: Uid, plan: Plan = Plan.SUBSCRIBER, *, blocked: bool = False) -> str:
        """An operator adds or changes a badge."""
        return self.tell(AddCredential(uid=uid, holder="someone", plan=plan, blocked=blocked, author="op")).rule

    def barrier(self, command: CommandId, state: str = "open") -> str:
        """A v2 barrier says what it does and for which command."""
        lane = self._barrier_order(command).lane
        return self.report("barriere", BarrierReported(lane=lane, state=state, command_id=command))

    def fated(self, fate: str, command: CommandId | None = None) -> str:
        """A command (the latest opening unless told) gets its fate; the rule, or `kept` where an end stands."""
        one = self.sent[command or self.openings()[-1].command.id]
        if one.fate not in MOVABLE or (fate in MOVABLE and MOVABLE.index(fate) <= MOVABLE.index(one.fate)):
            return "kept"
        one.fate = fate
        return self.tell(CommandFated(command_id=one.command.id, fate=fate), fact_at=one.fact_at, root=one.root).rule

    def report(self, device: str, fact: Fact, *, age_s: float = 0, settle: bool = True) -> str:
        """A report of the field, `age_s` old; facts of one site come in their order."""
        self.last_read = max(self.last_read, self.now - timedelta(seconds=age_s))
        fact_at = self.last_read if age_s else self.now
        self.last_read = fact_at
        decision = self.tell(Reported(device=DeviceName(device), fact=fact), fact_at=fact_at)
        if settle:
            self.settle()
        return decision.rule

    def pass_time(self, seconds: float) -> list[str]:
        """Let time pass, with the deadlines that come due; their rules."""
        end, rules = self.now + timedelta(seconds=seconds), []
        while True:
            due = min(((at, key) for key, at in self.timers.items() if at <= end), default=None)
            if due is None:
                break
            self.now = max(self.now, due[0])
            del self.timers[due[1]]
            rules.append(self.tell(DeadlineReached(key=due[1], due_at=due[0])).rule)
            self.settle()
        self.now = end
        self.visits.forget_left(self.now)
        return rules

    def settle(self) -> None:
        """Deliver what waits in line, and what that leads to."""
        while self.line:
            self.deliver()

    def deliver(self) -> str:
        """Deliver the first hand-over in line; the rule."""
        waiting = self.line.popleft()
        if waiting.to is None:
            assert isinstance(waiting.message, SiteMessage)
            return self.tell(waiting.message, fact_at=waiting.fact_at, root=waiting.root).rule
        assert isinstance(waiting.message, SessionMessage)
        return self._tell_session(waiting.to, waiting.message, waiting).rule

    def restart(self) -> None:
        """The site's actor starts anew: its visits are rebuilt from the rows there are."""
        self.visits = self.rebuilt()

    # what there is

    def openings(self, lane: Lane | None = None) -> list[Sent]:
        """The barrier commands so far, withheld ones too."""
        return [
            one
            for one in self.sent.values()
            if isinstance(one.command.order, MoveBarrier) and lane in {None, one.command.order.lane}
        ]

    def sent_to(self, lane: Lane) -> int:
        """How many openings of a lane were really sent."""
        return sum(not one.command.withheld for one in self.openings(lane))

    def texts(self) -> list[str]:
        """The display texts so far."""
        return [one.command.order.text for one in self.sent.values() if isinstance(one.command.order, ShowText)]

    def asks(self) -> list[RequestPayment]:
        """The requests for payment so far."""
        return [one.command.order for one in self.sent.values() if isinstance(one.command.order, RequestPayment)]

    def stops(self) -> list[RefuseEntry]:
        """The refusals at the entry shown so far."""
        return [one.command.order for one in self.sent.values() if isinstance(one.command.order, RefuseEntry)]

    def visit(self, uid: Uid) -> Visit:
        """What the site knows of a badge's visit."""
        visit = self.visits.by_key(HolderKey(uid))
        assert visit is not None
        return visit

    def holder(self, plate: Plate) -> HolderKey:
        """What a plate is found by."""
        return HolderKey(self.subjects[plate])

    def session(self, uid: Uid) -> Session:
        """The latest session of a badge."""
        return [session for session in self.sessions.values() if session.holder_key == HolderKey(uid)][-1]

    def inside(self) -> list[Session]:
        """The open sessions."""
        return [one for one in self.sessions.values() if one.status.is_open]

    def rebuilt(self) -> Visits:
        """The visits a restarted site would know."""
        keep_s = self.setup.policy.same_exit_s
        since = self.now - timedelta(seconds=keep_s)
        rows = [one for _, one in sorted(self.sessions.items()) if one.status.is_open or _closed(one) >= since]
        openings = [
            Opening(
                command_id=one.command.id,
                session_id=order.session_id,
                lane=order.lane,
                read_at=order.read_at,
                decided_at=one.decided_at,
                fate=one.fate,
            )
            for one in self.openings()
            if (order := self._barrier_order(one.command.id)).session_id and order.read_at
        ]
        return Visits.rebuilt(keep_s, [self._stay(row) for row in rows], openings, pairs_of(self.state.learned))

    def _stay(self, session: Session) -> Stay:
        ours = sorted((one for of, one in self.witnesses if of == session.id), key=lambda one: (one.at, one.key))
        masked = next((one.masked for one in ours if one.masked), "")
        keys = tuple(dict.fromkeys(one.key for one in ours))
        plates = tuple((HolderKey(of), plate) for plate, of in self.subjects.items() if HolderKey(of) in keys)
        return Stay(session=session, keys=keys, masked=masked, plates=plates)

    # how it is played

    def moment(self, fact_at: datetime | None = None) -> Moment:
        """A new row's moment."""
        self._rows += 1
        return Moment(now=self.now, fact_at=fact_at or self.now, cause=UUID(int=self._rows))

    def tell(
        self, message: SiteMessage, *, fact_at: datetime | None = None, root: UUID | None = None
    ) -> Decision[SiteEvent]:
        """Have the site decide, and make it true."""
        at = self.moment(fact_at)
        uid = message.fact.uid if isinstance(message, Reported) and isinstance(message.fact, BadgeRead) else None
        plate = message.fact.plate if isinstance(message, Reported) and isinstance(message.fact, PlateRead) else None
        seen = seen_by(message, self.state, self.setup, at)
        plate = message.plate if isinstance(message, CorrectPlate) else plate
        subject = self.subjects.get(plate) if plate else None
        if plate and subject:
            self.visits.plates.read(HolderKey(subject), plate)
        credential = self.credentials.get(HolderKey(uid or subject or ""))
        right = Right(credential=credential) if credential else None
        known = self._looked_up(message, seen, right, subject)
        decision = site.decide(seen, message, known, self.setup, at)
        assert decision == site.decide(seen, message, known, self.setup, at)
        everything = self._looked_up(message, self.state, right, subject)
        assert decision == site.decide(self.state, message, everything, self.setup, at), "decided by what is not kept"
        given: dict[str, object] = {**known.inputs(), "state": seen}
        self.told.append((message, decision, given))
        for event in decision.events:
            self.state = site.evolve(self.state, event, self.setup.sensors)
            self.visits.apply(event)
            self._write(event)
        self._perform(decision, at, root or at.cause)
        return decision

    def _looked_up(
        self, message: SiteMessage, state: SiteState, right: Right | None, subject: SubjectId | None
    ) -> Known:
        known = lookup.known(self.visits, message, state, self.setup, right=right, subject=subject)
        if not isinstance(message, CorrectPlate | MergeSessions | SplitSession):
            return known
        names = {message.session_id, message.into if isinstance(message, MergeSessions) else message.session_id}
        stored = {
            name: Stored(
                session=self.sessions[name],
                version=self.versions[name],
                witnesses=tuple(one for of, one in self.witnesses if of == name),
            )
            for name in names
            if name in self.sessions
        }
        rights = {key: Right(credential=badge) for key, badge in self.credentials.items()}
        return dataclasses.replace(known, stored=stored, rights=rights)

    def correct(self, session_id: SessionId, correction: type[SessionCorrection], *, settle: bool = True) -> str:
        """An operator asks a session to be put right; the rule."""
        asked = correction(version=self.versions[session_id], reason=Ground.PICTURE, author="op")
        waiting = Waiting(session_id, asked, self.now, self.moment().cause)
        rule = self._tell_session(session_id, asked, waiting).rule
        if settle:
            self.settle()
        return rule

    def _tell_session(
        self, session_id: SessionId, message: SessionMessage, waiting: Waiting
    ) -> Decision[parking.SessionEvent]:
        at = self.moment(waiting.fact_at)
        session = self.sessions[session_id]
        version = self.versions[session_id]
        decision = parking.decide(session, message, self.setup.policy, at, version=version)
        assert decision == parking.decide(session, message, self.setup.policy, at, version=version)
        self.versions[session_id] += bool(decision.events)
        for event in decision.events:
            session = parking.evolve(session, event)
        self.sessions[session_id] = session
        self._perform(decision, at, waiting.root)
        return decision

    def _write(self, event: SiteEvent) -> None:
        kept = witness_kept(event)
        self.witnesses += [kept] if kept is not None else []
        match event:
            case VisitBegun():
                self.sessions[event.session.id] = event.session
                self.versions[event.session.id] = 1
            case WitnessWithdrawn():
                self.witnesses = [
                    (of, one) for of, one in self.witnesses if (of, one.key) != (event.session_id, event.key)
                ]
            case SubjectMet():
                assert event.plate not in self.subjects, "two subjects of one plate"
                self.subjects[event.plate] = event.subject
            case CommandEnded(fate="confirmed") if self.sent[event.command_id].fate in MOVABLE:
                self.sent[event.command_id].fate = "confirmed"
            case CredentialChanged():
                self.credentials[event.credential.uid] = event.credential
            case _:
                pass

    def _perform(self, decision: Decision[Event], at: Moment, root: UUID) -> None:
        self.rules.append(decision.rule)
        for command in decision.commands:
            assert command.id not in self.sent, "two commands of one id"
            fate = "withheld" if command.withheld else "queued"
            self.sent[command.id] = Sent(command, at.now, at.fact_at, fate, root)
        for timer in decision.timers:
            if timer.at is None:
                self.timers.pop(timer.key, None)
            else:
                self.timers[timer.key] = timer.at
        for handover in decision.handovers:
            match handover:
                case ToSession():
                    self.line.append(Waiting(handover.session_id, handover.message, at.fact_at, root))
                case ToSite():
                    self.line.append(Waiting(None, handover.message, at.fact_at, root))
                case _:
                    pass

    def _barrier_order(self, command: CommandId) -> MoveBarrier:
        order = self.sent[command].command.order
        assert isinstance(order, MoveBarrier)
        return order


def _closed(session: Session) -> datetime:
    assert session.closed_at is not None
    return session.closed_at
