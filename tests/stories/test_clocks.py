"""A device's clock is wrong: what is live counts when it comes, what is replayed is put right by what was measured."""

from datetime import timedelta

import pytest

from actors.testing import CarPark, badge, stamped
from syspark.domain.alarm_kind import AlarmKind
from tests.stories.test_replay import badged, kept, minutes_ago

BRIDGE, ELEVATOR = "parking/bridge/state", "parking/ascenseur/state"
BEAT, CAMERA, READER = "parking/sensor_gate/heartbeat", "parking/vision/plate", "parking/barriere"
TWO_HOURS = timedelta(hours=2)


async def plates(park: CarPark, ahead: timedelta, times: int = 4) -> None:
    """A camera whose clock is wrong reads plates, live."""
    for number in range(times):
        ts = round((park.clock.now() + ahead).timestamp() * 1000)
        await park.when(CAMERA, {"plate": f"ZZ{number}00ZZ", "lane": "entry", "ts": ts})
        await park.pass_time(2.0)


def clocks_off(park: CarPark) -> list[str]:
    found = [row.alarm for row in park.stores.alarms() if row.alarm.kind is AlarmKind.CLOCK_OFF]
    return [alarm.about for alarm in found if alarm.cleared_at is None]


@pytest.mark.parametrize("ahead", [TWO_HOURS, -TWO_HOURS])
async def test_a_live_plate_opens_whatever_its_camera_s_clock_says(ahead: timedelta) -> None:
    async with CarPark() as park:
        await plates(park, ahead)
        assert park.opened == ["entry"] * 4
        assert (await park.twin("vision")).clock_s == pytest.approx(ahead.total_seconds(), abs=0.01)
        assert clocks_off(park) == ["vision"]


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_reader_whose_clock_leaps_by_an_hour_lets_everybody_out(ahead: timedelta) -> None:
    drivers = [badge(f"CAFE000{number}") for number in range(3)]
    async with CarPark(badges=drivers) as park:
        for lane, wrong in (("entry", timedelta()), ("exit", ahead)):
            for driver in drivers:
                await park.when_all([stamped(READER, park.clock.now() + wrong, uid=driver.uid, lane=lane)])
                await park.pass_time(70)
        assert park.opened == ["entry"] * 3 + ["exit"] * 3


async def test_a_clock_that_is_set_right_is_no_trouble_any_more() -> None:
    async with CarPark() as park:
        await plates(park, TWO_HOURS)
        await plates(park, timedelta(), times=12)
        assert clocks_off(park) == []
        assert abs((await park.twin("vision")).clock_s or 0.0) < 1


async def test_a_message_that_was_long_on_its_way_tells_nothing_of_a_clock() -> None:
    async with CarPark() as park:
        await plates(park, timedelta())
        park.cut_broker()
        ts = round(park.clock.now().timestamp() * 1000)
        for number in range(10):
            await park.when(CAMERA, {"plate": f"YY{number}00YY", "lane": "entry", "ts": ts})
        await park.pass_time(300)
        await park.mend_broker()
        await park.pass_time(10)
        assert abs((await park.twin("vision")).clock_s or 0.0) < 1
        assert clocks_off(park) == []


async def test_a_level_that_a_returning_bridge_says_again_tells_nothing_of_a_clock() -> None:
    async with CarPark(badges=[badge("CAFE0001", "visitor")]) as park:
        said = {"ts": round(park.clock.now().timestamp() * 1000), "current": 0}
        await park.when(ELEVATOR, said, retain=True)
        for _ in range(4):
            await park.pass_time(300)
            await park.when(BEAT, str(int(park.clock.now().timestamp())), qos=0)
            await park.when(BRIDGE, "0", retain=True)
            await park.pass_time(1)
            await park.when(BRIDGE, "1", retain=True)
            await park.when(ELEVATOR, said)
        entered = minutes_ago(park, 10)
        await park.when_all([badged(entered, "CAFE0001", "entry")])

        [session] = await park.all_sessions()
        assert session.opened_at is not None
        assert session.opened_at - entered <= timedelta(seconds=2), "what a heartbeat leaves unsure"


@pytest.mark.parametrize("ahead", [TWO_HOURS, -TWO_HOURS])
async def test_a_replay_is_put_right_by_the_clock_that_was_measured_in_the_driver_s_favour(ahead: timedelta) -> None:
    async with CarPark(badges=[badge("CAFE0001", "visitor")]) as park:
        for _ in range(4):
            beat_at = park.clock.now() + ahead
            await park.when("parking/sensor_gate/heartbeat", str(int(beat_at.timestamp())), qos=0)
            await park.pass_time(2.0)
        await park.restart()
        entered, left = minutes_ago(park, 150), minutes_ago(park, 90)
        told = [badged(entered + ahead, "CAFE0001", "entry"), badged(left + ahead, "CAFE0001", "exit")]
        await park.when_all(told)
        [session] = await park.all_sessions()
        assert session.opened_at is not None
        assert session.left_at is not None
        assert timedelta() <= session.opened_at - entered <= timedelta(seconds=3)
        assert timedelta() <= left - session.left_at <= timedelta(seconds=3)


async def test_thousands_of_events_of_a_day_move_no_barrier_and_no_stay_is_negative() -> None:
    async with CarPark() as park:
        told = []
        for number in range(300):
            entered = minutes_ago(park, 1440 - number * 4)
            left = entered + timedelta(minutes=number % 200 + 1)
            plate = f"CC{number:03}CC"
            told += [
                kept(entered + TWO_HOURS, CAMERA, {"plate": plate, "lane": "entry"}),
                kept(left - TWO_HOURS, "parking/exit/vision/plate", {"plate": plate, "lane": "exit"}),
            ]
        await park.when_all(told)
        assert park.opened == []
        for session in await park.all_sessions():
            if session.opened_at is not None and session.left_at is not None:
                assert session.left_at >= session.opened_at
