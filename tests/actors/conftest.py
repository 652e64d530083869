"""A car park for every test, and no actor left behind by any."""

from collections.abc import AsyncIterator

import pytest
from pykka import ActorRegistry

from actors.testing import CarPark
from tests.actors.badges import ALICE, BOB, VISITOR


@pytest.fixture(autouse=True)
async def _no_actor_left() -> AsyncIterator[None]:
    yield
    assert not ActorRegistry.get_all()


@pytest.fixture
async def park() -> AsyncIterator[CarPark]:
    """The default site with Alice and Bob, subscribers, and a visitor's badge; connected and quiet."""
    async with CarPark(badges=[ALICE, BOB, VISITOR]) as park:
        await park.pass_time(2.0)
        yield park
