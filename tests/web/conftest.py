"""Fixtures for tests of the web over the real database."""

from collections.abc import AsyncIterator

import pytest

from tests.web.field import Field
from tests.web.serving import Reader, Served, served_on


@pytest.fixture
def field(database_url: str) -> Field:
    """The car park of a test."""
    return Field(database_url)


@pytest.fixture
async def running(field: Field) -> AsyncIterator[Served]:
    """The application over this test's database."""
    async with served_on(field.url) as application:
        yield application


@pytest.fixture
async def reader(running: Served) -> AsyncIterator[Reader]:
    """Somebody who has not signed in."""
    async with Reader.visiting(running) as made:
        yield made


@pytest.fixture
async def operator(field: Field, reader: Reader) -> Reader:
    """Somebody who has."""
    field.operator()
    await reader.sign_in()
    return reader
