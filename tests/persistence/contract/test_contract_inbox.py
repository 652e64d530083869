"""The durable mailboxes: what is inserted once, in which order it is read, and how a row leaves the line."""

import asyncio
from contextlib import aclosing
from uuid import UUID

import pytest
from msgspec.structs import replace

from syspark.ports import DataRefused, Inserted, Stirring, Stores
from syspark.rows import Address, Fence, InboxRow, Landed, RowStatus
from tests.persistence.contract.benches import Bench
from tests.persistence.contract.making import Maker, after, lost

SESSION = UUID(int=5)
OTHER_SESSION = UUID(int=6)


def landings(answers: object) -> list[Landed]:
    assert isinstance(answers, list | tuple)
    assert all(isinstance(answer, Inserted) for answer in answers)
    return [answer.landed for answer in answers]


def ids(rows: object) -> list[UUID]:
    assert isinstance(rows, list | tuple)
    return [row.id for row in rows if isinstance(row, InboxRow)]


async def test_an_inserted_row_is_read_back_as_it_was_with_its_place(stores: Stores, make: Maker, fence: Fence) -> None:
    row = make.fact(event_id="e-1")
    [inserted] = await stores.inbox.insert([fence], [row])
    assert inserted.landed is Landed.COMMITTED
    assert inserted.row == replace(row, seq=inserted.row.seq)
    assert inserted.row.seq > 0
    assert list(await stores.inbox.undone(fence.partition, 0, 10)) == [inserted.row]
    assert await stores.inbox.outcome(row.id) == ("new", "")


async def test_a_redelivery_s_key_is_read_back_with_its_row(stores: Stores, make: Maker, fence: Fence) -> None:
    row = make.delivered(SESSION, 3, 1, b"digest")
    await stores.inbox.insert([fence], [row])
    [found] = await stores.inbox.undone(fence.partition, 0, 10)
    assert found.delivery == row.delivery


async def test_rows_of_one_call_are_answered_and_ordered_as_given(stores: Stores, make: Maker, fence: Fence) -> None:
    rows = [make.fact() for _ in range(5)]
    answers = await stores.inbox.insert([fence], rows)
    assert [answer.row.id for answer in answers] == [row.id for row in rows]
    seqs = [answer.row.seq for answer in answers]
    assert seqs == sorted(set(seqs))


async def test_the_order_is_that_of_insertion_and_not_of_ids(stores: Stores, make: Maker, fence: Fence) -> None:
    earlier, later = make.fact(), make.fact()
    await stores.inbox.insert([fence], [later])
    await stores.inbox.insert([fence], [earlier])
    assert ids(await stores.inbox.undone(fence.partition, 0, 10)) == [later.id, earlier.id]


async def test_inserting_nothing_is_nothing(stores: Stores, fence: Fence) -> None:
    assert list(await stores.inbox.insert([fence], [])) == []


async def test_a_retried_insert_is_answered_as_the_first_was(stores: Stores, make: Maker, fence: Fence) -> None:
    row = make.fact(event_id="e-1")
    [first] = await stores.inbox.insert([fence], [row])
    [second] = await stores.inbox.insert([fence], [row])
    assert second.landed is Landed.COMMITTED
    assert second.row.seq == first.row.seq
    assert len(await stores.inbox.undone(fence.partition, 0, 10)) == 1


async def test_a_retried_insert_of_a_row_that_is_done_is_a_duplicate(stores: Stores, make: Maker, fence: Fence) -> None:
    row = make.fact()
    [first] = await stores.inbox.insert([fence], [row])
    await stores.units.commit([fence], [make.unit(first.row)])
    assert landings(await stores.inbox.insert([fence], [row])) == [Landed.DUPLICATE]
    assert list(await stores.inbox.undone(fence.partition, 0, 10)) == []


async def test_a_retried_insert_may_bring_new_rows_along(stores: Stores, make: Maker, fence: Fence) -> None:
    known, new = make.fact(), make.fact()
    await stores.inbox.insert([fence], [known])
    assert landings(await stores.inbox.insert([fence], [known, new])) == [Landed.COMMITTED, Landed.COMMITTED]
    assert ids(await stores.inbox.undone(fence.partition, 0, 10)) == [known.id, new.id]


