"""`run_worker` on stores and a broker in memory: what is wired, and how it ends."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from actors.worker import WorkerFailedError
from ops.worker import run_worker
from syspark.clock import SystemClock
from syspark.gateways.memory_broker import MemoryBroker
from syspark.persistence.memory import MemoryStores, default_site
from syspark.ports import UnitStore
from syspark.rows import CredentialRow, Fence, Landed, Unit
from syspark.settings import Settings
from tests.ops.conftest import Command
from tests.servers.waiting import eventually

pytestmark = pytest.mark.timeout(30)

BADGE = CredentialRow("A1B2C3D4", default_site().id, "Ada", "subscriber")


class Broken:
    """Units that cannot be committed because of a bug."""

    async def commit(self, fences: Sequence[Fence], units: Sequence[Unit]) -> Mapping[UUID, Landed]:
        raise RuntimeError("a bug of the tests")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load({"SYSPARK_HOME": str(tmp_path), "SYSPARK_WORKER_NAME": "composed"})


async def test_it_serves_what_it_is_given_and_ends_when_told(settings: Settings) -> None:
    clock, stop, told = SystemClock(), asyncio.Event(), list[str]()
    stores = MemoryStores(clock, sites=[default_site()], credentials=[BADGE])
    broker = MemoryBroker(clock)
    watcher = broker.subscribe("parking/barriere_entree/cmd")
    running = asyncio.create_task(
        run_worker(settings, broker=broker, stores=stores.stores, stop=stop, tell=told.append)
    )
    await eventually(lambda: any(line.startswith("ready") for line in told), "it is ready")
    broker.publish("parking/barriere", b"A1B2C3D4", qos=1)
    await eventually(lambda: bool(watcher.received), "the barrier opens")
    stop.set()
    await running
    assert told[-1] == "stopped: what was not settled stays in its rows"


def test_a_bug_ends_it(settings: Settings) -> None:
    async def scenario() -> None:
        clock, told = SystemClock(), list[str]()
        stores = MemoryStores(clock, sites=[default_site()], credentials=[BADGE])
        broker = MemoryBroker(clock)
        units: UnitStore = Broken()  # type: ignore[assignment]  # only commits
        broken = replace(stores.stores, units=units)
        running = asyncio.create_task(
            run_worker(settings, broker=broker, stores=broken, stop=asyncio.Event(), tell=told.append)
        )
        await eventually(lambda: any(line.startswith("ready") for line in told), "it is ready")
        broker.publish("parking/barriere", b"A1B2C3D4", qos=1)
        async with asyncio.timeout(10):
            await running

    # On a loop of its own, which ends what the bug has left behind, as the process does.
    with pytest.raises(WorkerFailedError, match="a bug of the tests"):
        asyncio.run(scenario())


def test_the_command_tells_of_a_bug_and_exits_1(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise WorkerFailedError("a bug of the tests")

    run: Callable[..., object] = fail
    monkeypatch.setattr("ops.cli.worker.run_worker", run)
    told = command("worker")
    assert told.exit_code == 1
    assert "Error: a bug has ended the worker; what it had not finished is in its rows" in told.output
