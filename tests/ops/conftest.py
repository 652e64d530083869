"""A service of the test's own: `syspark worker` as a process, and the other commands beside it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ops.cli.root import cli
from tests.ops.service import Service
from tests.servers.mosquitto import Mosquitto
from tests.servers.process import ChildProcess

Command = Callable[..., Result]


@pytest.fixture(autouse=True)
def only_these_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever the person who tests has set, a test begins without settings, in a folder of its own."""
    for name in ("DATABASE_URL", "MQTT_HOST", "SYSPARK_WORKER_NAME", "LOG_LEVEL", "LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SYSPARK_HOME", str(tmp_path / "home"))


@pytest.fixture
def command() -> Command:
    """Runs a command line in this process, `command("site", "list", env={...})`."""

    def run(*arguments: str, env: dict[str, str] | None = None, given: str | bytes | None = None) -> Result:
        return CliRunner().invoke(cli, arguments, env=env, input=given, prog_name="syspark")

    return run


@pytest.fixture
def broker(mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A durable mosquitto."""
    return mosquitto()


@pytest.fixture
def service(
    database_url: str, broker: Mosquitto, spawn: Callable[..., ChildProcess], command: Command, tmp_path: Path
) -> Service:
    """A worker on a migrated database and a mosquitto; not started yet."""
    return Service(database_url, broker.port, tmp_path / "home", spawn, command)


@pytest.fixture
def all_commands() -> list[tuple[str, ...]]:
    """The words of every command and group."""
    return [(), *_below(cli, ())]


def _below(group: click.Group, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        yield (*words, name)
        if isinstance(found, click.Group):
            yield from _below(found, (*words, name))
