"""A site's line is back: who stands at a lane still is let through, who has driven on has nothing opened."""

from datetime import datetime, timedelta

from actors.testing import CarPark, badge
from actors.testing.field import Payload
from syspark.domain.access import Plan
from tests.stories.test_replay import badged, kept, seen

BRIDGE, READER, CAMERA, SENSOR = (
    "parking/bridge/state",
    "parking/barriere",
    "parking/vision/plate",
    "parking/sensor_gate/present",
)
ALICE, BOB, VISITOR = badge("A11CE000"), badge("B0B00000"), badge("CAFE0001", "visitor")
PLATE, OTHER = "AB123CD", "XY987ZT"


def seconds_ago(park: CarPark, seconds: float) -> datetime:
    return park.clock.now() - timedelta(seconds=seconds)


def told(at: datetime, **fields: object) -> Payload:
    """A message of newer equipment, with its own time."""
    return {"ts": round(at.timestamp() * 1000), **fields}


async def cut_off(park: CarPark, seconds: float) -> None:
    await park.when(BRIDGE, "0", retain=True)
    await park.pass_time(seconds)
    await park.when(BRIDGE, "1", retain=True)


async def measured(park: CarPark) -> None:
    """The sensor's messages have come as they were sent: its site's clock is known."""
    for present in (True, False, True, False):
        await park.given(SENSOR, told(park.clock.now(), present=present), retain=True)
        await park.pass_time(2)


async def test_plate_and_badge_on_either_side_of_ten_seconds_are_one_visit_and_nothing_opens_behind_it() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when_all(
            [
                seen(seconds_ago(park, 14), PLATE, "entry"),
                badged(seconds_ago(park, 9), ALICE.uid, "entry"),
            ]
        )

        assert (park.opened, len(await park.all_sessions())) == ([], 1), "the sensor sees nobody"


async def test_who_stands_at_the_entry_since_before_the_line_was_back_is_let_in_by_their_next_badge() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        await measured(park)
        await cut_off(park, 40)
        came, read = seconds_ago(park, 13), seconds_ago(park, 12)
        await park.when(SENSOR, told(came, present=True))
        await park.when_all([seen(read, PLATE, "entry")])
        assert park.opened == []

        await park.pass_time(1)
        await park.when(READER, told(park.clock.now(), uid=VISITOR.uid, lane="entry"))

        assert park.opened == ["entry"]
        assert (len(await park.open_sessions()), await park.occupancy()) == (1, 1)


async def test_who_waits_behind_a_plate_that_nothing_opened_for_is_let_in_by_whatever_they_show() -> None:
    async with CarPark() as park:
        await measured(park)
        await cut_off(park, 40)
        came = seconds_ago(park, 30)
        await park.when(SENSOR, told(came, present=True))
        await park.when_all([seen(came, PLATE, "entry")])

        await park.pass_time(1)
        await park.when(READER, told(park.clock.now(), uid="E9F89767", lane="entry"))

        assert (park.opened, len(await park.all_sessions())) == (["entry"], 1)
        assert "E9F89767" not in {one.holder_key for one in park.stores.witnesses()}


async def test_who_came_over_a_minute_before_the_return_and_has_tried_since_is_let_in_by_their_next_badge() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        await measured(park)
        await park.when("parking/sync/req", "1")
        await cut_off(park, 90)
        came = seconds_ago(park, 67)
        await park.when(SENSOR, told(came, present=True))
        await park.when_all([seen(came, PLATE, "entry")])
        await park.when_all([badged(seconds_ago(park, 62), VISITOR.uid, "entry")])
        await park.when_all([badged(seconds_ago(park, 42), VISITOR.uid, "entry")])

        await park.pass_time(1)
        await park.when(READER, told(park.clock.now(), uid=VISITOR.uid, lane="entry"))

        assert park.opened == ["entry"]
        assert (len(await park.all_sessions()), await park.occupancy()) == (1, 1)


async def test_whoever_the_sensor_still_sees_stands_there_though_their_plate_was_told_over_a_minute_later() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await measured(park)
        await cut_off(park, 90)
        came, read, badged_at = (seconds_ago(park, ago) for ago in (75, 74, 71))
        await park.when(SENSOR, told(came, present=True))
        await park.when_all([seen(read, PLATE, "entry")])

        await park.when(READER, told(badged_at, uid=ALICE.uid, lane="entry"))

        [session] = await park.all_sessions()
        assert (session.plan, park.opened) == (Plan.SUBSCRIBER, [])


async def test_what_is_said_just_after_a_return_is_as_old_as_it_says_by_a_clock_that_is_known() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await measured(park)
        await cut_off(park, 60)

        await park.when(READER, told(seconds_ago(park, 45), uid=BOB.uid, lane="entry"))
        assert park.opened == [], "it had waited in the site"
        await park.when(READER, told(park.clock.now(), uid=ALICE.uid, lane="entry"))
        assert park.opened == ["entry"]


