"""Closed days on a real database: nobody changes them, nothing slips in behind them, and who tampers is found."""

import asyncio
from datetime import date, timedelta

import psycopg
import pytest

from actors.closer import close_all
from syspark.clock import SteppedClock
from syspark.domain.closing import Closing
from syspark.ids import IdSource
from syspark.persistence.closing_audit import ClosingFault, verify_closings
from syspark.persistence.postgres.stores import PostgresStores
from tests.persistence.contract.benches import PostgresBench
from tests.persistence.contract.making import NOON
from tests.persistence.contract.test_contract_closings import TODAY, sale
from tests.persistence.worker import Worker, ask
from tests.servers.waiting import eventually

AGAIN = """
    INSERT INTO ledger_entry SELECT (jsonb_populate_record(l, jsonb_build_object('id', gen_random_uuid()))).*
    FROM ledger_entry l WHERE local_day = '2026-11-22'
"""
TAMPERED = (
    ("UPDATE ledger_entry SET amount_cents = 1 WHERE local_day = '2026-11-23'", 2, "has other totals than the ledger"),
    ("UPDATE ledger_entry SET reason = 'x' WHERE local_day = '2026-11-23'", 2, "is of other entries than the ledger's"),
    ("DELETE FROM ledger_entry WHERE local_day = '2026-11-23'", 2, "holds 2 entries, the ledger 0"),
    (AGAIN, 1, "holds 1 entries, the ledger 2"),
    ("DELETE FROM closing WHERE seq = 2", 3, "is missing"),
    ("UPDATE closing SET body = (SELECT body FROM closing WHERE seq = 1) WHERE seq = 2", 1, "stands twice"),
)


async def book(worker: Worker, *days: date) -> None:
    """Book a sale on each of these days."""
    [row] = await worker.facts(1)
    unit = worker.make.unit(row, ledger=tuple(sale(worker.make, 250, day) for day in days))
    await worker.stores.units.commit([worker.fence], [unit])


async def closed(worker: Worker, days: int = 1) -> list[Closing]:
    """Close what is over so many days later."""
    clock = SteppedClock(NOON + timedelta(days=days))
    return list(await close_all(worker.stores.closings, clock, IdSource(clock), "system"))


@pytest.fixture
async def three_days(worker: Worker) -> Worker:
    """A ledger of which three days are closed."""
    tomorrow = TODAY + timedelta(days=1)
    await book(worker, TODAY, tomorrow, tomorrow)
    assert len(await closed(worker, 3)) == 3
    return worker


@pytest.mark.parametrize("table", ["ledger_entry", "closing"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET site_id = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_a_closed_day_never_changes_not_even_by_the_database_s_owner(
    three_days: Worker, database_url: str, table: str, statement: str
) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation, match="is never changed"):
        await ask(database_url, statement.format(table))
    assert (await verify_closings(three_days.postgres.database)).faults == ()


async def test_an_entry_being_written_is_waited_for(worker: Worker, database_url: str) -> None:
    await book(worker, TODAY)
    bench = PostgresBench(database_url, worker.stores, worker.make.site)
    [row] = await worker.facts(1)
    late = worker.make.unit(row, ledger=(sale(worker.make, 1000, TODAY),))
    async with bench.under_way(worker.fence, late) as finish:
        closing = asyncio.create_task(closed(worker), name="closing")
        await eventually(lambda: someone_waits(database_url), "the closing waits")
        await finish(written=True)
        [made] = await closing
    assert (made.entries, made.running) == (2, (("EUR", 1250),))


async def test_two_who_close_at_once_close_once(worker: Worker, database_url: str) -> None:
    await book(worker, TODAY)
    async with PostgresStores.open(database_url) as other:
        clock = SteppedClock(NOON + timedelta(days=2))
        ids = IdSource(clock)
        made = await asyncio.gather(
            *(close_all(stores.closings, clock, ids, "system") for stores in (worker.stores, other.stores))
        )
    assert sorted(one.seq for both in made for one in both) == [1, 2]


@pytest.mark.parametrize(("damage", "seq", "what"), TAMPERED)
async def test_who_tampers_with_a_closed_day_is_found(
    three_days: Worker, database_url: str, damage: str, seq: int, what: str
) -> None:
    sound = await verify_closings(three_days.postgres.database)
    assert (sound.closings, sound.faults, sound.newest["default"].seq) == (3, (), 3)
    await ask(database_url, "ALTER TABLE ledger_entry DISABLE TRIGGER ALL")
    await ask(database_url, "ALTER TABLE closing DISABLE TRIGGER ALL")
    await ask(database_url, damage)
    assert (await verify_closings(three_days.postgres.database)).faults == (ClosingFault("default", seq, what),)


def someone_waits(url: str) -> bool:
    """Whether somebody waits to keep the entries of a site out."""
    with psycopg.connect(url) as owner:
        return bool(owner.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchall())
