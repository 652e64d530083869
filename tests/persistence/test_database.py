"""The connections: bounded waiting, outages, and which of the driver's errors becomes what."""

import asyncio
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest
from msgspec.structs import replace

from syspark.errors import Unavailable
from syspark.persistence import schema
from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.stores import PostgresStores
from syspark.ports import DataRefused
from syspark.rows import Landed
from tests.persistence.test_lost_commit import insist
from tests.persistence.worker import Worker
from tests.servers.postgres import PostgresServer


async def test_waiting_for_a_connection_is_bounded(database_url: str) -> None:
    database = Database(database_url, size=1, wait_s=0.5)
    await database.open()
    try:
        async with database.transaction():
            with pytest.raises(Unavailable, match="no connection in time"):
                await database.rows("SELECT 1", {})
        assert await database.rows("SELECT 1", {}) == [(1,)]
        assert database.stats()["pool_max"] == 1
    finally:
        await database.close()


async def test_whoever_is_cancelled_as_a_connection_comes_free_is_cancelled(database_url: str) -> None:
    database = Database(database_url, size=1)
    await database.open()
    met: Counter[bool] = Counter()
    try:
        for turns in range(40):
            async with database.transaction():
                waiting = asyncio.create_task(database.rows("SELECT 1", {}))
                await asyncio.sleep(0.005)
            for _ in range(turns):
                await asyncio.sleep(0)
            cancelled = waiting.cancel()
            await asyncio.wait([waiting])
            assert waiting.cancelled() == cancelled, f"{turns} turns after the connection was given back"
            met[cancelled] += 1
    finally:
        await database.close()
    assert met[True] > 0


@pytest.mark.timeout(60)
async def test_an_outage_is_unavailable_and_ends_by_itself(own_postgres: Callable[[], PostgresServer]) -> None:
    server = own_postgres()
    schema.migrate(server.url)
    async with PostgresStores.open(server.url, wait_s=0.2) as postgres:
        worker = await Worker.take(postgres, server.url, "worker-a")
        [row] = await worker.facts(1)
        server.stop()
        for _ in range(3):
            with pytest.raises(Unavailable):
                await worker.stores.units.commit([worker.fence], [worker.unit(row)])
        with pytest.raises(Unavailable):
            await worker.stores.inbox.insert([worker.fence], [worker.make.fact()])
        with pytest.raises(Unavailable):
            schema.schema_is_current(server.url)
        server.start()
        answer = await insist(lambda: worker.stores.units.commit([worker.fence], [worker.unit(row)]))
        assert answer == {row.id: Landed.COMMITTED}


async def test_what_cannot_be_stored_is_the_data_s_fault(worker: Worker) -> None:
    for bad in (
        worker.make.fact(kind="nul \0"),
        worker.make.fact(kind="half of a pair \ud800"),
        worker.make.delivered(UUID(int=7), 2**40, 1, b"x"),
    ):
        with pytest.raises(DataRefused) as refused:
            await worker.stores.inbox.insert([worker.fence], [worker.make.fact(), bad])
        assert "half of" not in str(refused.value)
    assert await worker.stores.inbox.undone(0, 0, 10) == []


async def test_a_refused_unit_leaves_the_batch_unwritten_and_the_chain_whole(worker: Worker) -> None:
    rows = await worker.facts(3)
    units = [worker.unit(row) for row in rows]
    guilty = replace(units[1], outbox=(worker.make.command(id="not-an-id"),))
    with pytest.raises(DataRefused):
        await worker.stores.units.commit([worker.fence], [units[0], guilty, units[2]])
    worn = replace(units[1], snapshot=worker.make.snapshot(7))
    with pytest.raises(DataRefused, match="do not follow the stored version"):
        await worker.stores.units.commit([worker.fence], [units[0], worn, units[2]])
    assert len(await worker.stores.inbox.undone(0, 0, 10)) == 3
    await worker.stores.units.commit([worker.fence], units)
    assert await worker.ask("SELECT seq FROM journal ORDER BY seq") == [(1,), (2,), (3,)]


async def test_a_unit_committed_twice_is_a_duplicate_and_its_neighbour_is_written(worker: Worker) -> None:
    first, second = [worker.unit(row) for row in await worker.facts(2)]
    await worker.stores.units.commit([worker.fence], [first])
    answers = await worker.stores.units.commit([worker.fence], [first, second])
    assert answers == {first.row.id: Landed.DUPLICATE, second.row.id: Landed.COMMITTED}
    assert await worker.ask("SELECT count(*) FROM outbox") == [(2,)]


async def test_a_chain_that_another_process_moved_is_taken_up_where_it_is(worker: Worker, database_url: str) -> None:
    mine = [worker.unit(row) for row in await worker.facts(2)]
    await worker.stores.units.commit([worker.fence], mine[:1])
    async with PostgresStores.open(database_url) as other:
        [row] = await worker.facts(1)
        await other.stores.units.commit([worker.fence], [worker.unit(row)])
    await worker.stores.units.commit([worker.fence], mine[1:])
    assert await worker.ask("SELECT seq FROM journal ORDER BY seq") == [(1,), (2,), (3,)]


async def test_a_missing_table_is_for_a_person_to_repair_and_parks_nothing(worker: Worker) -> None:
    [row] = await worker.facts(1)
    await worker.ask("ALTER TABLE outbox RENAME TO elsewhere")
    with pytest.raises(Unavailable, match="UndefinedTable"):
        await worker.stores.units.commit([worker.fence], [worker.unit(row)])
