"""The faults that the stores in memory offer to tests, each as the real thing would show it."""

import asyncio

import pytest

from syspark.clock import SteppedClock
from syspark.errors import Unavailable
from syspark.persistence.memory import Call, MemoryStores, default_site
from syspark.ports import CommitUnknown, DataRefused
from syspark.rows import Fence, InboxRow, Landed
from tests.persistence.contract.making import NOON, Maker


@pytest.fixture
def memory() -> MemoryStores:
    return MemoryStores(SteppedClock(NOON), sites=[default_site()])


@pytest.fixture
def make() -> Maker:
    return Maker(default_site())


@pytest.fixture
async def fence(memory: MemoryStores) -> Fence:
    lease = await memory.stores.leases.take(0, "worker-a")
    assert lease is not None
    return lease.fence


@pytest.fixture
async def row(memory: MemoryStores, make: Maker, fence: Fence) -> InboxRow:
    [inserted] = await memory.stores.inbox.insert([fence], [make.fact()])
    return inserted.row


async def test_a_database_that_is_away_answers_nothing_until_it_is_back(
    memory: MemoryStores, make: Maker, fence: Fence, row: InboxRow
) -> None:
    memory.faults.go_away()
    for call in (
        memory.stores.inbox.insert([fence], [make.fact()]),
        memory.stores.inbox.undone(0, 0, 10),
        memory.stores.units.commit([fence], [make.unit(row)]),
        memory.stores.leases.take(0, "worker-b"),
        memory.stores.state.sites(0),
    ):
        with pytest.raises(Unavailable):
            await call
    memory.faults.come_back()
    assert list(await memory.stores.inbox.undone(0, 0, 10)) == [row]


async def test_a_process_cut_off_does_not_cut_off_another(
    memory: MemoryStores, make: Maker, fence: Fence, row: InboxRow
) -> None:
    other = memory.another()
    memory.faults.go_away()
    assert list(await other.stores.inbox.undone(0, 0, 10)) == [row]
    assert await other.stores.units.commit([fence], [make.unit(row)]) == {row.id: Landed.COMMITTED}
    assert memory.inbox_row(row.id).row.body == b""


@pytest.mark.parametrize(("written", "landed"), [(True, Landed.COMMITTED), (False, None)])
async def test_a_lost_answer_to_commit_is_lost_once(
    memory: MemoryStores, make: Maker, fence: Fence, row: InboxRow, written: bool, landed: Landed | None
) -> None:
    memory.faults.lose_answer(written=written)
    unit = make.unit(row, journal=(make.entry(),))
    with pytest.raises(CommitUnknown):
        await memory.stores.units.commit([fence], [unit])
    assert await memory.stores.units.landed([fence], [row.id]) == {row.id: landed}
    await memory.stores.units.commit([fence], [unit])
    assert len(memory.journal(unit.journal[0].chain)) == 1


@pytest.mark.parametrize("written", [True, False])
async def test_a_lost_answer_to_insert_is_made_good_by_a_retry(
    memory: MemoryStores, make: Maker, fence: Fence, written: bool
) -> None:
    memory.faults.lose_answer(Call.INSERT, written=written)
    fact = make.fact(event_id="e-1")
    with pytest.raises(Unavailable):
        await memory.stores.inbox.insert([fence], [fact])
    assert len(memory.inbox_rows()) == (1 if written else 0)
    [answer] = await memory.stores.inbox.insert([fence], [fact])
    assert answer.landed is Landed.COMMITTED
    assert [stored.row.id for stored in memory.inbox_rows()] == [fact.id]


async def test_a_held_call_does_nothing_until_its_gate_opens(
    memory: MemoryStores, make: Maker, fence: Fence, row: InboxRow
) -> None:
    gate = memory.faults.hold(Call.COMMIT)
    commit = asyncio.create_task(memory.stores.units.commit([fence], [make.unit(row)]))
    await gate.reached()
    assert list(await memory.stores.inbox.undone(0, 0, 10)) == [row]
    assert not commit.done()
    gate.open()
    assert await commit == {row.id: Landed.COMMITTED}
    assert list(await memory.stores.inbox.undone(0, 0, 10)) == []


async def test_a_held_answer_comes_after_everything_is_written(
    memory: MemoryStores, make: Maker, fence: Fence, row: InboxRow
) -> None:
    gate = memory.faults.hold(Call.COMMIT, answer=True)
    commit = asyncio.create_task(memory.stores.units.commit([fence], [make.unit(row)]))
    await gate.reached()
    assert list(await memory.stores.inbox.undone(0, 0, 10)) == []
    assert not commit.done()
    gate.open()
    assert await commit == {row.id: Landed.COMMITTED}


async def test_going_away_while_an_answer_is_held_loses_it(
    memory: MemoryStores, make: Maker, fence: Fence, row: InboxRow
) -> None:
    gate = memory.faults.hold(Call.COMMIT, answer=True)
    commit = asyncio.create_task(memory.stores.units.commit([fence], [make.unit(row)]))
    await gate.reached()
    memory.faults.go_away()
    gate.open()
    with pytest.raises(CommitUnknown):
        await commit


async def test_a_cancelled_call_that_was_held_has_done_nothing(
    memory: MemoryStores, make: Maker, fence: Fence, row: InboxRow
) -> None:
    gate = memory.faults.hold(Call.COMMIT)
    commit = asyncio.create_task(memory.stores.units.commit([fence], [make.unit(row)]))
    await gate.reached()
    commit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await commit
    assert list(await memory.stores.inbox.undone(0, 0, 10)) == [row]


async def test_a_row_told_to_be_refused_takes_its_batch_with_it(
    memory: MemoryStores, make: Maker, fence: Fence, row: InboxRow
) -> None:
    [healthy] = await memory.stores.inbox.insert([fence], [make.fact()])
    memory.faults.refuse(row.id)
    with pytest.raises(DataRefused):
        await memory.stores.units.commit([fence], [make.unit(healthy.row), make.unit(row)])
    answers = await memory.stores.units.commit([fence], [make.unit(healthy.row)])
    assert answers == {healthy.row.id: Landed.COMMITTED}
    memory.faults.accept(row.id)
    assert await memory.stores.units.commit([fence], [make.unit(row)]) == {row.id: Landed.COMMITTED}


async def test_a_fact_told_to_be_refused_is_not_inserted(memory: MemoryStores, make: Maker, fence: Fence) -> None:
    bad, good = make.fact(), make.fact()
    memory.faults.refuse(bad.id)
    with pytest.raises(DataRefused):
        await memory.stores.inbox.insert([fence], [good, bad])
    assert memory.inbox_rows() == []


async def test_a_transaction_under_way_stops_neither_inserts_nor_reads(
    memory: MemoryStores, make: Maker, fence: Fence, row: InboxRow
) -> None:
    ghost = memory.faults.leave_under_way()
    with pytest.raises(CommitUnknown):
        await memory.stores.units.commit([fence], [make.unit(row)])
    assert ghost.is_under_way
    await memory.stores.inbox.insert([fence], [make.fact()])
    assert len(await memory.stores.inbox.undone(0, 0, 10)) == 2
    ghost.end(written=True)
    assert len(await memory.stores.inbox.undone(0, 0, 10)) == 1


async def test_a_ghost_ends_only_once_it_has_something_to_end(memory: MemoryStores) -> None:
    with pytest.raises(RuntimeError):
        memory.faults.leave_under_way().end(written=True)
