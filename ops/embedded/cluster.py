"""A PostgreSQL cluster of our own: made, started, stopped, and taken up again after either of us was killed.

Everything here blocks; `ops.embedded.postgres` runs it off the event loop.
"""

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from ops.embedded.account import Account, server_account
from ops.embedded.binaries import Binaries, readable_binaries
from ops.embedded.errors import EmbeddedError, StartError
from ops.embedded.layout import SOCKET_FILE, data_root, make_folder, remove_socket_folder, socket_folder
from ops.embedded.leftover import stop_leftover
from ops.embedded.lock import FolderLock
from ops.embedded.server_log import ServerLog

DATABASE = "syspark"
OWNER = "syspark"

log = logging.getLogger(__name__)


class PostgresCluster:
    """The cluster in `home/postgres`, with the database `syspark`, reached through a private Unix socket alone."""

    def __init__(self, home: Path, *, start_timeout_s: float = 60, stop_timeout_s: float = 30) -> None:
        self._home = home.absolute()
        self._start_timeout_s = start_timeout_s
        self._stop_timeout_s = stop_timeout_s
        self._locks = contextlib.ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._abandoned = False
        self._root = self._home / "postgres"
        self._account = Account("")
        self._binaries = Binaries(self._root)
        self._sockets = self._root
        self.log = ServerLog(self._root / "postgres.log")

    @property
    def url(self) -> str:
        """Where the database is, for psycopg and libpq; valid while the cluster runs."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The same for another database of this cluster."""
        return f"postgresql://{OWNER}@/{database}?host={quote(str(self._sockets), safe='')}"

    @property
    def data(self) -> Path:
        """The data folder, known once started."""
        return self._root / "data"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The postmaster. Raises `EmbeddedError` when it was not started."""
        if self._process is None:
            raise EmbeddedError("the embedded PostgreSQL is not started")
        return self._process

    def start(self) -> None:
        """Start the server and return once it answers; makes the cluster the first time.

        Raises `AlreadyRunningError`, `NotInstalledError` or `StartError`; then nothing of ours is left running.
        """
        if self._process is not None:
            raise EmbeddedError("the embedded PostgreSQL is started already")
        self._abandoned = False
        try:
            self._prepare()
            self._launch()
            self._await_ready(time.monotonic() + self._start_timeout_s)
            self._make_database()
        except (OSError, subprocess.SubprocessError) as problem:
            self.stop()
            raise StartError(f"the embedded PostgreSQL in {self._root} cannot start: {problem}") from problem
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server, having it write everything out, and give the folder free; harmless when not started."""
        try:
            if self._process is not None:
                self._end(self._process)
                self._process = None
                remove_socket_folder(self._root, self._account)
        finally:
            self._locks.close()

    def abandon(self) -> None:
        """Make a `start` that is under way in another thread give up soon."""
        self._abandoned = True

    def _prepare(self) -> None:
        near = self._home / "postgres"
        make_folder(self._home)
        make_folder(near)
        self._lock(near)
        account = server_account(near / "data")
        self._root = data_root(self._home, account)
        if self._root != near:
            self._lock(self._root)
            account = server_account(self._root / "data")
        self._account = account
        self.log = ServerLog(self._root / "postgres.log")
        self._binaries = readable_binaries(account, self._root)
        if not self.data.exists():
            self._initialise()
        self._check_version()
        stop_leftover(self.data, self._stop_timeout_s)
        self._sockets = socket_folder(self._root, account)

    def _lock(self, folder: Path) -> None:
        lock = FolderLock(folder)
        lock.acquire()
        self._locks.callback(lock.release)

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there whole, lest a killed initdb leave half of one."""
        log.info("preparing the embedded PostgreSQL in %s", self._root)
        unfinished = self._root / "data-unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir()
        self._account.own(unfinished)
        self._run(
            "initdb",
            f"--pgdata={unfinished}",
            f"--username={OWNER}",
            "--auth=trust",
            "--data-checksums",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        )
        unfinished.rename(self.data)

    def _check_version(self) -> None:
        made_by, ours = int((self.data / "PG_VERSION").read_text()), self._binaries.major_version()
        if made_by != ours:
            raise StartError(
                f"the data in {self.data} was made by PostgreSQL {made_by}, and this is {ours}: "
                f"move it over with pg_dump, or start afresh by removing {self.data}"
            )

    def _launch(self) -> None:
        self.log.trim()
        output = self.log.open()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program and paths
                [
                    str(self._binaries.program("postgres")),
                    *("-D", str(self.data)),
                    *("-c", "listen_addresses="),
                    *("-c", f"unix_socket_directories={self._sockets}"),
                    *("-c", "unix_socket_permissions=0700"),
                    *("-c", "timezone=UTC"),
                    *("-c", "log_timezone=UTC"),
                ],
                cwd="/",
                env=_environment(),
                user=self._account.uid,
                group=self._account.gid,
                extra_groups=self._account.groups,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        finally:
            os.close(output)

    def _await_ready(self, deadline: float) -> None:
        while not (self._sockets / SOCKET_FILE).exists() or self._run("pg_isready", "-q", check=False):
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = self.process.wait(timeout=0.02)
                raise StartError(f"PostgreSQL ended with status {status} at its start: {self.log.tail()}")
            if self._abandoned or time.monotonic() > deadline:
                raise StartError(f"PostgreSQL did not answer in {self._start_timeout_s:.0f} s: {self.log.tail()}")

    def _make_database(self) -> None:
        wanted = f"SELECT 'CREATE DATABASE {DATABASE}' WHERE NOT EXISTS "
        wanted += f"(SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec\n"
        self._run("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=postgres", said=wanted)

    def _run(self, program: str, *arguments: str, said: str = "", check: bool = True) -> int:
        """Run one of PostgreSQL's programs as the server's account; raises `StartError` with what it wrote."""
        outcome = subprocess.run(  # noqa: S603 - our own program and arguments
            [self._binaries.program(program), *arguments],
            cwd="/",
            env=_environment() | {"PGHOST": str(self._sockets), "PGUSER": OWNER},
            user=self._account.uid,
            group=self._account.gid,
            extra_groups=self._account.groups,
            input=said,
            capture_output=True,
            text=True,
            timeout=self._start_timeout_s,
            check=False,
        )
        if check and outcome.returncode:
            raise StartError(f"{program} failed: {(outcome.stderr or outcome.stdout).strip()}")
        return outcome.returncode

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """SIGINT disconnects clients and writes out; SIGQUIT, for one that hangs, leaves recovery to the next start."""
        for number, patience_s in ((signal.SIGINT, self._stop_timeout_s), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            process.send_signal(number)
            try:
                process.wait(timeout=patience_s)
            except subprocess.TimeoutExpired:
                log.warning("the embedded PostgreSQL did not stop within %s s of %s", patience_s, number.name)
            else:
                return


def _environment() -> dict[str, str]:
    """What the programs see: none of the caller's PG variables, which would redirect them."""
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
