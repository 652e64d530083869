"""Devices that fall silent, on a virtual clock: told once, not in bursts, and never when it is we who are deaf."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from actors.silence import UNSTEADY_WITHIN_S, Silence
from actors.testing import CarPark
from syspark.domain.device import Health, Twin
from syspark.domain.messages import Life
from syspark.domain.units import SiteId
from syspark.persistence.memory import Call, default_site
from syspark.rows import Address, DeviceRow, RowStatus, SiteRow

SENSOR = "parking/sensor_gate/heartbeat"
BRIDGE = "parking/bridge/state"
MANY = 20


async def beat(park: CarPark, *topics: str, times: int = 1, retain: bool = False) -> None:
    """Beat every 2 s, the last time just now."""
    for number in range(times):
        if number:
            await park.pass_time(2.0)
        for topic in topics or (SENSOR,):
            await park.when(topic, str(int(park.clock.now().timestamp())), qos=0, retain=retain)


async def twin(park: CarPark, device: str = "sensor_gate", site: str = "default") -> Twin:
    """A twin as stored."""
    snapshot = await park.stores.another().stores.state.snapshot(Address("device", f"{site}/{device}"))
    return msgspec.json.decode(snapshot.body, type=Twin) if snapshot else Twin()


async def health(park: CarPark, device: str = "sensor_gate") -> Health | None:
    """A twin's health as stored."""
    return (await twin(park, device)).health


def told(park: CarPark) -> int:
    """How many messages twins were ever sent about their heartbeats."""
    return sum(stored.row.kind == "life-changed" for stored in park.rows())


def counted(park: CarPark) -> dict[str, float]:
    """Twins by health as the metrics tell."""
    value = park.metrics.registry.get_sample_value
    return {one.value: found for one in Health if (found := value("syspark_twins", {"health": one.value}))}


async def test_a_sensor_that_beats_costs_one_row_and_is_online(park: CarPark) -> None:
    await beat(park, times=200)
    await park.pass_time(1.0)
    assert await health(park) is Health.ONLINE
    assert told(park) == 1
    assert counted(park) == {"online": 1}


async def test_three_missed_beats_are_stale_ten_offline_and_one_beat_is_back(park: CarPark) -> None:
    await beat(park, times=10)
    await park.pass_time(5.0)
    assert await health(park) is Health.ONLINE
    await park.pass_time(2.0)
    assert await health(park) is Health.STALE
    await park.pass_time(12.0)
    assert await health(park) is Health.STALE
    await park.pass_time(2.0)
    assert await health(park) is Health.OFFLINE
    last = (await twin(park)).heard_at
    assert last is not None
    assert timedelta(seconds=20) <= park.clock.now() - last <= timedelta(seconds=22)
    await park.pass_time(3600)
    assert told(park) == 3
    await beat(park, times=2)
    assert await health(park) is Health.ONLINE
    assert told(park) == 4
    said = [rule for rule in park.rules() if rule.startswith(("device", "sensor"))]
    assert said[-4:] == ["device-offline", "sensor-distrusted", "device-back", "sensor-trusted"]


async def test_whoever_never_beat_is_never_missed(park: CarPark) -> None:
    await park.when("parking/ascenseur/state", '{"current": 0}', retain=True)
    await park.when("parking/sensor_gate/present", "0", retain=True)
    await park.pass_time(3600)
    assert (await health(park), await health(park, "ascenseur"), told(park)) == (Health.HEARD, Health.HEARD, 0)


async def test_what_a_device_says_besides_is_life_too(park: CarPark) -> None:
    await beat(park, times=2)
    for number in range(20):
        await park.pass_time(4.0)
        await park.when("parking/sensor_gate/present", str(number % 2), retain=True)
    assert (await health(park), told(park)) == (Health.ONLINE, 1)


