"""A site alone opens for badges on its own list and for PINs, and for no plate: what follows for whom it tells of."""

from datetime import datetime, timedelta

import pytest

from actors.testing import CarPark, badge
from actors.testing.car_park import NOON
from actors.testing.field import Report
from syspark.domain.access import Plan
from syspark.domain.messages import LaneMode, SetLaneMode
from syspark.domain.session import Session
from syspark.domain.units import Lane
from syspark.rows import Address
from tests.stories.test_replay import READER, SENSOR, badged, kept, minutes_ago, seen, stays

ALICE, BOB, VISITOR = badge("A11CE000"), badge("B0B00000"), badge("CAFE0001", "visitor")
PLATE, NEXT = "AB123CD", "XY987ZT"
CAMERA, BRIDGE = "parking/vision/plate", "parking/bridge/state"


def pin(at: datetime, way: str) -> Report:
    return kept(at, READER, f"PIN_{way}")


def after(at: datetime, seconds: float) -> datetime:
    return at + timedelta(seconds=seconds)


async def controllers_are_known(park: CarPark) -> None:
    """A controller has connected: badges on its list open without us."""
    await park.when("parking/sync/req", "1")


async def only(park: CarPark) -> Session:
    [session] = await park.all_sessions()
    return session


async def test_a_badge_that_is_read_at_last_is_of_the_plate_that_nothing_was_opened_for() -> None:
    async with CarPark(badges=[ALICE]) as park:
        at = minutes_ago(park, 60)

        await park.when_all([seen(at, PLATE, "entry"), badged(after(at, 20), ALICE.uid, "entry")])

        assert ((await only(park)).plan, await park.occupancy()) == (Plan.SUBSCRIBER, 1)


async def test_the_car_behind_who_typed_a_pin_late_is_a_visit_of_its_own() -> None:
    async with CarPark(badges=[ALICE]) as park:
        at = minutes_ago(park, 60)

        await park.when_all([seen(at, PLATE, "entry"), pin(after(at, 23), "IN")])
        await park.when_all([seen(after(at, 33), NEXT, "entry"), badged(after(at, 38), ALICE.uid, "entry")])

        assert stays(await park.all_sessions()) == [(at, None, None), (after(at, 33), None, None)]


async def test_a_badge_read_long_after_a_plate_that_we_opened_for_is_the_next_driver_s() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when(CAMERA, {"plate": PLATE, "lane": "entry"})
        assert park.opened == ["entry"]
        let_in = park.clock.now()
        await park.pass_time(3600)

        await park.when_all([badged(after(let_in, 20), ALICE.uid, "entry")])

        assert len(await park.all_sessions()) == 2


async def test_a_pin_and_a_badge_of_the_outage_are_two_drivers() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await controllers_are_known(park)
        at = minutes_ago(park, 60)

        await park.when_all([pin(at, "IN"), badged(after(at, 8), ALICE.uid, "entry")])
        await park.when_all([badged(after(at, 600), ALICE.uid, "exit")])

        first, second = sorted(await park.all_sessions(), key=lambda one: one.opened_at or at)
        assert (first.left_at, second.closed_as) == (None, "right")


async def test_whom_a_badge_has_let_in_is_not_the_next_one_whose_plate_is_read_when_they_have_driven_on() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await controllers_are_known(park)
        at = minutes_ago(park, 60)

        await park.when_all([badged(at, ALICE.uid, "entry"), seen(after(at, 6), PLATE, "entry")])

        assert {one.review for one in await park.all_sessions()} == {(), ("not_let_in",)}


async def test_whom_a_badge_has_let_out_is_not_the_next_one_whose_plate_is_read_when_they_have_driven_on() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await controllers_are_known(park)
        entered, left = minutes_ago(park, 60), minutes_ago(park, 30)
        await park.when_all([seen(entered, PLATE, "entry"), badged(after(entered, 5), BOB.uid, "entry")])

        await park.when_all([badged(left, ALICE.uid, "exit"), seen(after(left, 9), PLATE, "exit")])

        assert [(one.left_at, one.review) for one in await park.all_sessions()] == [
            (after(left, 9), ()),
            (left, ("entry_unknown",)),
        ]


async def test_a_visitor_whose_badge_opened_nothing_and_who_then_typed_a_pin_is_one_driver() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        at = minutes_ago(park, 60)

        await park.when_all([badged(at, VISITOR.uid, "entry"), pin(after(at, 8), "IN")])

        assert (await only(park)).opened_at == at


async def test_who_was_let_in_by_the_site_does_not_stand_there_when_the_line_is_back() -> None:
    """The sensor has seen a car ever since, the next one; nothing told when that came."""
    async with CarPark() as park:
        await park.when(SENSOR, "1")
        await park.pass_time(50)
        now = park.clock.now()
        await park.when_all([seen(after(now, -38), PLATE, "entry"), pin(after(now, -33), "IN")])
        assert park.opened == []

        await park.when_all([seen(after(now, -6), NEXT, "entry")])

        assert (park.opened, len(await park.open_sessions())) == (["entry"], 2)


async def test_nothing_is_opened_for_a_pin_that_the_site_has_kept() -> None:
    async with CarPark() as park:
        await park.when_all([pin(after(park.clock.now(), -3), "IN")])
        assert (park.opened, await park.occupancy()) == ([], 1)


