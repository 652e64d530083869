"""The whole way once: a worker on real PostgreSQL and mosquitto, and a field that shares its clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from actors.worker import Worker, WorkerSetup
from ops.simulator.badges import made_badges
from ops.simulator.layout import Traffic, make_layouts
from ops.simulator.line import BrokerAddress
from ops.simulator.run import Run, drive
from ops.simulator.site import Conditions
from syspark.clock import ScaledClock, SystemClock
from syspark.gateways.mqtt import PahoBroker
from syspark.metrics import Metrics
from syspark.persistence.admin import Administration
from syspark.persistence.postgres.stores import PostgresStores
from syspark.settings import Settings
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import eventually

SPEED = 10.0
LIVES_HOURS = 50 / 3600


@asynccontextmanager
async def at_work(database_url: str, port: int, clock: ScaledClock) -> AsyncIterator[None]:
    """A worker on a fast clock."""
    async with PostgresStores.open(database_url) as opened:
        deployment, partitions = await Administration(opened.database).deployment()
        worker = Worker(
            WorkerSetup(name="w", deployment=str(deployment), partitions=partitions, root="parking"),
            stores=opened.stores,
            broker=PahoBroker("127.0.0.1", port),
            open_secrets=lambda _site: (),
            clock=clock,
            metrics=Metrics(),
            machine=SystemClock(),
        )
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(stop), name="worker")
        await eventually(lambda: bool(worker.partitions) and worker.connected, "it works")
        yield
        stop.set()
        await running


@pytest.mark.timeout(60)
async def test_sites_are_enrolled_cars_come_and_the_database_agrees(
    database_url: str, mosquitto: Callable[..., Mosquitto]
) -> None:
    broker, clock, lines = mosquitto(), ScaledClock(SPEED), list[str]()

    def tell(line: str, *, moving: bool = False) -> None:
        lines.append(line)

    layouts = make_layouts(3, 10, v2_share=0.5)
    run = Run(
        layouts=layouts,
        badges=made_badges(layouts, 1),
        conditions=Conditions(seed=1, traffic=Traffic(cars_per_hour=200)).at_speed(SPEED),
        broker=BrokerAddress(port=broker.port),
        clock=clock,
        hours=LIVES_HOURS,
        compare_with=database_url,
        enrols=True,
    )
    async with at_work(database_url, broker.port, clock):
        fine = await drive(run, Settings(), tell=tell, is_terminal=False)
    assert fine, lines
    assert lines[0] == "sites opened: 2"
    assert lines[1] == "badges enrolled: 75"
    agree = lines[-1].splitlines()[0]
    assert agree.startswith("stays that agree")
    assert int(agree.split()[-1]) >= 3, lines
