"""How much slower a full car park with a long past decides than an empty one."""

from contextlib import AsyncExitStack

from ops.bench import population, subjects
from ops.bench.figures import Figure, Held, Target, paired, percentile
from ops.bench.load import Load
from ops.bench.population import Population
from ops.bench.servers import Servers
from ops.bench.sizes import Sizes
from syspark.domain.units import Lane

PART = "growth"
TARGET = Target(Held.RATIO_AT_MOST, 1.3)


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """The part's line."""
    reads = round(sizes.growth_rate * sizes.seconds * sizes.rounds * 2) + 10
    full = Population(1, sizes.growth_badges, sizes.growth_open, sizes.growth_past)
    empty = Population(1, reads)
    async with AsyncExitStack() as stack:
        loads = []
        for name, people in (("full", full), ("empty", empty)):
            url = stack.enter_context(population.database(servers.cluster, people))
            await stack.enter_async_context(subjects.worker(servers, url, name))
            load = await Load(name, people.names, Lane.ENTRY, people.parked).connect(servers.host, servers.port)
            stack.callback(load.close)
            await load.warm_up()
            loads.append(load)
        rounds = []
        for seed in range(sizes.rounds):
            ours, floors = [await load.latencies(sizes.growth_rate, sizes.seconds, seed) for load in loads]
            rounds.append((percentile(ours, 0.5) * 1000, percentile(floors, 0.5) * 1000))
    what = f"entry p50: {sizes.growth_open:,} open, {sizes.growth_badges:,} badges, {sizes.growth_past:,} past sessions"
    return [paired(PART, what, "ms", rounds, TARGET)]
