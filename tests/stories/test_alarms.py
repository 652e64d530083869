"""Alarms as an operator meets them: what is wrong at the site, once, until it is right again."""

from actors.testing import CarPark, badge
from syspark.domain.alarm_kind import AlarmKind, Severity
from syspark.domain.messages import AlarmAct, HandleAlarm, OpenLane, OpenReason
from syspark.domain.policy import Language
from syspark.domain.units import Lane
from syspark.rows import Address
from syspark.telling import detail_of
from tests.actors.phone import Phone

ERROR = "parking/sensor_gate/error"
HEARTBEAT = "parking/sensor_gate/heartbeat"
READER = "parking/barriere"
ARM = "parking/barriere_entree/state"
PRESENCE = "parking/sensor_gate/present"
BRIDGE = "parking/bridge/state"


def standing(park: CarPark) -> list[tuple[AlarmKind, str]]:
    """What is wrong, and with what."""
    return [(alarm.kind, alarm.about) for alarm in park.alarms()]


def told(park: CarPark) -> str:
    """What people read besides of what is wrong."""
    [alarm] = park.alarms()
    return detail_of(alarm.kind, alarm.detail, Language.ENGLISH)


async def beats(park: CarPark, times: int) -> None:
    """The sensor beats every 2 s."""
    for _ in range(times):
        await park.when(HEARTBEAT, str(int(park.clock.now().timestamp())), qos=0)
        await park.pass_time(2.0)


async def test_a_sensor_at_fault_is_an_alarm_until_it_says_ok() -> None:
    async with CarPark() as park:
        await park.when(ERROR, {"code": "READ_FAIL", "detail": "no echo"})
        assert standing(park) == [(AlarmKind.SENSOR_FAULT, "sensor_gate")]
        assert park.alarms()[0].detail == "READ_FAIL no echo"

        await park.when(ERROR, "OK")
        assert standing(park) == []


async def test_a_device_that_falls_silent_is_stale_then_offline_then_back() -> None:
    async with CarPark() as park:
        await beats(park, 3)
        await park.pass_time(8)
        assert standing(park) == [(AlarmKind.DEVICE_STALE, "sensor_gate")]
        await park.pass_time(20)
        assert standing(park) == [(AlarmKind.DEVICE_OFFLINE, "sensor_gate")]
        await beats(park, 2)
        assert standing(park) == []


async def test_a_cut_site_is_one_alarm_that_goes_when_the_bridge_is_back() -> None:
    async with CarPark() as park:
        await park.when(BRIDGE, "1", retain=True)
        await beats(park, 3)
        await park.pass_time(8)
        await park.when(BRIDGE, "0", retain=True)
        assert standing(park) == [(AlarmKind.SITE_OFFLINE, "")]

        await park.when(BRIDGE, "1", retain=True)
        await beats(park, 40)
        assert standing(park) == []


async def test_what_is_retained_and_what_is_restored_raises_nothing_twice() -> None:
    async with CarPark() as park:
        await park.when(BRIDGE, "0", retain=True)
        before = len(park.stores.alarms())
        await park.restart()
        park.cut_broker()
        await park.mend_broker()
        await park.when(BRIDGE, "0", retain=True)

        assert standing(park) == [(AlarmKind.SITE_OFFLINE, "")]
        assert len(park.stores.alarms()) == before
        assert park.alarms()[0].times == 1


async def test_a_call_for_help_by_radio_stands_until_somebody_has_seen_it() -> None:
    async with CarPark() as park:
        await park.when("parking/radio/tx/status", "SOS voie 2")
        alarm = park.alarms()[0]
        assert (alarm.kind, alarm.severity) == (AlarmKind.RADIO_EMERGENCY, Severity.CRITICAL)

        seen = HandleAlarm(alarm_id=alarm.id, act=AlarmAct.ACKNOWLEDGE, author="Ada")
        await park.request(Address("alarms", "default"), seen)
        await park.pass_time(1)
        assert park.alarms() == []
        assert park.stores.alarms()[0].alarm.acknowledged_by == "Ada"


async def test_alarms_outlive_the_process_and_are_escalated_at_their_time() -> None:
    async with CarPark() as park:
        await park.when(BRIDGE, "0", retain=True)
        await park.pass_time(200)
        await park.restart()
        await park.pass_time(60)
        assert park.alarms()[0].escalated_at is None
        await park.pass_time(60)
        assert park.alarms()[0].escalated_at is not None


async def test_a_vehicle_that_waits_is_amber_after_a_minute_red_after_two_and_over_when_it_is_let_through() -> None:
    async with CarPark(badges=[badge("CAFE0001", "visitor")]) as park:
        await park.when(READER, {"uid": "CAFE0001", "lane": "entry"})
        await park.pass_time(91 * 60)
        await park.when(READER, {"uid": "CAFE0001", "lane": "exit"})
        await park.pass_time(59)
        assert standing(park) == []
        await park.pass_time(1)
        assert standing(park) == [(AlarmKind.VEHICLE_WAITING, "exit")]
        assert park.alarms()[0].severity is Severity.WARNING
        await park.pass_time(60)
        assert park.alarms()[0].severity is Severity.CRITICAL

        opened = OpenLane(lane=Lane.EXIT, reason=OpenReason.GOODWILL, author="Ada")
        await park.request(Address("site", "default"), opened)
        await park.pass_time(1)
        assert standing(park) == []


