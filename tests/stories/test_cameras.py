"""Cameras that look at the front or at the rear of a vehicle: trailers, motorcycles, and how well each camera reads.

Source: domain.md, "Identity and fusion", "Devices, health"; docs/identity.md.
"""

import pytest

from actors.testing import CarPark
from syspark.domain.messages import SetPolicy
from syspark.persistence.memory import default_site
from syspark.rows import Address, SiteRow
from tests.stories.drivers import Drivers, with_sensor_at_exit

AT_ENTRY, AT_EXIT = "parking/entry/vision/plate", "parking/exit/vision/plate"
PRESENCE = "parking/sensor_gate/present"
CAR, TRAILER, VAN = "AA123BB", "JK789LM", "EF456GH"


def front(plate: str) -> dict[str, object]:
    return {"plate": plate, "confidence": 0.97, "side": "front"}


def rear(plate: str) -> dict[str, object]:
    return {"plate": plate, "confidence": 0.97, "side": "rear"}


async def came_in(park: CarPark, *read: dict[str, object], after_s: float = 0) -> None:
    """One vehicle enters past the sensor, both its ends read on the way, and stays a while."""
    await park.when(PRESENCE, "1", retain=True)
    for one in read:
        await park.when(AT_ENTRY, one)
        await park.pass_time(after_s)
    await park.when(PRESENCE, "0", retain=True)


def at_exit() -> SiteRow:
    """A site whose sensor watches the exit."""
    return with_sensor_at_exit(default_site())


async def test_a_car_with_a_trailer_is_one_vehicle_with_one_session_and_one_place() -> None:
    async with CarPark() as park:
        await came_in(park, front(CAR), rear(TRAILER))
        assert (len(await park.open_sessions()), await park.occupancy(), park.opened) == (1, 1, ["entry"])


async def test_the_rear_of_a_slow_trailer_is_still_of_the_car_that_the_lane_was_opened_for() -> None:
    async with CarPark() as park:
        await came_in(park, front(CAR), rear(TRAILER), after_s=14)
        assert (len(await park.open_sessions()), park.opened) == (1, ["entry"])


async def test_a_front_that_is_read_long_after_the_opening_is_the_next_vehicle_s() -> None:
    async with CarPark() as park:
        await came_in(park, front(CAR), front(VAN), after_s=14)
        assert (len(await park.open_sessions()), park.opened) == (2, ["entry", "entry"])


async def test_behind_a_car_whose_rear_was_seen_comes_another_vehicle() -> None:
    async with CarPark() as park:
        await came_in(park, front(CAR), rear(CAR), rear(VAN), after_s=7)
        assert len(await park.open_sessions()) == 2


@pytest.mark.parametrize("plate", [CAR, TRAILER])
@pytest.mark.parametrize("read", [(front(CAR), rear(TRAILER)), (rear(TRAILER), front(CAR))], ids=["front", "rear"])
async def test_either_plate_of_a_car_with_a_trailer_finds_it_at_the_exit(
    plate: str, read: tuple[dict[str, object], ...]
) -> None:
    async with CarPark() as park:
        await came_in(park, *read)
        await park.restart()
        await park.pass_time(600)
        await park.when(AT_EXIT, front(plate))
        assert (park.opened[-1], await park.open_sessions(), await park.occupancy()) == ("exit", [], 0)


@pytest.mark.parametrize("read", [(front(CAR), rear(TRAILER)), (rear(TRAILER), front(CAR))], ids=["front", "rear"])
async def test_a_car_with_a_trailer_is_charged_once(read: tuple[dict[str, object], ...]) -> None:
    async with Drivers() as drivers:
        park = drivers.park
        await came_in(park, *read)
        await park.pass_time(270)
        park.forget()
        for one in reversed(read):
            await park.when(AT_EXIT, one)
        assert (park.asked, len(await park.all_sessions())) == ([250], 1)


