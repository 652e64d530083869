"""Commands and their fates, in memory."""

from collections.abc import Sequence

from msgspec.structs import replace

from syspark.domain.units import CommandId
from syspark.persistence.memory.faults import Call, Faults
from syspark.persistence.memory.tables import Tables, Transaction, insert_row
from syspark.rows import Fate, FateRecord, Fence, InboxRow, OutboxRow, RowStatus

_PROGRESS = (Fate.QUEUED, Fate.SENT, Fate.ACKED)


def follows(before: Fate, after: Fate) -> bool:
    """Whether a fate may become another: forwards only, and an end is kept."""
    if before not in _PROGRESS:
        return False
    return after not in _PROGRESS or _PROGRESS.index(after) > _PROGRESS.index(before)


def move_fate(tables: Tables, change: Transaction, command_id: CommandId, fate: Fate) -> bool:
    """Give a command its new fate; False: it is unknown, or keeps the one it has."""
    row = tables.outbox.get(command_id)
    if row is None or not follows(row.fate, fate):
        return False
    change.put(tables.outbox, command_id, replace(row, fate=fate))
    return True


class MemoryOutbox:
    """`syspark.ports.OutboxStore` over tables in memory."""

    def __init__(self, tables: Tables, faults: Faults) -> None:
        self._tables = tables
        self._faults = faults

    async def record(self, fences: Sequence[Fence], fates: Sequence[FateRecord]) -> Sequence[InboxRow]:
        """Store fates and tell of them, in one commit."""
        return await self._faults.perform(Call.RECORD, lambda: self._record(fences, fates))

    async def unfinished(self, partition: int) -> Sequence[OutboxRow]:
        """Commands nobody knows the end of, oldest first."""
        return await self._faults.perform(Call.READ, lambda: self._unfinished(partition))

    def _record(self, fences: Sequence[Fence], fates: Sequence[FateRecord]) -> Sequence[InboxRow]:
        held = self._tables.held(fences)
        with Transaction() as change:
            told = [self._record_one(change, record, held) for record in fates]
        return [row for row in told if row is not None]

    def _record_one(self, change: Transaction, record: FateRecord, held: set[int]) -> InboxRow | None:
        command = self._tables.outbox.get(record.command_id)
        if command is None or command.scope.partition not in held:
            return None
        moved = move_fate(self._tables, change, record.command_id, record.fate)
        if record.tell is None:
            return None
        stored = self._tables.inbox.get(record.tell.id)
        if stored is not None:
            return stored.row if stored.status is RowStatus.NEW else None
        return insert_row(self._tables, change, record.tell) if moved else None

    def _unfinished(self, partition: int) -> Sequence[OutboxRow]:
        waiting = [
            row for row in self._tables.outbox.values() if row.scope.partition == partition and row.fate is Fate.QUEUED
        ]
        return sorted(waiting, key=lambda row: (row.created_at, row.id))
