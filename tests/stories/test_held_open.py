"""A lane held open, and the one order to close. Source: domain.md, "Commands to the site"."""

from msgspec.structs import replace

from actors.testing import CarPark
from syspark.domain.facts import PlateRead
from syspark.domain.messages import DeclareEmergency, LaneMode, Reported, SetLaneMode
from syspark.domain.units import DeviceName, Lane, Plate
from syspark.persistence.memory import default_site
from syspark.rows import Address, LaneRow, SiteRow

SITE = Address("site", "default")
PRESENT = "parking/sensor_gate/present"
PICTURE = Reported(
    device=DeviceName("exit/vision"),
    fact=PlateRead(plate=Plate("AB123CD"), lane=Lane.EXIT, valid=False, photo=True),
)
"""Of a camera that could not read the plate for certain."""


def _watched() -> SiteRow:
    """A site whose exit has the presence sensor."""
    site = default_site()
    lanes = tuple(LaneRow(lane.lane, has_sensor=lane.lane == Lane.EXIT) for lane in site.lanes)
    devices = tuple(
        replace(device, lane=Lane.EXIT) if device.kind == "sensor_gate" else device for device in site.devices
    )
    return replace(site, lanes=lanes, devices=devices)


async def _set(park: CarPark, mode: LaneMode) -> None:
    await park.request(SITE, SetLaneMode(lane=Lane.EXIT, mode=mode, reason="works", author="ines"))
    await park.pass_time(1)


def _told(park: CarPark) -> list[bytes]:
    return [one.payload for one in park.seen if one.topic == "parking/barriere/cmd"]


async def _passed_and_clear(park: CarPark, seconds: float) -> None:
    """A car has been at the exit's sensor, and has been gone from it for so long."""
    await park.when(PRESENT, "1", retain=True)
    await park.pass_time(2)
    await park.when(PRESENT, "0", retain=True)
    await park.pass_time(seconds)


async def test_a_lane_that_is_held_open_is_opened() -> None:
    async with CarPark(sites=[_watched()]) as park:
        await _set(park, LaneMode.HELD_OPEN)

        assert _told(park) == [b"100"]


async def test_it_is_closed_when_nobody_stands_there_and_a_picture_shows_it() -> None:
    async with CarPark(sites=[_watched()]) as park:
        await _set(park, LaneMode.HELD_OPEN)
        await _passed_and_clear(park, 11)
        park.forget()
        await park.request(SITE, PICTURE)

        await _set(park, LaneMode.CONTROLLED)

        assert _told(park) == [b"000"]


async def test_without_a_fresh_picture_it_is_left_as_it_is() -> None:
    async with CarPark(sites=[_watched()]) as park:
        await _set(park, LaneMode.HELD_OPEN)
        await _passed_and_clear(park, 11)
        park.forget()

        await _set(park, LaneMode.CONTROLLED)

        assert _told(park) == []


async def test_a_car_that_has_just_left_keeps_it_open() -> None:
    async with CarPark(sites=[_watched()]) as park:
        await _set(park, LaneMode.HELD_OPEN)
        await _passed_and_clear(park, 5)
        park.forget()
        await park.request(SITE, PICTURE)

        await _set(park, LaneMode.CONTROLLED)

        assert _told(park) == []


async def test_in_an_evacuation_nothing_closes() -> None:
    async with CarPark(sites=[_watched()]) as park:
        await _set(park, LaneMode.HELD_OPEN)
        await park.request(SITE, DeclareEmergency(author="ines"))
        await _passed_and_clear(park, 11)
        await park.request(SITE, PICTURE)

        await _set(park, LaneMode.CONTROLLED)

        assert b"000" not in _told(park)


async def test_where_no_sensor_watches_nothing_closes() -> None:
    site = _watched()
    unwatched = replace(site, lanes=tuple(LaneRow(lane.lane, has_sensor=False) for lane in site.lanes))
    async with CarPark(sites=[unwatched]) as park:
        await _set(park, LaneMode.HELD_OPEN)
        await _passed_and_clear(park, 11)
        await park.request(SITE, PICTURE)

        await _set(park, LaneMode.CONTROLLED)

        assert b"000" not in _told(park)