async def test_a_trailer_left_behind_leaves_with_whoever_tows_it() -> None:
    async with CarPark() as park:
        await came_in(park, front(CAR), rear(TRAILER))
        await park.pass_time(61)
        await came_in(park, front(VAN))
        await park.pass_time(61)
        await park.when(AT_EXIT, front(CAR))
        await park.pass_time(400)
        await park.when(AT_EXIT, front(VAN))
        await park.when(AT_EXIT, rear(TRAILER))
        assert (await park.open_sessions(), await park.occupancy()) == ([], 0)
        assert [session.review for session in await park.all_sessions()] == [(), ()]


async def test_who_tows_the_trailer_of_one_still_inside_pays_for_themselves_only() -> None:
    async with Drivers(watched=True) as drivers:
        park = drivers.park
        for read in ((front(CAR), rear(TRAILER)), (front(VAN),)):
            for one in read:
                await park.when(AT_ENTRY, one)
            await park.pass_time(270)
        park.forget()
        await park.when(PRESENCE, "1", retain=True)
        await park.when(AT_EXIT, front(VAN))
        await park.when(AT_EXIT, rear(TRAILER))
        assert park.asked == [250]
        assert "plate-of-another-visit" in park.rules()
        assert len(await park.open_sessions()) == 2


async def test_without_a_sensor_a_rear_read_just_after_the_front_is_the_same_vehicle_s() -> None:
    async with CarPark(sites=[at_exit()]) as park:
        await park.when(AT_ENTRY, front(CAR))
        await park.pass_time(6)
        await park.when(AT_ENTRY, rear(TRAILER))
        assert (len(await park.open_sessions()), park.opened) == (1, ["entry"])


async def test_without_a_sensor_a_car_that_follows_a_motorcycle_is_another_vehicle() -> None:
    async with CarPark(sites=[at_exit()]) as park:
        await park.when(AT_ENTRY, rear(VAN))
        await park.pass_time(6)
        await park.when(AT_ENTRY, front(CAR))
        assert (len(await park.open_sessions()), park.opened) == (2, ["entry", "entry"])


async def test_a_motorcycle_is_read_at_the_rear_only_and_nobody_is_called() -> None:
    async with CarPark() as park:
        await park.when(PRESENCE, "1", retain=True)
        await park.when(AT_ENTRY, rear(VAN))
        await park.pass_time(20)
        await park.when(PRESENCE, "0", retain=True)
        assert "nothing-read" not in park.rules()
        assert (park.opened, park.alarms()) == (["entry"], [])

        await park.pass_time(600)
        await park.when(AT_EXIT, rear(VAN))
        assert (park.opened[-1], await park.open_sessions()) == ("exit", [])


async def test_a_lane_s_camera_is_at_the_front_until_the_site_s_rules_say_that_it_is_at_the_rear() -> None:
    async with CarPark() as park:
        await park.when(AT_ENTRY, {"plate": CAR})
        asked = SetPolicy(changes={"rear_cameras": ["entry"]}, author="ada")
        await park.request(Address("site", "default"), asked)
        await park.pass_time(2)
        await park.when(AT_ENTRY, {"plate": VAN})
        assert set((await park.twin("entry")).rates) == {"entry", "entry rear"}


async def test_rules_that_name_a_lane_the_site_does_not_have_change_nothing() -> None:
    async with CarPark() as park:
        asked = SetPolicy(changes={"rear_cameras": ["roof"]}, author="ada")
        await park.request(Address("site", "default"), asked)
        await park.pass_time(2)
        assert "policy-not-understood" in park.rules()


async def test_each_camera_of_a_lane_is_judged_by_what_it_reads_itself() -> None:
    """The rear camera sees every car, the front one every other: of the two, only its own rate falls."""
    async with CarPark() as park:
        for number in range(50):
            plate = f"AA{number:03d}BB"
            ends = (front(plate), rear(plate)) if number % 2 == 0 else (rear(plate),)
            await came_in(park, *ends)
            await park.pass_time(61)
        rates = (await park.twin("entry")).rates
        assert (rates["entry"].last, rates["entry rear"].last) == (0.5, 1.0)
