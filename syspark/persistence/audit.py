"""Reading the journal in order, and proving that it is what was written."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, IsolationLevel

from syspark.domain.units import SiteId
from syspark.persistence import chain, queries
from syspark.persistence.postgres.failures import translated
from syspark.rows import Address, ChainedEntry, JournalEntry

Connection = AsyncConnection[tuple[Any, ...]]
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
    url: str, only: str | None = None, progress: Callable[[int], None] = lambda checked: None
) -> AuditReport:
    """Check every chain, or one: each row, the order, gaps, and the stored head. Raises `Unavailable`.

    `progress` is told the rows checked so far. What a chain cannot show, its end and its head cut off together, is
    found by comparing `heads` with those published before.
    """
    async with _snapshot(url) as connection:
        cursor = await connection.execute(queries.load("audit")["heads"].encode(), {"chain": only})
        heads = {name: chain.Head(seq, digest) for name, seq, digest in await cursor.fetchall()}
        followers = {name: chain.Follower(name) for name in heads}
        faults: dict[str, chain.Fault] = {}
        checked = 0
        async for stored in entries(connection, only):
            name = stored.chained.entry.chain
            if name not in faults:
                fault = _follow(followers.setdefault(name, chain.Follower(name)), stored)
                faults |= {name: fault} if fault else {}
            checked += 1
            if checked % AT_ONCE == 0:
                progress(checked)
    progress(checked)
    for name, follower in followers.items():
        fault = follower.ends_at(heads.get(name, chain.Head()))
        if name not in faults and fault is not None:
            faults[name] = fault
    return AuditReport(checked, heads, tuple(faults[name] for name in sorted(faults)))


async def entries(connection: Connection, only: str | None = None) -> AsyncIterator[StoredEntry]:
    """Every journal row in order, chain by chain, read as a stream. Needs a transaction."""
    async with connection.cursor(name="journal", binary=True) as cursor:
        cursor.itersize = AT_ONCE
        await cursor.execute(queries.load("audit")["entries"].encode(), {"chain": only})
        async for row in cursor:
            yield _stored(row)


def _follow(follower: chain.Follower, stored: StoredEntry) -> chain.Fault | None:
    if stored.encoding != chain.ENCODING:
        return chain.Fault(follower.chain, stored.chained.seq, f"has the unknown encoding {stored.encoding}")
    return follower.follow(stored.chained, stored.salts)


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
