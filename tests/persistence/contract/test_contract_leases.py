"""Partitions: who may take them, hold on to them and write for them."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from syspark.ports import Stores
from syspark.rows import Fence, Landed, LinkPosition
from tests.persistence.contract.benches import Bench
from tests.persistence.contract.making import Maker, after

POSITION = LinkPosition(UUID(int=7), after(5), 42, 0)


@pytest.fixture
def partition(bench: Bench) -> int:
    """The default site's partition, held by nobody."""
    return bench.site.partition


async def test_a_free_partition_is_taken_for_ten_seconds(stores: Stores, partition: int) -> None:
    lease = await stores.leases.take(partition, "worker-a")
    assert lease is not None
    assert (lease.fence.partition, lease.fence.owner) == (partition, "worker-a")
    assert 9 < lease.remaining_s <= 10
    assert (lease.position.marker_at, lease.position.deliveries, lease.position.low_seq) == (None, 0, 0)


async def test_a_partition_never_taken_has_a_broker_session_of_its_own(stores: Stores, bench: Bench) -> None:
    one = await stores.leases.take(bench.site.partition, "worker-a")
    two = await stores.leases.take(bench.second_partition, "worker-a")
    assert one is not None
    assert two is not None
    assert one.position.broker_session != two.position.broker_session


async def test_a_held_partition_is_not_taken_by_another(stores: Stores, fence: Fence) -> None:
    assert await stores.leases.take(fence.partition, "worker-b") is None


async def test_a_held_partition_is_not_taken_by_its_own_name_without_proof(stores: Stores, fence: Fence) -> None:
    assert await stores.leases.take(fence.partition, fence.owner) is None


async def test_a_dead_predecessor_is_succeeded_at_once_in_a_new_epoch(stores: Stores, fence: Fence) -> None:
    lease = await stores.leases.take(fence.partition, fence.owner, predecessor_is_dead=True)
    assert lease is not None
    assert lease.fence.epoch > fence.epoch


async def test_a_dead_predecessor_of_another_name_is_nobody_s_proof(stores: Stores, fence: Fence) -> None:
    assert await stores.leases.take(fence.partition, "worker-b", predecessor_is_dead=True) is None


