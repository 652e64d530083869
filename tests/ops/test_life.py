"""A worker's life: how it starts, waits, ends, is killed, and refuses a second of its name."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syspark.persistence import schema
from tests.ops.conftest import Command
from tests.ops.service import Service
from tests.servers.client import Client
from tests.servers.mosquitto import Mosquitto
from tests.servers.postgres import PostgresServer
from tests.servers.process import ChildProcess
from tests.servers.waiting import wait_until

pytestmark = pytest.mark.timeout(60)

ENTRY = "parking/barriere_entree/cmd"


@pytest.fixture
def site(service: Service) -> Iterator[Client]:
    """The barrier of the entry."""
    with Client(service.port, "equipment") as client:
        client.subscribe(ENTRY)
        yield client


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_settles_and_exits_0(service: Service, number: signal.Signals) -> None:
    worker = service.start()
    asked_at = time.monotonic()
    worker.send(number)
    assert worker.wait(10) == 0
    assert time.monotonic() - asked_at < 5
    assert worker.lines[-1] == "==> stopped: what was not settled stays in its rows"
    assert service.query("SELECT owner FROM partition") == [(None,)]


def test_killed_it_starts_again_at_once_and_has_lost_nothing(service: Service, site: Client) -> None:
    worker = service.start()
    service.know("A1B2C3D4")
    service.know("B2C3D4E5")
    service.publish("parking/barriere", "A1B2C3D4")
    site.wait_for(1, 10)
    worker.kill()
    service.publish("parking/barriere", "B2C3D4E5")
    began = time.monotonic()
    again = service.start()
    # The lock proves that the predecessor is dead: its lease of 10 s need not run out.
    assert time.monotonic() - began < 8
    service.wait_for_sessions(2)
    assert again.terminate() == 0


def test_a_second_of_the_same_name_is_refused_and_told_where_the_first_is(service: Service) -> None:
    first = service.start()
    second = service.spawn()
    assert second.wait() == 1
    [sentence] = second.lines
    assert sentence.startswith("Error: a worker named tested already runs on ")
    assert f"(process {first.pid}, its broker is at 127.0.0.1 port {service.port})" in sentence
    assert first.terminate() == 0


def test_one_of_another_name_stands_by_and_takes_over(service: Service, site: Client) -> None:
    first = service.start()
    service.know("A1B2C3D4")
    second = service.spawn(SYSPARK_WORKER_NAME="other")
    second.wait_for_line("standing by: other workers hold every partition", 20)
    first.terminate()
    second.wait_for_line("==> ready", 20)
    service.publish("parking/barriere", "A1B2C3D4")
    assert site.wait_for(1, 10) == [(ENTRY, "100")]
    assert second.terminate() == 0


def test_a_database_that_is_away_is_waited_for(service: Service, own_postgres: Callable[[], PostgresServer]) -> None:
    server = own_postgres()
    schema.migrate(server.url)
    server.stop()
    worker = service.spawn(DATABASE_URL=server.url)
    worker.wait_for_line(r"waiting for the database: database unavailable: nothing listens there", 20)
    lines = len(worker.lines)
    waited_until = time.monotonic() + 2.5
    wait_until(lambda: time.monotonic() > waited_until, "it has tried several times")
    assert len(worker.lines) == lines
    server.start()
    worker.wait_for_line("the database is there", 20)
    worker.wait_for_line("==> ready", 20)
    assert worker.terminate() == 0


def test_a_broker_that_is_away_is_waited_for(service: Service, tmp_path: Path) -> None:
    with_late_broker = Mosquitto(tmp_path / "late")
    worker = service.spawn(MQTT_PORT=str(with_late_broker.port))
    worker.wait_for_line("waiting for the broker: broker unavailable: Connection refused", 20)
    with with_late_broker:
        worker.wait_for_line("==> ready", 20)
        assert sum("waiting for the broker" in line for line in worker.lines) == 1
        assert worker.terminate() == 0


def test_told_to_end_with_its_database_away_it_ends_in_time(
    service: Service, own_postgres: Callable[[], PostgresServer]
) -> None:
    stopped, frozen = own_postgres(), own_postgres()
    workers = []
    for name, server in (("stopped", stopped), ("frozen", frozen)):
        schema.migrate(server.url)
        workers.append(service.start(DATABASE_URL=server.url, SYSPARK_WORKER_NAME=name))
    stopped.stop()
    frozen.freeze()
    service.publish("parking/barriere", "A1B2C3D4")
    asked_at = time.monotonic()
    for worker in workers:
        worker.send(signal.SIGTERM)
    assert [worker.wait(10) for worker in workers] == [0, 0]
    assert time.monotonic() - asked_at < 11
    stopped.start()
    frozen.thaw()


def test_what_a_machine_reads_is_json_alone(service: Service) -> None:
    worker = service.spawn(LOG_FORMAT="json")
    worker.wait_for_line('"ready: holds 1 of 1 partitions', 20)
    assert worker.terminate() == 0
    assert all(json.loads(line)["level"] for line in worker.lines)


def test_told_to_end_while_it_waits_it_ends_at_once(service: Service) -> None:
    worker = service.spawn(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    worker.wait_for_line("waiting for the database", 20)
    assert worker.terminate(3) == 0
    assert worker.lines[-1] == "==> stopped before it had begun"


def test_a_database_without_the_schema_says_what_to_run(
    service: Service, own_postgres: Callable[[], PostgresServer], command: Command
) -> None:
    server = own_postgres()
    worker = service.spawn(DATABASE_URL=server.url)
    assert worker.wait(20) == 1
    assert worker.lines[-1] == "Error: the database does not have this release's schema: run `syspark migrate`"
    environment = service.environment | {"DATABASE_URL": server.url}
    assert command("site", "list", env=environment).exit_code == 1
    migrated = command("migrate", env=environment)
    assert (migrated.exit_code, migrated.output.splitlines()[-1]) == (0, f"the schema is at {schema.head_revision()}")
    assert "creating the organisation and the site default" in migrated.output
    assert command("site", "list", env=environment).output.startswith("default ")


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("SYSPARK_PARTITIONS", "64", "Error: SYSPARK_PARTITIONS is 64, and the database was made for 1; for example"),
        ("MQTT_PORT", "abc", "Error: MQTT_PORT is not a whole number from 1 to 65535; for example MQTT_PORT=8883"),
        ("MQTT_HOTS", "localhost", "Error: MQTT_HOTS is not a setting of SysPark: did you mean MQTT_HOST"),
    ],
)
def test_a_wrong_setting_is_one_sentence(service: Service, setting: str, value: str, sentence: str) -> None:
    worker = service.spawn(**{setting: value})
    assert worker.wait(20) == 2
    assert worker.lines[-1].startswith(sentence)
    assert "Traceback" not in worker.output


def test_another_secret_key_than_the_data_was_sealed_with_is_refused(service: Service) -> None:
    assert service.start().terminate() == 0
    worker = service.spawn(SYSPARK_SECRET_KEY="another key that is just as long as the first")
    assert worker.wait(20) == 1
    assert "SYSPARK_SECRET_KEY is not the one this database's keys were wrapped by" in worker.lines[-1]


def test_nothing_secret_is_in_what_it_says(service: Service) -> None:
    worker = service.start(LOG_LEVEL="DEBUG")
    worker.terminate()
    for name in ("SYSPARK_SECRET_KEY", "MQTT_SECRET"):
        assert service.environment[name] not in worker.output


def test_a_home_that_cannot_be_written_costs_no_start(service: Service, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    worker = service.start(SYSPARK_HOME=str(in_the_way / "home"))
    assert any("SYSPARK_HOME cannot be written" in line for line in worker.lines)
    assert worker.terminate() == 0


def test_a_worker_needs_no_more_than_its_command(spawn: Callable[..., ChildProcess]) -> None:
    child = spawn("-m", "ops.cli", "worker", "--help")
    assert child.wait() == 0
    assert "Keep the sites live until Ctrl-C or SIGTERM." in child.output
