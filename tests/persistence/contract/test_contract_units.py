"""Where decisions land: all of a unit or nothing of it, once, for partitions that are ours, in the order given."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from syspark.domain.units import SessionId
from syspark.ports import DataRefused, Stores
from syspark.rows import CredentialRow, Fate, Fence, InboxRow, Landed, RowStatus, Unit
from tests.persistence.contract.benches import Bench
from tests.persistence.contract.making import Maker, after, lost


async def inserted(stores: Stores, make: Maker, fence: Fence, **changes: Any) -> InboxRow:
    """A row of the fence's partition, in its place."""
    [answer] = await stores.inbox.insert([fence], [make.fact(partition=fence.partition, **changes)])
    assert answer.landed is Landed.COMMITTED
    return answer.row


def everything(make: Maker, row: InboxRow) -> Unit:
    """A unit that changes something of every kind."""
    session = make.session()
    return make.unit(
        row,
        snapshot=make.snapshot(1),
        sessions=(session,),
        subjects=(make.subject("AB123CD"),),
        witnesses=(make.witness(session),),
        journal=(make.entry(),),
        outbox=(make.command(),),
        handovers=(make.handover(),),
        deadlines=(make.deadline("exit", 5),),
        credentials=(CredentialRow("A1B2C3D4", make.site.id, "someone", "resident"),),
    )


async def nothing_written(stores: Stores, bench: Bench, make: Maker, unit: Unit) -> bool:
    """Whether no part of a unit made by `everything` is there."""
    [session] = unit.sessions
    [handover] = unit.handovers
    partition = make.scope.partition
    found = [
        await stores.state.snapshot(make.actor),
        await stores.state.session(session.id),
        list(await bench.journal(f"site:{make.site.id}")),
        list(await stores.outbox.unfinished(partition)),
        await stores.inbox.outcome(handover.id),
        list(await stores.deadlines.due(partition, after(60), 10)),
        await stores.state.credential(make.site.id, "A1B2C3D4"),
        await stores.state.subject(make.site.id, "AB123CD"),
        [row for row in await stores.state.sessions_of(make.site.id, after(0)) if row.holder_keys],
    ]
    return not any(found)


async def test_a_unit_is_written_with_everything_in_it(stores: Stores, bench: Bench, make: Maker, fence: Fence) -> None:
    row = await inserted(stores, make, fence)
    unit = everything(make, row)
    assert await stores.units.commit([fence], [unit]) == {row.id: Landed.COMMITTED}
    assert await stores.state.snapshot(make.actor) == unit.snapshot
    assert await stores.state.session(unit.sessions[0].id) == unit.sessions[0]
    [entry] = await bench.journal(f"site:{make.site.id}")
    assert entry.entry == unit.journal[0]
    assert list(await stores.outbox.unfinished(fence.partition)) == list(unit.outbox)
    [handover] = await stores.inbox.undone(fence.partition, row.seq, 10)
    assert handover == replace(unit.handovers[0], seq=handover.seq)
    assert list(await stores.deadlines.due(fence.partition, after(60), 10)) == list(unit.deadlines)
    assert await stores.state.credential(make.site.id, "A1B2C3D4") == unit.credentials[0]
    assert await stores.state.subject(make.site.id, "AB123CD") == unit.subjects[0].id
    [session] = await stores.state.sessions_of(make.site.id, after(0))
    assert session.holder_keys == ("A1B2C3D4",)
    assert await stores.inbox.outcome(row.id) == ("done", unit.outcome)


async def test_committing_nothing_is_nothing(stores: Stores, fence: Fence) -> None:
    assert await stores.units.commit([fence], []) == {}


async def test_a_done_row_s_body_is_emptied(stores: Stores, bench: Bench, make: Maker, fence: Fence) -> None:
    row = await inserted(stores, make, fence)
    await stores.units.commit([fence], [make.unit(row)])
    assert await bench.body(row.id) == b""


