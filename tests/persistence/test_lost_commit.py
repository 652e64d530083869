"""Whatever happens to a connection or a caller, each unit has exactly one effect and its writer can learn it."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest

from syspark.errors import Unavailable
from syspark.persistence.audit import verify_chains
from syspark.persistence.postgres.database import Connection, Database
from syspark.persistence.postgres.stores import PostgresStores
from syspark.ports import CommitUnknown
from syspark.rows import Landed, Unit
from tests.persistence.relay import Relay, through
from tests.persistence.worker import Worker, ask

T = TypeVar("T")
SEED = 20261122
KILLS = 300
CANCELS = 300
CUTS = 300
OUTCOME = b'{"decided":true}'
"""Of every decision that `Making.unit` makes; sent with nothing else."""

EFFECTS = """
    SELECT (SELECT count(*) FROM inbox WHERE status = 'done'), (SELECT count(DISTINCT cause) FROM journal),
        (SELECT count(*) FROM journal), (SELECT count(*) FROM outbox), (SELECT count(*) FROM parking_session),
        (SELECT count(*) FROM inbox WHERE status = 'new')
"""
"""Rows decided; their journal rows, twice; their commands, sessions and hand-overs."""

KILL_ONE_AT_WORK = """
    SELECT count(pg_terminate_backend(pid)) FROM (
        SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'syspark_worker' AND state <> 'idle' LIMIT 1)
"""


class CutAtCommit(Database):
    """Its server ends the session just before what is to be committed arrives."""

    async def open(self) -> None:
        """Open, with cutting off."""
        self.cut = False
        await super().open()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Connection]:
        """Cut when asked to."""
        async with super().alone() as connection:
            await self._cut_if_asked(connection)
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Cut when asked to."""
        async with super().transaction() as connection:
            yield connection
            await self._cut_if_asked(connection)

    async def _cut_if_asked(self, connection: Connection) -> None:
        if self.cut:
            self.cut = False
            await end_session(connection)


async def end_session(connection: Connection) -> None:
    """Have the server end a session, and wait until it has."""
    backend = connection.info.backend_pid
    async with await psycopg.AsyncConnection.connect(connection.info.dsn, user=connection.info.user) as other:
        await other.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))


async def test_a_connection_cut_at_commit_is_told_apart_and_resolved(database_url: str) -> None:
    database = CutAtCommit(database_url)
    await database.open()
    try:
        worker = await Worker.take(PostgresStores(database), database_url, "worker-a")
        [row] = await worker.facts(1)
        database.cut = True
        with pytest.raises(CommitUnknown):
            await worker.stores.units.commit([worker.fence], [worker.unit(row)])
        database.cut = True
        with pytest.raises(Unavailable):
            await worker.stores.units.landed([worker.fence], [row.id])
        assert await worker.stores.units.landed([worker.fence], [row.id]) == {row.id: None}
        answer = await worker.stores.units.commit([worker.fence], [worker.unit(row)])
        assert answer == {row.id: Landed.COMMITTED}
    finally:
        await database.close()
    assert await ask(database_url, EFFECTS) == [(1, 1, 1, 1, 1, 1)]


async def test_an_insert_cut_at_commit_may_simply_be_asked_again(database_url: str) -> None:
    database = CutAtCommit(database_url)
    await database.open()
    try:
        worker = await Worker.take(PostgresStores(database), database_url, "worker-a")
        row = worker.make.fact(event_id="e-1")
        database.cut = True
        with pytest.raises(Unavailable):
            await worker.stores.inbox.insert([worker.fence], [row])
        for _ in range(2):
            [inserted] = await worker.stores.inbox.insert([worker.fence], [row])
            assert inserted.landed is Landed.COMMITTED
    finally:
        await database.close()
    assert await ask(database_url, "SELECT count(*) FROM inbox") == [(1,)]