async def test_who_shows_a_badge_long_after_their_plate_at_the_exit_has_left_once() -> None:
    async with CarPark(badges=[ALICE]) as park:
        entered, left = minutes_ago(park, 60), minutes_ago(park, 40)

        await park.when_all([seen(entered, PLATE, "entry"), seen(left, PLATE, "exit")])
        await park.when_all([badged(after(left, 25), ALICE.uid, "exit")])

        session = await only(park)
        assert (session.left_at, session.closed_as, session.review) == (after(left, 25), "right", ())


async def test_a_plate_and_a_badge_that_came_together_and_leave_together_may_be_one_vehicle_and_a_person_looks() -> (
    None
):
    async with CarPark(badges=[ALICE]) as park:
        await park.when(CAMERA, {"plate": PLATE, "lane": "entry"})
        await park.pass_time(30)
        await park.when(READER, {"uid": ALICE.uid, "lane": "entry"})
        left = after(park.clock.now(), 1200)
        await park.pass_time(3600)

        await park.when_all([seen(left, PLATE, "exit"), badged(after(left, 3), ALICE.uid, "exit")])

        assert [session.review for session in await park.all_sessions()] == [("replay_conflict",)] * 2


async def test_who_came_in_by_a_misread_plate_and_left_while_the_site_was_alone_has_left() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when(CAMERA, {"plate": "2C929FZ", "lane": "entry"})
        entered = park.clock.now()
        await park.pass_time(3600)
        left = after(entered, 1800)
        sure = {"plate": "ZC929FZ", "lane": "exit", "confidence": 0.95}

        await park.when_all([kept(left, CAMERA, sure), badged(after(left, 4), ALICE.uid, "exit")])

        session = await only(park)
        assert (session.opened_at, session.left_at, session.closed_as) == (entered, after(left, 4), "right")
        assert await park.occupancy() == 0


async def test_a_plate_that_its_camera_doubts_is_nobody_s_in_the_past_either() -> None:
    async with CarPark() as park:
        await park.when(CAMERA, {"plate": "2C929FZ", "lane": "entry"})
        await park.pass_time(3600)
        doubted = {"plate": "ZC929FZ", "lane": "exit", "confidence": 0.85}

        await park.when_all([kept(minutes_ago(park, 30), CAMERA, doubted)])

        assert {one.review for one in await park.all_sessions()} == {(), ("entry_unknown",)}


@pytest.mark.parametrize("first", ["the line", "the worker"])
async def test_what_a_quiet_site_tells_the_next_worker_is_no_older_than_the_cut(first: str) -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when(BRIDGE, "1", retain=True)
        await controllers_are_known(park)
        await park.pass_time(3600)
        cut_at = park.clock.now()
        if first == "the line":
            await park.when(BRIDGE, "0", retain=True)
        await park.stop()
        await park.pass_time(3600)
        await park.start()

        await park.when(BRIDGE, "1", retain=True)
        await park.when(READER, ALICE.uid)

        assert after(cut_at, -10) <= ((await only(park)).opened_at or NOON) <= cut_at


async def test_what_a_site_has_kept_and_tells_a_worker_that_is_killed_at_once_is_as_old_as_the_cut() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when(BRIDGE, "1", retain=True)
        await controllers_are_known(park)
        await park.pass_time(3600)
        cut_at = park.clock.now()
        await park.when(BRIDGE, "0", retain=True)
        await park.restart()
        await park.pass_time(60)
        await park.given(BRIDGE, "1", retain=True)
        await park.restart()

        await park.when(READER, ALICE.uid)

        assert after(cut_at, -10) <= ((await only(park)).opened_at or NOON) <= cut_at
        assert park.opened == [], "it was let in there and then"


async def came_by_plate(park: CarPark) -> datetime:
    """A plate that a site with controllers, which open for none, was shown when it was alone."""
    await controllers_are_known(park)
    at = minutes_ago(park, 60)
    await park.when_all([seen(at, PLATE, "entry")])
    assert (await only(park)).review == ("not_let_in",)
    return at


async def test_whether_a_driver_for_whom_nothing_opened_has_come_in_or_turned_back_is_for_a_person() -> None:
    async with CarPark() as park:
        await came_by_plate(park)


async def test_who_then_shows_what_the_site_opens_for_is_inside() -> None:
    async with CarPark(badges=[ALICE]) as park:
        at = await came_by_plate(park)
        await park.when_all([badged(after(at, 20), ALICE.uid, "entry")])
        assert (await only(park)).review == ()


async def test_who_then_types_the_pin_is_inside() -> None:
    async with CarPark() as park:
        at = await came_by_plate(park)
        await park.when_all([pin(after(at, 20), "IN")])
        assert (await only(park)).review == ()


async def test_who_leaves_has_been_inside() -> None:
    async with CarPark() as park:
        await came_by_plate(park)
        await park.when(CAMERA, {"plate": PLATE, "lane": "exit"})
        assert (await only(park)).review == ()


async def test_who_is_told_to_have_left_has_been_inside() -> None:
    async with CarPark() as park:
        await came_by_plate(park)
        await park.when_all([seen(minutes_ago(park, 40), PLATE, "exit")])
        assert "not_let_in" not in (await only(park)).review


async def test_an_entry_that_stood_open_let_in_whoever_came() -> None:
    async with CarPark() as park:
        await controllers_are_known(park)
        await park.request(
            Address("site", "default"), SetLaneMode(lane=Lane.ENTRY, mode=LaneMode.HELD_OPEN, author="op")
        )
        await park.pass_time(3600)
        await park.when_all([seen(minutes_ago(park, 30), PLATE, "entry")])
        assert (await only(park)).review == ()
