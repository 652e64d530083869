"""The blueprint says what the product understands: variables, route, command, and the time it is given to end."""

import base64
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.cli.root import COMMANDS
from ops.embedded.binaries import installed_binaries
from ops.running import ENDS_WITHIN_S
from syspark.settings import Settings, SettingsError
from web.app import routes

ROOT = Path(__file__).parents[2]
SOURCES = {"value", "generateValue", "sync", "fromDatabase"}
ASKED = {
    "PUBLIC_URL": "https://parking.example.org",
    "TRUSTED_PROXIES": "10.0.0.0/8",
    "MQTT_HOST": "mqtt.example.org",
    "MQTT_USERNAME": "cloud",
    "MQTT_PASSWORD": "as set at the broker",
    "MQTT_SECRET": "as-set-in-the-controllers",
    "STRIPE_API_KEY": "sk_test_as0shown0at0Stripe",
    "STRIPE_WEBHOOK_SECRET": "whsec_as0shown0at0Stripe",
}
"""What somebody types in when asked; each key of the blueprint with `sync: false`, and no other."""

MUST = ("DATABASE_URL", "SYSPARK_SECRET_KEY", "MQTT_HOST", "MQTT_SECRET")


@pytest.fixture
def blueprint() -> dict[str, Any]:
    """The blueprint as a platform reads it."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "render.yaml").read_text())
    return found


@pytest.fixture
def service(blueprint: dict[str, Any]) -> dict[str, Any]:
    """Its one service."""
    [found] = blueprint["services"]
    return dict(found)


@pytest.fixture
def variables(service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Where each variable comes from."""
    named = {one["key"]: {name: value for name, value in one.items() if name != "key"} for one in service["envVars"]}
    assert len(named) == len(service["envVars"])
    return named


def test_each_variable_is_a_setting_and_has_one_source(variables: dict[str, dict[str, Any]]) -> None:
    assert set(variables) <= {variable.name for variable in Settings.variables()}
    assert {name for name, source in variables.items() if len(source) != 1 or not set(source) <= SOURCES} == set()


def test_no_secret_is_written_down(variables: dict[str, dict[str, Any]]) -> None:
    secret = {variable.name for variable in Settings.variables() if variable.secret}
    assert {name for name, source in variables.items() if "value" in source} & secret == set()
    assert {name for name, source in variables.items() if source.get("generateValue")} <= secret


def test_what_is_required_outside_embedded_mode_is_given(variables: dict[str, dict[str, Any]]) -> None:
    embedded = ("an embedded", "generated in embedded mode")
    assert {one.name for one in Settings.variables() if one.default.startswith(embedded)} == set(MUST)
    assert set(MUST) <= set(variables)


def test_the_settings_it_makes_are_accepted(blueprint: dict[str, Any], variables: dict[str, dict[str, Any]]) -> None:
    settings = Settings.load(environment(blueprint, variables))
    assert not settings.embedded_database
    assert not settings.embedded_broker
    assert (settings.host, settings.mqtt_tls, settings.mqtt_port) == ("0.0.0.0", True, 8883)


def test_without_the_key_it_would_not_start(blueprint: dict[str, Any], variables: dict[str, dict[str, Any]]) -> None:
    given = environment(blueprint, variables)
    del given["SYSPARK_SECRET_KEY"]
    with pytest.raises(SettingsError, match="SYSPARK_SECRET_KEY is missing"):
        Settings.load(given)


def test_the_platform_watches_a_route_that_a_standby_answers(service: dict[str, Any]) -> None:
    assert (service["type"], service["runtime"]) == ("web", "docker")
    assert service["healthCheckPath"] == "/healthz"
    paths = {one.path for one in routes() if one.method == "GET"}
    assert service["healthCheckPath"] in paths


def test_what_runs_before_a_release_is_a_command_of_ours(service: dict[str, Any]) -> None:
    program, command = shlex.split(service["preDeployCommand"])
    assert (program, command) == ("syspark", "migrate")
    assert command in COMMANDS


def test_it_may_take_the_time_it_takes_to_end(service: dict[str, Any]) -> None:
    assert service["maxShutdownDelaySeconds"] > ENDS_WITHIN_S + 3


def test_the_database_is_one_we_test_on_and_closed_to_the_world(
    blueprint: dict[str, Any], service: dict[str, Any]
) -> None:
    [database] = blueprint["databases"]
    assert database["postgresMajorVersion"] == str(installed_binaries().major_version())
    assert database["ipAllowList"] == []
    assert database["plan"] != "free"
    assert database["region"] == service["region"]


def test_it_names_files_that_are_there(service: dict[str, Any]) -> None:
    assert (ROOT / service["dockerfilePath"]).samefile(ROOT / "Dockerfile")


def environment(blueprint: dict[str, Any], variables: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What a container is started with: a platform's own values where it makes them, somebody's where it asks."""
    assert {name for name, source in variables.items() if source.get("sync") is False} == set(ASKED)
    generated = base64.b64encode(bytes(range(32))).decode()  # 256 bits in base64 is what Render makes
    databases = {one["name"] for one in blueprint["databases"]}
    made = {"PORT": "10000", "RENDER": "true", **ASKED}
    for name, source in variables.items():
        if "value" in source:
            made[name] = source["value"]
        elif source.get("generateValue"):
            made[name] = generated
        elif "fromDatabase" in source:
            assert source["fromDatabase"]["name"] in databases
            assert source["fromDatabase"]["property"] == "connectionString"
            made[name] = "postgresql://syspark:abc@dpg-abc-a/syspark"
    return made
