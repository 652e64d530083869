"""Decisions of several sites become true side by side, those of one chain one after the other."""

from collections.abc import AsyncIterator

import pytest

from actors.testing import CarPark
from syspark.persistence.memory import Call, default_site
from tests.actors.badges import ALICE, BADGE, BOB

ELSEWHERE = "elsewhere"
ELSEWHERE_S_BADGE = f"parking/{ELSEWHERE}/barriere"


@pytest.fixture
async def parks() -> AsyncIterator[CarPark]:
    """Two sites that have heard of nobody today."""
    async with CarPark(sites=[default_site(), default_site(ELSEWHERE)], badges=[ALICE, BOB]) as park:
        yield park


async def test_one_site_s_commit_does_not_wait_for_another_s(parks: CarPark) -> None:
    slow = parks.stores.faults.hold(Call.COMMIT)
    await parks.when(BADGE, ALICE.uid)
    await slow.reached()
    parks.stores.faults.hold(Call.COMMIT).open()
    await parks.when(ELSEWHERE_S_BADGE, "DEADBEEF")
    assert (parks.rules(), parks.rules(ELSEWHERE)) == ([], ["badge-unknown"])
    slow.open()
    await parks.settle()
    assert parks.rules() == ["entry-admitted"]


async def test_what_adds_to_a_chain_that_is_being_written_waits_for_it(parks: CarPark) -> None:
    slow = parks.stores.faults.hold(Call.COMMIT)
    await parks.when(BADGE, ALICE.uid)
    await slow.reached()
    parks.stores.faults.hold(Call.COMMIT).open()
    await parks.when("parking/radio/tx/status", "OK")
    await parks.when(ELSEWHERE_S_BADGE, "DEADBEEF")
    assert (parks.rules(), parks.rules(ELSEWHERE)) == ([], ["badge-unknown"])
    slow.open()
    await parks.settle()
    assert parks.rules() == ["entry-admitted", "reported"]
    assert parks.faults_of_journals() == []
