"""Alarms and what people are told of them, on PostgreSQL."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from syspark.persistence import queries
from syspark.persistence.postgres import columns
from syspark.persistence.postgres.arrays import blobs, booleans, instants, integers, texts, uuids
from syspark.persistence.postgres.columns import as_uuid
from syspark.persistence.postgres.database import Database, Parameters
from syspark.persistence.postgres.retry import answered
from syspark.rows import AlarmRow, Fence, NoticeFate, NoticeRow, Scope, Unit


def writes(units: Sequence[Unit]) -> Iterator[tuple[str, Parameters]]:
    """The statements of `unit.sql` that keep the units' alarms and notices."""
    # One statement writes a row once: of several states of an alarm the last counts, in the place of its first.
    alarms: Mapping[str, AlarmRow] = {row.alarm.id: row for unit in units for row in unit.alarms}
    yield "alarms", _alarm_columns(list(alarms.values()))
    notices = [row for unit in units for row in unit.notices]
    yield (
        "notices",
        {
            "id": uuids([row.id for row in notices]),
            **_owners([row.scope for row in notices]),
            "alarm_id": uuids([row.alarm_id for row in notices]),
            "body": blobs([row.body for row in notices]),
            "created_at": instants([row.created_at for row in notices]),
            "expires_at": instants([row.expires_at for row in notices]),
        },
    )


def _alarm_columns(rows: Sequence[AlarmRow]) -> Parameters:
    alarms = [row.alarm for row in rows]
    return {
        "id": uuids([as_uuid(alarm.id) for alarm in alarms]),
        **_owners([row.scope for row in rows]),
        "kind": texts([alarm.kind for alarm in alarms]),
        "about": texts([alarm.about for alarm in alarms]),
        "severity": texts([alarm.severity for alarm in alarms]),
        "detail": texts([alarm.detail for alarm in alarms]),
        "raised_at": instants([alarm.raised_at for alarm in alarms]),
        "last_at": instants([alarm.last_at for alarm in alarms]),
        "times": integers([alarm.times for alarm in alarms]),
        "acknowledged_at": instants([alarm.acknowledged_at for alarm in alarms]),
        "acknowledged_by": texts([alarm.acknowledged_by for alarm in alarms]),
        "assigned_to": texts([alarm.assigned_to for alarm in alarms]),
        "escalated_at": instants([alarm.escalated_at for alarm in alarms]),
        "cleared_at": instants([alarm.cleared_at for alarm in alarms]),
        "cleared_by": texts([alarm.cleared_by for alarm in alarms]),
        "under": texts([alarm.under for alarm in alarms]),
        "flapping": booleans([alarm.flapping for alarm in alarms]),
    }


def _owners(scopes: Sequence[Scope]) -> Parameters:
    return {
        "organisation_id": uuids([scope.organisation_id for scope in scopes]),
        "site_id": texts([scope.site_id for scope in scopes]),
    }


class PostgresNotices:
    """`syspark.ports.NoticeStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("notice")

    async def waiting(self, limit: int) -> Sequence[NoticeRow]:
        """What has not been told yet, oldest first."""
        rows = await self._database.rows(self._sql["waiting"], {"limit": limit})
        return [NoticeRow(row[0], Scope(row[1], row[2], 0), *row[3:]) for row in rows]

    async def settle(self, fence: Fence, ids: Collection[UUID], fate: NoticeFate, at: datetime) -> None:
        """Record what became of notices."""
        settled = {**columns.one_fence(fence), "id": uuids(ids), "fate": fate, "at": at}
        await self._database.owned(answered(self._database.write(self._sql["settle"], settled)), "settle")
