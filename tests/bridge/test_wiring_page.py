"""The page for integrators: its commands run as they stand, and brokers accept what they make."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bridge.authority import Authority
from tests.docs.blocks import ROOT, blocks
from tests.servers.mosquitto import SITE, Mosquitto
from tests.servers.waiting import required_program, wait_until

PAGE = ROOT / "docs" / "wiring-a-site.md"


def run(block: str, folder: Path, tools: Path) -> str:
    """Run it as a person would, who stops at the first thing that fails."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env={"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.timeout(60)
def test_every_block_of_the_page_runs_and_brokers_take_its_files(
    tmp_path: Path, mosquitto: Callable[..., Mosquitto]
) -> None:
    required_program("mosquitto_passwd", "mosquitto")
    tools, folder = tmp_path / "tools", tmp_path / "wiring"
    tools.mkdir()
    folder.mkdir()
    words = f'cd {shlex.quote(str(folder))}; PYTHONPATH={shlex.quote(str(ROOT))} exec {sys.executable} -m ops.cli "$@"'
    (tools / "syspark").write_text(f"#!/bin/sh\n{words}\n")
    (tools / "syspark").chmod(0o755)

    found = [block.text for block in blocks(PAGE) if not block.is_illustration]
    said = [run(block, folder, tools) for block in found]
    assert len(found) == 6
    assert "decision  entry-admitted" in said[4]
    assert "refused: a site gives no commands" in said[4]

    authority = Authority(tmp_path / "authority", "an authority")
    certificate, key = authority.sign("127.0.0.1")
    cloud = mosquitto(
        certfile=certificate,
        keyfile=key,
        allow_anonymous="false",
        password_file=folder / "passwords",
        acl_file=folder / "acl",
    )
    bridges = tmp_path / "conf.d"
    bridges.mkdir()
    made = (folder / "cloud.conf").read_text()
    password = (folder / "nord.password").read_text().strip()
    assert f"remote_password {password}" in made
    for shipped, here in (
        ("mqtt.example.org:8883", f"127.0.0.1:{cloud.port}"),
        ("/etc/mosquitto/certs/cloud-ca.crt", str(authority.ca_file)),
    ):
        assert shipped in made
        made = made.replace(shipped, here)
    (bridges / "cloud.conf").write_text(made)
    with Mosquitto(tmp_path / "site", base=SITE, settings={"include_dir": bridges}):
        for way in ("up", "down"):
            wait_until(lambda way=way: f"as bridge-nord-{way} " in cloud.log, f"the bridge is there: {way}", 15)  # type: ignore[misc]
