"""Plates that are over their time, seen from the lane: a site forgets who is gone, and nobody who is there.

How long what is kept is told by tests/persistence/test_retention.py, on the real database. Source: docs/privacy.md.
"""

from uuid import UUID

from actors.testing import CarPark
from syspark.domain.messages import ForgetPlates, SetPolicy
from syspark.domain.rerun import Rerun, setups_in
from syspark.domain.units import SiteId, SubjectId
from syspark.rows import Address

ENTRY, EXIT, SITE = "parking/entry/vision/plate", "parking/exit/vision/plate", Address("site", "default")


async def read(park: CarPark, topic: str, plate: str) -> None:
    """A camera reads a plate, of a car that is gone or through ten minutes later."""
    await park.when(topic, {"plate": plate, "lane": topic.split("/")[1], "confidence": 0.97, "valid": True})
    await park.pass_time(600)


async def subject(park: CarPark, plate: str) -> UUID | None:
    return await park.stores.another().stores.state.subject(SiteId("default"), plate)


async def forget(park: CarPark, found: UUID | None) -> None:
    """The nightly look asks the site to forget a plate."""
    assert found is not None
    await park.request(SITE, ForgetPlates(subjects=(SubjectId(str(found)),)))
    await park.pass_time(2)


async def test_a_plate_that_was_refused_is_forgotten_and_comes_back_as_one_never_seen() -> None:
    async with CarPark() as park:
        await park.request(SITE, SetPolicy(changes={"visitors_admitted": False}, author="op"))
        await park.pass_time(2)
        await read(park, ENTRY, "AB123CD")
        first = await subject(park, "AB123CD")
        await forget(park, first)
        assert await subject(park, "AB123CD") is None

        await park.request(SITE, SetPolicy(changes={"visitors_admitted": True}, author="op"))
        await park.pass_time(2)
        await read(park, ENTRY, "AB123CD")
        second = await subject(park, "AB123CD")
        assert second not in {None, first}
        await read(park, EXIT, "AB123CD")
        assert park.opened == ["entry", "exit"]

        rows, again = park.recorded(), Rerun()
        setups = setups_in(rows)
        for row in rows:
            again.add(row, setups)
        assert again.differences == []


async def test_a_plate_that_is_inside_is_not_forgotten_whoever_asks() -> None:
    async with CarPark() as park:
        await read(park, ENTRY, "AB123CD")
        there = await subject(park, "AB123CD")
        await forget(park, there)
        assert await subject(park, "AB123CD") == there
        await read(park, EXIT, "AB123CD")
        assert park.opened == ["entry", "exit"]
        assert await park.open_sessions() == []
