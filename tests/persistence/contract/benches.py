"""What the suite needs beside the ports: to let time pass, to look behind them, and to leave a commit half-way."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, LiteralString, Protocol, Self
from uuid import UUID

import psycopg

from syspark.clock import SteppedClock
from syspark.domain.units import SiteId
from syspark.persistence.memory import MemoryStores, default_site
from syspark.persistence.postgres.database import Connection, Database
from syspark.persistence.postgres.stores import PostgresStores
from syspark.ports import CommitUnknown, Stores
from syspark.rows import Address, ChainedEntry, Fence, JournalEntry, LedgerRow, PaymentRow, Scope, SiteRow, Unit
from tests.persistence.contract.making import NOON


class Finish(Protocol):
    """Ends a transaction that was left under way."""

    async def __call__(self, *, written: bool) -> None:
        """Commit it, or abort it."""


class Bench(Protocol):
    """One kind of stores on an empty database that holds the default site and a second, empty partition."""

    stores: Stores
    site: SiteRow
    second_partition: int

    async def let_lease_run_out(self, partition: int) -> None:
        """Let the lease of a partition end."""

    async def let_beats_pass(self) -> None:
        """Let every worker be silent for so long that it counts as dead."""

    async def journal(self, chain: str) -> Sequence[ChainedEntry]:
        """A chain's entries in order, with their personal values."""

    async def body(self, row_id: UUID) -> bytes:
        """The stored body of an inbox row."""

    async def rejected(self) -> Sequence[UUID]:
        """The ids of what was refused at the edge."""

    async def payments(self) -> Sequence[PaymentRow]:
        """Every payment, in the order of its making."""

    async def ledger(self) -> Sequence[LedgerRow]:
        """Everything that was booked."""

    def under_way(self, fence: Fence, unit: Unit) -> AbstractAsyncContextManager[Finish]:
        """Leave a unit's commit under way, its answer lost; the block ends it."""


class MemoryBench:
    """The stores in memory."""

    def __init__(self) -> None:
        self._clock = SteppedClock(NOON)
        self.site = default_site()
        self.second_partition = self.site.partition + 1
        self.memory = MemoryStores(self._clock, sites=[self.site], partitions=2)
        self.stores = self.memory.stores

    async def let_lease_run_out(self, partition: int) -> None:
        """All leases end."""
        self._clock.advance(10.001)

    async def let_beats_pass(self) -> None:
        """All are silent."""
        self._clock.advance(6.001)

    async def journal(self, chain: str) -> Sequence[ChainedEntry]:
        """What the tables hold."""
        return self.memory.journal(chain)

    async def body(self, row_id: UUID) -> bytes:
        """What the tables hold."""
        return self.memory.inbox_row(row_id).row.body

    async def rejected(self) -> Sequence[UUID]:
        """What the tables hold."""
        return [message.id for message in self.memory.rejected()]

    async def payments(self) -> Sequence[PaymentRow]:
        """What the tables hold."""
        return self.memory.payments()

    async def ledger(self) -> Sequence[LedgerRow]:
        """What the tables hold."""
        return self.memory.ledger()

    @asynccontextmanager
    async def under_way(self, fence: Fence, unit: Unit) -> AsyncIterator[Finish]:
        """By the fault of that name, on another process's way to the tables."""
        other = self.memory.another()
        ghost = other.faults.leave_under_way()
        with suppress(CommitUnknown):
            await other.stores.units.commit([fence], [unit])

        async def finish(*, written: bool) -> None:
            ghost.end(written=written)

        yield finish


