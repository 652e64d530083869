"""Real PostgreSQL servers for tests, and databases cloned from one migrated template."""

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
from psycopg import sql

from ops.embedded.cluster import PostgresCluster
from tests.servers.waiting import wait_until

TEMPLATE = "syspark_template"


@contextmanager
def server_home() -> Iterator[Path]:
    """A short private folder that PostgreSQL's account may pass through, also when the tests run as root.

    pytest's own folders are closed to other accounts, and so deep that a socket's path would not fit.
    """
    home = Path(tempfile.mkdtemp(prefix="sp-", dir="/tmp"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        shutil.rmtree(home)


class PostgresServer:
    """A server of the test's own, to be stopped, killed, frozen and started again on the same data."""

    def __init__(self, home: Path) -> None:
        self.cluster = PostgresCluster(home)

    @property
    def url(self) -> str:
        """The database `syspark` of this server; the same after a restart."""
        return self.cluster.url

    def start(self) -> "PostgresServer":
        """Start it, after whatever happened to it."""
        self.cluster.start()
        return self

    def hurry(self) -> None:
        """Wait for the disk no more: making and dropping a database each write out all of it.

        What was committed then outlives the kill of a process, though not the end of the machine.
        """
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """End it in order (SIGINT)."""
        self.cluster.stop()

    def kill(self) -> None:
        """`kill -9` of the whole server at once, as a power cut; `start` recovers."""
        family = self._family()
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family[1:], timeout=10)
        self.cluster.stop()

    def freeze(self) -> None:
        """SIGSTOP to all its processes: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Make sure it is gone; the way out for a fixture."""
        with suppress(Exception):  # it may never have been started
            self.thaw()
        self.cluster.stop()

    def _signal(self, number: signal.Signals) -> None:
        for member in self._family():
            with suppress(psutil.NoSuchProcess):
                member.send_signal(number)

    def _family(self) -> list[psutil.Process]:
        postmaster = psutil.Process(self.cluster.process.pid)
        return [postmaster, *postmaster.children(recursive=True)]


def make_template(server: PostgresServer, migrate: Callable[[str], None]) -> str:
    """Make the database that the tests' own are cloned from, by `migrate(url)`; returns its name."""
    _administer(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    migrate(server.cluster.url_of(TEMPLATE))
    _await_no_connection(server, TEMPLATE)
    return TEMPLATE


@contextmanager
def cloned_database(server: PostgresServer, template: str) -> Iterator[str]:
    """The URL of a fresh copy of `template`, dropped afterwards. A connection left open to it fails the test."""
    name = f"t_{uuid4().hex}"
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    _administer(server, copy)
    try:
        yield server.cluster.url_of(name)
        _await_no_connection(server, name)
    finally:
        _administer(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _await_no_connection(server: PostgresServer, database: str) -> None:
    """Closing is seen by the server an instant after the client; what stays longer was forgotten."""

    def none_left() -> bool:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
        with psycopg.connect(server.url) as connection:
            row = connection.execute(query, (database,)).fetchone()
        return row == (0,)

    wait_until(none_left, f"all connections to {database} are closed (a leaked connection)", timeout_s=3)


def _administer(server: PostgresServer, command: sql.Composed) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(command)
