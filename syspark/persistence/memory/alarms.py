"""Alarms and what people are told of them, in memory."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from syspark.persistence.memory.faults import Call, Faults
from syspark.persistence.memory.tables import Tables, Transaction, require_storable, require_uuid
from syspark.ports import DataRefused
from syspark.rows import AlarmRow, Fence, NoticeFate, NoticeRow


def write_alarm(tables: Tables, change: Transaction, row: AlarmRow) -> None:
    """Keep an alarm as it is now. Raises `DataRefused` for a second one that stands in the same place."""
    alarm = row.alarm
    require_uuid(alarm.id)
    require_storable(alarm.about, alarm.detail, alarm.acknowledged_by or "", alarm.assigned_to or "")
    place = (row.scope.organisation_id, row.scope.site_id, alarm.key)
    stands = tables.index.standing.get(place, alarm.id)
    if alarm.cleared_at is None and stands != alarm.id:
        raise DataRefused(f"an alarm {alarm.key} stands already")
    change.put(tables.alarms, alarm.id, row)
    if alarm.cleared_at is None:
        change.put(tables.index.standing, place, alarm.id)
    elif stands == alarm.id:
        change.drop(tables.index.standing, place)


def write_notice(tables: Tables, change: Transaction, row: NoticeRow) -> None:
    """Keep what people are to be told."""
    if row.id in tables.notices:
        raise DataRefused(f"the notice {row.id} is already there")
    change.put(tables.notices, row.id, (row, NoticeFate.WAITING))


class MemoryNotices:
    """`syspark.ports.NoticeStore` over tables in memory."""

    def __init__(self, tables: Tables, faults: Faults) -> None:
        self._tables = tables
        self._faults = faults

    async def waiting(self, limit: int) -> Sequence[NoticeRow]:
        """What has not been told yet, oldest first."""
        return await self._faults.perform(Call.READ, lambda: self._waiting(limit))

    async def settle(self, fence: Fence, ids: Collection[UUID], fate: NoticeFate, at: datetime) -> None:
        """Record what became of notices."""
        await self._faults.perform(Call.RECORD, lambda: self._settle(fence, ids, fate))

    def _waiting(self, limit: int) -> Sequence[NoticeRow]:
        rows = [row for row, fate in self._tables.notices.values() if fate is NoticeFate.WAITING]
        return sorted(rows, key=lambda row: (row.created_at, row.id))[:limit]

    def _settle(self, fence: Fence, ids: Collection[UUID], fate: NoticeFate) -> None:
        if not self._tables.held([fence]):
            return
        for row_id in ids:
            row, before = self._tables.notices[row_id]
            if before is NoticeFate.WAITING:
                self._tables.notices[row_id] = (row, fate)
