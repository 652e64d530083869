"""Rows for the contract suite, each with what a test is not about filled in."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from syspark.clock import SteppedClock
from syspark.domain.units import CommandId, SessionId, SiteId
from syspark.ids import IdSource
from syspark.rows import (
    Address,
    Deadline,
    DeliveryKey,
    Fate,
    FateRecord,
    Fence,
    InboxRow,
    JournalEntry,
    OutboxRow,
    RejectedMessage,
    RowStatus,
    Scope,
    SessionRow,
    SiteRow,
    Snapshot,
    SubjectRow,
    Unit,
    WitnessRow,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOBODY = "nobody"


def after(seconds: float) -> datetime:
    """A moment counted from the suite's noon."""
    return NOON + timedelta(seconds=seconds)


class Maker:
    """Makes rows of one site, in one partition unless told otherwise."""

    def __init__(self, site: SiteRow) -> None:
        self._ids = IdSource(SteppedClock(NOON))
        self._numbers = count(1)
        self.site = site
        self.scope = Scope(site.organisation_id, site.id, site.partition)
        self.actor = Address("site", site.id)

    def id(self) -> UUID:
        """A new id."""
        return self._ids.new()

    def fact(self, *, partition: int | None = None, **changes: Any) -> InboxRow:
        """A row for the site's actor."""
        scope = self.scope if partition is None else replace(self.scope, partition=partition)
        row = InboxRow(self.id(), scope, self.actor, "badge", b'{"uid":"A1B2C3D4"}', after(-1), after(0))
        return replace(row, **changes)

    def delivered(self, broker_session: UUID, packet_id: int, number: int, digest: bytes) -> InboxRow:
        """A row that came by a QoS 1 delivery."""
        return self.fact(delivery=DeliveryKey(broker_session, packet_id, number, digest))

    def handover(self, kind: str = "exit-granted") -> InboxRow:
        """A row for a session's actor."""
        return self.fact(recipient=Address("session", str(self.id())), kind=kind)

    def rejected(self) -> RejectedMessage:
        """A message refused at the edge."""
        return RejectedMessage(self.id(), self.scope, "parking/barriere", "zz", "bad-uid", "not hex", after(0))

    def unit(self, row: InboxRow, **changes: Any) -> Unit:
        """A decision that only ends its row."""
        return replace(Unit(row, RowStatus.DONE, '{"decided":true}'), **changes)

    def snapshot(self, version: int, **changes: Any) -> Snapshot:
        """The site's state."""
        return replace(Snapshot(self.scope, self.actor, version, b"state %d" % version), **changes)

    def session(self, session_id: SessionId | None = None, version: int = 1, **changes: Any) -> SessionRow:
        """An open session."""
        made = session_id or SessionId(str(self.id()))
        row = SessionRow(made, self.scope, version, "active", "A1B2C3D4", after(0), None, b"session")
        return replace(row, **changes)

    def subject(self, plate: str = "AB123CD", **changes: Any) -> SubjectRow:
        """A plate never seen before."""
        return replace(SubjectRow(self.id(), self.scope, plate), **changes)

    def witness(self, session: SessionRow, key: str = "A1B2C3D4", **changes: Any) -> WitnessRow:
        """A badge that speaks for a session's vehicle."""
        row = WitnessRow(session.id, self.scope, "badge", key, "entry", after(0), None, self.id())
        return replace(row, **changes)

    def entry(self, **changes: Any) -> JournalEntry:
        """A journal line of the site's chain."""
        return replace(
            JournalEntry(
                chain=f"site:{self.site.id}",
                organisation_id=self.site.organisation_id,
                site_id=self.site.id,
                at=after(next(self._numbers)),
                fact_at=after(-1),
                actor=self.actor,
                kind="entry-admitted",
                rule="badge known",
                inputs=b'{"capacity":50}',
                cause=self.id(),
            ),
            **changes,
        )

    def command(self, **changes: Any) -> OutboxRow:
        """A queued barrier command."""
        row = OutboxRow(
            id=CommandId(str(self.id())),
            scope=self.scope,
            order_kind="barrier",
            order=b'{"type":"barrier","lane":"entry"}',
            device="barriere_entree",
            author="rule",
            fate=Fate.QUEUED,
            created_at=after(next(self._numbers)),
            fact_at=after(-1),
            expires_at=after(30),
            epoch=1,
        )
        return replace(row, **changes)

    def deadline(self, key: str, seconds: float | None) -> Deadline:
        """A timer of the site's actor, or its end."""
        return Deadline(self.scope, self.actor, key, None if seconds is None else after(seconds))

    def fate(self, command: OutboxRow, fate: Fate, tell: InboxRow | None = None) -> FateRecord:
        """A command's new fate."""
        return FateRecord(command.id, fate, after(60), tell)

    def another_site(self, name: str, partition: int) -> SiteRow:
        """A second site of the same organisation."""
        site_id = SiteId(name)
        devices = tuple(replace(device, site_id=site_id) for device in self.site.devices)
        return replace(self.site, id=site_id, name=name, partition=partition, devices=devices)


def lost(fence: Fence) -> Fence:
    """A fence as its owner holds it after somebody else took the partition."""
    return replace(fence, epoch=fence.epoch - 1, owner=NOBODY)
