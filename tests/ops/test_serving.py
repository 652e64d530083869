"""`syspark serve` and `syspark web` as processes, over real PostgreSQL and mosquitto, read over real HTTP."""

import asyncio
import signal
import socket
import time
from collections.abc import Callable

import pytest

from syspark.persistence import schema
from tests.ops.reader import Reader
from tests.ops.service import LOGIN, PASSWORD, Service
from tests.servers.postgres import PostgresServer
from tests.servers.waiting import free_port

pytestmark = pytest.mark.timeout(90)

READY = {"status": "ready", "database": "ok", "migrations": "ok"}


async def test_a_badge_is_on_the_page_at_once_whichever_process_serves_it(service: Service) -> None:
    both, alone = free_port(), free_port()
    serving = service.serve("serve", both)
    await asyncio.to_thread(service.know, "A1B2C3D4")  # the command has a loop of its own
    pages = service.serve("web", alone)
    async with Reader.at(f"http://127.0.0.1:{both}") as one, Reader.at(f"http://127.0.0.1:{alone}") as other:
        assert await one.asked("/healthz") == (200, {"status": "ok", "version": "0.1.0"})
        assert await one.asked("/readyz") == (200, READY | {"broker": "ok"})
        assert await other.asked("/readyz") == (200, READY | {"worker": "ok"})
        await one.sign_in(LOGIN, PASSWORD)
        await other.sign_in(LOGIN, PASSWORD)
        async with one.watching() as here, other.watching() as there:
            service.publish("parking/barriere", "A1B2C3D4")
            published_at = time.monotonic()
            await here.until("opens for Ada")
            # A second on a machine that does nothing else.
            assert time.monotonic() - published_at < 5
            await there.until("opens for Ada")
        assert serving.terminate() == 0
        status, found = await other.asked("/readyz")
        assert (status, found["worker"]) == (503, "no worker holds 1 of 1 partitions")
        assert "opens for Ada" in await other.get("/sites/default")
    assert pages.terminate() == 0


async def test_a_port_in_use_is_left_alone(service: Service) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        serving = service.serve("serve", port)
        told = serving.wait_for_line(rf"port {port} is in use and left alone: the pages are at port (\d+)")
        async with Reader.at(f"http://127.0.0.1:{told[1]}") as reader:
            assert (await reader.asked("/healthz"))[0] == 200
        serving.wait_for_line(rf"==> the pages are at http://127.0.0.1:{told[1]}")
        assert serving.terminate() == 0


async def test_the_first_operator_gets_a_password_that_is_shown_once(service: Service) -> None:
    port = str(free_port())
    for start in range(2):
        serving = service.spawn("serve", HOST="127.0.0.1", PORT=port)
        serving.wait_for_line("==> ready", 20)
        shown = [line for line in serving.lines if "password shown this once" in line]
        assert len(shown) == 1 - start
        if shown:
            async with Reader.at(f"http://127.0.0.1:{port}") as reader:
                await reader.sign_in("admin", "not the password", status=401)
                await reader.sign_in("admin", shown[0].rpartition(" ")[2])
        asked_at = time.monotonic()
        serving.send(signal.SIGINT)
        assert serving.wait(10) == 0
        assert time.monotonic() - asked_at < 9.5
        assert serving.lines[-1] == "==> stopped: what was not settled stays in its rows"


async def test_a_database_that_goes_is_told_and_comes_back_by_itself(
    service: Service, own_postgres: Callable[[], PostgresServer]
) -> None:
    server = own_postgres()
    schema.migrate(server.url)
    port = free_port()
    serving = service.serve("serve", port, DATABASE_URL=server.url)
    async with Reader.at(f"http://127.0.0.1:{port}") as reader:
        for take, give in ((server.freeze, server.thaw), (server.stop, server.start)):
            take()
            asked_at = time.monotonic()
            status, found = await reader.asked("/readyz")
            assert status == 503
            assert found["database"] != "ok"
            assert time.monotonic() - asked_at < 3
            assert (await reader.asked("/healthz"))[0] == 200
            give()
            while (await reader.asked("/readyz"))[0] != 200:
                assert time.monotonic() - asked_at < 40
    assert serving.terminate() == 0


def test_pages_need_this_releases_schema(service: Service, own_postgres: Callable[[], PostgresServer]) -> None:
    pages = service.spawn("web", DATABASE_URL=own_postgres().url)
    assert pages.wait(20) == 1
    assert pages.lines[-1] == "Error: the database does not have this release's schema: run `syspark migrate`"


def test_pages_that_wait_for_a_database_end_when_told(service: Service) -> None:
    pages = service.spawn("web", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    pages.wait_for_line("waiting for the database", 20)
    assert pages.terminate(5) == 0
    assert pages.lines[-1] == "==> stopped before it had begun"


def test_an_address_that_is_not_ours_is_one_sentence(service: Service) -> None:
    pages = service.spawn("web", HOST="192.0.2.1", PORT=str(free_port()))
    assert pages.wait(20) == 2
    assert pages.lines[-1].startswith("Error: HOST cannot be listened on")
    assert "Traceback" not in pages.output