async def test_a_retained_heartbeat_is_no_life(park: CarPark) -> None:
    await beat(park, times=3, retain=True)
    await park.pass_time(60.0)
    assert await health(park) is Health.OFFLINE
    await park.stop()
    await park.start()
    await park.pass_time(60.0)
    assert (await health(park), told(park)) == (Health.OFFLINE, 3)


async def test_a_young_heartbeat_that_the_broker_had_retained_is_no_life(park: CarPark) -> None:
    await park.stop()
    park.broker.publish(SENSOR, str(int(park.clock.now().timestamp())).encode(), qos=0, retain=True)
    park.broker.restart(sessions_lost=True)
    await park.start()
    await park.pass_time(2.0)
    assert (await health(park), told(park)) == (None, 0)
    assert await park.stores.stores.telemetry.last_seen(0) == {}


async def test_an_old_heartbeat_that_a_bridge_brings_as_a_new_one_is_no_life(park: CarPark) -> None:
    old = str(int(park.clock.now().timestamp()) - 200_000)
    for _ in range(5):
        await park.when(SENSOR, old, qos=0)
        await park.pass_time(2.0)
    assert (await health(park), told(park)) == (None, 0)
    assert await park.stores.stores.telemetry.last_seen(0) == {}


async def test_a_device_whose_clock_is_wrong_lives_by_its_clock_moving_on(park: CarPark) -> None:
    for number in range(5):
        await park.when(SENSOR, str(86_400 + 2 * number), qos=0)
        await park.pass_time(2.0)
    assert await health(park) is Health.ONLINE


async def test_after_a_start_nobody_is_missed_before_we_have_listened(park: CarPark) -> None:
    await beat(park, times=5)
    await park.stop()
    park.clock.advance(3600)
    await park.start()
    await park.pass_time(5.0)
    assert (await health(park), told(park)) == (Health.ONLINE, 1)
    await park.pass_time(5.0)
    assert await health(park) is Health.STALE
    await park.pass_time(15.0)
    assert await health(park) is Health.OFFLINE
    assert counted(park) == {"offline": 1}


async def test_a_device_told_offline_is_heard_again_by_the_next_worker(park: CarPark) -> None:
    await beat(park, times=2)
    await park.pass_time(30.0)
    await park.kill()
    await park.start()
    assert counted(park)["offline"] == 1
    await beat(park, times=3)
    await park.pass_time(2.0)
    assert await health(park) is Health.ONLINE


async def test_a_message_left_behind_does_not_stay_the_last_word(park: CarPark) -> None:
    """Noticed as stale, then killed before the twin decided: the next worker finds the row, and hears the device."""
    await beat(park, times=4)
    park.stores.faults.hold(Call.COMMIT)
    await park.pass_time(8.0)
    assert [stored.row.kind for stored in park.rows(RowStatus.NEW)] == ["life-changed"]
    await park.kill()
    await park.start()
    assert park.rows(RowStatus.NEW) == []
    assert "device-stale" in park.rules()
    await beat(park, times=2)
    await park.pass_time(2.0)
    assert await health(park) is Health.ONLINE


async def test_while_the_broker_is_away_nobody_is_missed(park: CarPark) -> None:
    await beat(park, times=5)
    park.broker.refuse()
    park.broker.disconnect()
    await park.pass_time(60.0)
    park.broker.accept()
    await park.pass_time(5.0)
    assert park.worker.connected
    await beat(park, times=2)
    await park.pass_time(1.0)
    assert (await health(park), told(park)) == (Health.ONLINE, 1)


async def test_while_the_database_is_away_only_the_last_word_waits(park: CarPark) -> None:
    await beat(park, times=2)
    park.cut_database()
    await park.pass_time(8.0)
    await beat(park, times=2)
    park.mend_database()
    for _ in range(10):
        await beat(park, times=2)
        await park.pass_time(1.0)
    assert await health(park) is Health.ONLINE
    assert told(park) <= 3


