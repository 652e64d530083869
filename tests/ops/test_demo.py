"""`syspark demo`, as `make run` starts it on a fresh machine: every line it prints does what it says."""

import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ops.conftest import Command
from tests.ops.reader import Reader
from tests.servers.process import ChildProcess
from tests.servers.waiting import free_port, required_program

pytestmark = pytest.mark.timeout(120)

START_S = 60.0
CAR_S = 60.0
"""Cars come at random, every ten seconds on average while the site is empty."""


@pytest.fixture
def start(spawn: Callable[..., ChildProcess], home: Path) -> Callable[[], ChildProcess]:
    """Starts the demo on one folder, and returns without waiting."""
    port = str(free_port())
    return lambda: spawn("-m", "ops.cli", "demo", env={"SYSPARK_HOME": str(home), "PORT": port})


async def test_a_first_start_a_second_one_and_one_after_a_kill(start: Callable[[], ChildProcess]) -> None:
    demo = start()
    demo.wait_for_line("Ctrl-C stops it", START_S)
    address = demo.wait_for_line(r"dashboard     (http://\S+),")[1]
    async with Reader.at(address) as reader:
        link = demo.wait_for_line(r"live page     (http://\S+/login/link/\S+)")[1]
        assert "default" in await reader.get(link)
        async with Reader.at(address) as late:
            assert "This link has been used" in await late.get(link, status=401)
        assert await reader.asked("/readyz") == (
            200,
            {"status": "ready", "database": "ok", "migrations": "ok", "broker": "ok"},
        )
        for _, line, shown in _pasted(demo):
            site = "demo-2" if "demo-2" in line else "default"
            async with reader.watching(site) as page:
                _run(line)
                await page.until(shown)
        async with reader.watching() as page:
            await page.until("A vehicle arrives at Entry", CAR_S)
        await _post(reader, demo)
    second = start()
    assert second.wait(20) == 1
    assert f"(process {demo.pid}, its pages are at {address}, its broker is at 127.0.0.1" in second.lines[-1]
    demo.send(signal.SIGINT)
    assert demo.wait(10) == 0
    assert "Traceback" not in demo.output
    _starts_again(start).kill()
    recovered = _starts_again(start)
    assert recovered.terminate(10) == 0


def test_it_does_not_touch_a_database_or_broker_of_somebodys(command: Command) -> None:
    for setting, value in (("DATABASE_URL", "postgresql://me@127.0.0.1:1/mine"), ("MQTT_HOST", "127.0.0.1")):
        key = {"SYSPARK_SECRET_KEY": "a key of the tests that is long enough to sign with"}
        told = command("demo", env={setting: value, **key})
        assert told.exit_code == 2
        assert f"{setting} is set, and the demo's cars only come to servers of its own" in told.output


def _starts_again(start: Callable[[], ChildProcess]) -> ChildProcess:
    began = time.monotonic()
    demo = start()
    demo.wait_for_line("Ctrl-C stops it", START_S)
    # What a person is promised; it takes two seconds on an idle machine.
    assert time.monotonic() - began < 10
    assert not any("shown this once" in line for line in demo.lines)
    return demo


def _pasted(demo: ChildProcess) -> list[tuple[str, str, str]]:
    """Each line to paste with what it says and what the page then shows."""
    required_program("mosquitto_pub", "mosquitto-clients")
    shown = {
        "# the badge A1B2C3D4": "opens for Demo subscriber",
        "# an unknown badge: refused": "Unknown badge",
        "# an unknown badge at the newer site": "Unknown badge",
    }
    lines = demo.lines
    found = [(line, lines[at + 1]) for at, line in enumerate(lines) if line.startswith("# ")]
    tries = [(what, line, text) for what, line in found for begin, text in shown.items() if what.startswith(begin)]
    assert len(tries) == len(shown)
    return tries


def _run(line: str) -> None:
    subprocess.run(shlex.split(line), check=True, timeout=10)


async def _post(reader: Reader, demo: ChildProcess) -> None:
    """What the line with curl does."""
    _, _, _, body, address = shlex.split(demo.wait_for_line(r"^curl .*")[0])
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/edge/[\w-]+/api/plate_event", address)
    assert await reader.post(address, body) == (200, {"status": "ok", "plate": "FG123HK"})
