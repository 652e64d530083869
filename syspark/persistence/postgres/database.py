"""The connections of one process, in one role, and the transactions on them."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from psycopg import AsyncConnection, AsyncCursor, AsyncPipeline, AsyncRawCursor, sql
from psycopg_pool import AsyncConnectionPool

from syspark.persistence.postgres import arrays
from syspark.persistence.postgres.failures import described, translated
from syspark.ports import CommitUnknown

logger = logging.getLogger(__name__)

T = TypeVar("T")
_pipelines: WeakKeyDictionary["Connection", AsyncPipeline] = WeakKeyDictionary()
"""Of the transactions under way. One inside another would wait for the answers to all before it."""
Role = Literal["syspark_worker", "syspark_web"]
Connection = AsyncConnection[tuple[Any, ...]]
Rows = AsyncCursor[tuple[Any, ...]]
Parameters = Mapping[str, object]

NOTICED_DEAD = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server that vanished without a word is noticed within some 10 s, although a commit has no timeout of its own."""

SERVER_ENDS = "57P"
"""The class of errors a session ends with: such an answer to COMMIT does not say whether it was done."""

TIMES_TRANSACTIONS = 170_000
LONGEST_TRANSACTION = "8s"
"""Over before the leases under which it writes have run out."""

TRUSTED_S = 1.0
"""How long after its last use a connection is taken to be alive."""

GIVE_UP_RECONNECTING_S = 1.0
"""The pool's own retries back off to minutes; giving up soon, each new caller makes it try again."""


