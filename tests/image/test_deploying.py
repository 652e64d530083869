"""The commands of docs/deploying.md as they stand, one after the other, on databases and a broker of the test."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from ops.embedded.binaries import installed_binaries
from syspark.settings import Settings
from tests.docs.blocks import blocks
from tests.image.conftest import ROOT
from tests.image.engine import Engine
from tests.servers.client import Client
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import free_port, required_program, wait_until

BLOCKS = blocks(ROOT / "docs" / "deploying.md")


def of_kind(kind: str) -> list[str]:
    """The page's blocks of a kind, in order."""
    return [block.text for block in BLOCKS if block.kind == kind]


@pytest.fixture
def folder(engine: Engine, home: Path) -> Iterator[Path]:
    """Where the commands are run, with `docker` in its `bin`; what still runs at the end is killed by its number."""
    work = home / "work"
    (work / "bin").mkdir(parents=True)
    work.chmod(0o755)
    stand_in = work / "bin" / "docker"
    stand_in.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} IMAGE_ROOT={engine.root} exec {sys.executable} -m tests.image.docker "$@"\n'
    )
    stand_in.chmod(0o755)
    yield work
    for note in work.glob("*.pid"):
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(int(note.read_text())).kill()


@pytest.fixture
def shell(folder: Path) -> Callable[[str], str]:
    """Runs a block as a person would paste it, and returns what it printed; any failure fails the test."""
    programs = [folder / "bin", installed_binaries().folder / "bin", required_program("curl", "curl").parent]

    def run(block: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-eu", "-c", block],
            cwd=folder,
            env={"PATH": ":".join([*map(str, programs), "/usr/bin", "/bin"]), "HOME": os.environ["HOME"]},
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        logs = "".join(log.read_text() for log in folder.glob("*.log"))
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{logs}"
        return done.stdout

    return run


@pytest.mark.slow
@pytest.mark.timeout(180)  # the image may have to be built first
def test_the_page_can_be_followed_from_the_image_to_the_restored_backup(
    folder: Path,
    shell: Callable[[str], str],
    empty_database: Callable[[], str],
    mosquitto: Callable[..., Mosquitto],
) -> None:
    [settings] = of_kind("env")
    broker = mosquitto()
    here = f"MQTT_HOST=127.0.0.1\nMQTT_PORT={broker.port}"
    (folder / "syspark.env").write_text(settings.replace("MQTT_HOST=mqtt.example.org", here))
    (folder / "secrets").mkdir()
    secrets = {"database_url": empty_database(), "mqtt_password": "as at the broker", "mqtt_secret": "s3cret"}
    for name, secret in secrets.items():
        (folder / "secrets" / name).write_text(f"{secret}\n")
    (folder / "secrets" / "restored_url").write_text(empty_database())
    ports = {"8080": str(free_port()), "8081": str(free_port())}
    printed = []
    for block in of_kind("sh"):
        printed.append(shell(re.sub("8080|8081", lambda port: ports[port[0]], block)))
        if "readyz" in block:
            read_badge(broker, secrets["database_url"])  # so that there is something to restore
    build, make_secrets, start, probes, stop, pages, worker, dump, restore, rekeyed = printed
    assert (build, make_secrets, stop, dump) == ("", "", "", "")
    assert "the schema is at" in start
    assert start.count("fine ") == 5
    assert '"version": "0.1.0"' in probes
    assert '"status": "ready"' in probes
    assert '"version": "0.1.0"' in pages
    assert '"version": "0.1.0"' in worker
    assert restore.count("fine ") == 5 + 2
    assert re.search(r"^[1-9]\d* rows checked, 0 of 2 chains bad$", restore, re.MULTILINE)
    assert rekeyed.startswith("changed: ")
    assert secrets["database_url"] != (folder / "secrets" / "database_url").read_text()
    log = (folder / "syspark.log").read_text()
    assert "stopped: what was not settled stays in its rows" in log
    assert not [secret for secret in (folder / "secrets").iterdir() if secret.read_text().strip() in log]


def read_badge(broker: Mosquitto, url: str) -> None:
    """Have a badge read, and wait until both the journal of its site and that of the organisation have a row."""
    with Client(broker.port, "site") as site:
        site.publish("parking/barriere", "A1B2C3D4")
    with psycopg.connect(url, autocommit=True) as connection:
        chains = "SELECT DISTINCT chain FROM journal"
        wait_until(lambda: connection.execute(chains).rowcount == 2, "a row in both journals", 10)


def test_the_settings_of_the_page_are_settings() -> None:
    [settings] = of_kind("env")
    names = {line.partition("=")[0] for line in settings.splitlines()}
    known = {one.name for one in Settings.variables()}
    files = {f"{one.name}_FILE" for one in Settings.variables() if one.secret}
    assert names <= known | files


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    assert {block.kind for block in BLOCKS if not block.is_illustration} == {"env", "sh"}
