"""Every part runs and measures something, at sizes that say nothing about speed."""

import pytest

from ops.bench.run import PARTS
from ops.bench.servers import Servers
from ops.bench.sizes import Sizes

TINY = Sizes(
    rounds=1,
    seconds=0.3,
    sites=2,
    at_once=1,
    rates=(20,),
    timed=1,
    parked=400,
    entering=400,
    growth_open=5,
    growth_badges=60,
    growth_past=5,
    growth_rate=20,
    ingested=20,
    actors=5,
    tells=50,
    crowd=20,
    start_sites=3,
    start_devices=2,
    start_parked=1,
    pages_sites=3,
    streams=3,
    loads=3,
    idle_seconds=0.5,
)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", list(PARTS))
async def test_a_part_measures_the_service_beside_its_floor(name: str, bench_servers: Servers) -> None:
    figures = await PARTS[name](bench_servers, TINY)
    assert figures
    assert {figure.part for figure in figures} == {figures[0].part}
    for figure in figures:
        assert figure.service is None or figure.service >= 0
        if figure.ratio is not None:
            assert figure.ratio > 0
