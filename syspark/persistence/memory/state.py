"""What actors are restored from, their timers and when devices were last heard, in memory."""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from syspark.domain.units import SessionId, SiteId
from syspark.persistence.memory.faults import Call, Faults
from syspark.persistence.memory.partners import partners_of
from syspark.persistence.memory.tables import LONG_AGO, Tables, hour_of, require_uuid
from syspark.persistence.memory.units import due_at
from syspark.rows import (
    Address,
    CredentialRow,
    Deadline,
    Fence,
    OutboxRow,
    PartnersOfSite,
    SessionRow,
    SiteChanges,
    SiteRow,
    Snapshot,
    Stood,
    WitnessRow,
)

THEIR_LATEST = 100


class MemoryActorState:
    """`syspark.ports.ActorStateStore` over tables in memory."""

    def __init__(self, tables: Tables, faults: Faults) -> None:
        self._tables = tables
        self._faults = faults

    async def snapshot(self, actor: Address) -> Snapshot | None:
        """An actor's last stored state."""
        return await self._faults.perform(Call.READ, lambda: self._tables.snapshots.get(actor))

    async def twins(self, partition: int) -> Sequence[Snapshot]:
        """The last stored state of every device of a partition."""
        return await self._faults.perform(
            Call.READ,
            lambda: [
                snapshot
                for actor, snapshot in self._tables.snapshots.items()
                if actor.kind == "device" and snapshot.scope.partition == partition
            ],
        )

    async def session(self, session_id: str) -> SessionRow | None:
        """A parking session."""
        return await self._faults.perform(Call.READ, lambda: self._tables.sessions.get(SessionId(session_id)))

    async def sessions_of(self, site_id: SiteId, closed_since: datetime) -> Sequence[SessionRow]:
        """A site's open and lately closed sessions, in the order of their ids, which is that of their making."""
        return await self._faults.perform(Call.READ, lambda: self._sessions_of(site_id, closed_since))

    async def witnesses(self, session_id: SessionId) -> Sequence[WitnessRow]:
        """What speaks for a session's vehicle."""
        require_uuid(session_id)
        return await self._faults.perform(Call.READ, lambda: self._witnesses_of(session_id))

    async def sessions_around(self, site_id: SiteId, holder_key: str, at: datetime, within_s: float) -> Sequence[Stood]:
        """A holder's latest sessions, and the site's that were opened about a time."""
        within = timedelta(seconds=within_s)
        return await self._faults.perform(Call.READ, lambda: self._around(site_id, holder_key, at, within))

    async def commands_of(self, site_id: SiteId, order_kind: str, since: datetime) -> Sequence[OutboxRow]:
        """A site's commands of one kind, oldest first."""
        return await self._faults.perform(Call.READ, lambda: self._commands_of(site_id, order_kind, since))

    async def credential(self, site_id: SiteId, uid: str) -> CredentialRow | None:
        """A badge known at a site."""
        return await self._faults.perform(Call.READ, lambda: self._credential(site_id, uid))

    async def credentials(self, site_id: SiteId) -> Sequence[CredentialRow]:
        """Every badge and plate known at a site."""
        return await self._faults.perform(Call.READ, lambda: self._credentials(site_id))

    async def subject(self, site_id: SiteId, plate: str) -> UUID | None:
        """The subject that holds a plate."""
        return await self._faults.perform(Call.READ, lambda: self._tables.subject_of_plate.get((site_id, plate)))

    async def partners(self, site_id: SiteId, month: str) -> PartnersOfSite:
        """A site's partners, their accounts that can change, and the validations that are not over."""
        return await self._faults.perform(Call.READ, lambda: partners_of(self._tables, site_id, month))

    async def sites(self, partition: int) -> Sequence[SiteRow]:
        """Every site of a partition, by name."""
        return await self._faults.perform(
            Call.READ,
            lambda: [site for _, site in sorted(self._tables.sites.items()) if site.partition == partition],
        )

    async def changed_sites(self, partitions: Collection[int], since: int | None) -> SiteChanges:
        """Sites that may have changed since an earlier look."""
        return await self._faults.perform(Call.READ, lambda: self._changed_sites(partitions, since))

    async def site(self, site_id: SiteId) -> SiteRow | None:
        """One site."""
        return await self._faults.perform(Call.READ, lambda: self._tables.sites.get(site_id))

    async def levels(self, partition: int) -> Mapping[str, bytes]:
        """Per topic, the digest of its last level."""
        return await self._faults.perform(
            Call.READ,
            lambda: {topic: digest for (number, topic), digest in self._tables.levels.items() if number == partition},
        )

    def open_sessions(self, site_id: SiteId) -> Sequence[SessionRow]:
        """A site's open sessions, in the order of their ids; no call of a process, which no fault concerns."""
        found = sorted(self._tables.index.open.get(site_id, {}))
        return [self._with_witnesses(self._tables.sessions[one]) for one in found]

    def _credential(self, site_id: SiteId, uid: str) -> CredentialRow | None:
        row = self._tables.credentials.get((site_id, uid))
        holder = self._tables.holders.get((site_id, row.holder)) if row is not None else None
        if row is None or holder is None or holder.places is None:
            return row
        return replace(row, pool=(str(holder.id), holder.places))

    def _credentials(self, site_id: SiteId) -> Sequence[CredentialRow]:
        of_site = [uid for site, uid in sorted(self._tables.credentials) if site == site_id]
        return [row for uid in of_site if (row := self._credential(site_id, uid)) is not None]

    def _changed_sites(self, partitions: Collection[int], since: int | None) -> SiteChanges:
        seen = len(self._tables.changed_sites)
        names = sorted(set(self._tables.changed_sites[seen if since is None else since :]))
        sites = [self._tables.sites[name] for name in names if name in self._tables.sites]
        return SiteChanges(seen, [site for site in sites if site.partition in partitions])

    def _sessions_of(self, site_id: SiteId, closed_since: datetime) -> Sequence[SessionRow]:
        def wanted(row: SessionRow) -> bool:
            closed_late = row.closed_at is not None and row.closed_at >= closed_since
            return row.scope.site_id == site_id and (row.is_open or closed_late)

        found = sorted(filter(wanted, self._tables.sessions.values()), key=lambda row: row.id)
        return [self._with_witnesses(row) for row in found]

    def _witnesses_of(self, session_id: SessionId) -> Sequence[WitnessRow]:
        def with_plate(row: WitnessRow) -> WitnessRow:
            subject = self._tables.subjects.get(UUID(row.holder_key)) if row.kind == "plate" else None
            return replace(row, plate=subject.plate if subject is not None else None)

        found = [with_plate(row) for row in self._standing(session_id)]
        return sorted(found, key=lambda row: (row.read_at, row.holder_key, row.cause))

    def _standing(self, session_id: SessionId) -> Sequence[WitnessRow]:
        """A session's witnesses that nobody has withdrawn, in the order of their reading."""
        keys = self._tables.index.of_session.get(session_id, {})
        found = [self._tables.witnesses[key] for key in keys if key not in self._tables.withdrawn]
        return sorted(found, key=lambda witness: (witness.read_at, witness.holder_key))

    def _with_witnesses(self, row: SessionRow) -> SessionRow:
        kinds: dict[str, str] = {}
        for witness in self._standing(row.id):
            kinds.setdefault(witness.holder_key, witness.kind)
        found = [self._tables.subjects.get(UUID(key)) for key, kind in kinds.items() if kind == "plate"]
        plates = [(str(subject.id), subject.plate) for subject in found if subject is not None]
        return replace(row, holder_keys=tuple(kinds), subjects=tuple(plates))

    def _around(self, site_id: SiteId, holder_key: str, at: datetime, within: timedelta) -> Sequence[Stood]:
        index = self._tables.index
        theirs = sorted(
            one
            for one in index.of_holder.get((site_id, holder_key), {})
            if any(witness.holder_key == holder_key for witness in self._standing(one))
        )
        near = [
            one
            for hour in range(hour_of(at - within), hour_of(at + within) + 1)
            for one in index.opened.get((site_id, hour), {})
            if (opened_at := self._tables.sessions[one].opened_at) is not None and abs(opened_at - at) <= within
        ]
        return [
            Stood(self._tables.sessions[one], tuple(witnesses))
            for one in sorted({*theirs[-THEIR_LATEST:], *near})
            if (witnesses := self._standing(one))
        ]

    def _commands_of(self, site_id: SiteId, order_kind: str, since: datetime) -> Sequence[OutboxRow]:
        def wanted(row: OutboxRow) -> bool:
            return row.scope.site_id == site_id and row.order_kind == order_kind and row.created_at >= since

        return sorted(filter(wanted, self._tables.outbox.values()), key=lambda row: (row.created_at, row.id))


