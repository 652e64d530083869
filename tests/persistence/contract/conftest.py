"""Every test of this folder runs against every kind of stores."""

from collections.abc import AsyncIterator

import pytest

from syspark.ports import Stores
from syspark.rows import Fence
from tests.persistence.contract.benches import Bench, MemoryBench, PostgresBench
from tests.persistence.contract.making import Maker

OURS = "worker-a"


@pytest.fixture(params=["memory", "postgres"])
def database(request: pytest.FixtureRequest, template_database: str) -> str | None:
    """Where the stores are: the URL of a database of this test's own, or None for memory.

    The server is asked for in any case: started in the middle of a test it would count as leaked by it.
    """
    url: str | None = request.getfixturevalue("database_url") if request.param == "postgres" else None
    return url


@pytest.fixture
async def bench(database: str | None) -> AsyncIterator[Bench]:
    """Stores of one kind, empty."""
    if database is None:
        yield MemoryBench()
        return
    async with PostgresBench.open(database) as postgres:
        yield postgres


@pytest.fixture
def stores(bench: Bench) -> Stores:
    """The stores of the bench."""
    return bench.stores


@pytest.fixture
def make(bench: Bench) -> Maker:
    """Makes rows of the default site."""
    return Maker(bench.site)


@pytest.fixture
async def fence(bench: Bench) -> Fence:
    """The default site's partition, held by us."""
    return await held(bench, bench.site.partition)


@pytest.fixture
async def second(bench: Bench) -> Fence:
    """The second partition, held by us as well."""
    return await held(bench, bench.second_partition)


async def held(bench: Bench, partition: int) -> Fence:
    """Take a free partition."""
    lease = await bench.stores.leases.take(partition, OURS)
    assert lease is not None
    return lease.fence
