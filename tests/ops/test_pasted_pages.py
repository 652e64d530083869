"""The commands of README.md, docs/commands.md and docs/runbook.md as they stand, pasted beside a running service."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.ops.service import Service
from tests.servers.waiting import free_port, required_program, wait_until

pytestmark = pytest.mark.timeout(180)

README, COMMANDS, RUNBOOK = ROOT / "README.md", ROOT / "docs" / "commands.md", ROOT / "docs" / "runbook.md"
Paste = Callable[..., str]


@pytest.fixture
def port() -> int:
    """Where the pages are."""
    return free_port()


@pytest.fixture
def paste(service: Service, port: int, tmp_path: Path) -> Paste:
    """Runs a block as a person would, in the checkout; any failure fails the test. Returns what it printed."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "syspark").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m ops.cli "$@"\n')
    (tools / "syspark").chmod(0o755)
    here = {"8080": str(port), "1883": str(service.port), "PORT": str(service.port), ".venv/bin/syspark": "syspark"}

    def run(block: str, **variables: str) -> str:
        for page, machine in here.items():
            block = block.replace(page, machine)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=ROOT,
            env=os.environ | service.environment | variables | {"PATH": f"{tools}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}"
        return done.stdout

    return run


def test_the_readme_is_right_about_what_to_paste(service: Service, port: int, paste: Paste) -> None:
    required_program("mosquitto_pub", "mosquitto-clients")
    starting, pasted = (block.text for block in blocks(README) if not block.is_illustration)
    assert all(line.startswith("make ") for line in starting.splitlines())
    serving = service.serve("serve", port)
    service.know("A1B2C3D4")
    *publishing, listing = pasted.splitlines()
    for line in publishing:
        paste(line)
    service.wait_for_sessions(1)
    refused = "SELECT count(*) FROM rejected_message"
    wait_until(lambda: service.query(refused) == [(1,)], "garbage is listed", 10)
    assert "payload: hello" in paste(listing)
    assert serving.terminate() == 0


def test_a_trial_is_asked_for_as_its_page_says(paste: Paste) -> None:
    trial, in_memory = (block.text for block in blocks(COMMANDS) if not block.is_illustration)
    assert "wrong matches                          0" in paste(in_memory.replace("--hours 336", "--hours 0.2"))
    # How it is refused shows that it is understood; what a trial does, tests/simulator shows in less than an hour.
    elsewhere = f"DATABASE_URL=postgresql://syspark@db.example.org/syspark {trial.strip()} || test $? = 2\n"
    assert "is not surely on this machine" in paste(elsewhere)


def test_the_runbook_can_be_followed_at_night(service: Service, port: int, paste: Paste) -> None:
    for program, package in (("promtool", "prometheus"), ("curl", "curl")):
        required_program(program, package)
    serving = service.serve("serve", port)
    for payload in ("hello", "world"):
        service.publish("parking/barriere", payload)
    service.publish("parking/barriere", "A1B2C3D4")
    service.publish("parking/barriere", "A1B2C3D5")
    decided = "SELECT id FROM inbox WHERE kind = 'reported' AND status = 'done' ORDER BY seq"
    wait_until(lambda: len(service.query(decided)) == 2, "two badges are decided", 10)
    again, given_up = (str(row_id) for (row_id,) in service.query(decided))
    # Whatever made them fail, this is how they stand then.
    service.query("UPDATE inbox SET status = 'parked', outcome = 'it failed three times' WHERE kind = 'reported'")

    asked, rules, listed, retried, dropped, burst, sites, verified = (
        paste(block.text, ID=given_up if "drop" in block.text else again)
        for block in blocks(RUNBOOK)
        if not block.is_illustration
    )
    assert '"status": "ready"' in asked
    assert "fine " in asked
    assert "SUCCESS" in rules
    assert listed.count("it failed three times") == 2
    assert f"{again} is in line again" in retried
    assert f"{given_up} is given up: the site was reset meanwhile" in dropped
    assert burst.count("payload: ") == 2
    assert "refused, with the reason above" in burst
    assert "default" in sites
    assert "0 of" in verified
    assert serving.terminate() == 0


def test_what_the_runbook_says_that_the_log_says_is_said() -> None:
    sources = "".join(path.read_text() for wing in ("actors", "ops", "web") for path in (ROOT / wing).rglob("*.py"))
    for phrase in (
        "waiting for",
        "standing by",
        "is lost",
        "is parked",
        "is restarted",
        "the loop is held for",
        "a bug has ended the worker",
    ):
        assert f"`{phrase}" in RUNBOOK.read_text()
        assert phrase in sources
