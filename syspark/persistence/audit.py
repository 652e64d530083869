"""Reading the journal in order, and proving that it is what was written."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, IsolationLevel

from syspark.domain.recorded import Recorded
from syspark.domain.rerun import Rerun, setups_in
from syspark.domain.site.state import SiteSetup
from syspark.domain.units import SiteId
from syspark.persistence import chain, queries
from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.failures import translated
from syspark.rows import Address, ChainedEntry, JournalEntry

Connection = AsyncConnection[tuple[Any, ...]]
NO_HEADS: Mapping[str, chain.Head] = {}
AT_ONCE = 2000
"""Rows fetched at a time: a journal of years is never in memory."""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A journal row with the salts of its personal values and the version of its canonical bytes."""

    chained: ChainedEntry
    salts: Mapping[str, bytes]
    encoding: int


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a verification found. `faults` holds the first bad row of each broken chain, `heads` where the sound end."""

    entries: int
    heads: Mapping[str, chain.Head]
    faults: tuple[chain.Fault, ...]

    @property
    def is_sound(self) -> bool:
        """Whether every chain is what was written."""
        return not self.faults


async def verify_chains(
    url: str,
    only: str | None = None,
    progress: Callable[[int], None] = lambda checked: None,
    known: Mapping[str, chain.Head] = NO_HEADS,
) -> AuditReport:
    """Check every chain, or one: each row, the order, gaps, and the stored head. Raises `Unavailable`.

    `progress` is told the rows checked so far. What a chain cannot show, its end and its head cut off together, is
    found by `known`: where chains are known to have stood, as the log has told.
    """
    async with _snapshot(url) as connection:
        cursor = await connection.execute(queries.load("audit")["heads"].encode(), {"chain": only})
        heads = {name: chain.Head(seq, digest) for name, seq, digest in await cursor.fetchall()}
        followers = {name: chain.Follower(name) for name in {*heads, *known} if only in {None, name}}
        faults: dict[str, chain.Fault] = {}
        checked = 0
        async for stored in entries(connection, only):
            name = stored.chained.entry.chain
            if name not in faults:
                fault = _follow(followers.setdefault(name, chain.Follower(name)), stored, known.get(name))
                faults |= {name: fault} if fault else {}
            checked += 1
            if checked % AT_ONCE == 0:
                progress(checked)
    progress(checked)
    for name, follower in followers.items():
        fault = follower.ends_at(heads.get(name, chain.Head())) or follower.reaches(known.get(name, chain.Head()))
        if name not in faults and fault is not None:
            faults[name] = fault
    return AuditReport(checked, heads, tuple(faults[name] for name in sorted(faults)))


async def chain_heads(database: Database) -> Mapping[str, chain.Head]:
    """Where every chain ends. Raises `Unavailable`."""
    rows = await database.rows(queries.load("audit")["heads"], {"chain": None})
    return {name: chain.Head(seq, digest) for name, seq, digest in rows}


async def made_again(url: str, only: str | None = None, progress: Callable[[int], None] = lambda made: None) -> Rerun:
    """Make every decision of the chains, or of one, once more from what the journal has of it. Raises `Unavailable`.

    The journal is read twice: a set-up may stand in full in a later row than the first that was decided under it.
    """
    found, setups, made = Rerun(), dict[str, SiteSetup](), 0
    async with _snapshot(url) as connection:
        async for stored in entries(connection, only):
            setups |= setups_in([stored.chained.entry.recorded])
        async for stored in entries(connection, only):
            found.add(stored.chained.entry.recorded, setups)
            made += 1
            if made % AT_ONCE == 0:
                progress(made)
    progress(made)
    return found


async def about_session(url: str, session_id: UUID) -> Sequence[Recorded]:
    """The journal rows about a session, in order. Raises `Unavailable`."""
    async with _snapshot(url) as connection:
        cursor = await connection.execute(queries.load("audit")["of_session"].encode(), {"session_id": session_id})
        return [Recorded(*row) for row in await cursor.fetchall()]


async def entries(connection: Connection, only: str | None = None) -> AsyncIterator[StoredEntry]:
    """Every journal row in order, chain by chain, read as a stream. Needs a transaction."""
    async with connection.cursor(name="journal", binary=True) as cursor:
        cursor.itersize = AT_ONCE
        await cursor.execute(queries.load("audit")["entries"].encode(), {"chain": only})
        async for row in cursor:
            yield _stored(row)


def _follow(follower: chain.Follower, stored: StoredEntry, known: chain.Head | None) -> chain.Fault | None:
    if stored.encoding != chain.ENCODING:
        return chain.Fault(follower.chain, stored.chained.seq, f"has the unknown encoding {stored.encoding}")
    fault = follower.follow(stored.chained, stored.salts)
    return fault or (follower.stands_at(known) if known is not None else None)


def _stored(row: tuple[Any, ...]) -> StoredEntry:
    kept: Mapping[str, tuple[str, str]] = row[16] or {}
    entry = JournalEntry(
        chain=row[0],
        organisation_id=row[1],
        site_id=None if row[2] is None else SiteId(row[2]),
        at=row[3],
        fact_at=row[4],
        actor=Address(row[5], row[6]),
        kind=row[7],
        rule=row[8],
        inputs=row[9],
        cause=row[10],
        personal={name: value for name, (_, value) in kept.items()},
    )
    chained = ChainedEntry(entry, row[11], row[12], row[13], row[14])
    return StoredEntry(chained, {name: bytes.fromhex(salt) for name, (salt, _) in kept.items()}, row[15])


@asynccontextmanager
async def _snapshot(url: str) -> AsyncIterator[Connection]:
    """A consistent view of the database, in the worker's role, while others go on writing."""
    with translated():
        async with await AsyncConnection.connect(url, connect_timeout=5) as connection:
            await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            await connection.set_read_only(True)
            await connection.execute("SET ROLE syspark_worker")
            await connection.execute("SET TimeZone = 'UTC'")
            yield connection
