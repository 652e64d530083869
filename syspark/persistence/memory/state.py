"""What actors are restored from, their timers and when devices were last heard, in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from syspark.domain.units import SessionId, SiteId
from syspark.persistence.memory.faults import Call, Faults
from syspark.persistence.memory.tables import LONG_AGO, Tables
from syspark.persistence.memory.units import due_at
from syspark.rows import Address, CredentialRow, Deadline, Fence, OutboxRow, SessionRow, SiteRow, Snapshot


class MemoryActorState:
    """`syspark.ports.ActorStateStore` over tables in memory."""

    def __init__(self, tables: Tables, faults: Faults) -> None:
        self._tables = tables
        self._faults = faults

    async def snapshot(self, actor: Address) -> Snapshot | None:
        """An actor's last stored state."""
        return await self._faults.perform(Call.READ, lambda: self._tables.snapshots.get(actor))

    async def session(self, session_id: str) -> SessionRow | None:
        """A parking session."""
        return await self._faults.perform(Call.READ, lambda: self._tables.sessions.get(SessionId(session_id)))

    async def sessions_of(self, site_id: SiteId, closed_since: datetime) -> Sequence[SessionRow]:
        """A site's open and lately closed sessions, in the order of their ids, which is that of their making."""
        return await self._faults.perform(Call.READ, lambda: self._sessions_of(site_id, closed_since))

    async def commands_of(self, site_id: SiteId, order_kind: str, since: datetime) -> Sequence[OutboxRow]:
        """A site's commands of one kind, oldest first."""
        return await self._faults.perform(Call.READ, lambda: self._commands_of(site_id, order_kind, since))

    async def credential(self, site_id: SiteId, uid: str) -> CredentialRow | None:
        """A badge known at a site."""
        return await self._faults.perform(Call.READ, lambda: self._tables.credentials.get((site_id, uid)))

    async def sites(self, partition: int) -> Sequence[SiteRow]:
        """Every site of a partition, by name."""
        return await self._faults.perform(
            Call.READ,
            lambda: [site for _, site in sorted(self._tables.sites.items()) if site.partition == partition],
        )

    async def site(self, site_id: SiteId) -> SiteRow | None:
        """One site."""
        return await self._faults.perform(Call.READ, lambda: self._tables.sites.get(site_id))

    async def levels(self, partition: int) -> Mapping[str, bytes]:
        """Per topic, the digest of its last level."""
        return await self._faults.perform(
            Call.READ,
            lambda: {topic: digest for (number, topic), digest in self._tables.levels.items() if number == partition},
        )

    def _sessions_of(self, site_id: SiteId, closed_since: datetime) -> Sequence[SessionRow]:
        def wanted(row: SessionRow) -> bool:
            closed_late = row.closed_at is not None and row.closed_at >= closed_since
            return row.scope.site_id == site_id and (row.is_open or closed_late)

        return sorted(filter(wanted, self._tables.sessions.values()), key=lambda row: row.id)

    def _commands_of(self, site_id: SiteId, order_kind: str, since: datetime) -> Sequence[OutboxRow]:
        def wanted(row: OutboxRow) -> bool:
            return row.scope.site_id == site_id and row.order_kind == order_kind and row.created_at >= since

        return sorted(filter(wanted, self._tables.outbox.values()), key=lambda row: (row.created_at, row.id))


class MemoryDeadlines:
    """`syspark.ports.DeadlineStore` over tables in memory."""

    def __init__(self, tables: Tables, faults: Faults) -> None:
        self._tables = tables
        self._faults = faults

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