class MemoryDeadlines:
    """`syspark.ports.DeadlineStore` over tables in memory."""

    def __init__(self, tables: Tables, faults: Faults) -> None:
        self._tables = tables
        self._faults = faults

    async def partitions_due(self, partitions: Collection[int], now: datetime) -> Set[int]:
        """Which partitions have deadlines at or before `now`."""
        return await self._faults.perform(Call.READ, lambda: {one for one in partitions if self._due(one, now, 1)})

    async def due(self, partition: int, now: datetime, limit: int) -> Sequence[Deadline]:
        """Deadlines at or before `now`, oldest first."""
        return await self._faults.perform(Call.READ, lambda: self._due(partition, now, limit))

    def _due(self, partition: int, now: datetime, limit: int) -> Sequence[Deadline]:
        rows = self._tables.deadlines.values()
        due = [row for row in rows if row.scope.partition == partition and due_at(row) <= now]
        return sorted(due, key=lambda row: (due_at(row), row.actor.kind, row.actor.id, row.key))[:limit]


class MemoryTelemetry:
    """`syspark.ports.TelemetryStore` over tables in memory."""

    def __init__(self, tables: Tables, faults: Faults) -> None:
        self._tables = tables
        self._faults = faults

    async def seen(self, fences: Sequence[Fence], seen: Mapping[tuple[SiteId, str], datetime]) -> None:
        """Store when configured devices were last heard."""
        await self._faults.perform(Call.SEEN, lambda: self._seen(fences, seen))

    async def last_seen(self, partition: int) -> Mapping[tuple[SiteId, str], datetime]:
        """When each device that was ever heard was last heard."""
        return await self._faults.perform(
            Call.READ, lambda: {key: at for key, at in self._tables.last_seen.items() if self._is_in(key, {partition})}
        )

    def _seen(self, fences: Sequence[Fence], seen: Mapping[tuple[SiteId, str], datetime]) -> None:
        held = self._tables.held(fences)
        for key, at in seen.items():
            if self._is_in(key, held) and at > self._tables.last_seen.get(key, LONG_AGO):
                self._tables.last_seen[key] = at

    def _is_in(self, key: tuple[SiteId, str], partitions: set[int]) -> bool:
        site_id, device = key
        site = self._tables.sites.get(site_id)
        return site is not None and site.partition in partitions and any(row.name == device for row in site.devices)