async def test_a_unit_that_parks_its_row_keeps_the_body(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    row = await inserted(stores, make, fence)
    await stores.units.commit([fence], [make.unit(row, status=RowStatus.PARKED)])
    assert await bench.body(row.id) == row.body


async def test_a_row_has_one_effect_however_often_it_is_decided(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    row = await inserted(stores, make, fence)
    await stores.units.commit([fence], [make.unit(row)])
    again = everything(make, row)
    assert await stores.units.commit([fence], [again]) == {row.id: Landed.DUPLICATE}
    assert await nothing_written(stores, bench, make, again)


async def test_a_row_that_was_never_inserted_has_no_effect(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    unit = everything(make, make.fact())
    assert await stores.units.commit([fence], [unit]) == {unit.row.id: Landed.DUPLICATE}
    assert await nothing_written(stores, bench, make, unit)


async def test_a_duplicate_does_not_stop_the_rest_of_its_batch(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    done, fresh = await inserted(stores, make, fence), await inserted(stores, make, fence)
    await stores.units.commit([fence], [make.unit(done)])
    answers = await stores.units.commit(
        [fence], [make.unit(done, journal=(make.entry(),)), make.unit(fresh, journal=(make.entry(rule="kept"),))]
    )
    assert answers == {done.id: Landed.DUPLICATE, fresh.id: Landed.COMMITTED}
    assert [entry.entry.rule for entry in await bench.journal(f"site:{make.site.id}")] == ["kept"]


async def test_a_lost_partition_s_unit_is_dropped_and_its_row_stays(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    row = await inserted(stores, make, fence)
    unit = everything(make, row)
    assert await stores.units.commit([lost(fence)], [unit]) == {row.id: Landed.FENCED}
    assert await nothing_written(stores, bench, make, unit)
    assert await stores.inbox.outcome(row.id) == ("new", "")


async def test_every_partition_of_a_batch_is_fenced_for_itself(
    stores: Stores, make: Maker, fence: Fence, second: Fence
) -> None:
    ours, theirs = await inserted(stores, make, fence), await inserted(stores, make, second)
    answers = await stores.units.commit([fence, lost(second)], [make.unit(theirs), make.unit(ours)])
    assert answers == {theirs.id: Landed.FENCED, ours.id: Landed.COMMITTED}


async def test_a_partition_without_a_fence_is_not_written(
    stores: Stores, make: Maker, fence: Fence, second: Fence
) -> None:
    row = await inserted(stores, make, second)
    assert await stores.units.commit([fence], [make.unit(row)]) == {row.id: Landed.FENCED}


async def test_successive_versions_are_written_in_one_batch(stores: Stores, make: Maker, fence: Fence) -> None:
    rows = [await inserted(stores, make, fence) for _ in range(3)]
    session = SessionId(str(make.id()))
    units = [
        make.unit(row, snapshot=make.snapshot(version), sessions=(make.session(session, version),))
        for version, row in enumerate(rows, 1)
    ]
    await stores.units.commit([fence], units)
    assert await stores.state.snapshot(make.actor) == make.snapshot(3)
    stored = await stores.state.session(session)
    assert stored is not None
    assert stored.version == 3


@pytest.mark.parametrize("version", [0, 1, 3])
async def test_a_snapshot_that_does_not_follow_the_stored_one_is_refused(
    stores: Stores, make: Maker, fence: Fence, version: int
) -> None:
    first, second = await inserted(stores, make, fence), await inserted(stores, make, fence)
    await stores.units.commit([fence], [make.unit(first, snapshot=make.snapshot(1))])
    with pytest.raises(DataRefused):
        await stores.units.commit([fence], [make.unit(second, snapshot=make.snapshot(version))])
    assert await stores.inbox.outcome(second.id) == ("new", "")


async def test_a_first_snapshot_has_version_one(stores: Stores, make: Maker, fence: Fence) -> None:
    row = await inserted(stores, make, fence)
    with pytest.raises(DataRefused):
        await stores.units.commit([fence], [make.unit(row, snapshot=make.snapshot(2))])


@pytest.mark.parametrize("version", [1, 3])
async def test_a_session_that_does_not_follow_the_stored_one_is_refused(
    stores: Stores, make: Maker, fence: Fence, version: int
) -> None:
    first, second = await inserted(stores, make, fence), await inserted(stores, make, fence)
    session = make.session()
    await stores.units.commit([fence], [make.unit(first, sessions=(session,))])
    with pytest.raises(DataRefused):
        await stores.units.commit([fence], [make.unit(second, sessions=(replace(session, version=version),))])
    assert await stores.state.session(session.id) == session


async def test_refused_data_leaves_nothing_of_the_whole_batch(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    good, bad = await inserted(stores, make, fence), await inserted(stores, make, fence)
    healthy = everything(make, good)
    with pytest.raises(DataRefused):
        await stores.units.commit([fence], [healthy, make.unit(bad, snapshot=make.snapshot(9))])
    assert await nothing_written(stores, bench, make, healthy)
    assert await stores.units.landed([fence], [good.id, bad.id]) == {good.id: None, bad.id: None}
    assert await stores.units.commit([fence], [healthy]) == {good.id: Landed.COMMITTED}


async def test_text_that_cannot_be_stored_is_refused(stores: Stores, make: Maker, fence: Fence) -> None:
    row = await inserted(stores, make, fence)
    with pytest.raises(DataRefused):
        await stores.units.commit([fence], [make.unit(row, outcome="\x00")])
    assert await stores.inbox.outcome(row.id) == ("new", "")


async def test_a_command_is_decided_once(stores: Stores, make: Maker, fence: Fence) -> None:
    first, second = await inserted(stores, make, fence), await inserted(stores, make, fence)
    command = make.command()
    await stores.units.commit([fence], [make.unit(first, outbox=(command,))])
    with pytest.raises(DataRefused):
        await stores.units.commit([fence], [make.unit(second, outbox=(command,))])


async def test_hand_overs_come_after_what_was_there_and_in_one_order(stores: Stores, make: Maker, fence: Fence) -> None:
    rows = [await inserted(stores, make, fence) for _ in range(2)]
    handovers = [make.handover() for _ in range(4)]
    units = [
        make.unit(rows[0], handovers=(handovers[3], handovers[0])),
        make.unit(rows[1], handovers=(handovers[2], handovers[1])),
    ]
    await stores.units.commit([fence], units)
    given = [handovers[3], handovers[0], handovers[2], handovers[1]]
    found = await stores.inbox.undone(fence.partition, rows[1].seq, 10)
    assert [row.id for row in found] == [row.id for row in given]
    seqs = [row.seq for row in found]
    assert seqs == sorted(set(seqs))
    assert seqs[0] > rows[1].seq


async def test_a_hand_over_may_go_to_another_partition(stores: Stores, make: Maker, fence: Fence, bench: Bench) -> None:
    row = await inserted(stores, make, fence)
    handover = make.fact(partition=bench.second_partition, kind="configured")
    await stores.units.commit([fence], [make.unit(row, handovers=(handover,))])
    [found] = await stores.inbox.undone(bench.second_partition, 0, 10)
    assert found.id == handover.id


@pytest.mark.parametrize("status", [RowStatus.DONE, RowStatus.REFUSED])
async def test_a_hand_over_may_end_in_the_transaction_that_makes_it(
    stores: Stores, bench: Bench, make: Maker, fence: Fence, status: RowStatus
) -> None:
    row, handover = await inserted(stores, make, fence), make.handover()
    units = [
        make.unit(row, handovers=(handover,), journal=(make.entry(),)),
        make.unit(handover, status=status, journal=(make.entry(),)),
    ]
    assert await stores.units.commit([fence], units) == {one.row.id: Landed.COMMITTED for one in units}
    assert await stores.inbox.outcome(handover.id) == (status, units[1].outcome)
    assert await bench.body(handover.id) == (b"" if status is RowStatus.DONE else handover.body)
    assert list(await stores.inbox.undone(fence.partition, 0, 10)) == []


async def test_what_ends_a_hand_over_of_a_duplicate_has_no_effect(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    row, handover, other = await inserted(stores, make, fence), make.handover(), await inserted(stores, make, fence)
    await stores.units.commit([fence], [make.unit(row)])
    units = [make.unit(row, handovers=(handover,)), make.unit(handover, snapshot=make.snapshot(1)), make.unit(other)]
    assert await stores.units.commit([fence], units) == {
        row.id: Landed.DUPLICATE,
        handover.id: Landed.DUPLICATE,
        other.id: Landed.COMMITTED,
    }
    assert await stores.state.snapshot(make.actor) is None


async def test_landed_tells_a_commit_that_happened_from_one_that_did_not(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    done, undone = await inserted(stores, make, fence), await inserted(stores, make, fence)
    await stores.units.commit([fence], [make.unit(done)])
    assert await stores.units.landed([fence], [done.id, undone.id]) == {done.id: Landed.COMMITTED, undone.id: None}


async def test_landed_is_fenced_for_a_lost_partition_whatever_happened(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    done, undone = await inserted(stores, make, fence), await inserted(stores, make, fence)
    await stores.units.commit([fence], [make.unit(done)])
    assert await stores.units.landed([lost(fence)], [done.id, undone.id]) == {
        done.id: Landed.FENCED,
        undone.id: Landed.FENCED,
    }


@pytest.mark.parametrize("written", [True, False])
async def test_landed_waits_for_a_transaction_still_under_way(
    stores: Stores, bench: Bench, make: Maker, fence: Fence, written: bool
) -> None:
    row = await inserted(stores, make, fence)
    async with bench.under_way(fence, make.unit(row, snapshot=make.snapshot(1))) as finish:
        assert await stores.state.snapshot(make.actor) is None
        asked = asyncio.create_task(stores.units.landed([fence], [row.id]))
        try:
            done, _ = await asyncio.wait([asked], timeout=0.05)
            assert not done
            await finish(written=written)
            assert await asked == {row.id: Landed.COMMITTED if written else None}
        finally:
            asked.cancel()
    assert await stores.state.snapshot(make.actor) == (make.snapshot(1) if written else None)


@pytest.mark.parametrize("written", [True, False])
async def test_a_retry_after_a_lost_answer_has_exactly_one_effect(
    stores: Stores, bench: Bench, make: Maker, fence: Fence, written: bool
) -> None:
    row = await inserted(stores, make, fence)
    unit = make.unit(row, journal=(make.entry(),), outbox=(make.command(),))
    async with bench.under_way(fence, unit) as finish:
        await finish(written=written)
    answers = await stores.units.commit([fence], [unit])
    assert answers == {row.id: Landed.DUPLICATE if written else Landed.COMMITTED}
    assert len(await bench.journal(f"site:{make.site.id}")) == 1
    assert len(await stores.outbox.unfinished(fence.partition)) == 1


async def test_a_partition_is_taken_only_after_its_transactions_have_ended(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    row = await inserted(stores, make, fence)
    async with bench.under_way(fence, make.unit(row)) as finish:
        taken = asyncio.create_task(stores.leases.take(fence.partition, fence.owner, predecessor_is_dead=True))
        try:
            done, _ = await asyncio.wait([taken], timeout=0.05)
            assert not done
            await finish(written=True)
            assert await taken is not None
        finally:
            taken.cancel()
    assert await stores.inbox.outcome(row.id) == ("done", '{"decided":true}')


async def test_a_confirmed_command_is_no_longer_unfinished_and_keeps_that(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    first, second = await inserted(stores, make, fence), await inserted(stores, make, fence)
    command = make.command()
    await stores.units.commit([fence], [make.unit(first, outbox=(command,))])
    await stores.units.commit([fence], [make.unit(second, confirmed=(command.id,))])
    await stores.outbox.record([fence], [make.fate(command, Fate.UNKNOWN)])
    [stored] = await stores.state.commands_of(make.site.id, "barrier", after(-60))
    assert stored == replace(command, fate=Fate.CONFIRMED)


async def test_a_command_that_has_ended_is_not_confirmed_any_more(stores: Stores, make: Maker, fence: Fence) -> None:
    first, second = await inserted(stores, make, fence), await inserted(stores, make, fence)
    command = make.command()
    await stores.units.commit([fence], [make.unit(first, outbox=(command,))])
    await stores.outbox.record([fence], [make.fate(command, Fate.EXPIRED)])
    await stores.units.commit([fence], [make.unit(second, confirmed=(command.id,))])
    [stored] = await stores.state.commands_of(make.site.id, "barrier", after(-60))
    assert stored.fate is Fate.EXPIRED
