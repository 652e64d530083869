"""Reads by key share a statement with those asked for at the same time."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from syspark.errors import Unavailable
from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.lookup import Lookup


class Table:
    """What is looked up: each number's double. It answers when it is let."""

    def __init__(self, database: Database) -> None:
        self.asked: list[list[int]] = []
        self.away = False
        self.let = asyncio.Event()
        self.let.set()
        self.lookup: Lookup[int, int] = Lookup(database, "doubles", self._read)

    async def _read(self, keys: Sequence[int]) -> Mapping[int, int]:
        self.asked.append(list(keys))
        await self.let.wait()
        if self.away:
            raise Unavailable("database", because="the test says so")
        return {key: key * 2 for key in keys if key > 0}


@pytest.fixture
async def table() -> AsyncIterator[Table]:
    """A table over a database that is never asked itself."""
    database = Database("postgresql://")
    made = Table(database)
    yield made
    await database.close()


async def test_what_is_asked_for_at_once_is_read_at_once(table: Table) -> None:
    assert await asyncio.gather(*(table.lookup.get(number) for number in (1, 2, -3, 2))) == [2, 4, None, 4]
    assert table.asked == [[1, 2, -3, 2]]


async def test_what_is_asked_for_during_a_read_goes_with_the_next(table: Table) -> None:
    table.let.clear()
    first = asyncio.ensure_future(table.lookup.get(1))
    while not table.asked:  # noqa: ASYNC110 - one turn of the loop
        await asyncio.sleep(0)
    later = [asyncio.ensure_future(table.lookup.get(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    assert table.asked == [[1]]
    table.let.set()
    assert await asyncio.gather(first, *later) == [2, 4, 6]
    assert table.asked == [[1], [2, 3]]


async def test_everyone_hears_of_an_outage_and_the_next_is_asked_again(table: Table) -> None:
    table.away = True
    answers = await asyncio.gather(table.lookup.get(1), table.lookup.get(2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
    table.away = False
    assert await table.lookup.get(1) == 2


async def test_one_who_no_longer_waits_costs_the_others_nothing(table: Table) -> None:
    table.let.clear()
    gone, stays = asyncio.ensure_future(table.lookup.get(1)), asyncio.ensure_future(table.lookup.get(2))
    await asyncio.sleep(0)
    gone.cancel()
    table.let.set()
    assert await stays == 4
    assert gone.cancelled()
