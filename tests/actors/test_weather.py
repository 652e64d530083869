"""The weather of a site: published for its displays, kept by its twin, never as news when it is old."""

import msgspec

from actors.testing import CarPark
from syspark.domain.facts import WeatherReported
from syspark.domain.messages import Reported
from syspark.domain.units import DeviceName
from syspark.rows import Address, Fate

TOPIC = "parking/meteo"


async def told(park: CarPark, temperature: float) -> WeatherReported:
    """The site's weather client has posted, and the worker has found it."""
    fact = WeatherReported(ville="Brest", description="pluie", temperature=temperature, humidite=91, vent=40)
    await park.request(Address("site", "default"), Reported(device=DeviceName("meteo"), fact=fact))
    await park.pass_time(1.0)
    return fact


def shown(park: CarPark) -> list[float]:
    """The temperatures that displays were told."""
    return [msgspec.json.decode(payload)["temperature"] for payload in park.payloads(TOPIC)]


async def retained(park: CarPark) -> list[bytes]:
    """What a display hears that connects now."""
    watcher = park.broker.subscribe(TOPIC)
    await park.settle()
    return [message.payload for message in watcher.received]


async def test_it_is_published_with_the_ten_fields_of_v1_and_nothing_waits_for_its_fate(park: CarPark) -> None:
    await told(park, 11.5)
    [payload] = park.payloads(TOPIC)
    assert list(msgspec.json.decode(payload)) == [
        "ville",
        "description",
        "temperature",
        "humidite",
        "vent",
        "vent_dir",
        "prevision",
        "pluie",
        "co2",
        "air",
    ]
    assert park.fates("weather") == [Fate.ACKED]
    assert await park.stores.stores.outbox.unfinished(0) == []


async def test_a_display_that_comes_later_is_told_for_three_hours(park: CarPark) -> None:
    await told(park, 11.5)
    assert await retained(park) == park.payloads(TOPIC)
    await park.pass_time(3 * 3600)
    assert await retained(park) == []


async def test_after_an_outage_only_the_newest_is_told(park: CarPark) -> None:
    park.broker.refuse()
    park.broker.disconnect()
    for temperature in (1.0, 2.0, 3.0):
        await told(park, temperature)
    park.broker.accept()
    await park.pass_time(10.0)
    assert shown(park) == [3.0]
    assert park.fates("weather") == [Fate.WITHHELD, Fate.WITHHELD, Fate.ACKED]


async def test_old_weather_is_not_told_at_all(park: CarPark) -> None:
    park.broker.refuse()
    park.broker.disconnect()
    await told(park, 1.0)
    park.clock.advance(3 * 3600)
    park.broker.accept()
    await park.pass_time(20.0)
    assert (shown(park), park.fates("weather")) == ([], [Fate.EXPIRED])
