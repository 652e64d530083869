"""Both ends of a vehicle that passed while its site was cut off. Source: domain.md, "Identity and fusion"."""

from collections.abc import Sequence

import pytest

from actors.testing import CarPark
from actors.testing.field import Report
from tests.stories.test_cameras import CAR, TRAILER, VAN
from tests.stories.test_replay import kept, minutes_ago, stays

AT_ENTRY, AT_EXIT = "parking/entry/vision/plate", "parking/exit/vision/plate"


def told(park: CarPark, topic: str, plate: str, side: str, minutes: float, later_s: float = 0) -> Report:
    """What a camera read so long ago."""
    return kept(minutes_ago(park, minutes - later_s / 60), topic, {"plate": plate, "confidence": 0.97, "side": side})


def with_trailer(park: CarPark, topic: str, minutes: float, car: str = CAR) -> list[Report]:
    """A car is read in front, and its trailer behind it."""
    return [told(park, topic, car, "front", minutes), told(park, topic, TRAILER, "rear", minutes, 4)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_car_and_its_trailer_told_of_the_past_are_one_vehicle(order: Sequence[int]) -> None:
    async with CarPark() as park:
        read = with_trailer(park, AT_ENTRY, 60)
        for place in order:
            await park.when_all([read[place]])
        [session] = await park.open_sessions()
        assert (session.opened_at, await park.occupancy()) == (minutes_ago(park, 60), 1)
        for plate in (CAR, TRAILER):
            await park.when(AT_EXIT, {"plate": plate, "confidence": 0.97, "side": "front"})
            assert park.asked[-1:] == [100], "either plate finds it"
        assert len(await park.all_sessions()) == 1


async def test_a_car_and_its_trailer_have_left_once() -> None:
    async with CarPark() as park:
        await park.when_all([*with_trailer(park, AT_ENTRY, 60), *with_trailer(park, AT_EXIT, 20)])
        [(_, left_at, closed_as)] = stays(await park.all_sessions())
        assert left_at is not None
        assert (closed_as, await park.occupancy()) == ("left_unpaid", 0)


async def test_a_trailer_that_was_fetched_here_has_left_with_its_car() -> None:
    async with CarPark() as park:
        await park.when_all([told(park, AT_ENTRY, CAR, "front", 60), *with_trailer(park, AT_EXIT, 20)])
        [(_, _, closed_as)] = stays(await park.all_sessions())
        assert (closed_as, await park.occupancy()) == ("left_unpaid", 0)


async def test_a_trailer_that_another_one_has_towed_out_leaves_its_car_inside() -> None:
    async with CarPark() as park:
        await park.when_all([*with_trailer(park, AT_ENTRY, 60), told(park, AT_ENTRY, VAN, "front", 50)])
        await park.when_all(with_trailer(park, AT_EXIT, 20, VAN))
        [inside] = await park.open_sessions()
        assert (inside.opened_at, await park.occupancy()) == (minutes_ago(park, 60), 1)


@pytest.mark.parametrize(
    ("side", "later_s"), [("front", 8), ("rear", 8), ("rear", 30)], ids=["front", "whose-rear-was-seen", "long-after"]
)
async def test_who_drove_in_behind_is_another_vehicle(side: str, later_s: float) -> None:
    async with CarPark() as park:
        await park.when_all(told(park, AT_ENTRY, CAR, end, 60, after_s) for end, after_s in (("front", 0), ("rear", 3)))
        await park.when_all([told(park, AT_ENTRY, VAN, side, 60, later_s)])
        assert (len(await park.open_sessions()), await park.occupancy()) == (2, 2)


async def test_a_front_read_after_a_rear_follows_a_motorcycle() -> None:
    async with CarPark() as park:
        await park.when_all([told(park, AT_ENTRY, VAN, "rear", 60), told(park, AT_ENTRY, CAR, "front", 60, 6)])
        assert len(await park.open_sessions()) == 2