async def test_who_is_let_through_at_once_is_watched_by_nobody() -> None:
    async with CarPark(badges=[badge("CAFE0001")]) as park:
        await park.when(PRESENCE, "1", retain=True)
        await park.when(READER, "CAFE0001")
        await park.when(PRESENCE, "0", retain=True)
        before = len(park.rules())
        await park.pass_time(120)
        assert park.rules()[before:] == []
        assert standing(park) == []


async def test_who_drives_off_waits_no_more() -> None:
    async with CarPark() as park:
        await park.when(PRESENCE, "1", retain=True)
        await park.pass_time(70)
        assert standing(park) == [(AlarmKind.VEHICLE_WAITING, "entry")]
        await park.when(PRESENCE, "0", retain=True)
        assert standing(park) == []


async def test_an_opening_that_comes_too_late_is_an_alarm_and_its_driver_is_watched() -> None:
    async with CarPark(badges=[badge("CAFE0001")]) as park:
        await park.when(PRESENCE, "1", retain=True)
        park.broker.freeze()
        await park.pass_time(5)
        await park.request(
            Address("site", "default"), OpenLane(lane=Lane.ENTRY, reason=OpenReason.GOODWILL, author="Ada")
        )
        await park.pass_time(30)
        park.broker.thaw()
        assert (AlarmKind.COMMAND_EXPIRED, "entry") in standing(park)
        await park.pass_time(60)
        assert (AlarmKind.VEHICLE_WAITING, "entry") in standing(park)


async def test_a_full_car_park_is_told_until_some_places_are_free_again() -> None:
    drivers = [badge(f"{number:08X}") for number in range(1, 51)]
    async with CarPark(badges=drivers) as park:
        for driver in drivers:
            await park.when(READER, {"uid": driver.uid, "lane": "entry"})
        assert standing(park) == [(AlarmKind.PARKING_FULL, "")]
        assert park.alarms()[0].detail == "50 / 50"

        await park.pass_time(70)
        await park.when(READER, {"uid": drivers[0].uid, "lane": "exit"})
        assert standing(park) == []


async def test_a_broker_that_is_away_is_one_alarm_of_the_organisation_until_it_is_back() -> None:
    async with CarPark() as park:
        park.cut_broker()
        await park.pass_time(9)
        assert standing(park) == []
        await park.pass_time(15)
        assert standing(park) == [(AlarmKind.BROKER_LOST, "")]
        await park.restart()
        await park.mend_broker()
        await park.pass_time(12)
        assert standing(park) == []


async def test_a_broker_that_has_lost_our_session_is_told() -> None:
    async with CarPark() as park:
        park.broker.restart(sessions_lost=True)
        await park.pass_time(5)
        assert standing(park) == [(AlarmKind.BROKER_SESSION_LOST, "partition 0")]


async def test_a_database_that_was_away_is_told_from_memory_and_kept_afterwards() -> None:
    phone = Phone()
    async with CarPark(messenger=phone) as park:
        await park.pass_time(6)
        park.cut_database()
        await park.pass_time(60)
        assert len(phone.received) == 1
        assert "Base de données injoignable" in phone.received[0]

        park.mend_database()
        await park.pass_time(20)
        assert standing(park) == [(AlarmKind.DATABASE_LOST, "")]
        assert park.alarms()[0].detail.startswith("12:00:")


async def vehicles(park: CarPark, count: int, *, seen: bool = True) -> None:
    """So many drive up to the reader; `seen` by the sensor too."""
    for _ in range(count):
        if seen:
            await park.when(PRESENCE, "1")
        await park.when(READER, "CAFE0001")
        if seen:
            await park.when(PRESENCE, "0")
        await park.pass_time(1)


async def test_a_topic_that_speaks_no_more_while_others_tell_of_vehicles_is_an_alarm_until_it_does() -> None:
    async with CarPark(badges=[badge("CAFE0001")]) as park:
        await vehicles(park, 30)
        await vehicles(park, 90, seen=False)
        await park.restart()
        await vehicles(park, 90, seen=False)
        assert (AlarmKind.TOPIC_SILENT, "sensor_gate/present") not in standing(park)
        await vehicles(park, 20, seen=False)
        assert (AlarmKind.TOPIC_SILENT, "sensor_gate/present") in standing(park)

        await vehicles(park, 1)
        await park.pass_time(2)
        assert (AlarmKind.TOPIC_SILENT, "sensor_gate/present") not in standing(park)


