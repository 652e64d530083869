"""Where this process's database is: one that is given, or the embedded one, started or found running."""

import asyncio
import contextlib
import fcntl
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from ops.embedded.cluster import DATABASE, OWNER
from ops.embedded.errors import AlreadyRunningError
from ops.embedded.layout import make_folder
from ops.embedded.postgres import EmbeddedPostgres
from syspark.errors import PermanentError, Unavailable
from syspark.persistence import schema
from syspark.settings import Settings

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
CONNECT_S = 5
LET_GO_S = 10.0
"""How long a command that started the embedded PostgreSQL keeps it for others that use it meanwhile."""

COMES_UP_S = 60.0
"""How long the embedded PostgreSQL may take that another process is just making."""

_REASONS = (
    ("refused", "nothing listens there"),
    ("password authentication", "it refuses this user or password"),
    ("no password supplied", "it asks for a password"),
    ("no pg_hba.conf entry", "it does not let this user in from here"),
    ("does not exist", "there is no such database or user"),
    ("starting up", "it is starting"),
    ("shutting down", "it is stopping"),
    ("too many", "it has no connection left"),
    ("could not translate", "its host name is not known"),
    ("not known", "its host name is not known"),
    ("no such file", "nothing listens there"),
    ("timeout", "no answer in time"),
    ("timed out", "no answer in time"),
    ("ssl", "the encrypted connection fails"),
    ("certificate", "the encrypted connection fails"),
)
"""What libpq says, and our words: its own may repeat a part of a password that was not escaped in the address."""


class NoDatabaseError(PermanentError):
    """There is no database yet, or not with this release's schema; the text says what to do."""


def why_away(error: psycopg.Error) -> str:
    """Why a connection failed, without a word of its address."""
    said = str(error).lower()
    return next((words for fragment, words in _REASONS if fragment in said), type(error).__name__)


async def look(url: str) -> None:
    """Connect once. Raises `Unavailable` saying why not."""
    try:
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=CONNECT_S):
            return
    except psycopg.Error as error:
        raise Unavailable("database", because=why_away(error)) from error


async def wait_until_there(url: str) -> None:
    """Return once the database can be connected to; say once that it is waited for."""
    told = False
    while True:
        try:
            await look(url)
        except Unavailable as error:
            if not told:
                logger.warning("waiting for the database: %s", error)
                told = True
            await asyncio.sleep(LOOK_EVERY_S)
        else:
            if told:
                logger.info("the database is there")
            return


async def check_schema(url: str) -> None:
    """Raise `NoDatabaseError` when the schema is not this release's, `Unavailable` when it cannot be told."""
    if not await asyncio.to_thread(schema.schema_is_current, url):
        raise NoDatabaseError("the database does not have this release's schema: run `syspark migrate`")


async def running(home: Path) -> str:
    """The address of the embedded PostgreSQL that another process runs in a folder. Raises `Unavailable`."""
    url = _running_url(home)
    await look(url)
    return url


def has_cluster(home: Path) -> bool:
    """Whether an embedded PostgreSQL was made in a folder."""
    return (_root(home) / "data").exists()


@asynccontextmanager
async def borrowed(settings: Settings, *, make: bool = False) -> AsyncIterator[str]:
    """The address of the database for the duration of a command; the embedded one is started unless it runs already.

    Raises `NoDatabaseError` where none was made yet, unless `make`; raises `EmbeddedError` and `Unavailable`.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    home = settings.syspark_home
    if not make and not has_cluster(home):
        raise NoDatabaseError(
            f"there is no database in {home} yet: start `syspark worker` there, or set SYSPARK_HOME or DATABASE_URL"
        )
    with _Users(home) as users:
        await users.enter()
        server = EmbeddedPostgres(home)
        if not await _started(server):
            yield await _come_up(home)
            return
        try:
            yield server.url
        finally:
            await users.wait_for_others()
            await server.stop()


async def _started(server: EmbeddedPostgres) -> bool:
    """Start it; False: another process has it."""
    try:
        await server.start()
    except AlreadyRunningError:
        return False
    return True


class _Users:
    """Commands that use one embedded PostgreSQL at the same time: the one that started it stops it last."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._handle = -1

    def __enter__(self) -> "_Users":
        make_folder(self._home)
        self._handle = os.open(self._home / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    async def enter(self) -> None:
        """Use it from now on; waits while another command is stopping it."""
        await self._lock(fcntl.LOCK_SH, 2 * LET_GO_S)

    async def wait_for_others(self) -> None:
        """Let the others finish, and let no one begin."""
        await self._lock(fcntl.LOCK_EX, LET_GO_S)

    async def _lock(self, how: int, patience_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while True:
                    with contextlib.suppress(BlockingIOError):
                        fcntl.flock(self._handle, how | fcntl.LOCK_NB)
                        return
                    await asyncio.sleep(0.05)


async def _come_up(home: Path) -> str:
    """The address of the embedded PostgreSQL that another process runs, once it answers."""
    try:
        async with asyncio.timeout(COMES_UP_S):
            while True:
                with contextlib.suppress(Unavailable):
                    return await running(home)  # it may still be about to choose where its socket is
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise Unavailable("database", because="another process holds it and does not let it answer") from None


def _root(home: Path) -> Path:
    near = home / "postgres"
    location = near / "location"
    return Path(location.read_text().strip()) if location.exists() else near


def _running_url(home: Path) -> str:
    """The address of the embedded PostgreSQL that another process runs."""
    root = _root(home)
    note = root / "socket-folder"
    sockets = note.read_text().strip() if note.exists() else str(root / "socket")
    return f"postgresql://{OWNER}@/{DATABASE}?host={quote(sockets, safe='')}"
