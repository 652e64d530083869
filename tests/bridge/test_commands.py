"""`syspark contract broker-acl`, `bridge` and `schemas`: what they print, and how they refuse."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ops.cli.root import cli
from syspark.contract.broker_acl import broker_acl
from syspark.contract.schemas import schemas_json
from syspark.contract.wiring import wired_site
from syspark.domain.units import DeviceName, SiteId


def command(*words: str, **settings: str) -> Result:
    return CliRunner().invoke(cli, ["contract", *words], env=settings, prog_name="syspark")


def test_the_access_list_of_named_sites() -> None:
    words = ("broker-acl", "--site", "lyon", "--site", "nord:barriere-2")
    told = command(*words, MQTT_ROOT="park", MQTT_HOST="mqtt.example.org", MQTT_USERNAME="core")
    sites = [wired_site(SiteId("lyon")), wired_site(SiteId("nord"), [DeviceName("barriere-2")])]
    assert told.stdout == broker_acl("park", sites, "core")


def test_the_access_list_of_the_database(database_url: str) -> None:
    key = "a key of the tests that is long enough to sign with"
    told = command("broker-acl", DATABASE_URL=database_url, MQTT_HOST="mqtt.example.org", SYSPARK_SECRET_KEY=key)
    assert told.exit_code == 0, told.output
    assert told.stdout == broker_acl("parking", [wired_site(SiteId("default"))])


def test_a_bridge_names_broker_and_password(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret\n")
    told = command("bridge", "--site", "nord", "--password-file", str(tmp_path / "password"), MQTT_HOST="a.example.org")
    assert told.stdout.count("address a.example.org:8883\n") == 2
    assert told.stdout.count("remote_password s3cret\n") == 2
    told = command("bridge", "--site", "nord", "--host", "b.example.org", "--port", "443", "--ca-file", "/ca.crt")
    assert told.stdout.count("address b.example.org:443\nbridge_cafile /ca.crt\n") == 2


def test_the_schemas() -> None:
    assert command("schemas").stdout == schemas_json()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("bridge",), "Missing option '--site'"),
        (("bridge", "--site", "nord"), "name the cloud's broker with --host"),
        (("bridge", "--site", "nord", "--host", "mqtt://x"), "has a scheme"),
        (("bridge", "--site", "nord", "--host", "x", "--ca-file", "ca.crt"), "is not a whole path"),
        (("bridge", "--site", "nord", "--host", "x", "--ca-file", "/ca\nlistener 1"), "is not a whole path"),
        (("bridge", "--site", "nord", "--host", "x", "--password-file", "/nowhere"), "cannot be read"),
        (("bridge", "--site", "barriere", "--host", "x"), "is not that of a device"),
        (("bridge", "--site", "nord:gate-2", "--host", "x"), "'gate-2' is not a device"),
        (("broker-acl", "--site", "nord", "--site", "nord"), "share the broker's user 'nord'"),
    ],
)
def test_wrong_use_is_a_sentence(words: tuple[str, ...], sentence: str) -> None:
    told = command(*words)
    assert told.exit_code == 2
    assert sentence in told.output
    assert not told.stdout


def test_a_password_that_would_add_lines_is_refused_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("one\nlistener 1884")
    told = command("bridge", "--site", "nord", "--host", "x", "--password-file", str(tmp_path / "password"))
    assert told.exit_code == 2
    assert "is not 1 to 64 ASCII characters without spaces" in told.output
    assert "listener" not in told.output
