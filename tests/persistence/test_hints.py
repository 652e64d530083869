"""The word between processes that something has changed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from syspark.errors import Unavailable
from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.hints import PostgresHints
from syspark.persistence.postgres.stores import PostgresStores
from syspark.persistence.postgres.web_stores import open_web_stores
from tests.persistence.worker import Worker, ask

CUT = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE position('LISTEN' IN query) > 0 AND pid <> pg_backend_pid() AND datname = current_database()
"""


@pytest.fixture
async def hints(database_url: str) -> AsyncIterator[PostgresHints]:
    """Those of a process with pages."""
    database = Database(database_url, role="syspark_web")
    await database.open()
    yield PostgresHints(database)
    await database.close()


async def test_who_listens_hears_that_it_does_and_every_word(hints: PostgresHints, postgres: PostgresStores) -> None:
    async with asyncio.timeout(5), aclosing(hints.heard()) as heard:
        await anext(heard)
        await postgres.stores.hints.give()
        await anext(heard)


async def test_what_the_pages_and_gateways_put_into_a_mailbox_is_told(worker: Worker, database_url: str) -> None:
    async with (
        open_web_stores(database_url) as web,
        asyncio.timeout(5),
        aclosing(worker.stores.hints.requested()) as heard,
    ):
        await anext(heard)
        await web.requests.put(worker.make.fact())
        await anext(heard)
        await web.edge.put(worker.make.fact(event_id="e-1"), None)
        await anext(heard)


async def test_a_lost_line_is_told(hints: PostgresHints, database_url: str) -> None:
    async with asyncio.timeout(5), aclosing(hints.heard()) as heard:
        await anext(heard)
        await ask(database_url, CUT)
        with pytest.raises(Unavailable):
            await anext(heard)
