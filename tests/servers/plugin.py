"""The fixtures of the servers: PostgreSQL, mosquitto, bridges, lines, child processes, and the check for leaks."""

import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers.bridge import EdgeBroker
from tests.servers.leaks import expect_no_task_left, no_process_or_thread_left
from tests.servers.mosquitto import Mosquitto
from tests.servers.postgres import PostgresServer, cloned_database, make_template, server_home
from tests.servers.process import ChildProcess
from tests.servers.proxy import Proxy

Migrate = Callable[[str], None]
POSTGRES = pytest.StashKey[bool]()
STARTS_WITHIN_S = 60


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Give the test that has the run's PostgreSQL made and started the time this takes, besides its own."""
    if "postgres_server" in getattr(item, "fixturenames", ()) and POSTGRES not in item.session.stash:
        item.session.stash[POSTGRES] = True
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(STARTS_WITHIN_S))
    return (yield)


@pytest.fixture(autouse=True)
def no_leak(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that leaves a task, a timer, a thread or a child process behind."""
    with no_process_or_thread_left():
        if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
            request.getfixturevalue("no_task_leak")
        yield


@pytest.fixture
async def no_task_leak() -> AsyncIterator[None]:
    """The part of `no_leak` that needs the test's loop."""
    yield
    await expect_no_task_left()


@pytest.fixture
def home() -> Iterator[Path]:
    """A short folder, passable for PostgreSQL's account, for embedded servers."""
    with server_home() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """One real PostgreSQL for the whole run. Never stop it: tests that need to take `own_postgres`."""
    folder = ExitStack()
    # Thousands of files: on a busy disk the last test's time is over before they are removed.
    request.config.add_cleanup(folder.close)
    server = PostgresServer(folder.enter_context(server_home())).start()
    try:
        server.hurry()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def migrate() -> Migrate:
    """What makes the schema in an empty database, given its URL; overridden by the suite's conftest."""
    return lambda url: None


@pytest.fixture(scope="session")
def template_database(postgres_server: PostgresServer, migrate: Migrate) -> str:
    """The name of the migrated database that every test's own is cloned from."""
    return make_template(postgres_server, migrate)


@pytest.fixture
def database_url(postgres_server: PostgresServer, template_database: str) -> Iterator[str]:
    """A database of this test's own, migrated and empty; a connection left open to it fails the test."""
    with cloned_database(postgres_server, template_database) as url:
        yield url


@pytest.fixture
def own_postgres() -> Iterator[Callable[[], PostgresServer]]:
    """Makes started servers of this test's own, to stop, kill and freeze (half a second each)."""
    with ExitStack() as stack:

        def make() -> PostgresServer:
            server = PostgresServer(stack.enter_context(server_home()))
            stack.callback(server.close)
            return server.start()

        yield make


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Makes started mosquitto brokers; keywords are lines of the configuration."""
    with ExitStack() as stack:

        def make(**settings: object) -> Mosquitto:
            folder = tmp_path / f"mosquitto-{len(list(tmp_path.iterdir()))}"
            return stack.enter_context(Mosquitto(folder, settings=settings))

        yield make


@pytest.fixture
def edge_broker(tmp_path: Path) -> Iterator[Callable[..., EdgeBroker]]:
    """Makes started edge brokers, bridged to a given mosquitto through a line that can be cut."""
    with ExitStack() as stack:

        def make(cloud: Mosquitto, site: str) -> EdgeBroker:
            folder = tmp_path / f"edge-{len(list(tmp_path.iterdir()))}"
            return stack.enter_context(EdgeBroker(folder, cloud, site=site))

        yield make


@pytest.fixture
def proxy() -> Iterator[Callable[[int], Proxy]]:
    """Makes started proxies to a loopback port."""
    with ExitStack() as stack:
        yield lambda target: stack.enter_context(Proxy(target))


@pytest.fixture
def spawn() -> Iterator[Callable[..., ChildProcess]]:
    """Starts `python ARGUMENTS...` as a child (keywords `env`, `cwd`); what still runs at the end is killed by pid."""
    with ExitStack() as stack:

        def start(*arguments: str, env: dict[str, str] | None = None, cwd: str | None = None) -> ChildProcess:
            return stack.enter_context(ChildProcess.python(*arguments, env=env, cwd=cwd))

        yield start