async def test_flapping_is_told_once_until_it_is_over(park: CarPark) -> None:
    await beat(park, times=2)
    for _ in range(40):
        await park.pass_time(8.0)
        await beat(park)
    assert (await twin(park)).unsteady
    assert told(park) <= 8
    assert park.rules().count("device-unsteady") == 1
    await beat(park, times=int(UNSTEADY_WITHIN_S / 2) + 3)
    assert (await health(park), (await twin(park)).unsteady) == (Health.ONLINE, False)
    assert told(park) <= 9


@pytest.fixture
def sensors() -> SiteRow:
    """The default site with many sensors."""
    site = default_site()
    more = [DeviceRow(site.id, f"sensor_gate-{number}", "sensor_gate", None, "v2") for number in range(MANY)]
    return replace(site, devices=(*site.devices, *more))


@pytest.fixture
async def full(sensors: SiteRow) -> AsyncIterator[CarPark]:
    """A bridged site whose many sensors beat."""
    async with CarPark(sites=[sensors]) as park:
        await park.pass_time(2.0)
        await park.when(BRIDGE, "1", retain=True)
        yield park


TOPICS = [f"parking/default/sensor_gate-{number}/heartbeat" for number in range(MANY)]


async def test_a_bridge_that_is_cut_is_one_fact_of_its_site(full: CarPark) -> None:
    await beat(full, *TOPICS, times=3)
    before = told(full)
    assert before == MANY
    await full.pass_time(7.5)
    await full.when(BRIDGE, "0", retain=True)
    await full.pass_time(600)
    assert told(full) == before
    assert await health(full, "bridge") is Health.OFFLINE
    await full.when(BRIDGE, "1", retain=True)
    await full.pass_time(4.0)
    await beat(full, *TOPICS, times=2)
    await full.pass_time(1.0)
    assert told(full) == before
    await full.pass_time(30.0)
    assert told(full) == before + 2 * MANY
    assert counted(full)["offline"] == MANY


async def test_a_sensor_that_does_not_come_back_with_its_bridge_is_missed(full: CarPark) -> None:
    await beat(full, *TOPICS, times=3)
    await full.when(BRIDGE, "0", retain=True)
    await full.pass_time(600)
    await full.when(BRIDGE, "1", retain=True)
    for _ in range(2):
        await beat(full, *TOPICS[1:])
        await full.pass_time(2.0)
    assert await health(full, "sensor_gate-0") is Health.ONLINE
    for _ in range(12):
        await beat(full, *TOPICS[1:])
        await full.pass_time(2.0)
    assert await health(full, "sensor_gate-0") is Health.OFFLINE
    assert told(full) == MANY + 2


async def test_one_silent_sensor_among_many_is_stale_in_time(full: CarPark) -> None:
    await beat(full, *TOPICS, times=3)
    for _ in range(4):
        await full.pass_time(2.0)
        await beat(full, *TOPICS[1:])
    assert await health(full, "sensor_gate-0") is Health.STALE
    assert told(full) == MANY + 1


async def test_devices_nobody_set_up_leave_nothing_behind(park: CarPark) -> None:
    for number in range(50):
        await park.when(f"parking/default/sensor_gate-{number}/heartbeat", str(1_781_524_800 + number), qos=0)
        await park.when(f"parking/default/sensor_gate-{number}/error", "READ_FAIL", retain=True)
    await park.pass_time(30.0)
    assert told(park) == 0
    assert await park.stores.stores.state.twins(0) == []
    assert set(park.rules()) == {"device-not-set-up"}


def test_a_look_touches_only_whom_it_changes() -> None:
    silence = Silence(2.0)
    site = SiteId("default")
    for number in range(1_000):
        silence.watch(str(number), site, number / 1_000)
    silence.changed.clear()
    silence.look(6.5)
    assert [int(name) for name in silence.changed] == list(range(501))
    assert {watched.life for watched in silence.changed.values()} == {Life.STALE}
    silence.changed.clear()
    silence.look(6.5)
    assert silence.changed == {}
