"""The actor of a site: admits, matches, opens sessions, and alone writes lanes, occupancy, displays and barriers."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from cachetools import LRUCache

from actors.durable import DurableActor, Verdict
from actors.house import House
from actors.partners import promises_of, with_partners
from actors.runtime import Key
from syspark.domain import plates
from syspark.domain.access import Credential, CredentialKind, Plan, Pool, Right, text_of, windows_of
from syspark.domain.corrections import CorrectPlate, MergeSessions, SplitSession
from syspark.domain.decision import Moment
from syspark.domain.facts import BadgeRead, PinAccepted, PlateRead, SyncRequested
from syspark.domain.identity import Witness, WitnessKind, masked
from syspark.domain.messages import (
    AddCredential,
    AnyMessage,
    DeclareArrival,
    ExitRequested,
    ReplaceBadge,
    Reported,
    SiteMessage,
    decode,
)
from syspark.domain.orders import MoveBarrier
from syspark.domain.partner import month_of
from syspark.domain.partner_messages import ValidatePlate
from syspark.domain.rerun import SETUP, SETUP_IN_FULL
from syspark.domain.session import Session, Status
from syspark.domain.site import decide, evolve
from syspark.domain.site.declaration import declaring
from syspark.domain.site.events import (
    CommandEnded,
    CredentialChanged,
    HolderChanged,
    OpeningSeen,
    PlatesForgotten,
    PolicyChanged,
    SiteEvent,
    SubjectMet,
    TariffPublished,
    VisitBegun,
    VisitFound,
    WitnessWithdrawn,
    witness_kept,
)
from syspark.domain.site.learned import pairs_of
from syspark.domain.site.matching import plate_waiting
from syspark.domain.site.past import around
from syspark.domain.site.promises import Promises
from syspark.domain.site.sight import seen_by
from syspark.domain.site.standing import is_past
from syspark.domain.site.state import Declaring, Known, Past, PastRead, SiteSetup, SiteState, Stored
from syspark.domain.site.stays import Opening, Stay
from syspark.domain.site.visits import Visits
from syspark.domain.units import CommandId, HolderKey, Lane, Plate, SessionId, SiteId, SubjectId
from syspark.errors import Unavailable
from syspark.rows import (
    Address,
    CredentialRow,
    Fate,
    Fence,
    HolderRow,
    InboxRow,
    OpeningRow,
    OutboxRow,
    PolicyRow,
    Scope,
    SessionRow,
    Snapshot,
    Stood,
    SubjectRow,
    TariffChange,
    TariffRow,
    Unit,
    Withdrawal,
    WitnessRow,
)

logger = logging.getLogger(__name__)

EXIT_REQUESTED = str(ExitRequested.__struct_config__.tag)
RIGHTS_KEPT = 20_000
PLATES_KEPT = 20_000
"""More than vehicles are inside, so that whoever leaves is found without a question to the database."""


class SiteActor(DurableActor[SiteEvent]):
    """One per site. Its visits, rights and plates are caches of rows that only it writes."""

    kind = "site"

    def __init__(self, key: Key, house: House) -> None:
        super().__init__(key, house)
        self._site_id = SiteId(key.id)
        self._state = self._becoming = SiteState()
        self._version = 0
        self._setup: SiteSetup
        self._mark = self._told = ""
        self._visits: Visits
        self._promises = Promises()
        self._rights: LRUCache[HolderKey, Right | None] = LRUCache(RIGHTS_KEPT)
        self._sought: dict[HolderKey, asyncio.Task[None]] = {}
        self._subjects: LRUCache[Plate, SubjectId] = LRUCache(PLATES_KEPT)

    async def load(self) -> None:
        """Restore the snapshot, and rebuild the visits from sessions, their witnesses and the latest openings.

        Raises KeyError for a site nobody knows.
        """
        self._setup = self.house.sites.setup(self._site_id)
        self._told = ""
        state, policy, now = self.house.stores.state, self._setup.policy, self.house.tools.clock.now()
        snapshot = await state.snapshot(self._address)
        self._state = msgspec.json.decode(snapshot.body, type=SiteState) if snapshot else SiteState()
        self._version = snapshot.version if snapshot else 0
        lately = now - timedelta(seconds=policy.same_exit_s)
        stored = await state.sessions_of(self._site_id, now - timedelta(seconds=policy.free_again_s))
        sessions = [row for row in stored if row.closed_at is None or row.closed_at >= lately]
        since = now - timedelta(seconds=max(policy.entry_unconfirmed_s, policy.same_exit_s))
        openings = await state.commands_of(self._site_id, "barrier", since)
        self._visits = Visits.rebuilt(
            policy.same_exit_s,
            [_stay(row) for row in sessions],
            [opening for row in openings if (opening := _opening(row)) is not None],
            pairs_of(self._state.learned),
        )
        for row in stored:
            stay = _stay(row)
            self._visits.free.note(stay.session, stay.keys)
        self._promises = promises_of(await state.partners(self._site_id, month_of(now, self._setup.zone)))
        self._state = msgspec.structs.replace(self._state, inside=self._visits.by_plan())
        self._rights.clear()
        self._sought.clear()
        self._subjects.clear()
        self._subjects.update((Plate(plate), SubjectId(subject)) for row in sessions for subject, plate in row.subjects)

    def foresee(self, row: InboxRow, fence: Fence) -> None:
        """Look for the right of a badge that was read, and have the session read of who is inside."""
        match decode(row.body):
            case Reported(fact=BadgeRead(uid=uid)) if fence == self.loaded_under:
                key = HolderKey(uid)
                if key not in self._rights and key not in self._sought:
                    self._sought[key] = self.house.tools.owned.start(f"right at {self.key.id}", self._seek(key))
            case Reported(fact=PlateRead(plate=plate)) if fence == self.loaded_under and plate in self._subjects:
                key = HolderKey(self._subjects[plate])
            case _:
                return
        visit = self._visits.by_key(key)
        if visit is not None and visit.inside:
            self.house.router.foretell(row, to=Address("session", visit.session_id), activate=True)

    def consults(self, handover: InboxRow) -> bool:
        """A session, when a vehicle stands at the exit."""
        return handover.kind == EXIT_REQUESTED

    async def _seek(self, key: HolderKey) -> None:
        try:
            row = await self.house.stores.state.credential(self._site_id, key)
            # Unless the badge was changed meanwhile: what was read may be older.
            if self._sought.get(key) is asyncio.current_task():
                self._rights[key] = _right(row) if row else None
        except Unavailable:
            logger.debug("a right is looked for again when it is needed")
        finally:
            if self._sought.get(key) is asyncio.current_task():
                del self._sought[key]

    async def decide(self, message: AnyMessage, at: Moment) -> Verdict[SiteEvent]:
        """Decide with the badge or plate and the visits the message is about."""
        assert isinstance(message, SiteMessage)
        setup = self._setup = self.house.sites.setup(self._site_id)
        self._mark = self.house.sites.mark(self._site_id)
        seen = seen_by(message, self._state, setup, at)
        subject = await self._subject(message)
        known = self._visits.known(
            message,
            seen,
            setup,
            right=await self._right(_shown(message, subject)),
            other=await self._right(HolderKey(message.uid)) if isinstance(message, ReplaceBadge) else None,
            subject=subject,
        )
        if (partnership := self._promises.known(message, subject, setup, at)) is not None:
            known = replace(known, partnership=partnership)
        if isinstance(message, CorrectPlate | MergeSessions | SplitSession):
            known = await self._with_stored(message, known)
        if isinstance(message, DeclareArrival):
            known = replace(known, declaring=await self._declaring(message, seen, at))
        if isinstance(message, Reported) and isinstance(message.fact, PlateRead):
            self.house.tools.metrics.match_risk.observe(known.match_risk)
        if isinstance(message, Reported) and is_past(message, seen, known.right, setup, at):
            known = replace(known, past=await self._past(message, known, at))
        if isinstance(message, Reported) and isinstance(message.fact, SyncRequested) and message.fact.held is not None:
            known = replace(known, compared=self._visits.compared(message.fact.held))
        given = {
            **known.inputs(),
            "state": seen,
            "policy_version": setup.policy_version,
            "tariff_version": setup.tariff_version,
            SETUP: self._mark,
        }
        if self._mark != self._told:
            given[SETUP_IN_FULL] = setup
        return Verdict(decide(seen, message, known, setup, at), given)

    def written(self, unit: Unit, events: tuple[SiteEvent, ...], scope: Scope) -> Unit:
        """The site's snapshot when it changes, and the rows its events make."""
        state = self._state
        for event in events:
            state = evolve(state, event, self._setup.sensors)
        snapshot = None
        if state != self._state:
            snapshot = Snapshot(scope, self._address, self._version + 1, msgspec.json.encode(state))
        self._becoming = state
        return msgspec.structs.replace(
            with_partners(unit, events, scope), snapshot=snapshot, **self._rows(unit, events, scope)
        )

    def _rows(self, unit: Unit, events: tuple[SiteEvent, ...], scope: Scope) -> dict[str, Any]:
        """The rows that events make, as fields of a unit; most events make none."""
        made: dict[str, Any] = {}

        def add(field: str, *rows: object) -> None:
            made[field] = (*made.get(field, ()), *rows)

        for event in events:
            if (kept := witness_kept(event)) is not None:
                add("witnesses", _witness_row(*kept, scope))
            match event:
                case VisitBegun(session=session) | VisitFound(session=session):
                    add("sessions", session_row(session, 1, scope))
                case CommandEnded(command_id=command_id, fate=Fate.CONFIRMED):
                    add("confirmed", command_id)
                case CredentialChanged(credential=credential):
                    add("credentials", _credential_row(credential, self._site_id))
                case HolderChanged(holder_id=holder_id, holder=name, holder_kind=kind, places=places):
                    add("holders", HolderRow(UUID(holder_id), self._site_id, name, kind, places))
                case PolicyChanged():
                    made["policy"] = _policy_row(event, self._site_id)
                case TariffPublished():
                    made["tariff"] = _tariff_row(event, self._site_id)
                case SubjectMet(subject=subject, plate=plate):
                    add("subjects", SubjectRow(UUID(subject), scope, plate))
                case OpeningSeen(lane=lane, at=at, because=because):
                    add("openings", OpeningRow(unit.row.id, scope, lane, at, because))
                case WitnessWithdrawn(session_id=session_id, key=key):
                    add("withdrawn", Withdrawal(session_id, key, unit.journal[0].at))
                case PlatesForgotten(subjects=subjects):
                    add("forgotten", *(UUID(subject) for subject in subjects))
                case _:
                    pass
        return made

    def apply(self, events: tuple[SiteEvent, ...]) -> None:
        """Follow the events: state, visits, credentials."""
        self._told = self._mark
        if events and self._becoming != self._state:
            self._version += 1
            self._state = self._becoming
        for event in events:
            self._visits.apply(event)
            self._promises.apply(event)
            match event:
                case CredentialChanged():
                    # Its holder's pool is looked up with it.
                    self._rights.pop(event.credential.uid, None)
                    self._sought.pop(event.credential.uid, None)
                case HolderChanged():
                    self._rights.clear()
                    self._sought.clear()
                case PolicyChanged():
                    self._follow(_policy_row(event, self._site_id))
                case TariffPublished():
                    self._follow_tariff(_tariff_row(event, self._site_id))
                case PlatesForgotten():
                    gone = set(event.subjects)
                    for plate in [plate for plate, subject in self._subjects.items() if subject in gone]:
                        del self._subjects[plate]
                case SubjectMet():
                    self._subjects[event.plate] = event.subject
                    self._rights.setdefault(HolderKey(event.subject), None)
                case _:
                    pass
        self._visits.forget_left(self.house.tools.clock.now())

    @property
    def _address(self) -> Address:
        return Address("site", self._site_id)

    def _follow(self, policy: PolicyRow) -> None:
        """Decide by a new policy at once: the next look at the configuration comes seconds later."""
        row = self.house.sites.row(self._site_id)
        if row is not None:
            self.house.sites.put(msgspec.structs.replace(row, policy=policy.body, policy_version=policy.version))

    def _follow_tariff(self, tariff: TariffChange) -> None:
        """Price by a new tariff at once, for the same reason."""
        row = self.house.sites.row(self._site_id)
        if row is not None:
            self.house.sites.put(row.with_tariff(tariff))

    async def _right(self, key: HolderKey | None) -> Right | None:
        if key is None:
            return None
        if key in self._sought:
            await self._sought[key]
        if key not in self._rights:
            row = await self.house.stores.state.credential(self._site_id, key)
            self._rights[key] = _right(row) if row else None
        return self._rights[key]

    async def _past(self, reported: Reported, known: Known, at: Moment) -> tuple[Past, ...]:
        """The sessions that a replayed reading may be about: its holder's, and those begun about then."""
        match reported.fact:
            case BadgeRead(uid=uid):
                key = HolderKey(uid)
            case PlateRead():
                key = HolderKey(known.subject or "")
            case PinAccepted():
                key = known.oldest_pin.key if known.oldest_pin is not None else HolderKey("")
            case _:
                return ()
        within_s = self._setup.policy.badge_after_plate_s
        found = await self.house.stores.state.sessions_around(self._site_id, key, at.fact_at, within_s)
        sessions = [past for stood in found if (past := _past_of(stood)) is not None]
        theirs = around((one for one in sessions if one.is_of(key)), at.fact_at)
        return (*theirs, *(one for one in sessions if not one.is_of(key)))

    async def _declaring(self, told: DeclareArrival, seen: SiteState, at: Moment) -> Declaring:
        """What there is to know of the plate that was read at the exit, whose driver has typed theirs."""
        key = plate_waiting(seen, Lane.EXIT)
        if key is None:
            return Declaring()
        read = self._visits.plates.plate_of(key)
        if read is None and self._subjects.get(told.plate) == SubjectId(key):
            read = told.plate  # after a restart its row alone says so
        apart = plates.edits(read, told.plate) if read is not None else None
        found = await self.house.stores.state.sessions_around(self._site_id, key, at.fact_at, 0.0)
        theirs = [msgspec.json.decode(one.row.body, type=Session) for one in found if _is_of(one, key)]
        return declaring(theirs, apart, self._setup.policy, at.fact_at)

    async def _subject(self, message: SiteMessage) -> SubjectId | None:
        match message:
            case (
                Reported(fact=PlateRead(plate=plate, valid=True))
                | AddCredential(plate=str(plate))
                | CorrectPlate(plate=plate)
                | DeclareArrival(plate=plate)
                | ValidatePlate(plate=plate)
            ):
                if plate not in self._subjects:
                    found = await self.house.stores.state.subject(self._site_id, plate)
                    if found is None:
                        return None
                    self._subjects[Plate(plate)] = SubjectId(str(found))
                self._visits.plates.read(HolderKey(self._subjects[Plate(plate)]), Plate(plate))
                return self._subjects[Plate(plate)]
            case _:
                return self._promises.plate_of(message)

    async def _with_stored(self, asked: CorrectPlate | MergeSessions | SplitSession, known: Known) -> Known:
        """What is known, with the sessions a person corrects as they are stored, and the rights of their holders."""
        names = (asked.session_id, asked.into) if isinstance(asked, MergeSessions) else (asked.session_id,)
        stored = {name: found for name in names if (found := await self._stored(name)) is not None}
        keys = dict.fromkeys(one.key for session in stored.values() for one in session.witnesses)
        rights = {key: right for key in keys if (right := await self._right(key)) is not None}
        return replace(known, stored=stored, rights=rights)

    async def _stored(self, session_id: SessionId) -> Stored | None:
        state = self.house.stores.state
        row = await state.session(session_id)
        if row is None or row.scope.site_id != self._site_id:
            return None
        witnesses = tuple(_witness(one) for one in await state.witnesses(session_id))
        return Stored(session=msgspec.json.decode(row.body, type=Session), version=row.version, witnesses=witnesses)


