"""Two owners of one partition: the older one's writes end before the newer one begins."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

import psycopg
import pytest

from syspark.persistence.postgres.leases import PostgresLeases
from syspark.persistence.postgres.stores import PostgresStores
from syspark.rows import InboxRow, Landed, LinkPosition
from tests.persistence.worker import Worker, ask

TAKEOVERS = 40
POSITION = LinkPosition(UUID(int=7), None, 0, 0)
OF_EPOCH = "SELECT count(*) FROM outbox WHERE epoch = %s"
HOLD_FENCE = "SELECT FROM partition WHERE id = 0 FOR KEY SHARE"
DRAWN = "SELECT last_value FROM inbox_seq_seq"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


INSERT = """
    INSERT INTO inbox (
        id, organisation_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at)
    VALUES (%s, %s, 0, 'site', 'default', 'badge', '', now(), now())
"""


@pytest.mark.timeout(60)
async def test_nothing_of_an_old_epoch_is_written_once_the_partition_is_taken(
    postgres: PostgresStores, database_url: str
) -> None:
    async with PostgresStores.open(database_url) as other:
        ways = [postgres, other]
        owner = await Worker.take(ways[0], database_url, "worker-0")
        fenced = 0
        for number in range(1, TAKEOVERS):
            rows = await owner.facts(12)
            commits = [asyncio.create_task(_commit(owner, rows[start : start + 3])) for start in range(0, len(rows), 3)]
            successor = await Worker.take(ways[number % 2], database_url, f"worker-{number}")
            [(at_takeover,)] = await ask(database_url, OF_EPOCH, owner.fence.epoch)
            answers = [answer for commit in commits for answer in (await commit).values()]
            [(in_the_end,)] = await ask(database_url, OF_EPOCH, owner.fence.epoch)
            assert in_the_end == at_takeover == answers.count(Landed.COMMITTED)
            fenced += answers.count(Landed.FENCED)
            owner = successor
        assert fenced > 0


async def test_a_batch_of_two_partitions_loses_only_the_lost_one_s_units(worker: Worker, database_url: str) -> None:
    await ask(database_url, "INSERT INTO partition (id) VALUES (1)")
    second = await worker.stores.leases.take(1, "worker-a")
    assert second is not None
    [mine] = await worker.facts(1)
    [theirs] = await worker.stores.inbox.insert([second.fence], [worker.make.fact(partition=1)])
    await ask(database_url, "UPDATE partition SET epoch = epoch + 1 WHERE id = 1")
    units = [worker.unit(theirs.row), worker.unit(mine)]
    answers = await worker.stores.units.commit([worker.fence, second.fence], units)
    assert answers == {theirs.row.id: Landed.FENCED, mine.id: Landed.COMMITTED}
    assert await ask(database_url, "SELECT cause FROM journal") == [(mine.id,)]


async def test_renewing_does_not_wait_for_transactions_under_the_fence_and_taking_does(
    worker: Worker, database_url: str
) -> None:
    async with await psycopg.AsyncConnection.connect(database_url) as commit:
        await commit.execute(HOLD_FENCE)
        assert await worker.stores.leases.renew({worker.fence: POSITION})
        await ask(database_url, "UPDATE partition SET lease_until = '-infinity'")
        taking = asyncio.create_task(_take(worker))
        while (await ask(database_url, WAITING)) != [(1,)]:
            assert not taking.done()
        await commit.commit()
        await taking


async def test_a_commit_draws_no_order_number_before_it_holds_its_partitions(worker: Worker, database_url: str) -> None:
    [row] = await worker.facts(1)
    drawn = await ask(database_url, DRAWN)
    async with await psycopg.AsyncConnection.connect(database_url) as taking:
        await taking.execute("SELECT FROM partition WHERE id = 0 FOR UPDATE")
        commit = asyncio.create_task(_commit(worker, [row]))
        while (await ask(database_url, WAITING)) != [(1,)]:
            assert not commit.done()
        assert await ask(database_url, DRAWN) == drawn
        await taking.commit()
        assert await commit == {row.id: Landed.COMMITTED}
    assert await ask(database_url, DRAWN) == [(drawn[0][0] + 1,)]


async def test_the_low_mark_waits_for_a_transaction_that_may_bring_a_lower_seq(
    worker: Worker, database_url: str
) -> None:
    late, early = worker.make.fact(), worker.make.fact()
    async with await psycopg.AsyncConnection.connect(database_url) as slow:
        await slow.execute("SELECT pg_current_xact_id()")
        await slow.execute(INSERT, (late.id, late.scope.organisation_id))
        [seen] = await worker.stores.inbox.insert([worker.fence], [early])
        await worker.stores.units.commit([worker.fence], [worker.make.unit(seen.row)])
        asked = LinkPosition(UUID(int=7), None, 0, seen.row.seq)
        for _ in range(4):
            assert await worker.stores.leases.renew({worker.fence: asked})
        assert await low_seq(database_url) < seen.row.seq - 1
        assert await settled(worker) < seen.row.seq - 1
        await slow.commit()
    assert await worker.stores.leases.renew({worker.fence: asked})
    assert await low_seq(database_url) == seen.row.seq - 2
    [found] = await worker.stores.inbox.undone(0, await low_seq(database_url), 10)
    assert found.id == late.id


async def low_seq(url: str) -> int:
    """The mark as the next owner would find it."""
    return int((await ask(url, "SELECT low_seq FROM partition WHERE id = 0"))[0][0])


async def settled(worker: Worker) -> int:
    """What the renewals have proven."""
    leases = worker.stores.leases
    assert isinstance(leases, PostgresLeases)
    return await leases.settled_seq(0)


async def _commit(worker: Worker, rows: Sequence[InboxRow]) -> Mapping[UUID, Landed]:
    return await worker.stores.units.commit([worker.fence], [worker.unit(row) for row in rows])


async def _take(worker: Worker) -> None:
    assert await worker.stores.leases.take(0, "worker-b") is not None
