"""The age of what waits for its decision, as an alert reads it."""

from actors.testing import CarPark
from syspark.persistence.memory.faults import Call


def age(park: CarPark) -> float | None:
    """What is shown for the partition."""
    return park.metrics.registry.get_sample_value("syspark_inbox_oldest_undone_seconds", {"partition": "0"})


async def test_what_cannot_be_decided_grows_older_until_it_is() -> None:
    async with CarPark() as park:
        await park.when("parking/barriere", "CAFE0001")
        await park.pass_time(1)
        assert age(park) == 0

        held = park.stores.faults.hold(Call.COMMIT)
        await park.when("parking/barriere", "CAFE0002")
        await park.pass_time(5)
        await park.when("parking/barriere", "CAFE0003")
        await park.pass_time(7)
        shown = age(park)
        assert shown is not None
        assert 11 < shown <= 12, "the first of them counts"

        held.open()
        await park.pass_time(1)
        assert age(park) == 0


async def test_a_partition_that_is_held_no_more_shows_nothing_waiting() -> None:
    async with CarPark() as park:
        park.stores.faults.hold(Call.COMMIT)
        await park.when("parking/barriere", "CAFE0001")
        await park.pass_time(5)
        assert age(park)
        await park.kill()
        assert age(park) == 0
