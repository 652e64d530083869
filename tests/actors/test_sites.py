"""What a worker knows of its sites, whatever is taken, changed and given up while it looks."""

import asyncio

import pytest

from actors.sites import Sites
from syspark.clock import SteppedClock
from syspark.domain.units import SiteId
from syspark.persistence.memory import Call, MemoryStores, default_site
from syspark.rows import PolicyRow
from tests.persistence.contract.making import NOON, Maker

SITE = SiteId("default")
CHANGED = PolicyRow(SITE, 2, b'{"passback":"hard"}', "ines")


@pytest.fixture
def memory() -> MemoryStores:
    return MemoryStores(SteppedClock(NOON), sites=[default_site()])


async def change(memory: MemoryStores) -> None:
    """Another process sets the site's policy."""
    make, stores = Maker(default_site()), memory.another().stores
    lease = await stores.leases.take(default_site().partition, "another")
    assert lease is not None
    [inserted] = await stores.inbox.insert([lease.fence], [make.fact()])
    await stores.units.commit([lease.fence], [make.unit(inserted.row, policy=CHANGED)])


async def test_what_changes_while_a_partition_is_taken_up_during_a_look_is_known(memory: MemoryStores) -> None:
    sites = Sites(memory.stores.state, lambda _site: (), lambda _sealed: None)
    await sites.look()
    answering = memory.faults.hold(Call.READ, answer=True)
    load = asyncio.create_task(sites.load(default_site().partition), name="taken up")
    await answering.reached()
    await change(memory)
    look = asyncio.create_task(sites.look(), name="look")
    await asyncio.sleep(0)
    answering.open()
    await asyncio.gather(load, look)
    await sites.look()
    row = sites.row(SITE)
    assert row is not None
    assert row.policy_version == 2


async def test_a_partition_given_up_while_it_is_looked_at_is_not_known_again(memory: MemoryStores) -> None:
    sites, partition = Sites(memory.stores.state, lambda _site: (), lambda _sealed: None), default_site().partition
    await sites.look()
    await sites.load(partition)
    await change(memory)
    answering = memory.faults.hold(Call.READ, answer=True)
    look = asyncio.create_task(sites.look(), name="look")
    await answering.reached()
    sites.forget(partition)
    answering.open()
    assert await look == set()
    assert sites.row(SITE) is None
