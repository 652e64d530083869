"""Commands and their fates, on PostgreSQL."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec.structs import replace

from syspark.domain.units import CommandId
from syspark.persistence import queries
from syspark.persistence.postgres import columns
from syspark.persistence.postgres.arrays import instants, texts, uuids
from syspark.persistence.postgres.columns import as_uuid
from syspark.persistence.postgres.database import Database, Parameters, fetch
from syspark.persistence.postgres.retry import answered
from syspark.rows import FateRecord, Fence, InboxRow, OutboxRow


class PostgresOutbox:
    """`syspark.ports.OutboxStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries.load("outbox")
        self._unit_sql = queries.load("unit")

    async def record(self, fences: Sequence[Fence], fates: Sequence[FateRecord]) -> Sequence[InboxRow]:
        """Store fates and tell of them, in one commit."""
        if not fates:
            return []
        return await self._database.owned(answered(self._record(fences, fates)), "record")

    async def unfinished(self, partition: int) -> Sequence[OutboxRow]:
        """Commands nobody knows the end of, oldest first."""
        rows = await self._database.rows(self._sql["unfinished"], {"partition": partition})
        return [columns.outbox_row(row) for row in rows]

    async def _record(self, fences: Sequence[Fence], fates: Sequence[FateRecord]) -> Sequence[InboxRow]:
        tells = [record.tell for record in fates if record.tell is not None]
        held, rounds = columns.fences(fences), _rounds(fates)
        if not tells and len(rounds) == 1:  # as nearly always
            await self._database.write(self._sql["record"], {**_fates(fates), **held})
            return []
        async with self._database.transaction() as connection:
            for one_each in rounds:
                await fetch(connection, self._sql["record"], {**_fates(one_each), **held})
            told = await fetch(connection, self._unit_sql["numbered"], {"id": uuids([row.id for row in tells])})
            seqs: Mapping[UUID, int] = dict(await told.fetchall())
        return [replace(row, seq=seqs[row.id]) for row in tells if row.id in seqs]


def _rounds(fates: Sequence[FateRecord]) -> Sequence[Sequence[FateRecord]]:
    """Several fates of one command, in order, each in a statement of its own: one statement writes a row once."""
    seen: Counter[CommandId] = Counter()
    rounds: list[list[FateRecord]] = []
    for record in fates:
        number = seen[record.command_id]
        seen[record.command_id] += 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(record)
    return rounds


def _fates(records: Sequence[FateRecord]) -> Parameters:
    tells = [(record.command_id, record.tell) for record in records if record.tell is not None]
    return {
        "command_id": uuids([as_uuid(record.command_id) for record in records]),
        "fate": texts([record.fate for record in records]),
        "at": instants([record.at for record in records]),
        "tells_of": uuids([as_uuid(command_id) for command_id, _ in tells]),
        **columns.messages([tell for _, tell in tells]),
    }
