"""Wherever in the exchange with the database a line is cut, what was said to be written is, and once."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from syspark.errors import Unavailable
from syspark.persistence.audit import verify_chains
from syspark.persistence.postgres.stores import PostgresStores
from syspark.rows import Landed
from tests.persistence.relay import Scissors, through
from tests.persistence.test_lost_commit import EFFECTS, decide, insist
from tests.persistence.worker import Worker, ask

WAYS = ("to server", "to client")


@asynccontextmanager
async def behind(scissors: Scissors, url: str, home: Path) -> AsyncIterator[Worker]:
    """With one connection: a second one that is being opened would be cut instead."""
    async with scissors.listening(home), PostgresStores.open(url, size=1) as postgres:
        yield await Worker.take(postgres, url, "worker-a")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("way", WAYS)
async def test_an_insert_that_was_answered_is_there_and_asked_again_it_is_there_once(
    database_url: str, home: Path, way: str
) -> None:
    target, url = through(database_url, home)
    scissors = Scissors(target)
    told: Counter[bool] = Counter()
    async with behind(scissors, url, home) as worker:
        for number in count():
            row, refused = worker.make.fact(event_id=f"e-{number}"), worker.make.rejected()
            scissors.cut_after(number, way)
            insert = partial(worker.stores.inbox.insert, [worker.fence], [row], [refused])
            try:
                [inserted] = await insert()
            except Unavailable:
                told[False] += 1
            else:
                told[True] += 1
                assert inserted.landed is Landed.COMMITTED
                assert await ask(database_url, "SELECT count(*) FROM inbox WHERE id = %s", row.id) == [(1,)]
            was_cut = scissors.put_away()
            [again] = await insist(insert)
            assert again.landed is Landed.COMMITTED
            if not was_cut:
                break
    every = number + 1
    assert min(told.values()) > 0
    assert await ask(database_url, "SELECT count(*), count(DISTINCT event_id) FROM inbox") == [(every, every)]
    assert await ask(database_url, "SELECT count(*) FROM rejected_message") == [(every,)]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("way", WAYS)
async def test_a_decision_has_one_effect(database_url: str, home: Path, way: str) -> None:
    target, url = through(database_url, home)
    scissors = Scissors(target)
    met: Counter[str] = Counter()
    async with behind(scissors, url, home) as worker:
        for number in count():
            [row] = await insist(partial(worker.facts, 1))
            scissors.cut_after(number, way)
            await decide(worker, [worker.unit(row)], met)
            if not scissors.put_away():
                break
    assert met["unavailable"] > 0
    assert met["unknown"] > 0
    assert await ask(database_url, EFFECTS) == [(number + 1,) * 6], met
    assert (await verify_chains(database_url)).is_sound
