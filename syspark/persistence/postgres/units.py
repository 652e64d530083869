"""Where decisions land, on PostgreSQL: a batch of units in one transaction."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from syspark.errors import Unavailable
from syspark.persistence import chain, queries
from syspark.persistence.postgres import batch, columns, sites
from syspark.persistence.postgres.arrays import texts, uuids
from syspark.persistence.postgres.database import Connection, Database, Rows, answers, fetch
from syspark.persistence.postgres.failures import translated
from syspark.persistence.postgres.retry import answered
from syspark.persistence.postgres.together import Together, Write
from syspark.persistence.postgres.turns import Turns
from syspark.ports import DataRefused
from syspark.rows import Fence, Landed, RowStatus, Unit

ATTEMPTS = 5
"""How often a batch is written again when the first attempt shows that a chain has moved or a row was decided."""

LANE_WORK = frozenset({
    "first_snapshots", "snapshots", "first_sessions", "sessions", "witnesses", "subjects", "openings",
    "journal", "journal_personal", "advance_heads", "outbox", "confirm", "insert_unfenced", "insert_ended",
    "clear_deadlines", "set_deadlines", "alarms", "notices",
})  # fmt: skip
"""What is written when a vehicle comes or goes: no part of a batch builds on what another one writes."""


def random_salt() -> bytes:
    """A salt nobody can guess."""
    return os.urandom(chain.SALT_BYTES)


class _Outdated(Exception):  # noqa: N818 - not an error: the attempt was made on what is no longer so
    """The transaction is to be rolled back and made again without these rows."""

    def __init__(self, answers: Mapping[UUID, Landed]) -> None:
        super().__init__()
        self.answers = answers


class PostgresUnits:
    """`syspark.ports.UnitStore`. `salt` makes the salts of personal values and plates.

    A batch is written on the assumption that every partition is ours, every row undone and every chain where this
    process left it: one statement then suffices. What proves otherwise is refused whole, and written again step by step
    without it; so is what a single statement cannot hold.
    """

    def __init__(self, database: Database, salt: Callable[[], bytes] = random_salt) -> None:
        self._database = database
        self._salt = salt
        self._sql = {**queries.load("unit"), **queries.load("inbox"), **queries.load("site")}
        self._heads: dict[str, chain.Head] = {}
        self._turns = Turns()
        self._together = Together(self._sql)

    async def commit(self, fences: Sequence[Fence], units: Sequence[Unit]) -> Mapping[UUID, Landed]:
        """Write units in one transaction, in this order. A cancelled caller does not cancel it."""
        return await self._database.owned(self._commit(fences, units), "commit") if units else {}

    async def landed(self, fences: Sequence[Fence], row_ids: Sequence[UUID]) -> Mapping[UUID, Landed | None]:
        """What became of a commit whose answer was lost, once it has ended."""
        return await answered(self._look_up(fences, row_ids))

    async def _look_up(self, fences: Sequence[Fence], row_ids: Sequence[UUID]) -> Mapping[UUID, Landed | None]:
        async with self._database.transaction() as connection:
            found = await fetch(connection, self._sql["landed"], {"id": uuids(row_ids)})
            states = {row_id: (partition, status) for row_id, partition, status in await found.fetchall()}
            held = await self._held(connection, fences)
        return {row_id: _landed(states.get(row_id), held) for row_id in row_ids}

    async def _commit(self, fences: Sequence[Fence], units: Sequence[Unit]) -> Mapping[UUID, Landed]:
        if any(unit.status is RowStatus.NEW for unit in units):
            raise DataRefused("a unit ends its row")
        answers: dict[UUID, Landed] = {}
        held = {fence.partition for fence in fences}
        at_once = all(unit.row.scope.partition in held and not unit.new_site for unit in units)
        # Two batches at once would extend a chain from the same head; the second would only be refused.
        async with self._turns.of({entry.chain for unit in units for entry in unit.journal}):
            for _ in range(ATTEMPTS):
                left = [unit for unit in units if unit.row.id not in answers]
                if not left:
                    return answers
                try:
                    await self._attempt(fences, left, at_once=at_once)
                except _Outdated as outdated:
                    answers.update(outdated.answers)
                except DataRefused:
                    # Perhaps a partition is lost, a unit was committed before or a chain has moved.
                    if not at_once:
                        raise
                    at_once = False
                else:
                    return answers | {unit.row.id: Landed.COMMITTED for unit in left}
        raise Unavailable("database", because="another writer keeps moving the same chains")

    async def _attempt(self, fences: Sequence[Fence], units: Sequence[Unit], *, at_once: bool) -> None:
        chains = {entry.chain for unit in units for entry in unit.journal}
        # Dropped now and put back after the commit: any failure on the way must leave none behind.
        heads = {name: self._heads.pop(name) for name in chains if name in self._heads}
        await self._learn(heads, chains)
        linked = self._link(heads, units)
        with translated():  # what cannot be sent cannot be stored either
            fenced = Write("fenced", columns.fences(fences), exactly=len(fences))
            decided, writes = batch.decided(units), list(batch.writes(units, linked, self._salt))
        if at_once and LANE_WORK.issuperset(write.name for write in writes):
            await self._database.at_once(*self._together.one([fenced, decided, *writes]))
        else:
            await self._step_by_step(units, fenced, decided, writes)
        for link in linked:
            self._heads[link.chained.entry.chain] = link.head

    async def _learn(self, heads: dict[str, chain.Head], chains: Iterable[str]) -> None:
        unknown = [name for name in chains if name not in heads]
        if unknown:
            found = await self._database.rows(self._sql["heads"], {"chain": texts(unknown)})
            heads |= {name: chain.Head(seq, digest) for name, seq, digest in found}

    def _link(self, heads: Mapping[str, chain.Head], units: Sequence[Unit]) -> Sequence[chain.Linked]:
        ends = dict(heads)
        linked = []
        for unit in units:
            for entry in unit.journal:
                link = chain.link(ends.get(entry.chain, chain.Head()), entry, self._salt)
                ends[entry.chain] = link.head
                linked.append(link)
        return linked

    async def _step_by_step(
        self, units: Sequence[Unit], fenced: Write, decided: Write, writes: Sequence[Write]
    ) -> None:
        """Look whether it is right to write before anything is written."""
        async with self._database.transaction() as connection:
            held = await fetch(connection, self._sql[fenced.name], fenced.parameters)
            ended = await fetch(connection, self._sql[decided.name], decided.parameters)
            await _require_undone(units, held, ended)
            for unit in units:
                for name, parameters in sites.writes(unit.new_site) if unit.new_site else ():
                    await fetch(connection, self._sql[name], parameters)
            sent = [(write, await fetch(connection, self._sql[write.name], write.parameters)) for write in writes]
            await answers(connection)
            for write, cursor in sent:
                _require(write, cursor.rowcount)

    async def _held(self, connection: Connection, fences: Sequence[Fence]) -> set[int]:
        found = await fetch(connection, self._sql["fenced"], columns.fences(fences))
        return {partition for (partition,) in await found.fetchall()}


async def _require_undone(units: Sequence[Unit], fenced: Rows, ended: Rows) -> None:
    """Raise `_Outdated` when a partition is lost or a row was decided before."""
    held = {partition for (partition,) in await fenced.fetchall()}
    rows = {row_id for (row_id,) in await ended.fetchall()} | {row.id for unit in units for row in unit.handovers}
    answers: dict[UUID, Landed] = {}
    for unit in units:
        if unit.row.scope.partition not in held:
            answers[unit.row.id] = Landed.FENCED
        elif unit.row.id not in rows:
            answers[unit.row.id] = Landed.DUPLICATE
    if answers:
        raise _Outdated(answers)


def _landed(state: tuple[int, str] | None, held: set[int]) -> Landed | None:
    if state is None:
        # Only a done row is ever removed, days later: it was not this commit that failed.
        return Landed.DUPLICATE
    partition, status = state
    if partition not in held:
        return Landed.FENCED
    return None if status == RowStatus.NEW else Landed.COMMITTED


def _require(write: Write, written: int) -> None:
    if write.exactly is None or write.exactly == written:
        return
    if write.name == "advance_heads":
        raise _Outdated({})
    raise DataRefused(f"{write.exactly - written} of {write.exactly} {write.name} do not follow the stored version")
