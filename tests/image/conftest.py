"""The image, built once, and what a platform gives it: a database, a broker, a port."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.image.engine import Engine
from tests.servers.mosquitto import Mosquitto
from tests.servers.postgres import PostgresServer, server_home
from tests.servers.process import ChildProcess
from tests.servers.waiting import free_port

ROOT = Path(__file__).parents[2]
PLATFORM_USER = "platform"
Run = Callable[..., ChildProcess]


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The image, built; packages may be downloaded."""
    with server_home() as folder:
        built = Engine(ROOT, folder / "image")
        built.build()
        yield built


@pytest.fixture
def run(engine: Engine) -> Iterator[Run]:
    """Starts a command in the image: `run("syspark", "check", PORT="8081")`; without words that of the image."""
    with ExitStack() as stack:

        def start(*command: str, **environ: str) -> ChildProcess:
            argv = engine.command(engine.entry(list(command)), environ)
            return stack.enter_context(ChildProcess(*argv, cwd="/"))

        yield start


@pytest.fixture
def health(engine: Engine) -> Iterator[Run]:
    """Runs the image's HEALTHCHECK with a container's environment."""
    with ExitStack() as stack:
        yield lambda **environ: stack.enter_context(ChildProcess(*engine.command(engine.health(), environ), cwd="/"))


@pytest.fixture
def empty_database(own_postgres: Callable[[], PostgresServer]) -> Callable[..., str]:
    """Makes databases as a platform gives them: empty, owned by a user that may create roles and is no superuser."""

    def make(rights: str = "CREATEROLE") -> str:
        server = own_postgres()
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {PLATFORM_USER} LOGIN {rights}".encode())
            connection.execute(f"CREATE DATABASE parking OWNER {PLATFORM_USER}".encode())
        let_everybody_in(server.url)
        return server.cluster.url_of("parking").replace("//syspark@", f"//{PLATFORM_USER}@")

    return make


@pytest.fixture
def given(empty_database: Callable[[], str], mosquitto: Callable[..., Mosquitto]) -> dict[str, str]:
    """The settings of a container as a platform gives them; only its address is this machine's."""
    return {
        "DATABASE_URL": empty_database(),
        "MQTT_HOST": "127.0.0.1",
        "MQTT_PORT": str(mosquitto().port),
        "MQTT_SECRET": "s3cret-of-the-default-site",
        "SYSPARK_SECRET_KEY": "a key of the tests that is long enough to sign with",
        "ADMIN_PASSWORD": "four words nobody uses",
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
    }


def let_everybody_in(url: str) -> None:
    """Open the private socket of a server to the image's account; without root it is ours."""
    if os.geteuid() == 0:
        sockets = Path(parse_qs(urlsplit(url).query)["host"][0])
        for path in (sockets, sockets.parent):
            path.chmod(0o711)
        for path in sockets.glob(".s.PGSQL.*"):
            path.chmod(0o777)
