"""The rows that the service writes for an entry and for an exit: their number, their columns, their sizes.

A test compares them with what the service writes, so that the floor stays what it claims to be.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace

from syspark.domain.units import CommandId, SessionId, SiteId
from syspark.rows import (
    Address,
    DeliveryKey,
    Fate,
    Fence,
    InboxRow,
    JournalEntry,
    OutboxRow,
    RowStatus,
    Scope,
    SessionRow,
    Snapshot,
    Unit,
    WitnessRow,
)

BROKER_SESSION = UUID(int=1)
DIGEST = bytes(16)
OPENED_AT = datetime(2026, 1, 1, tzinfo=UTC)
INPUTS = {"entry": 4378, "exit-asked": 3606, "session": 909, "exit-opened": 2039}
"""Bytes of a journal entry's inputs, by what was decided."""

BODIES = {"snapshot": 1183, "session": 282, "closed": 436, "barrier": 142, "text": 38, "requested": 52, "granted": 210}
PERSONAL = {"entry": 5, "exit-asked": 5, "session": 1, "exit-opened": 1}
"""Personal values of a journal entry: badges and holders it names."""


class Fact(msgspec.Struct):
    """What was read."""

    uid: str
    lane: str


class Read(msgspec.Struct):
    """A badge read as its row holds it."""

    fact: Fact


class Sample:
    """Makes rows of one organisation in one partition."""

    def __init__(self, organisation: UUID, fence: Fence) -> None:
        self._organisation = organisation
        self._fence = fence

    def fact(self, row_id: UUID, site: str, uid: str, lane: str, now: datetime, key: DeliveryKey) -> InboxRow:
        """A badge read."""
        body = b'{"type":"reported","device":"barriere","fact":{"type":"badge","uid":"%s","lane":"%s"}}'
        return InboxRow(
            id=row_id,
            scope=Scope(self._organisation, SiteId(site), self._fence.partition),
            recipient=Address("site", site),
            kind="reported",
            body=body % (uid.encode(), lane.encode()),
            fact_at=now,
            received_at=now,
            delivery=key,
        )

    def entry(self, row: InboxRow, uid: str, version: int, new_ids: Sequence[UUID]) -> Unit:
        """A vehicle is let in: its session, the barrier, the display."""
        session = SessionRow(
            id=SessionId(str(row.id)),
            scope=row.scope,
            version=1,
            status="active",
            holder_key=uid,
            opened_at=row.fact_at,
            closed_at=None,
            body=_filler("session"),
        )
        unit = self._unit(row, "entry", version, sessions=(session,), outbox=self._commands(row, "entry", new_ids))
        return replace(unit, witnesses=(_witness(row, session.id, uid, "entry"),))

    def exit_asked(self, row: InboxRow, uid: str, session: str, version: int, handover_id: UUID) -> Unit:
        """A vehicle wants out: its session is asked."""
        asked = self._message(row, handover_id, "exit-requested", Address("session", session), _filler("requested"))
        unit = self._unit(row, "exit-asked", version, handovers=(asked,))
        return replace(unit, witnesses=(_witness(row, SessionId(session), uid, "exit"),))

    def session_lets_out(self, row: InboxRow, uid: str, handover_id: UUID) -> Unit:
        """The session is closed, and the site told."""
        closed = SessionRow(
            id=SessionId(row.recipient.id),
            scope=row.scope,
            version=2,
            status="closed",
            holder_key=uid,
            opened_at=OPENED_AT,
            closed_at=row.fact_at,
            body=_filler("closed"),
        )
        site = Address("site", str(row.scope.site_id))
        granted = self._message(row, handover_id, "exit-granted", site, _filler("granted"))
        return self._unit(row, "session", None, sessions=(closed,), handovers=(granted,))

    def exit_opened(self, row: InboxRow, version: int, new_ids: Sequence[UUID]) -> Unit:
        """The site opens."""
        return self._unit(row, "exit-opened", version, outbox=self._commands(row, "exit", new_ids))

    def _unit(
        self,
        row: InboxRow,
        what: str,
        version: int | None,
        *,
        sessions: tuple[SessionRow, ...] = (),
        outbox: tuple[OutboxRow, ...] = (),
        handovers: tuple[InboxRow, ...] = (),
    ) -> Unit:
        entry = JournalEntry(
            chain=f"site:{row.scope.site_id}",
            organisation_id=row.scope.organisation_id,
            site_id=row.scope.site_id,
            at=row.received_at,
            fact_at=row.fact_at,
            actor=row.recipient,
            kind=row.kind,
            rule="entry-admitted",
            inputs=bytes(INPUTS[what]),
            cause=row.id,
            personal={f"uid-{number}": "0000A1B2" for number in range(PERSONAL[what])},
        )
        return Unit(
            row=row,
            status=RowStatus.DONE,
            outcome='{"rule":"entry-admitted"}',
            snapshot=Snapshot(row.scope, row.recipient, version, _filler("snapshot")) if version else None,
            sessions=sessions,
            journal=(entry,),
            outbox=outbox,
            handovers=handovers,
        )

    def _commands(self, row: InboxRow, lane: str, new_ids: Sequence[UUID]) -> tuple[OutboxRow, ...]:
        now = row.received_at
        barrier, text = (CommandId(str(new_id)) for new_id in new_ids)
        return (
            self._command(row, barrier, "barrier", lane, now + timedelta(seconds=10)),
            self._command(row, text, "text", "", now + timedelta(hours=1)),
        )

    def _command(self, row: InboxRow, command_id: CommandId, kind: str, device: str, expires_at: datetime) -> OutboxRow:
        return OutboxRow(
            id=command_id,
            scope=row.scope,
            order_kind=kind,
            order=_filler(kind),
            device=device,
            author="entry-admitted",
            fate=Fate.QUEUED,
            created_at=row.received_at,
            fact_at=row.fact_at,
            expires_at=expires_at,
            epoch=self._fence.epoch,
        )

    def _message(self, row: InboxRow, row_id: UUID, kind: str, recipient: Address, body: bytes) -> InboxRow:
        return InboxRow(row_id, row.scope, recipient, kind, body, row.fact_at, row.received_at)


def _witness(row: InboxRow, session: SessionId, uid: str, lane: str) -> WitnessRow:
    return WitnessRow(session, row.scope, "badge", uid, lane, row.fact_at, None, row.id)


def _filler(what: str) -> bytes:
    return bytes(BODIES[what])