async def test_a_lease_that_ran_out_is_taken_and_the_old_owner_has_lost_it(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    await bench.let_lease_run_out(fence.partition)
    lease = await stores.leases.take(fence.partition, "worker-b")
    assert lease is not None
    assert lease.fence.epoch > fence.epoch
    assert not await stores.leases.renew({fence: POSITION})
    [refused] = await stores.inbox.insert([fence], [make.fact()])
    assert refused.landed is Landed.FENCED
    [taken] = await stores.inbox.insert([lease.fence], [make.fact()])
    assert taken.landed is Landed.COMMITTED


async def test_a_lease_that_ran_out_untaken_still_writes_and_is_renewed(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    await bench.let_lease_run_out(fence.partition)
    [inserted] = await stores.inbox.insert([fence], [make.fact()])
    assert inserted.landed is Landed.COMMITTED
    assert await stores.leases.renew({fence: POSITION})
    assert await stores.leases.take(fence.partition, "worker-b") is None


async def test_renewing_stores_where_the_link_stands_for_the_next_owner(
    stores: Stores, bench: Bench, fence: Fence
) -> None:
    assert await stores.leases.renew({fence: POSITION})
    await bench.let_lease_run_out(fence.partition)
    lease = await stores.leases.take(fence.partition, "worker-b")
    assert lease is not None
    assert lease.position == POSITION


async def test_releasing_stores_where_the_link_stood_and_lets_another_in_at_once(stores: Stores, fence: Fence) -> None:
    await stores.leases.release(fence, POSITION)
    lease = await stores.leases.take(fence.partition, "worker-b")
    assert lease is not None
    assert lease.position == POSITION
    assert lease.fence.epoch > fence.epoch


async def test_a_released_partition_is_no_longer_written(stores: Stores, make: Maker, fence: Fence) -> None:
    await stores.leases.release(fence, POSITION)
    [inserted] = await stores.inbox.insert([fence], [make.fact()])
    assert inserted.landed is Landed.FENCED
    assert not await stores.leases.renew({fence: POSITION})


async def test_a_lost_lease_releases_nothing(stores: Stores, bench: Bench, fence: Fence) -> None:
    await bench.let_lease_run_out(fence.partition)
    lease = await stores.leases.take(fence.partition, "worker-b")
    assert lease is not None
    await stores.leases.release(fence, POSITION)
    assert await stores.leases.take(fence.partition, "worker-c") is None
    assert await stores.leases.renew({lease.fence: lease.position})


async def test_the_low_mark_never_passes_what_was_asked_and_never_falls(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    inserted = await stores.inbox.insert([fence], [make.fact() for _ in range(3)])
    asked = inserted[1].row.seq
    await stores.inbox.park(fence, inserted[0].row.id, "not wanted")
    await stores.inbox.park(fence, inserted[1].row.id, "not wanted")
    for _ in range(3):
        assert await stores.leases.renew({fence: replace(POSITION, low_seq=asked)})
    lease = await stores.leases.take(fence.partition, fence.owner, predecessor_is_dead=True)
    assert lease is not None
    assert 0 < lease.position.low_seq <= asked
    assert await stores.leases.renew({lease.fence: replace(POSITION, low_seq=0)})
    again = await stores.leases.take(fence.partition, fence.owner, predecessor_is_dead=True)
    assert again is not None
    assert again.position.low_seq == lease.position.low_seq


async def test_several_partitions_are_renewed_at_once_and_the_lost_ones_are_left_out(
    stores: Stores, bench: Bench, fence: Fence, second: Fence
) -> None:
    await bench.let_lease_run_out(second.partition)
    assert await stores.leases.renew({fence: POSITION})
    taken = await stores.leases.take(second.partition, "worker-b")
    assert taken is not None
    assert await stores.leases.renew({fence: POSITION, second: POSITION}) == {fence}
    assert await stores.leases.renew({fence: POSITION, taken.fence: POSITION}) == {fence, taken.fence}
    assert await stores.leases.renew({}) == set()


async def test_a_beat_tells_who_lives_what_is_free_and_what_stands_in_our_name(
    stores: Stores, bench: Bench, fence: Fence
) -> None:
    alone = await stores.leases.beat(fence.owner, linked=True)
    assert alone.workers == {fence.owner: True}
    assert fence.partition in alone.ours
    assert bench.second_partition in alone.free
    other = await stores.leases.beat("worker-b", linked=False)
    assert other.workers == {fence.owner: True, "worker-b": False}
    assert (other.free, other.ours) == (alone.free, ())
    assert (await stores.leases.beat("worker-b", linked=True)).workers == {fence.owner: True, "worker-b": True}


async def test_a_partition_is_free_when_it_is_released_or_has_run_out(
    stores: Stores, bench: Bench, fence: Fence, second: Fence
) -> None:
    await stores.leases.release(fence, POSITION)
    standing = await stores.leases.beat("worker-b", linked=True)
    assert fence.partition in standing.free
    assert second.partition not in standing.free
    await bench.let_lease_run_out(second.partition)
    assert second.partition in (await stores.leases.beat("worker-b", linked=True)).free


async def test_a_worker_that_leaves_is_dead_at_once_one_that_is_silent_after_a_while(
    stores: Stores, bench: Bench
) -> None:
    for name in ("worker-a", "worker-b", "worker-c"):
        await stores.leases.beat(name, linked=True)
    await stores.leases.leave("worker-b")
    assert set((await stores.leases.beat("worker-a", linked=True)).workers) == {"worker-a", "worker-c"}
    await bench.let_beats_pass()
    assert set((await stores.leases.beat("worker-a", linked=True)).workers) == {"worker-a"}
