"""`syspark worker` with no setting but its folder: what `make run` does on a fresh machine."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.ops.conftest import Command
from tests.servers.client import Client
from tests.servers.process import ChildProcess
from tests.servers.waiting import accepts, wait_until

pytestmark = pytest.mark.timeout(120)

PUBLISH = r"mosquitto_pub -h 127.0.0.1 -p (\d+) -q 1 -t parking/barriere -m A1B2C3D4"


@pytest.fixture
def start(spawn: Callable[..., ChildProcess], home: Path) -> Callable[[], ChildProcess]:
    """Starts a worker on one folder and embedded defaults."""

    def start_it() -> ChildProcess:
        return spawn("-m", "ops.cli", "worker", env={"SYSPARK_HOME": str(home)})

    return start_it


def port_of(worker: ChildProcess) -> int:
    """Where the worker says its broker is, once it has said everything."""
    worker.wait_for_line("Ctrl-C stops it", 60)
    return int(worker.wait_for_line(PUBLISH)[1])


def test_a_first_run_shows_what_to_try_and_a_second_keeps_its_data(
    start: Callable[[], ChildProcess], home: Path, command: Command
) -> None:
    worker = start()
    port = port_of(worker)
    assert re.search(r"known badges  A1B2C3D4 \(subscriber\), B2C3D4E5 \(visitor\)", worker.output)
    with Client(port, "equipment") as site:
        site.subscribe("parking/barriere_entree/cmd")
        site.publish("parking/barriere", "A1B2C3D4")
        assert site.wait_for(1, 10) == [("parking/barriere_entree/cmd", "100")]
    assert _badges(command, home) == ["A1B2C3D4", "B2C3D4E5"]
    second = start()
    assert second.wait(30) == 1
    assert second.lines[-1].startswith(f"Error: a worker named {_name(second)} already runs on {home} (process")
    worker.send(signal.SIGINT)
    assert worker.wait(15) == 0
    assert not accepts(port)
    assert _children_on(home) == []
    again = start()
    port_of(again)
    assert not any("making two badges known" in line for line in again.lines)
    assert again.terminate(15) == 0
    assert _badges(command, home) == ["A1B2C3D4", "B2C3D4E5"]


def test_a_killed_worker_is_recovered_from(start: Callable[[], ChildProcess], home: Path, command: Command) -> None:
    worker = start()
    port_of(worker)
    worker.kill()
    assert _badges(command, home) == ["A1B2C3D4", "B2C3D4E5"]
    again = start()
    port_of(again)
    assert again.terminate(15) == 0


def test_told_to_end_while_it_starts_it_leaves_nothing(start: Callable[[], ChildProcess], home: Path) -> None:
    worker = start()
    worker.wait_for_line("starting the embedded PostgreSQL", 30)
    assert worker.terminate(15) == 0
    assert worker.lines[-1] == "==> stopped before it had begun"
    assert _children_on(home) == []


def test_a_database_of_ours_that_dies_ends_the_worker(start: Callable[[], ChildProcess], home: Path) -> None:
    worker = start()
    port_of(worker)
    for process in _children_on(home):
        process.kill()
    assert worker.wait(30) == 1
    assert "the embedded PostgreSQL has ended by itself" in worker.lines[-1]


def test_commands_at_the_same_time_share_the_database(
    start: Callable[[], ChildProcess], spawn: Callable[..., ChildProcess], home: Path
) -> None:
    worker = start()
    port_of(worker)
    assert worker.terminate(15) == 0
    lists = [spawn("-m", "ops.cli", "site", "list", env={"SYSPARK_HOME": str(home)}) for _ in range(4)]
    assert [child.wait(30) for child in lists] == [0] * 4
    assert {child.lines[0][:7] for child in lists} == {"default"}
    wait_until(lambda: _children_on(home) == [], "the last one has stopped it")


def test_one_of_another_name_is_refused_at_once(
    start: Callable[[], ChildProcess], spawn: Callable[..., ChildProcess], home: Path
) -> None:
    worker = start()
    port_of(worker)
    other = spawn("-m", "ops.cli", "worker", env={"SYSPARK_HOME": str(home), "SYSPARK_WORKER_NAME": "another"})
    assert other.wait(10) == 1
    assert f"already running on {home}/postgres (process {worker.pid})" in other.lines[-1]
    assert worker.terminate(15) == 0


def test_where_nothing_was_made_commands_make_nothing(command: Command, tmp_path: Path) -> None:
    home = tmp_path / "nothing"
    told = command("site", "list", env={"SYSPARK_HOME": str(home)})
    assert told.exit_code == 1
    assert told.output.startswith(f"Error: there is no database in {home} yet: start `syspark worker` there")
    assert command("check", env={"SYSPARK_HOME": str(home)}).exit_code == 0
    assert not home.exists()


def _badges(command: Command, home: Path) -> list[str]:
    told = command("credential", "list", env={"SYSPARK_HOME": str(home)})
    assert told.exit_code == 0, told.output
    return [line.split()[0] for line in told.output.splitlines()]


def _name(second: ChildProcess) -> str:
    found = re.search(r"a worker named (\S+)", second.lines[-1])
    return found[1] if found else ""


def _children_on(home: Path) -> list[psutil.Process]:
    """The embedded PostgreSQL of a folder, if it runs."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if any(word.startswith(str(home)) for word in words) and words[0].endswith("/postgres"):
            found.append(process)
    return found