def session_row(session: Session, version: int, scope: Scope) -> SessionRow:
    """A session as it is stored."""
    return SessionRow(
        id=session.id,
        scope=scope,
        version=version,
        status=session.status,
        holder_key=session.holder_key,
        opened_at=session.opened_at,
        closed_at=None if session.status.is_open else session.closed_at,
        body=msgspec.json.encode(session),
        in_review=bool(session.review),
        unpaid_cents=session.unpaid.total_cents if session.unpaid is not None else 0,
    )


def _is_of(stood: Stood, key: HolderKey) -> bool:
    return any(one.holder_key == key for one in stood.witnesses)


def _past_of(stood: Stood) -> Past | None:
    """A session for what a replay tells; None: there was no such stay."""
    session = msgspec.json.decode(stood.row.body, type=Session)
    if session.status is Status.VOID:
        return None
    return Past(
        session_id=session.id,
        opened_at=session.opened_at,
        left_at=session.left_at,
        closed_as=session.closed_as,
        asked_at=session.asked_at,
        reads=tuple(
            PastRead(key=HolderKey(one.holder_key), kind=WitnessKind(one.kind), lane=Lane(one.lane), at=one.read_at)
            for one in stood.witnesses
        ),
    )


def _stay(row: SessionRow) -> Stay:
    plates = tuple((HolderKey(subject), Plate(plate)) for subject, plate in row.subjects)
    return Stay(
        session=msgspec.json.decode(row.body, type=Session),
        keys=tuple(HolderKey(key) for key in row.holder_keys),
        masked=masked(plates[0][1]) if plates else "",
        plates=plates,
    )