async def test_what_a_device_at_fault_does_not_tell_is_no_alarm_of_its_own() -> None:
    async with CarPark(badges=[badge("CAFE0001")]) as park:
        await vehicles(park, 30)
        await park.when(ERROR, {"code": "READ_FAIL", "detail": "no echo"})
        await vehicles(park, 110, seen=False)
        assert AlarmKind.TOPIC_SILENT not in {kind for kind, _ in standing(park)}

        await park.when(ERROR, "OK")
        assert (AlarmKind.TOPIC_SILENT, "sensor_gate/present") in standing(park)


async def test_a_burst_of_messages_nobody_understands_is_one_alarm() -> None:
    async with CarPark() as park:
        for _ in range(19):
            await park.when(READER, "no badge at all")
        assert standing(park) == []
        for _ in range(30):
            await park.when(READER, "no badge at all")
        await park.pass_time(1)
        assert standing(park) == [(AlarmKind.REJECTED_BURST, "")]
        assert told(park) == "A badge number does not have 8 or 10 hexadecimal digits."


async def test_a_topic_that_lost_its_qos_is_told_with_its_name() -> None:
    async with CarPark(badges=[badge("CAFE0001")]) as park:
        await park.when(READER, "CAFE0001", qos=0)
        await park.pass_time(1)
        assert standing(park) == [(AlarmKind.CONTRACT_DRIFT, "barriere")]
        assert told(park) == "it comes with QoS 0, not 1"


async def test_levels_that_lost_their_retain_flag_are_told_once_after_the_next_connection() -> None:
    async with CarPark() as park:
        await park.when("parking/bridge/state", "1", retain=True)
        await park.when(PRESENCE, "0")
        await park.when("parking/barriere/state", {"state": "closed"})
        await park.pass_time(20)
        assert standing(park) == [], "a broker does not tell it of live messages"
        await park.restart()
        await park.pass_time(20)
        assert standing(park) == [(AlarmKind.CONTRACT_DRIFT, "retain")]
        assert told(park) == "the broker no longer keeps barriere/state, sensor_gate/present"


async def test_levels_that_the_broker_keeps_raise_nothing_at_any_connection() -> None:
    async with CarPark() as park:
        await park.when(PRESENCE, "0", retain=True)
        for _ in range(2):
            park.cut_broker()
            await park.pass_time(5)
            await park.mend_broker()
            await park.pass_time(20)
        assert standing(park) == []


async def test_a_command_that_a_broker_keeps_is_told_before_it_acts_again() -> None:
    async with CarPark() as park:
        await park.when("parking/barriere/cmd", "100", retain=True)
        await park.restart()
        await park.pass_time(1)
        assert (AlarmKind.CONTRACT_DRIFT, "barriere/cmd") in standing(park)


async def test_our_own_message_that_comes_back_is_a_loop() -> None:
    async with CarPark() as park:
        await park.when("parking/display/text", {"src": "cloud", "text": "LIBRE:50"})
        await park.pass_time(1)
        assert [kind for kind, _ in standing(park)] == [AlarmKind.CONTRACT_DRIFT]
        assert told(park) == "our own message comes back: a loop"


async def test_a_vehicle_that_passes_unread_counts_against_the_camera_of_its_lane() -> None:
    drivers = [badge(f"{number:08X}", "staff") for number in range(1, 60)]
    async with CarPark(badges=drivers) as park:
        await park.when("parking/entry/vision/plate", {"plate": "AA123BB", "confidence": 0.99})
        for driver in drivers:
            await park.when(PRESENCE, "1", retain=True)
            await park.when(READER, {"uid": driver.uid, "lane": "entry"})
            await park.when(PRESENCE, "0", retain=True)
        assert (await park.twin("entry")).rates["entry"].last == 0.02


async def test_a_barrier_that_tells_what_it_does_and_says_nothing_when_told_to_open_is_an_alarm() -> None:
    async with CarPark(badges=[badge("CAFE0001"), badge("CAFE0002")]) as park:
        await park.when(ARM, {"state": "closed"}, retain=True)
        await park.when(READER, {"uid": "CAFE0001", "lane": "entry"})
        await park.pass_time(3)
        await park.when(ARM, {"state": "open"}, retain=True)
        await park.pass_time(30)
        assert standing(park) == []

        await park.when(ARM, {"state": "closed"}, retain=True)
        await park.when(READER, {"uid": "CAFE0002", "lane": "entry"})
        await park.pass_time(14)
        assert standing(park) == []
        await park.pass_time(2)
        assert standing(park) == [(AlarmKind.BARRIER_NOT_CONFIRMED, "entry")]


async def test_a_barrier_that_never_tells_what_it_does_is_not_waited_for() -> None:
    async with CarPark(badges=[badge("CAFE0001")]) as park:
        await park.when(READER, {"uid": "CAFE0001", "lane": "entry"})
        await park.pass_time(30)
        assert standing(park) == []
