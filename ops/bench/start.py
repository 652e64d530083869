"""How long a worker of many sites takes from its start until it is in use."""

from ops.bench import population, subjects
from ops.bench.figures import Figure, Held, Target
from ops.bench.load import WOKEN_AT_ONCE, Load
from ops.bench.population import Population
from ops.bench.servers import Servers
from ops.bench.sizes import Sizes
from syspark.domain.units import Lane

PART = "start"
TARGET = Target(Held.AT_MOST, 15)
WITHIN_S = 300
WOKEN = 1_000


async def measure(servers: Servers, sizes: Sizes) -> list[Figure]:
    """The part's lines. The floor is the same start on an empty database."""
    many = Population(sizes.start_sites, sizes.start_parked + 1, parked=sizes.start_parked, devices=sizes.start_devices)
    with population.database(servers.cluster, Population(1, 1)) as url:
        async with subjects.worker(servers, url, "small") as small:
            floor_s = small.after_s
    with population.database(servers.cluster, many) as url:
        async with subjects.worker(servers, url, "large", ready_within_s=WITHIN_S) as large:
            woken = many.names[:WOKEN]
            load = await Load("large", woken, Lane.ENTRY, many.parked).connect(servers.host, servers.port)
            first_s = await load.warm_up()
            load.close()
            size = f"{sizes.start_sites:,} sites, {sizes.start_sites * sizes.start_devices:,} devices"
            parked = sizes.start_sites * sizes.start_parked
            return [
                Figure(
                    PART,
                    f"{size}, {parked:,} open sessions",
                    "s",
                    large.after_s,
                    floor_s,
                    large.after_s / floor_s,
                    TARGET,
                ),
                Figure(
                    PART, f"then a first entry at each of {len(woken):,} sites, {WOKEN_AT_ONCE} at once", "s", first_s
                ),
                Figure(PART, "resident after that", "MB", large.resident_mb),
            ]
