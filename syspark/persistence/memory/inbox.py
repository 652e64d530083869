"""The durable mailboxes, in memory."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from syspark.persistence.memory.faults import Call, Faults
from syspark.persistence.memory.tables import (
    StoredRow,
    Tables,
    Transaction,
    event_key,
    finish_row,
    insert_row,
    require_storable,
    undone_rows,
)
from syspark.ports import Inserted, Stirring
from syspark.rows import Address, Fence, InboxRow, Landed, RejectedMessage, RowStatus


class MemoryInbox:
    """`syspark.ports.InboxStore` over tables in memory."""

    def _stirrings(self, after_seqs: Mapping[int, int]) -> Mapping[int, Stirring]:
        lowest = min(after_seqs.values(), default=0)
        undone = {
            row.scope.partition
            for row in undone_rows(self._tables, lowest)
            if row.seq > after_seqs.get(row.scope.partition, row.seq)
        }
        return {one: Stirring(self._tables.newest.get(one, 0), one in undone) for one in after_seqs}

    def __init__(self, tables: Tables, faults: Faults) -> None:
        self._tables = tables
        self._faults = faults

    async def insert(
        self, fences: Sequence[Fence], rows: Sequence[InboxRow], rejected: Sequence[RejectedMessage] = ()
    ) -> Sequence[Inserted]:
        """Make facts durable, all or none of them."""
        ids = {row.id for row in rows} | {message.id for message in rejected}
        return await self._faults.perform(Call.INSERT, lambda: self._insert(fences, rows, rejected), ids)

    async def undone(self, partition: int, after_seq: int, limit: int) -> Sequence[InboxRow]:
        """Undone rows of a partition, in order."""
        return await self._undone(lambda row: row.scope.partition == partition, after_seq, limit)

    async def undone_for(self, recipient: Address, partition: int, after_seq: int, limit: int) -> Sequence[InboxRow]:
        """Undone rows of one mailbox, in order."""
        return await self._undone(
            lambda row: row.recipient == recipient and row.scope.partition == partition, after_seq, limit
        )

    async def stirrings(self, after_seqs: Mapping[int, int]) -> Mapping[int, Stirring]:
        """Where rows are undone."""
        return await self._faults.perform(Call.READ, lambda: self._stirrings(after_seqs))

    async def recent_packets(
        self, partition: int, broker_session: UUID, after_number: int
    ) -> Mapping[int, tuple[int, bytes]]:
        """Per packet id, the latest delivery that became a row."""
        return await self._faults.perform(
            Call.READ, lambda: self._recent_packets(partition, broker_session, after_number)
        )

    async def latest_fact(self, partition: int, broker_session: UUID, after_number: int) -> datetime | None:
        """When the latest fact happened that became a row."""
        return await self._faults.perform(Call.READ, lambda: self._latest_fact(partition, broker_session, after_number))

    async def count_try(self, fence: Fence, row_id: UUID) -> int:
        """Count a failed handling; a row that is out of the line, or not ours any more, keeps its number."""
        return await self._faults.perform(Call.COUNT, lambda: self._count_try(fence, row_id))

    async def count_start(self, fence: Fence, row_id: UUID) -> int:
        """Count a process that started with this row first in line."""
        return await self._faults.perform(Call.COUNT, lambda: self._set_starts(fence, row_id, lambda n: n + 1))

    async def clear_starts(self, fence: Fence, row_id: UUID) -> None:
        """Forget the starts counted."""
        await self._faults.perform(Call.COUNT, lambda: self._set_starts(fence, row_id, lambda n: 0))

    async def park(self, fence: Fence, row_id: UUID, why: str) -> None:
        """Take a row out of the line, its body kept."""
        await self._faults.perform(Call.PARK, lambda: self._park(fence, row_id, why))

    async def request(self, row: InboxRow) -> None:
        """Insert a request, once however often it is tried."""
        await self._faults.perform(Call.REQUEST, lambda: self._request(row), [row.id])

    async def outcome(self, row_id: UUID) -> tuple[str, str] | None:
        """Status and outcome of a row."""
        return await self._faults.perform(Call.READ, lambda: self._outcome(row_id))

    def _insert(
        self, fences: Sequence[Fence], rows: Sequence[InboxRow], rejected: Sequence[RejectedMessage]
    ) -> Sequence[Inserted]:
        held = self._tables.held(fences)
        with Transaction() as change:
            for message in rejected:
                require_storable(message.topic, message.payload, message.reason, message.detail)
                if message.scope.partition in held:
                    change.put(self._tables.rejected, message.id, message)
            return [self._insert_one(change, row, held) for row in rows]

    def _insert_one(self, change: Transaction, row: InboxRow, held: set[int]) -> Inserted:
        if row.scope.partition not in held:
            return Inserted(row, Landed.FENCED)
        stored = self._tables.inbox.get(row.id)
        if stored is not None:
            landed = Landed.COMMITTED if stored.status is RowStatus.NEW else Landed.DUPLICATE
            return Inserted(replace(row, seq=stored.row.seq, tries=stored.row.tries), landed)
        if row.event_id is not None and event_key(row) in self._tables.event_ids:
            return Inserted(row, Landed.DUPLICATE)
        return Inserted(insert_row(self._tables, change, row), Landed.COMMITTED)

    def _request(self, row: InboxRow) -> None:
        known = row.event_id is not None and event_key(row) in self._tables.event_ids
        if row.id not in self._tables.inbox and not known:
            with Transaction() as change:
                insert_row(self._tables, change, row)
        for heard in self._tables.hearing:
            heard.set()

    async def _undone(self, wanted: Callable[[InboxRow], bool], after_seq: int, limit: int) -> Sequence[InboxRow]:
        return await self._faults.perform(
            Call.READ, lambda: [row for row in undone_rows(self._tables, after_seq) if wanted(row)][:limit]
        )

    def _recent_packets(
        self, partition: int, broker_session: UUID, after_number: int
    ) -> Mapping[int, tuple[int, bytes]]:
        latest: dict[int, tuple[int, bytes]] = {}
        for stored in self._tables.inbox.values():
            key = stored.row.delivery
            if key is None or stored.row.scope.partition != partition or key.broker_session != broker_session:
                continue
            if key.number > latest.get(key.packet_id, (after_number, b""))[0]:
                latest[key.packet_id] = (key.number, key.digest)
        return latest

    def _latest_fact(self, partition: int, broker_session: UUID, after_number: int) -> datetime | None:
        brought = (
            stored.row.fact_at
            for stored in self._tables.inbox.values()
            if (key := stored.row.delivery) is not None
            and (stored.row.scope.partition, key.broker_session) == (partition, broker_session)
            and key.number > after_number
            and stored.row.event_id is None
        )
        return max(brought, default=None)

    def _count_try(self, fence: Fence, row_id: UUID) -> int:
        stored = self._undone_of(fence, row_id)
        if stored is None:
            known = self._tables.inbox.get(row_id)
            return known.row.tries if known else 0
        tries = stored.row.tries + 1
        self._tables.inbox[row_id] = replace(stored, row=replace(stored.row, tries=tries))
        return tries

    def _set_starts(self, fence: Fence, row_id: UUID, counted: Callable[[int], int]) -> int:
        stored = self._undone_of(fence, row_id)
        if stored is None:
            known = self._tables.inbox.get(row_id)
            return known.starts if known else 0
        starts = counted(stored.starts)
        self._tables.inbox[row_id] = replace(stored, starts=starts)
        return starts

    def _park(self, fence: Fence, row_id: UUID, why: str) -> None:
        require_storable(why)
        stored = self._undone_of(fence, row_id)
        if stored is not None:
            with Transaction() as change:
                finish_row(self._tables, change, stored, RowStatus.PARKED, why)

    def _outcome(self, row_id: UUID) -> tuple[str, str] | None:
        stored = self._tables.inbox.get(row_id)
        return None if stored is None else (stored.status.value, stored.outcome)

    def _undone_of(self, fence: Fence, row_id: UUID) -> StoredRow | None:
        stored = self._tables.inbox.get(row_id)
        if stored is None or stored.status is not RowStatus.NEW:
            return None
        return stored if stored.row.scope.partition in self._tables.held([fence]) else None