@pytest.mark.timeout(120)
async def test_sessions_ended_hundreds_of_times_leave_each_unit_one_effect(worker: Worker, database_url: str) -> None:
    chance = random.Random(SEED)
    killed = decided = 0
    met: Counter[str] = Counter()
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as killer:
        while killed < KILLS:
            rows = await insist(partial(worker.facts, chance.randint(1, 40)))
            deciding = asyncio.create_task(decide(worker, [worker.unit(row) for row in rows], met))
            for _ in range(chance.randint(0, 40)):
                await asyncio.sleep(0)
            row = await (await killer.execute(KILL_ONE_AT_WORK)).fetchone()
            killed += row[0] if row else 0
            await deciding
            decided += len(rows)
    assert met["unknown"] > 0
    [(done, causes, entries, commands, sessions, handovers)] = await ask(database_url, EFFECTS)
    assert (done, causes, entries, commands, sessions, handovers) == (decided,) * 6, f"seed {SEED}, {met}"
    report = await verify_chains(database_url)
    assert (report.entries, report.faults) == (decided, ())


@pytest.mark.timeout(120)
async def test_connections_cut_at_commit_hundreds_of_times_leave_each_unit_one_effect(
    database_url: str, home: Path
) -> None:
    chance = random.Random(SEED)
    fates: Iterator[str] = iter(())
    target, url = through(database_url, home)
    met: Counter[str] = Counter()
    decided = 0
    async with (
        Relay(target, OUTCOME, lambda: next(fates, "pass")).listening(home),
        PostgresStores.open(url) as postgres,
    ):
        worker = await Worker.take(postgres, database_url, "worker-a")
        for _ in range(CUTS):
            rows = await worker.facts(chance.randint(1, 5))
            fates = iter([chance.choice(["lose", "answer"])])
            await decide(worker, [worker.unit(row) for row in rows], met)
            decided += len(rows)
    assert (met["unknown"], met["None"] + met[str(Landed.COMMITTED)]) == (CUTS, CUTS)
    assert min(met["None"], met[str(Landed.COMMITTED)]) > CUTS / 4
    assert await ask(database_url, EFFECTS) == [(decided,) * 6], f"seed {SEED}, {met}"
    assert (await verify_chains(database_url)).is_sound


@pytest.mark.timeout(60)
async def test_callers_cancelled_hundreds_of_times_cancel_no_commit(database_url: str) -> None:
    chance = random.Random(SEED)
    async with PostgresStores.open(database_url) as postgres:
        worker = await Worker.take(postgres, database_url, "worker-a")
        for _ in range(CANCELS):
            rows = await worker.facts(1)
            commit = asyncio.create_task(_commit(worker, [worker.unit(row) for row in rows]))
            for _ in range(chance.randint(1, 25)):
                await asyncio.sleep(0)
            commit.cancel()
            await asyncio.wait([commit])
    assert await ask(database_url, EFFECTS) == [(CANCELS,) * 6], f"seed {SEED}"
    assert (await verify_chains(database_url)).is_sound


async def _commit(worker: Worker, units: Sequence[Unit]) -> None:
    await worker.stores.units.commit([worker.fence], units)


async def insist(work: Callable[[], Awaitable[T]]) -> T:
    """Ask until it is answered."""
    while True:
        try:
            return await work()
        except Unavailable:
            continue


async def decide(worker: Worker, units: Sequence[Unit], met: Counter[str]) -> None:
    """Commit as the journal port does: resolve a lost answer before doing anything else. `met` counts what happened."""
    left = list(units)
    while left:
        try:
            answers = await worker.stores.units.commit([worker.fence], left)
        except Unavailable:
            met["unavailable"] += 1
        except CommitUnknown:
            met["unknown"] += 1
            landed = await insist(partial(worker.stores.units.landed, [worker.fence], [unit.row.id for unit in left]))
            met.update(str(answer) for answer in set(landed.values()))
            left = [unit for unit in left if landed[unit.row.id] is None]
        else:
            assert set(answers.values()) == {Landed.COMMITTED}
            left = []
