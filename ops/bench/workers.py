"""What a second worker brings: two partitions held by two workers, beside the same held by one."""

import os
from collections.abc import Sequence
from contextlib import AsyncExitStack

from ops.bench import population, subjects
from ops.bench.child import Child
from ops.bench.figures import Figure, Held, Pair, Target, paired
from ops.bench.load import Load
from ops.bench.population import Population
from ops.bench.servers import Servers
from ops.bench.sizes import Sizes
from syspark.domain.units import Lane

PART = "workers"
TWICE = Target(Held.RATIO_AT_LEAST, 1.6)
ENOUGH_CORES = 6
"""Two workers, the database, the broker and the load keep so many busy; on fewer a second one takes from them."""


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """The part's lines."""
    plenty = Population(sites=sizes.sites, badges=sizes.entering, partitions=2)
    async with AsyncExitStack() as stack:
        crews: list[tuple[Sequence[Child], Load]] = []
        for root, members in (("two", ("a", "b")), ("one", ("a",))):
            url = stack.enter_context(population.database(servers.cluster, plenty))
            crew = [
                await stack.enter_async_context(subjects.member(servers, url, root, name, partitions=2))
                for name in members
            ]
            load = await Load(root, plenty.names, Lane.ENTRY, 0).connect(servers.host, servers.port)
            stack.callback(load.close)
            await load.warm_up()
            crews.append((crew, load))
        rates: list[Pair] = []
        costs: list[Pair] = []
        for _ in range(sizes.rounds):
            (rate, cost), (rate_of_one, cost_of_one) = [await _busy(crew, load, sizes) for crew, load in crews]
            rates.append((rate, rate_of_one))
            costs.append((cost, cost_of_one))
    cores = os.cpu_count() or 1
    target = TWICE if cores >= ENOUGH_CORES else None
    return [
        paired(PART, f"two workers, entries at most, {cores} cores for all", "/s", rates, target),
        paired(PART, "two workers, processor time of each entry", "ms", costs),
    ]


async def _busy(crew: Sequence[Child], load: Load, sizes: Sizes) -> Pair:
    """Commands a second at the most, and the crew's processor milliseconds for each."""
    before, already = sum(one.cpu_s for one in crew), load.answered
    rate = await load.throughput(sizes.seconds, sizes.at_once)
    return rate, (sum(one.cpu_s for one in crew) - before) * 1000 / (load.answered - already)