async def test_a_known_event_id_is_a_duplicate_also_after_its_row_is_done(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    [first] = await stores.inbox.insert([fence], [make.fact(event_id="e-1")])
    assert landings(await stores.inbox.insert([fence], [make.fact(event_id="e-1")])) == [Landed.DUPLICATE]
    await stores.units.commit([fence], [make.unit(first.row)])
    repeat = make.fact(event_id="e-1")
    assert landings(await stores.inbox.insert([fence], [repeat])) == [Landed.DUPLICATE]
    assert await stores.inbox.outcome(repeat.id) is None


async def test_an_event_id_twice_in_one_call_lands_once(stores: Stores, make: Maker, fence: Fence) -> None:
    rows = [make.fact(event_id="e-1"), make.fact(event_id="e-1"), make.fact(event_id="e-2")]
    answers = await stores.inbox.insert([fence], rows)
    assert landings(answers) == [Landed.COMMITTED, Landed.DUPLICATE, Landed.COMMITTED]


async def test_event_ids_of_two_sites_are_not_the_same(stores: Stores, make: Maker, fence: Fence) -> None:
    here = make.fact(event_id="e-1")
    there = replace(make.fact(event_id="e-1"), scope=replace(make.scope, site_id=None))
    assert landings(await stores.inbox.insert([fence], [here, there])) == [Landed.COMMITTED, Landed.COMMITTED]


async def test_a_lost_partition_s_rows_are_dropped_and_the_rest_is_written(
    stores: Stores, make: Maker, fence: Fence, second: Fence
) -> None:
    ours, theirs = make.fact(), make.fact(partition=second.partition, event_id="e-1")
    answers = await stores.inbox.insert([fence, lost(second)], [ours, theirs])
    assert landings(answers) == [Landed.COMMITTED, Landed.FENCED]
    assert await stores.inbox.outcome(theirs.id) is None
    assert landings(await stores.inbox.insert([second], [theirs])) == [Landed.COMMITTED]


async def test_a_partition_without_a_fence_is_not_written(
    stores: Stores, make: Maker, fence: Fence, second: Fence
) -> None:
    row = make.fact(partition=second.partition)
    assert landings(await stores.inbox.insert([fence], [row])) == [Landed.FENCED]


async def test_data_that_cannot_be_stored_is_refused_with_its_whole_batch(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    good, bad = make.fact(event_id="e-1"), make.fact(event_id="e\x00")
    with pytest.raises(DataRefused):
        await stores.inbox.insert([fence], [good, bad])
    assert await stores.inbox.outcome(good.id) is None
    assert landings(await stores.inbox.insert([fence], [good])) == [Landed.COMMITTED]


async def test_rejected_messages_are_kept_once(stores: Stores, bench: Bench, make: Maker, fence: Fence) -> None:
    message, row = make.rejected(), make.fact()
    await stores.inbox.insert([fence], [row], [message])
    await stores.inbox.insert([fence], [row], [message])
    assert list(await bench.rejected()) == [message.id]


async def test_rejected_messages_of_a_lost_partition_are_dropped(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    await stores.inbox.insert([lost(fence)], [], [make.rejected()])
    assert list(await bench.rejected()) == []


async def test_undone_rows_are_read_above_a_place_up_to_a_limit(stores: Stores, make: Maker, fence: Fence) -> None:
    seqs = [answer.row.seq for answer in await stores.inbox.insert([fence], [make.fact() for _ in range(5)])]
    found = await stores.inbox.undone(fence.partition, seqs[1], 2)
    assert [row.seq for row in found] == seqs[2:4]


async def test_undone_rows_are_those_of_the_partition(stores: Stores, make: Maker, fence: Fence, second: Fence) -> None:
    here, there = make.fact(), make.fact(partition=second.partition)
    await stores.inbox.insert([fence, second], [here, there])
    assert ids(await stores.inbox.undone(fence.partition, 0, 10)) == [here.id]
    assert ids(await stores.inbox.undone(second.partition, 0, 10)) == [there.id]


async def test_one_mailbox_s_undone_rows_are_read_in_order(stores: Stores, make: Maker, fence: Fence) -> None:
    recipient = Address("session", "s-1")
    mine = [make.fact(recipient=recipient) for _ in range(4)]
    others = [make.fact(), make.fact(recipient=Address("device", "s-1"))]
    answers = await stores.inbox.insert([fence], [mine[0], others[0], mine[1], mine[2], others[1], mine[3]])
    seqs = {answer.row.id: answer.row.seq for answer in answers}
    await stores.inbox.park(fence, mine[1].id, "poison")
    assert ids(await stores.inbox.undone_for(recipient, fence.partition, 0, 10)) == [mine[0].id, mine[2].id, mine[3].id]
    found = await stores.inbox.undone_for(recipient, fence.partition, seqs[mine[0].id], 1)
    assert ids(found) == [mine[2].id]


async def test_a_look_at_several_partitions_tells_where_rows_are_undone(
    stores: Stores, make: Maker, fence: Fence, second: Fence
) -> None:
    ours, other = fence.partition, second.partition
    assert dict(await stores.inbox.stirrings({})) == {}
    still = Stirring(newest_seq=0, has_undone=False)
    assert dict(await stores.inbox.stirrings({ours: 0, other: 0})) == {ours: still, other: still}
    first, last = (answer.row for answer in await stores.inbox.insert([fence], [make.fact(), make.fact()]))
    await stores.units.commit([fence], [make.unit(last)])
    assert dict(await stores.inbox.stirrings({ours: 0, other: 0})) == {ours: Stirring(last.seq, True), other: still}
    assert dict(await stores.inbox.stirrings({ours: first.seq})) == {ours: Stirring(last.seq, False)}


async def test_recent_packets_are_the_latest_row_of_each_packet_id(stores: Stores, make: Maker, fence: Fence) -> None:
    rows = [
        make.delivered(SESSION, 1, 1, b"old"),
        make.delivered(SESSION, 2, 2, b"two"),
        make.delivered(OTHER_SESSION, 3, 3, b"foreign"),
        make.delivered(SESSION, 1, 4, b"new"),
        make.fact(),
    ]
    answers = await stores.inbox.insert([fence], rows)
    await stores.units.commit([fence], [make.unit(answers[3].row)])
    assert dict(await stores.inbox.recent_packets(fence.partition, SESSION, 0)) == {1: (4, b"new"), 2: (2, b"two")}
    assert dict(await stores.inbox.recent_packets(fence.partition, SESSION, 2)) == {1: (4, b"new")}
    assert dict(await stores.inbox.recent_packets(fence.partition, SESSION, 4)) == {}


async def test_the_latest_fact_of_a_broker_session_is_one_without_an_id_of_its_own(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    def brought(session: UUID, number: int, minute: int, event_id: str | None = None) -> InboxRow:
        row = make.delivered(session, number, number, b"digest")
        return replace(row, fact_at=after(60 * minute), event_id=event_id)

    replayed, foreign = brought(SESSION, 4, 9, "e-1"), brought(OTHER_SESSION, 5, 8)
    rows = [brought(SESSION, 1, 5), brought(SESSION, 2, 4), brought(SESSION, 3, 2), replayed, foreign, make.fact()]
    await stores.inbox.insert([fence], rows)
    for after_number, minute in ((0, 5), (1, 4), (2, 2)):
        found = await stores.inbox.latest_fact(fence.partition, SESSION, after_number)
        assert found == after(60 * minute)
    assert await stores.inbox.latest_fact(fence.partition, SESSION, 3) is None


async def test_tries_are_counted_and_read_back(stores: Stores, make: Maker, fence: Fence) -> None:
    [inserted] = await stores.inbox.insert([fence], [make.fact()])
    assert await stores.inbox.count_try(fence, inserted.row.id) == 1
    assert await stores.inbox.count_try(fence, inserted.row.id) == 2
    [found] = await stores.inbox.undone(fence.partition, 0, 10)
    assert found.tries == 2


async def test_a_lost_partition_s_tries_are_not_counted(stores: Stores, make: Maker, fence: Fence) -> None:
    [inserted] = await stores.inbox.insert([fence], [make.fact()])
    await stores.inbox.count_try(lost(fence), inserted.row.id)
    await stores.inbox.count_start(lost(fence), inserted.row.id)
    assert await stores.inbox.count_try(fence, inserted.row.id) == 1
    assert await stores.inbox.count_start(fence, inserted.row.id) == 1


async def test_starts_are_counted_until_cleared(stores: Stores, make: Maker, fence: Fence) -> None:
    [inserted] = await stores.inbox.insert([fence], [make.fact()])
    assert [await stores.inbox.count_start(fence, inserted.row.id) for _ in range(3)] == [1, 2, 3]
    await stores.inbox.clear_starts(lost(fence), inserted.row.id)
    assert await stores.inbox.count_start(fence, inserted.row.id) == 4
    await stores.inbox.clear_starts(fence, inserted.row.id)
    assert await stores.inbox.count_start(fence, inserted.row.id) == 1
    [found] = await stores.inbox.undone(fence.partition, 0, 10)
    assert found.tries == 0


async def test_a_parked_row_leaves_the_line_and_keeps_its_body(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    poison, healthy = make.fact(), make.fact()
    await stores.inbox.insert([fence], [poison, healthy])
    await stores.inbox.park(fence, poison.id, "failed 3 times")
    assert ids(await stores.inbox.undone(fence.partition, 0, 10)) == [healthy.id]
    assert await stores.inbox.outcome(poison.id) == ("parked", "failed 3 times")
    assert await bench.body(poison.id) == poison.body


async def test_a_parked_row_is_not_decided_any_more(stores: Stores, make: Maker, fence: Fence) -> None:
    [inserted] = await stores.inbox.insert([fence], [make.fact()])
    await stores.inbox.park(fence, inserted.row.id, "failed 3 times")
    unit = make.unit(inserted.row, snapshot=make.snapshot(1))
    assert await stores.units.commit([fence], [unit]) == {inserted.row.id: Landed.DUPLICATE}
    assert await stores.state.snapshot(make.actor) is None


async def test_a_lost_partition_parks_nothing(stores: Stores, make: Maker, fence: Fence) -> None:
    [inserted] = await stores.inbox.insert([fence], [make.fact()])
    await stores.inbox.park(lost(fence), inserted.row.id, "failed 3 times")
    assert await stores.inbox.outcome(inserted.row.id) == ("new", "")


async def test_a_done_row_is_not_parked(stores: Stores, make: Maker, fence: Fence) -> None:
    [inserted] = await stores.inbox.insert([fence], [make.fact()])
    await stores.units.commit([fence], [make.unit(inserted.row)])
    await stores.inbox.park(fence, inserted.row.id, "too late")
    assert await stores.inbox.outcome(inserted.row.id) == ("done", '{"decided":true}')


async def test_a_request_needs_no_fence_and_lands_once(stores: Stores, make: Maker, bench: Bench) -> None:
    row = make.fact(kind="credential-add")
    await stores.inbox.request(row)
    await stores.inbox.request(row)
    [found] = await stores.inbox.undone(bench.site.partition, 0, 10)
    assert found == replace(row, seq=found.seq)


async def test_who_listens_for_requests_hears_that_it_does_and_every_word(stores: Stores, make: Maker) -> None:
    async with asyncio.timeout(5), aclosing(stores.hints.requested()) as heard:
        await anext(heard)
        await stores.inbox.request(make.fact())
        await anext(heard)
        await stores.inbox.request(make.fact())
        await anext(heard)


async def test_a_request_retried_after_it_is_done_has_no_effect(stores: Stores, make: Maker, fence: Fence) -> None:
    row = make.fact()
    await stores.inbox.request(row)
    [found] = await stores.inbox.undone(fence.partition, 0, 10)
    await stores.units.commit([fence], [make.unit(found)])
    await stores.inbox.request(row)
    assert await stores.inbox.outcome(row.id) == ("done", '{"decided":true}')


async def test_the_outcome_of_no_row_is_none(stores: Stores, make: Maker) -> None:
    assert await stores.inbox.outcome(make.id()) is None


@pytest.mark.parametrize("status", [RowStatus.DONE, RowStatus.REFUSED, RowStatus.PARKED])
async def test_the_outcome_is_what_the_unit_said(stores: Stores, make: Maker, fence: Fence, status: RowStatus) -> None:
    [inserted] = await stores.inbox.insert([fence], [make.fact()])
    await stores.units.commit([fence], [make.unit(inserted.row, status=status, outcome='{"why":"so"}')])
    assert await stores.inbox.outcome(inserted.row.id) == (status.value, '{"why":"so"}')
    assert list(await stores.inbox.undone(fence.partition, 0, 10)) == []
