"""What Prometheus reads from a running service, and what it shows while the database is away."""

import re
import subprocess
from collections.abc import Callable
from urllib.request import urlopen

import pytest

from syspark.persistence import schema
from tests.ops.service import Service
from tests.servers.postgres import PostgresServer
from tests.servers.waiting import free_port, required_program, wait_until

pytestmark = pytest.mark.timeout(90)

SAMPLE = re.compile(r"^(\w+(?:\{[^}]*\})?) (\S+)$", re.MULTILINE)


def scraped(port: int) -> str:
    """The text of /metrics."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return str(answer.read().decode())


def values(text: str) -> dict[str, float]:
    """Every sample by its name and labels."""
    return {name: float(value) for name, value in SAMPLE.findall(text)}


def test_promtool_finds_nothing_wrong_with_what_a_running_service_shows(service: Service) -> None:
    promtool = required_program("promtool", "prometheus")
    port = free_port()
    serving = service.serve("serve", port)
    service.know("A1B2C3D4")
    service.publish("parking/barriere", "A1B2C3D4")
    service.publish("parking/barriere", "hello")
    service.wait_for_sessions(1)
    for path in ("readyz", "login"):
        urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10).close()
    wait_until(
        lambda: values(scraped(port))["syspark_outbox_publish_delay_seconds_count"] > 0, "a command has left", 10
    )
    text = scraped(port)
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=30, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    found = values(text)
    assert found['syspark_rejected_messages_total{reason="bad_uid"}'] == 1
    assert found['syspark_link_connected{partition="0"}'] == 1
    assert found["syspark_leases_held"] == 1
    assert found['syspark_http_requests_total{method="GET",route="/login",status="200"}'] == 1
    assert found['syspark_pool_connections{pool="worker"}'] >= 1
    assert found['syspark_pool_connections{pool="web"}'] >= 1
    assert serving.terminate() == 0


def test_callers_are_seen_waiting_while_the_database_is_away(
    service: Service, own_postgres: Callable[[], PostgresServer]
) -> None:
    server = own_postgres()
    schema.migrate(server.url)
    port = free_port()
    serving = service.serve("serve", port, DATABASE_URL=server.url)
    name = 'syspark_pool_requests_waiting{pool="worker"}'
    wait_until(lambda: values(scraped(port))[name] == 0, "nobody waits", 10)
    server.stop()
    wait_until(lambda: values(scraped(port))[name] > 0, "somebody waits", 10)
    server.start()
    wait_until(lambda: values(scraped(port))[name] == 0, "nobody waits any more", 20)
    assert serving.terminate() == 0
