"""Fixtures for tests against the real database alone."""

from collections.abc import AsyncIterator

import pytest

from syspark.persistence.postgres.stores import PostgresStores
from tests.persistence.worker import Worker


@pytest.fixture
async def postgres(database_url: str) -> AsyncIterator[PostgresStores]:
    """Stores on a migrated database of this test's own."""
    async with PostgresStores.open(database_url) as opened:
        yield opened


@pytest.fixture
async def worker(postgres: PostgresStores, database_url: str) -> Worker:
    """A worker that holds the default site's partition."""
    return await Worker.take(postgres, database_url, "worker-a")