def _witness_row(session_id: SessionId, witness: Witness, scope: Scope) -> WitnessRow:
    return WitnessRow(
        session_id=session_id,
        scope=scope,
        kind=witness.kind.value,
        holder_key=witness.key,
        lane=witness.lane,
        read_at=witness.at,
        confidence=witness.confidence,
        cause=UUID(witness.cause),
    )


def _witness(row: WitnessRow) -> Witness:
    return Witness(
        key=HolderKey(row.holder_key),
        kind=WitnessKind(row.kind),
        lane=Lane(row.lane),
        at=row.read_at,
        cause=str(row.cause),
        masked=masked(Plate(row.plate)) if row.plate is not None else "",
        confidence=row.confidence,
    )


def _opening(row: OutboxRow) -> Opening | None:
    order = msgspec.json.decode(row.order, type=MoveBarrier)
    if order.session_id is None:
        return None
    return Opening(
        command_id=CommandId(row.id),
        session_id=order.session_id,
        lane=order.lane,
        read_at=order.read_at or row.fact_at,
        decided_at=row.created_at,
        fate=row.fate,
    )


def _shown(message: SiteMessage, subject: SubjectId | None) -> HolderKey | None:
    """What a message shows a right by."""
    match message:
        case Reported(fact=BadgeRead(uid=uid)) | ReplaceBadge(lost_uid=uid):
            return HolderKey(uid)
        case Reported(fact=PlateRead()) | CorrectPlate() | DeclareArrival() if subject is not None:
            return HolderKey(subject)
        case _:
            return None


