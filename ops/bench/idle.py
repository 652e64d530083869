"""What a service costs that has nothing to do."""

import asyncio
from contextlib import AsyncExitStack

from ops.bench import population, subjects
from ops.bench.figures import Figure, Held, Target
from ops.bench.population import Population
from ops.bench.servers import Servers
from ops.bench.sizes import Sizes

PART = "idle"
PROCESSOR = Target(Held.AT_MOST, 2)
MEMORY = Target(Held.AT_MOST, 150)


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """The part's lines: pages and worker in one process, and the bare program beside it."""
    async with AsyncExitStack() as stack:
        urls = [
            stack.enter_context(population.database(servers.cluster, Population(sizes.sites, 10))) for _ in range(2)
        ]
        service, _ = await stack.enter_async_context(subjects.serving(servers, urls[0], "service"))
        floor = await stack.enter_async_context(subjects.floor(servers, urls[1], "floor"))
        await asyncio.sleep(sizes.idle_seconds / 2)  # what its start has left to do
        before = service.cpu_s, floor.cpu_s
        await asyncio.sleep(sizes.idle_seconds)
        used, used_by_floor = (
            (now - then) / sizes.idle_seconds * 100
            for now, then in zip((service.cpu_s, floor.cpu_s), before, strict=True)
        )
        return [
            Figure(PART, f"{sizes.sites} sites, share of a core", "%", used, used_by_floor, target=PROCESSOR),
            Figure(PART, "resident", "MB", service.resident_mb, floor.resident_mb, target=MEMORY),
        ]