class Database:
    """A bounded pool. Waiting for a connection is bounded too: then `Unavailable`."""

    def __init__(
        self, url: str, *, role: Role = "syspark_worker", size: int = 8, kept: int = 1, wait_s: float = 2.0
    ) -> None:
        """Nothing is opened yet. `size` connections at most, of which `kept` stay open; `wait_s` is how long a caller
        waits for one.
        """
        self._role = role
        self._url = url
        self._how: dict[str, Any] = {"application_name": role, "prepare_threshold": 0, **NOTICED_DEAD}
        self._wait_s = wait_s
        self._under_way: set[asyncio.Task[Any]] = set()
        self._used_at: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            kwargs=self._how,
            min_size=kept,
            max_size=size,
            open=False,
            configure=self._configure,
            check=self._check,
            timeout=wait_s,
            reconnect_timeout=GIVE_UP_RECONNECTING_S,
            name=role,
        )

    async def open(self) -> None:
        """Begin to connect, without waiting: a database that is away is noticed by the first call."""
        await self._pool.open()

    async def close(self) -> None:
        """Let what is under way end, then close every connection."""
        while self._under_way:
            await asyncio.wait(self._under_way)
        await self._pool.close()

    def stats(self) -> Mapping[str, int]:
        """The pool's own figures, for metrics."""
        return self._pool.get_stats()

    def begin(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Do work that nobody need wait for: it runs on to its end, and `close` waits for it."""
        task = asyncio.create_task(work, name=f"database {name}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def owned(self, work: Coroutine[Any, Any, T], name: str) -> T:
        """Do work that a cancelled caller must not cut short: it then runs on to its end, and `close` waits for it."""
        task = self.begin(work, name)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # Nobody waits for the outcome any more; a failure is what any other lost answer is.
            task.add_done_callback(_noted)
            raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction, committed at the end. Raises `Unavailable` and `DataRefused`: nothing is written.

        Raises `CommitUnknown` when the connection is lost between COMMIT and its answer. What is executed is sent at
        once and answered when its rows are fetched, or by `answers`: BEGIN costs no round trip of its own.
        """
        with translated():
            async with self._connection() as connection:
                committing = False
                try:
                    async with connection.pipeline() as pipeline:
                        _pipelines[connection] = pipeline
                        await connection.execute("BEGIN", prepare=False)
                        yield connection
                        committing = True
                        await connection.execute("COMMIT", prepare=False)
                except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                    if committing and _is_unknown(connection, error):
                        raise CommitUnknown(described(error)) from error
                    raise

    async def at_once(self, statement: bytes, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """One statement with numbered parameters, which is a transaction: one round trip, its commit included.

        Returns its rows, if it has any.
        """
        async with self.alone() as connection:
            # What named parameters would cost, an expression over the whole text, is kept for short statements only.
            cursor = AsyncRawCursor(connection)
            await cursor.execute(statement, parameters, binary=True)
            return await cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Connection]:
        """A connection for one statement, which is a transaction of its own. Raises as `transaction`."""
        with translated():
            async with self._connection() as connection:
                try:
                    yield connection
                except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                    if _is_unknown(connection, error):
                        raise CommitUnknown(described(error)) from error
                    raise

    async def rows(self, statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """Read, in one round trip. Raises `Unavailable`."""
        with translated():
            async with self._connection() as connection:
                return await (await fetch(connection, statement, parameters)).fetchall()

    async def notified(self, listen: str) -> AsyncGenerator[None]:
        """Listen on a connection of this alone: one item once it does, and one for each notification.

        Raises `Unavailable` when it cannot, or not any more.
        """
        with translated():
            # Not one of the pool's: it would be replaced there when it is closed, perhaps while the pool closes too.
            connection = await AsyncConnection.connect(self._url, **self._how)
            try:
                await self._configure(connection)
                await connection.execute(listen.encode())
                yield
                async for _ in connection.notifies():
                    yield
            finally:
                await connection.close()

    async def write(self, statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        """As `at_once`, with named parameters."""
        async with self.alone() as connection:
            cursor = await fetch(connection, statement, parameters)
            return await cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        """One of the pool's, for as long as the block lasts."""
        task = asyncio.current_task()
        asked = task.cancelling() if task is not None else 0
        async with self._pool.connection() as connection:
            if task is not None and task.cancelling() > asked:
                # The pool waits by `wait_for`, which in Python 3.11 forgets a cancellation that comes just as it is
                # answered; whoever cancelled us would wait for our end for ever.
                raise asyncio.CancelledError
            self._used_at[connection] = time.monotonic()
            yield connection

    async def _check(self, connection: Connection) -> None:
        """Find a connection that died while it was idle. One just used is not asked: it costs a round trip."""
        if time.monotonic() - self._used_at.get(connection, 0.0) > TRUSTED_S:
            await AsyncConnectionPool.check_connection(connection)

    async def _configure(self, connection: Connection) -> None:
        # Transactions begin by a BEGIN of ours: psycopg's own is waited for before anything follows it.
        await connection.set_autocommit(True)
        await connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(self._role)))
        await connection.execute("SET idle_in_transaction_session_timeout = '5s'")
        await connection.execute("SET TimeZone = 'UTC'")
        # Our statements have one good plan each; planning them anew for every batch costs more than running them.
        await connection.execute("SET plan_cache_mode = 'force_generic_plan'")
        if self._role == "syspark_worker":
            # A plan made while a table is small reads all of it, and is kept while the table grows. The worker looks
            # rows up by key alone; without a key it reads what an index orders.
            await connection.execute("SET enable_seqscan = off")
            await connection.execute("SET jit = off")  # which a plan that must read a table all the same would start
            if connection.info.server_version >= TIMES_TRANSACTIONS:
                # Of a process that froze in the middle of sending, whose transaction counts as busy for ever: the next
                # owner of its partitions waits for its locks.
                await connection.execute(f"SET transaction_timeout = '{LONGEST_TRANSACTION}'")
        arrays.register(connection)


async def fetch(connection: Connection, statement: str, parameters: Parameters) -> Rows:
    """Execute with rows in binary form; inside a transaction without waiting for them."""
    cursor = connection.cursor(binary=True)
    # Statements come from our own files only.
    return await cursor.execute(statement.encode(), parameters)


async def answers(connection: Connection) -> None:
    """Wait for the answers to all that a transaction has executed so far. Raises the first that was refused."""
    await _pipelines[connection].sync()


async def run(connection: Connection, statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    """Execute inside a transaction and wait for the rows, if it has any."""
    cursor = await fetch(connection, statement, parameters)
    await answers(connection)
    return await cursor.fetchall() if cursor.description else []


def _is_unknown(connection: Connection, error: psycopg.Error) -> bool:
    """Whether a commit may have been done although it was answered by an error."""
    return connection.closed or error.sqlstate is None or error.sqlstate.startswith(SERVER_ENDS)


def _noted(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.debug("%s failed after its caller had gone: %s", task.get_name(), error)
