"""The stays of a site's vehicles, as rows and as decisions read them: sessions, their witnesses, their openings."""

from datetime import datetime
from uuid import UUID

import msgspec

from syspark.domain.corrections import CorrectPlate, MergeSessions, SplitSession
from syspark.domain.identity import Witness, WitnessKind, masked
from syspark.domain.orders import MoveBarrier
from syspark.domain.session import BY_HAND, Session, Status
from syspark.domain.site.past import around
from syspark.domain.site.state import Past, PastRead, Stored
from syspark.domain.site.stays import Opening, Stay
from syspark.domain.units import CommandId, HolderKey, Lane, Plate, SessionId, SiteId
from syspark.ports import ActorStateStore
from syspark.rows import OutboxRow, Scope, SessionRow, Stood, WitnessRow


class Stays:
    """A site's stays as they are stored; every question raises `Unavailable`."""

    def __init__(self, state: ActorStateStore, site_id: SiteId) -> None:
        self._state = state
        self._site_id = site_id

    async def latest(self, closed_since: datetime) -> list[Stay]:
        """Those not over, and those closed since, in the order they were made."""
        return [_stay(row) for row in await self._state.sessions_of(self._site_id, closed_since)]

    async def openings(self, since: datetime) -> list[Opening]:
        """The openings for sessions that were decided since, oldest first."""
        rows = await self._state.commands_of(self._site_id, "barrier", since)
        return [opening for row in rows if (opening := _opening(row)) is not None]

    async def of(self, key: HolderKey, at: datetime) -> list[Session]:
        """A holder's latest sessions."""
        found = await self._state.sessions_around(self._site_id, key, at, 0.0)
        return [
            msgspec.json.decode(stood.row.body, type=Session)
            for stood in found
            if any(witness.holder_key == key for witness in stood.witnesses)
        ]

    async def past(self, key: HolderKey, at: datetime, within_s: float) -> tuple[Past, ...]:
        """What a reading of the past may be about: its holder's sessions, and those begun about then."""
        found = await self._state.sessions_around(self._site_id, key, at, within_s)
        sessions = [past for stood in found if (past := _past(stood)) is not None]
        theirs = around((one for one in sessions if one.is_of(key)), at)
        return (*theirs, *(one for one in sessions if not one.is_of(key)))

    async def corrected(self, asked: CorrectPlate | MergeSessions | SplitSession) -> dict[SessionId, Stored]:
        """The sessions a person corrects, without those that are not of this site."""
        names = (asked.session_id, asked.into) if isinstance(asked, MergeSessions) else (asked.session_id,)
        return {name: found for name in names if (found := await self._stored(name)) is not None}

    async def _stored(self, session_id: SessionId) -> Stored | None:
        row = await self._state.session(session_id)
        if row is None or row.scope.site_id != self._site_id:
            return None
        witnesses = tuple(_witness(one) for one in await self._state.witnesses(session_id))
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


def witness_row(session_id: SessionId, witness: Witness, scope: Scope) -> WitnessRow:
    """A witness as it is stored."""
    return WitnessRow(
        session_id=session_id,
        scope=scope,
        kind=witness.kind.value,
        holder_key=witness.key,
        lane=witness.lane,
        read_at=witness.at,
        confidence=witness.confidence,
        cause=UUID(witness.cause),
        rear=witness.rear,
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


def _stay(row: SessionRow) -> Stay:
    plates = tuple((HolderKey(subject), Plate(plate)) for subject, plate in row.subjects)
    return Stay(
        session=msgspec.json.decode(row.body, type=Session),
        keys=tuple(HolderKey(key) for key in row.holder_keys),
        masked=masked(plates[0][1]) if plates else "",
        plates=plates,
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


def _past(stood: Stood) -> Past | None:
    """A session for what a replay tells; None: there was no such stay."""
    session = msgspec.json.decode(stood.row.body, type=Session)
    if session.status is Status.VOID:
        return None
    by_person = session.closed_as == BY_HAND
    return Past(
        session_id=session.id,
        opened_at=session.opened_at,
        left_at=None if by_person else session.left_at,
        ended_at=session.closed_at if by_person else None,
        closed_as=session.closed_as,
        asked_at=session.asked_at,
        reads=tuple(
            PastRead(
                key=HolderKey(one.holder_key),
                kind=WitnessKind(one.kind),
                lane=Lane(one.lane),
                at=one.read_at,
                rear=one.rear,
            )
            for one in stood.witnesses
        ),
        paid_cents=session.paid_cents,
        plan=session.plan,
        decided_at=session.decided_at,
    )