def credential_of(row: CredentialRow) -> Credential:
    """A badge or a plate as decisions read it."""
    return Credential(
        uid=HolderKey(row.uid),
        holder=row.holder,
        plan=Plan(row.plan),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        blocked=row.blocked,
        kind=CredentialKind(row.kind),
        windows=windows_of(row.windows),
        lane=Lane(row.lane) if row.lane is not None else None,
        temporary=row.temporary,
    )


def _right(row: CredentialRow) -> Right:
    pool = Pool(id=row.pool[0], places=row.pool[1]) if row.pool is not None else None
    return Right(credential=credential_of(row), pool=pool)


def _tariff_row(event: TariffPublished, site_id: SiteId) -> TariffChange:
    version = event.version
    row = TariffRow(version.version, version.starts_at, msgspec.json.encode(version.tariff))
    return TariffChange(site_id, row, event.author, event.now)


def _policy_row(event: PolicyChanged, site_id: SiteId) -> PolicyRow:
    return PolicyRow(site_id, event.version, msgspec.json.encode(event.policy), event.author)


def _credential_row(credential: Credential, site_id: SiteId) -> CredentialRow:
    return CredentialRow(
        uid=credential.uid,
        site_id=site_id,
        holder=credential.holder,
        plan=credential.plan,
        valid_from=credential.valid_from,
        valid_until=credential.valid_until,
        blocked=credential.blocked,
        kind=credential.kind,
        windows=text_of(credential.windows),
        lane=credential.lane,
        temporary=credential.temporary,
    )
