"""The floor is only worth something while it writes what the service writes."""

import pytest

from ops.bench import population, subjects
from ops.bench.load import Load
from ops.bench.population import Population
from ops.bench.servers import Servers
from syspark.domain.units import Lane
from tests.servers.waiting import eventually

PARKED = Population(sites=1, badges=16, parked=8)
EARLIER = 4
"""Events before the one that is compared: by then the site's state has its usual size."""
DECISIONS = {Lane.ENTRY: 1, Lane.EXIT: 3}
"""Journal rows that an event leads to."""

ALIKE = 0.2
"""By how much of their size the bodies may differ: badges, times and places have their lengths."""

Written = dict[str, tuple[int, int]]


async def written_for(servers: Servers, url: str, name: str, lane: Lane) -> Written:
    """What one event writes, once its site is awake."""
    load = await Load(name, PARKED.names, lane, PARKED.parked if lane is Lane.ENTRY else 0).connect(
        servers.host, servers.port
    )

    async def settle() -> Written:
        before = population.rows_written(url)["journal"][0]
        await load.warm_up()
        wanted = before + DECISIONS[lane]
        await eventually(lambda: population.rows_written(url)["journal"][0] == wanted, "all is decided")
        return population.rows_written(url)

    try:
        for _ in range(EARLIER):
            await settle()
        before, after = await settle(), await settle()
    finally:
        load.close()
    return {table: (count - before[table][0], size - before[table][1]) for table, (count, size) in after.items()}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("lane", list(Lane))
async def test_the_floor_writes_what_the_service_writes(lane: Lane, bench_servers: Servers) -> None:
    written: list[Written] = []
    for start, name in ((subjects.worker, "service"), (subjects.floor, "floor")):
        with population.database(bench_servers.cluster, PARKED) as url:
            async with start(bench_servers, url, f"{name}-{lane}"):
                written.append(await written_for(bench_servers, url, f"{name}-{lane}", lane))
    service, floor = written
    assert {table: count for table, (count, _) in floor.items()} == {
        table: count for table, (count, _) in service.items()
    }
    for table, (_, size) in service.items():
        assert floor[table][1] == pytest.approx(size, rel=ALIKE), table
