"""The real worker behind the shipped broker: a site that comes back is told what it should show, and nothing older."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bridge.trial import HOST, Trial, prefix
from tests.servers.process import ChildProcess
from tests.servers.waiting import wait_until

START_S = 20.0
SITE = "nord"
SHOWN = ("parking/display/text", "LIBRE:50")


def environment(trial: Trial, database_url: str, home: Path) -> dict[str, str]:
    """The settings of a cloud on that broker."""
    return {
        "DATABASE_URL": database_url,
        "MQTT_HOST": HOST,
        "MQTT_PORT": str(trial.cloud.port),
        "MQTT_TLS": "on",
        "MQTT_CA_FILE": str(trial.authority.ca_file),
        "MQTT_USERNAME": "cloud",
        "MQTT_PASSWORD": trial.password("cloud"),
        "MQTT_SECRET": "s3cret-of-the-default-site",
        "SYSPARK_SECRET_KEY": "a key of the tests that is long enough to sign with",
        "SYSPARK_HOME": str(home),
    }


@pytest.mark.timeout(90)
def test_desired_state_comes_again_with_the_bridge(
    trial: Trial, database_url: str, spawn: Callable[..., ChildProcess], tmp_path: Path
) -> None:
    settings = environment(trial, database_url, tmp_path / "home")
    worker = spawn("-m", "ops.cli", "worker", env=settings)
    worker.wait_for_line("==> ready", START_S)

    def command(*words: str) -> str:
        child = spawn("-m", "ops.cli", *words, env=settings)
        assert child.wait(START_S) == 0, child.output
        return child.output

    command("site", "add", SITE)
    command("credential", "add", "A1B2C3D4", "--site", SITE, "--holder", "Ada", "--plan", "subscriber")
    command("check")

    edge = trial.site(SITE)
    device = trial.device(edge)
    for topic in ("display/text", "barriere_entree/cmd", "barriere/cmd"):
        device.subscribe(f"parking/{topic}", 0)
    wait_until(lambda: SHOWN in device.heard(), "what to show after the first connection", 15)

    device.publish("parking/barriere", "A1B2C3D4", 1)
    wait_until(lambda: ("parking/barriere_entree/cmd", "100") in device.heard(), "the entry opens", 10)

    with trial.cloud_client("looks on", "cloud") as cloud:
        cloud.subscribe(f"{prefix(SITE)}bridge/state", 1)
        cloud.wait_for(1)
        edge.line.cut()
        assert [state for _, state in cloud.wait_for(3)[1:]] == ["0", "0"]
        before = len(device.heard())
        edge.line.restore()
        assert [state for _, state in cloud.wait_for(5, 15)[3:]] == ["1", "1"]
    wait_until(lambda: any(topic == SHOWN[0] for topic, _ in device.heard()[before:]), "it is shown again", 15)
    assert all(text.startswith(("LIBRE:", "COMPLET")) for _, text in device.heard()[before:]), "and nothing older"
    assert worker.terminate(15) == 0, worker.output
