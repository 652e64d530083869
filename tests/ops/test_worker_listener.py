"""What a worker without pages answers to platforms and Prometheus, as a process, over real HTTP."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from http.client import HTTPConnection

import psutil
import pytest

from ops.listener import probed
from ops.worker import greeted, run_worker
from syspark.persistence import schema
from syspark.settings import Settings
from tests.ops.service import START_S, Service
from tests.ops.test_scrape import values
from tests.servers.postgres import PostgresServer
from tests.servers.process import ChildProcess
from tests.servers.waiting import accepts, eventually, free_port, wait_until

pytestmark = pytest.mark.timeout(90)

READY = {"status": "ready", "database": "ok", "migrations": "ok", "broker": "ok"}
TOLD_WITHIN_S = 3.0


class Probes:
    """Whoever watches a worker at its port."""

    def __init__(self, port: int) -> None:
        self.port = port

    def answer(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and text."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def told(self, path: str) -> tuple[int, dict[str, str]]:
        """Status and JSON."""
        status, text = self.answer(path)
        return status, json.loads(text)

    def measured(self, name: str) -> float | None:
        """One sample of `/metrics`."""
        status, text = self.answer("/metrics")
        assert status == 200
        return values(text).get(name)


def started(service: Service, **settings: str) -> tuple[ChildProcess, Probes]:
    """A worker that answers on a port of its own, whether it holds anything or not."""
    port = free_port()
    worker = service.spawn(HOST="127.0.0.1", SYSPARK_WORKER_PORT=str(port), **settings)
    worker.wait_for_line(f"==> probes and metrics are at http://127.0.0.1:{port}", START_S)
    return worker, Probes(port)


def test_the_worker_at_work_and_the_one_that_stands_by_are_both_ready_and_measured(service: Service) -> None:
    first, at_work = started(service)
    first.wait_for_line("==> ready", START_S)
    second, standby = started(service, SYSPARK_WORKER_NAME="standby")
    second.wait_for_line("standing by", START_S)
    for probes, held in ((at_work, 1), (standby, 0)):
        assert probes.told("/healthz") == (200, {"status": "ok", "version": "0.1.0"})
        assert probes.told("/readyz") == (200, READY)
        assert probes.measured("syspark_leases_held") == held
        assert probes.told("/") == (404, {"status": "error", "reason": "not found"})
        assert probes.told("/login")[0] == 404
    assert at_work.measured('syspark_link_connected{partition="0"}') == 1
    service.know("A1B2C3D4")
    service.publish("parking/barriere", "A1B2C3D4")
    wait_until(
        lambda: (at_work.measured("syspark_outbox_publish_delay_seconds_count") or 0) > 0, "a command has left", 10
    )

    assert first.terminate() == 0
    assert not accepts(at_work.port)
    wait_until(lambda: standby.measured("syspark_leases_held") == 1, "the other has taken over", 15)
    wait_until(lambda: standby.told("/readyz") == (200, READY), "and hears the broker", 15)
    assert second.terminate() == 0


def test_without_its_setting_a_worker_listens_nowhere(service: Service) -> None:
    worker = service.start()
    listening = [one for one in psutil.Process(worker.pid).net_connections("inet") if one.status == psutil.CONN_LISTEN]
    assert not listening
    assert worker.terminate() == 0


def test_a_database_that_is_away_is_told_within_3_s(
    service: Service, own_postgres: Callable[[], PostgresServer]
) -> None:
    server = own_postgres()
    schema.migrate(server.url)
    worker, probes = started(service, DATABASE_URL=server.url)
    worker.wait_for_line("==> ready", START_S)
    for take, give in ((server.freeze, server.thaw), (server.stop, server.start)):
        take()
        asked_at = time.monotonic()
        status, found = probes.told("/readyz")
        assert time.monotonic() - asked_at < TOLD_WITHIN_S
        assert (status, found["status"]) == (503, "unready")
        assert found["database"] != "ok"
        assert probes.told("/healthz")[0] == 200
        assert probes.measured("syspark_leases_held") is not None
        give()
        wait_until(lambda: probes.told("/readyz")[0] == 200, "it is ready again", 40)
    assert worker.terminate() == 0


def test_it_answers_until_the_worker_has_ended_its_work(
    service: Service, own_postgres: Callable[[], PostgresServer]
) -> None:
    server = own_postgres()
    schema.migrate(server.url)
    worker, probes = started(service, DATABASE_URL=server.url)
    worker.wait_for_line("==> ready", START_S)
    server.freeze()  # so that giving back the partition takes its time
    worker.process.terminate()
    worker.wait_for_line("==> stopping")
    status, found = probes.told("/readyz")
    assert (status, found["broker"]) == (503, "this process is stopping")
    server.thaw()
    assert worker.wait(10) == 0
    assert not accepts(probes.port)


async def test_it_leaves_no_task_and_no_connection_behind(service: Service) -> None:
    port, stop, told = free_port(), asyncio.Event(), list[str]()
    settings = Settings.load(service.environment | {"HOST": "127.0.0.1", "SYSPARK_WORKER_PORT": str(port)})
    running = asyncio.create_task(run_worker(settings, stop=stop, tell=told.append, companions=(probed, greeted)))
    await eventually(lambda: any(line.startswith("ready") for line in told), "it is ready", START_S)
    with socket.create_connection(("127.0.0.1", port)):  # and one that asks nothing holds nobody up
        assert await asyncio.to_thread(Probes(port).told, "/readyz") == (200, READY)
        stop.set()
        await running
    assert not accepts(port)


def test_metrics_are_for_who_holds_the_token(service: Service) -> None:
    worker, probes = started(service, METRICS_TOKEN="scrape-me-9f3a")
    for wrong in ({}, {"Authorization": "Bearer scrape-me"}, {"Authorization": "scrape-me-9f3a"}):
        assert probes.answer("/metrics", wrong)[0] == 401
    status, text = probes.answer("/metrics", {"Authorization": "Bearer scrape-me-9f3a"})
    assert status == 200
    assert "syspark_leases_held" in values(text)
    assert probes.answer("/healthz")[0] == 200
    assert worker.terminate() == 0


def test_without_a_token_nobody_from_outside_gets_metrics(service: Service) -> None:
    worker, probes = started(service, TRUSTED_PROXIES="127.0.0.1")
    assert probes.answer("/metrics")[0] == 200
    assert probes.answer("/metrics", {"X-Forwarded-For": "10.1.2.3"})[0] == 200
    assert probes.answer("/metrics", {"X-Forwarded-For": "8.8.8.8"})[0] == 403
    assert worker.terminate() == 0


@pytest.mark.parametrize("command", ["worker", "serve"])
def test_a_port_in_use_is_refused_and_the_partition_left_alone(service: Service, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        worker = service.spawn(command, HOST="127.0.0.1", PORT=str(free_port()), SYSPARK_WORKER_PORT=str(port))
        assert worker.wait(START_S) == 2
    assert worker.lines[-1].startswith(f"Error: SYSPARK_WORKER_PORT is {port}, which is in use; for example ")
    assert "Traceback" not in worker.output
    assert service.query("SELECT owner FROM partition") == [(None,)]


def test_serve_answers_there_beside_its_pages_and_not_at_the_same_port(service: Service) -> None:
    pages, alone = free_port(), free_port()
    serving = service.serve("serve", pages, SYSPARK_WORKER_PORT=str(alone))
    assert Probes(alone).told("/readyz") == Probes(pages).told("/readyz") == (200, READY)
    assert Probes(alone).measured("syspark_leases_held") == Probes(pages).measured("syspark_leases_held") == 1
    assert Probes(alone).answer("/login")[0] == 404
    assert Probes(pages).answer("/login")[0] == 200
    assert serving.terminate() == 0
    refused = service.spawn("serve", HOST="127.0.0.1", PORT=str(pages), SYSPARK_WORKER_PORT=str(pages))
    assert refused.wait(START_S) == 2
    assert refused.lines[-1].startswith(f"Error: SYSPARK_WORKER_PORT is {pages} as PORT is")
