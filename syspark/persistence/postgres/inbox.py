"""The durable mailboxes, on PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from syspark.persistence import queries
from syspark.persistence.postgres import columns
from syspark.persistence.postgres.arrays import bigints, integers, uuids
from syspark.persistence.postgres.bell import Bell
from syspark.persistence.postgres.database import Database, fetch
from syspark.persistence.postgres.retry import answered
from syspark.ports import Inserted, Stirring
from syspark.rows import Address, Fence, InboxRow, Landed, RejectedMessage, RowStatus

REJECTED_A_DAY = 1000
"""Rejected messages kept per site and UTC day; beyond, they are only counted."""


class PostgresInbox:
    """`syspark.ports.InboxStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._bell = Bell(database)
        self._sql = queries.load("inbox")

    async def insert(
        self, fences: Sequence[Fence], rows: Sequence[InboxRow], rejected: Sequence[RejectedMessage] = ()
    ) -> Sequence[Inserted]:
        """Make facts durable in one commit."""
        return await self._database.owned(answered(self._insert(fences, rows, rejected)), "insert")

    async def undone(self, partition: int, after_seq: int, limit: int) -> Sequence[InboxRow]:
        """Undone rows of a partition, in order."""
        parameters = {"partition": partition, "after_seq": after_seq, "limit": limit}
        return [columns.inbox_row(row) for row in await self._database.rows(self._sql["undone"], parameters)]

    async def undone_for(self, recipient: Address, partition: int, after_seq: int, limit: int) -> Sequence[InboxRow]:
        """Undone rows of one mailbox, in order."""
        parameters = {
            "partition": partition,
            "after_seq": after_seq,
            "limit": limit,
            "recipient_kind": recipient.kind,
            "recipient_id": recipient.id,
        }
        return [columns.inbox_row(row) for row in await self._database.rows(self._sql["undone_for"], parameters)]

    async def stirrings(self, after_seqs: Mapping[int, int]) -> Mapping[int, Stirring]:
        """Where rows are undone; below the highest visible seq some may still appear (`PostgresLeases.settled_seq`)."""
        asked = {"partition": integers(after_seqs), "after_seq": bigints(after_seqs.values())}
        rows = await self._database.rows(self._sql["stirrings"], asked)
        return {partition: Stirring(newest, has_undone) for partition, newest, has_undone in rows}

    async def recent_packets(
        self, partition: int, broker_session: UUID, after_number: int
    ) -> Mapping[int, tuple[int, bytes]]:
        """Per packet id, the latest delivery that became a row."""
        parameters = {"partition": partition, "broker_session": broker_session, "after_number": after_number}
        rows = await self._database.rows(self._sql["recent_packets"], parameters)
        return {packet_id: (number, digest) for packet_id, number, digest in rows}

    async def latest_fact(self, partition: int, broker_session: UUID, after_number: int) -> datetime | None:
        """When the latest fact happened that became a row."""
        parameters = {"partition": partition, "broker_session": broker_session, "after_number": after_number}
        at: datetime | None
        [[at]] = await self._database.rows(self._sql["latest_fact"], parameters)
        return at

    async def count_try(self, fence: Fence, row_id: UUID) -> int:
        """Count a failed handling; a row that is out of the line, or not ours any more, keeps its number."""
        return await self._count("count_try", fence, row_id, 0)

    async def count_start(self, fence: Fence, row_id: UUID) -> int:
        """Count a process that started with this row first in line."""
        return await self._count("count_start", fence, row_id, 1)

    async def clear_starts(self, fence: Fence, row_id: UUID) -> None:
        """Forget the starts counted."""
        await self._change("clear_starts", fence, row_id)

    async def park(self, fence: Fence, row_id: UUID, why: str) -> None:
        """Take a row out of the line, its body kept."""
        await self._change("park", fence, row_id, why=why)

    async def request(self, row: InboxRow) -> None:
        """Insert a request, once however often it is tried; its owner is told."""
        await self._database.owned(answered(self._request(row)), "request")
        self._bell.ring()

    async def outcome(self, row_id: UUID) -> tuple[str, str] | None:
        """Status and outcome of a row."""
        rows = await self._database.rows(self._sql["outcome"], {"id": row_id})
        return (rows[0][0], rows[0][1]) if rows else None

    async def _insert(
        self, fences: Sequence[Fence], rows: Sequence[InboxRow], rejected: Sequence[RejectedMessage]
    ) -> Sequence[Inserted]:
        held = columns.fences(fences)
        async with self._database.transaction() if rejected else self._database.alone() as connection:
            if rejected:
                refused = {**columns.rejections(rejected), **held, "most_a_day": REJECTED_A_DAY}
                await fetch(connection, self._sql["reject"], refused)
            inserted = await fetch(connection, self._sql["insert"], {**columns.facts(rows), **held})
            seqs: dict[UUID, int] = dict(await inserted.fetchall())
        left = [row for row in rows if row.id not in seqs]
        elsewhere = await self._explain(fences, left) if left else {}
        return [
            Inserted(replace(row, seq=seqs[row.id]), Landed.COMMITTED) if row.id in seqs else elsewhere[row.id]
            for row in rows
        ]

    async def _explain(self, fences: Sequence[Fence], left: Sequence[InboxRow]) -> Mapping[UUID, Inserted]:
        """Why rows were left out: a lost partition, a retry, or a known event id. What was lost then is lost now."""
        found = await self._database.rows(self._sql["fenced"], columns.fences(fences))
        held = {partition for (partition,) in found}
        found = await self._database.rows(self._sql["standing"], {"id": uuids([row.id for row in left])})
        standing = {row_id: (seq, status, tries) for row_id, seq, status, tries in found}
        why: dict[UUID, Inserted] = {}
        for row in left:
            if row.scope.partition not in held:
                why[row.id] = Inserted(row, Landed.FENCED)
                continue
            seq, status, tries = standing.get(row.id, (0, RowStatus.DONE, 0))
            landed = Landed.COMMITTED if status == RowStatus.NEW else Landed.DUPLICATE
            why[row.id] = Inserted(replace(row, seq=seq, tries=tries), landed)
        return why

    async def _count(self, name: str, fence: Fence, row_id: UUID, column: int) -> int:
        counted = await self._change(name, fence, row_id)
        if counted:
            return int(counted[0][0])
        rows = await self._database.rows(self._sql["counters"], {"id": row_id})
        return int(rows[0][column]) if rows else 0

    async def _change(self, name: str, fence: Fence, row_id: UUID, **more: str) -> list[tuple[int]]:
        parameters = {**columns.one_fence(fence), "id": row_id, **more}
        return await self._database.owned(answered(self._database.write(self._sql[name], parameters)), name)

    async def _request(self, row: InboxRow) -> None:
        async with self._database.transaction() as connection:
            own = {"organisation_id": str(row.scope.organisation_id)}
            await fetch(connection, self._sql["begin_numbered"], own)
            if row.event_id is not None:
                key = {
                    "organisation_id": row.scope.organisation_id,
                    "site_id": row.scope.site_id,
                    "event_id": row.event_id,
                    "id": row.id,
                    "received_at": row.received_at,
                }
                if await (await fetch(connection, self._sql["key_unfenced"], key)).fetchone() is None:
                    return
            await fetch(connection, self._sql["insert_unfenced"], columns.messages([row]))
