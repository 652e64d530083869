"""From an event at the broker to its command at the broker, entries and exits apart, beside the floor."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ops.bench import population, subjects
from ops.bench.child import Child
from ops.bench.figures import Figure, Held, Pair, Target, paired, percentile
from ops.bench.load import Load
from ops.bench.population import Population
from ops.bench.servers import Servers
from ops.bench.sizes import Sizes
from syspark.domain.units import Lane

PART = "end to end"
THROUGHPUT = Target(Held.RATIO_AT_LEAST, 0.6)
TAIL = Target(Held.RATIO_AT_MOST, 1.5)
WHAT = {Lane.ENTRY: "entries", Lane.EXIT: "exits"}
SUSTAINED = 0.8
"""The share of its maximum up to which the latency of a rate says something."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A program under load, with its readers."""

    process: Child
    loads: Mapping[Lane, Load]


Rates = Sequence[tuple[Subject, float]]
"""The service and its floor, each with the events a second it is given."""


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """The part's lines."""
    async with both(servers, sizes) as (service, floor):
        figures = []
        for lane in Lane:
            rates: list[Pair] = []
            costs: list[Pair] = []
            for _ in range(sizes.rounds):
                (rate, cost), (rate_of_floor, cost_of_floor) = [
                    await _busy(subject, lane, sizes) for subject in (service, floor)
                ]
                rates.append((rate, rate_of_floor))
                costs.append((cost, cost_of_floor))
            most = paired(PART, f"{WHAT[lane]}, at most", "/s", rates, THROUGHPUT)
            figures.append(most)
            figures.append(paired(PART, f"{WHAT[lane]}, processor time each", "ms", costs))
            assert most.service is not None
            assert most.floor is not None
            for rate in sizes.rates:
                what = f"{WHAT[lane]} at {rate}/s"
                if rate > SUSTAINED * most.service:
                    figures.append(Figure(PART, f"{what}, p50 and p99", "ms", None, note="above its maximum here"))
                else:
                    figures += await _latency(what, ((service, rate), (floor, rate)), lane, sizes, TAIL)
            halves = ((service, most.service / 2), (floor, most.floor / 2))
            figures += await _latency(f"{WHAT[lane]} at half of its own maximum", halves, lane, sizes)
        return figures


@asynccontextmanager
async def both(servers: Servers, sizes: Sizes) -> AsyncIterator[tuple[Subject, Subject]]:
    """Service and floor, each with its own database and its own MQTT root, warm."""
    plenty = Population(sites=sizes.sites, badges=sizes.parked + sizes.entering, parked=sizes.parked)
    async with AsyncExitStack() as stack:
        made = []
        for start, name in ((subjects.worker, "service"), (subjects.floor, "floor")):
            url = stack.enter_context(population.database(servers.cluster, plenty))
            process = await stack.enter_async_context(start(servers, url, name))
            loads = {}
            for lane in Lane:
                first = sizes.parked if lane is Lane.ENTRY else 0
                load = Load(name, plenty.names, lane, first)
                loads[lane] = await load.connect(servers.host, servers.port)
                stack.callback(load.close)
                await load.warm_up()
            made.append(Subject(process, loads))
        yield made[0], made[1]


async def _busy(subject: Subject, lane: Lane, sizes: Sizes) -> Pair:
    """Commands a second at the most, and the program's processor milliseconds for each."""
    load = subject.loads[lane]
    before, already = subject.process.cpu_s, load.answered
    rate = await load.throughput(sizes.seconds, sizes.at_once)
    return rate, (subject.process.cpu_s - before) * 1000 / (load.answered - already)


async def _latency(what: str, rates: Rates, lane: Lane, sizes: Sizes, tail: Target | None = None) -> list[Figure]:
    middles: list[Pair] = []
    tails: list[Pair] = []
    for seed in range(sizes.rounds):
        ours, floors = [
            await subject.loads[lane].latencies(rate, max(sizes.seconds, sizes.timed / rate), seed)
            for subject, rate in rates
        ]
        middles.append((percentile(ours, 0.5) * 1000, percentile(floors, 0.5) * 1000))
        tails.append((percentile(ours, 0.99) * 1000, percentile(floors, 0.99) * 1000))
    return [paired(PART, f"{what}, p50", "ms", middles), paired(PART, f"{what}, p99", "ms", tails, tail)]