async def test_a_right_clock_is_known_to_the_next_worker_and_who_comes_just_after_the_return_is_let_in() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await measured(park)
        await park.when(BRIDGE, "0", retain=True)
        await park.stop()
        await park.pass_time(300)
        await park.start()
        await park.when(BRIDGE, "1", retain=True)

        await park.when(READER, told(park.clock.now(), uid=ALICE.uid, lane="entry"))
        assert park.opened == ["entry"]


async def test_what_was_said_while_no_worker_was_there_is_as_old_as_it_says_by_a_clock_that_is_known() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await measured(park)
        await park.kill()
        await park.pass_time(30)
        came = park.clock.now()
        await park.when(READER, told(came, uid=BOB.uid, lane="entry"))
        await park.pass_time(60)
        await park.when(READER, told(park.clock.now(), uid=ALICE.uid, lane="entry"))
        await park.start()

        assert park.opened == ["entry"], "for her, who stands there; not for him"
        assert [session.opened_at for session in await park.all_sessions()] == [came, park.clock.now()]


async def test_what_was_said_without_a_known_clock_while_no_worker_was_there_is_as_old_as_the_last_that_was_heard() -> (
    None
):
    async with CarPark(badges=[ALICE]) as park:
        await park.pass_time(5)
        last_at = park.clock.now()
        await park.kill()
        await park.pass_time(30)
        await park.when(READER, told(park.clock.now(), uid=ALICE.uid, lane="entry"))
        await park.start()

        assert park.opened == []
        [session] = await park.all_sessions()
        assert session.opened_at is not None
        assert session.opened_at <= last_at


async def test_what_is_said_just_after_a_return_without_a_known_clock_opens_nothing() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when(SENSOR, "0", retain=True)
        await park.pass_time(5)
        await cut_off(park, 60)
        await park.when(READER, told(park.clock.now(), uid=ALICE.uid, lane="entry"))
        assert park.opened == []


async def test_a_sensor_that_sees_a_vehicle_before_and_after_a_cut_says_by_its_time_that_it_is_another() -> None:
    async with CarPark() as park:
        await measured(park)
        await park.when(SENSOR, told(park.clock.now(), present=True), retain=True)
        await park.when(CAMERA, told(park.clock.now(), plate=PLATE, lane="entry"))
        await cut_off(park, 30)
        came, read = seconds_ago(park, 5), seconds_ago(park, 4)
        await park.when(SENSOR, told(came, present=True))

        await park.when_all([seen(read, OTHER, "entry")])

        assert (park.opened, len(await park.open_sessions())) == (["entry", "entry"], 2)
        assert "vehicle-another" in park.rules()


async def test_a_vehicle_that_still_stands_there_after_a_cut_is_no_other() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await measured(park)
        arrived = told(park.clock.now(), present=True)
        await park.when(SENSOR, arrived, retain=True)
        await park.when(CAMERA, told(park.clock.now(), plate=PLATE, lane="entry"))
        await cut_off(park, 12)
        await park.when(SENSOR, arrived)
        await park.when(READER, told(park.clock.now(), uid=ALICE.uid, lane="entry"))
        assert len(await park.open_sessions()) == 1
        await park.pass_time(20)
        await park.when(SENSOR, told(park.clock.now(), present=True))
        assert "vehicle-another" not in park.rules()


async def test_a_subscriber_asked_to_pay_by_plate_who_badged_while_the_line_was_cut_has_left_by_right() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.given(CAMERA, {"plate": PLATE, "lane": "entry"})
        await park.pass_time(90 * 60)
        await park.given(CAMERA, {"plate": PLATE, "lane": "exit"})
        await park.pass_time(60)

        await park.when_all([badged(seconds_ago(park, 54), ALICE.uid, "exit")])

        [session] = await park.all_sessions()
        assert (session.closed_as, await park.occupancy()) == ("right", 0)
        park.forget()
        await park.pass_time(30)
        assert park.asked == []


async def test_who_stands_at_the_exit_still_though_their_plate_was_told_as_gone_is_let_out_by_their_badge() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.given(CAMERA, {"plate": PLATE, "lane": "entry"})
        await park.pass_time(90 * 60)
        await park.when_all(
            [seen(seconds_ago(park, 12), PLATE, "exit"), badged(seconds_ago(park, 4), ALICE.uid, "exit")]
        )

        [session] = await park.all_sessions()
        assert (park.opened, session.closed_as) == (["exit"], "right")


async def test_whom_a_controller_has_let_out_by_itself_has_nothing_opened_for_the_next_in_line() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when_all([kept(seconds_ago(park, 30), "parking/sync/req", "1")])
        await park.given(READER, {"uid": ALICE.uid, "lane": "entry"})
        await park.pass_time(600)

        await park.when_all([badged(seconds_ago(park, 6), ALICE.uid, "exit")])

        [session] = await park.all_sessions()
        assert (park.opened, session.closed_as) == ([], "right")