class PostgresBench:
    """The stores on PostgreSQL; `url` is its owner's, so that the suite may look behind the worker's role."""

    def __init__(self, url: str, stores: Stores, site: SiteRow) -> None:
        self._url = url
        self.stores = stores
        self.site = site
        self.second_partition = site.partition + 1

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        """On a migrated database."""
        async with PostgresStores.open(url) as postgres:
            site = await postgres.stores.state.site(SiteId("default"))
            assert site is not None, "the migrations made no default site"
            bench = cls(url, postgres.stores, site)
            await bench._run("INSERT INTO partition (id) VALUES (%s) ON CONFLICT DO NOTHING", bench.second_partition)
            yield bench

    async def let_lease_run_out(self, partition: int) -> None:
        """By hand: PostgreSQL's clock is not ours to turn."""
        await self._run("UPDATE partition SET lease_until = now() - interval '1 ms' WHERE id = %s", partition)

    async def let_beats_pass(self) -> None:
        """By hand as well."""
        await self._run("UPDATE worker SET beat_at = now() - interval '6001 ms'")

    async def journal(self, chain: str) -> Sequence[ChainedEntry]:
        """What the tables hold, the personal values joined to their rows."""
        rows = await self._run(
            """
            SELECT j.seq, j.organisation_id, j.site_id, j.at, j.fact_at, j.actor_kind, j.actor_id, j.kind, j.rule,
                j.inputs, j.cause, j.commitments, j.previous, j.digest,
                coalesce((SELECT jsonb_object_agg(p.name, p.value) FROM journal_personal p
                    WHERE p.chain = j.chain AND p.seq = j.seq), '{}')
            FROM journal j WHERE j.chain = %s ORDER BY j.seq
            """,
            chain,
        )
        return [_chained(chain, row) for row in rows]

    async def body(self, row_id: UUID) -> bytes:
        """What the table holds."""
        [row] = await self._run("SELECT body FROM inbox WHERE id = %s", row_id)
        return bytes(row[0])

    async def rejected(self) -> Sequence[UUID]:
        """What the table holds."""
        return [row[0] for row in await self._run("SELECT id FROM rejected_message ORDER BY id")]

    async def payments(self) -> Sequence[PaymentRow]:
        """What the table holds."""
        rows = await self._run(
            """
            SELECT p.id, p.organisation_id, p.site_id, s.partition, p.session_id::text, p.state, p.means,
                p.amount_cents, p.currency, p.body, p.made_at, p.checkout_ref, p.payment_ref, p.paid_at,
                p.refunded_cents, p.receipt_number, p.receipt_code
            FROM payment p JOIN site s USING (site_id) ORDER BY p.id
            """
        )
        return [PaymentRow(row[0], Scope(*row[1:4]), *row[4:]) for row in rows]

    async def ledger(self) -> Sequence[LedgerRow]:
        """What the table holds."""
        rows = await self._run(
            """
            SELECT e.id, e.organisation_id, e.site_id, s.partition, e.session_id::text, e.at, e.local_day, e.kind,
                e.means, e.amount_cents, e.currency, e.vat_cents, e.payment_id, e.author, e.reason, e.counter_of
            FROM ledger_entry e JOIN site s USING (site_id) ORDER BY e.id
            """
        )
        return [LedgerRow(row[0], Scope(*row[1:4]), *row[4:]) for row in rows]

    @asynccontextmanager
    async def under_way(self, fence: Fence, unit: Unit) -> AsyncIterator[Finish]:
        """By stores of their own whose commit is held at its end, then let through or cut off."""
        async with HeldDatabase.open_for(self._url) as held:
            commit = asyncio.create_task(PostgresStores(held).stores.units.commit([fence], [unit]))
            await held.reached.wait()

            async def finish(*, written: bool) -> None:
                held.written = written
                held.released.set()
                with suppress(CommitUnknown):
                    await commit

            try:
                yield finish
            finally:
                held.released.set()
                await asyncio.wait([commit])

    async def _run(self, statement: LiteralString, *parameters: object) -> list[tuple[Any, ...]]:
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
            cursor = await connection.execute(statement, parameters)
            return await cursor.fetchall() if cursor.description else []


def _chained(chain: str, row: tuple[Any, ...]) -> ChainedEntry:
    organisation_id, site_id, at, fact_at, actor_kind, actor_id, kind, rule, inputs, cause = row[1:11]
    actor = Address(actor_kind, actor_id)
    entry = JournalEntry(chain, organisation_id, site_id, at, fact_at, actor, kind, rule, inputs, cause, row[14])
    return ChainedEntry(entry, row[0], *row[11:14])


class HeldDatabase(Database):
    """Stops each commit between its last write and its end."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.reached = asyncio.Event()
        self.released = asyncio.Event()
        self.written = False

    @classmethod
    @asynccontextmanager
    async def open_for(cls, url: str) -> AsyncIterator[Self]:
        """Open for as long as the block lasts."""
        database = cls(url)
        await database.open()
        try:
            yield database
        finally:
            await database.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Commit or abort as told; in either case nobody hears how it ended."""
        async with super().transaction() as connection:
            yield connection
            await self._hold(connection)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Connection]:
        """As `transaction`, which it has to be for that."""
        async with super().alone() as connection:
            await connection.execute("BEGIN")
            yield connection
            await self._hold(connection)

    async def _hold(self, connection: Connection) -> None:
        self.reached.set()
        await self.released.wait()
        if not self.written:
            await connection.rollback()
        else:
            await connection.commit()
        raise CommitUnknown("held and let go")
