"""Who is let in, who is let out, and what is asked of them, rule by rule. Source: domain.md, "Access", "Lane modes"."""

from datetime import timedelta

from msgspec.structs import replace

from actors.testing import CarPark, badge
from syspark.domain.access import Plan
from syspark.domain.messages import DeclareEmergency, EndEmergency, LaneMode, OpenLane, OpenReason, SetLaneMode
from syspark.domain.policy import Passback
from syspark.domain.units import Lane
from tests.stories.test_access import ALICE, BOB, CAMERA, CAR, READER, ask, at_entry, at_exit, site_with

AT_EXIT = "parking/exit/vision/plate"
BRIDGE = "parking/bridge/state"
HARD = site_with(passback=Passback.HARD)


async def test_a_badge_of_one_lane_is_refused_at_another_entry_and_at_no_exit() -> None:
    elsewhere = replace(ALICE, lane="exit")
    async with CarPark(badges=[elsewhere, replace(BOB, lane="entry")]) as park:
        await park.when(READER, at_entry(elsewhere.uid))
        assert (park.opened, park.rules()[-1]) == ([], "badge-of-another-lane")
        await park.when(READER, at_entry(BOB.uid))
        await park.pass_time(70)
        await park.when(READER, at_exit(BOB.uid))
        assert park.opened == ["entry", "exit"]


async def test_a_badge_is_worth_nothing_before_its_right_begins_and_no_more_once_it_is_over() -> None:
    async with CarPark() as park:
        noon = park.clock.now()
        early = replace(ALICE, valid_from=noon + timedelta(minutes=5), valid_until=noon + timedelta(minutes=10))
    async with CarPark(badges=[early]) as park:
        for rule, opened in (("badge-not-yet-valid", 0), ("entry-admitted", 1), ("badge-ended", 0)):
            park.forget()
            await park.when(READER, at_entry(early.uid))
            assert (len(park.opened), rule in park.rules()) == (opened, True)
            if opened:
                await park.pass_time(61)
                await park.when(READER, at_exit(early.uid))
            await park.pass_time(301)


async def test_a_badge_that_is_blocked_is_refused_at_the_entry_only() -> None:
    async with CarPark(badges=[replace(ALICE, blocked=True), BOB]) as park:
        await park.when(READER, at_entry(ALICE.uid))
        assert (park.opened, park.rules()[-1]) == ([], "badge-blocked")


async def test_an_emergency_comes_in_and_leaves_also_when_the_site_is_full() -> None:
    async with CarPark(sites=[site_with(capacity=1)], badges=[ALICE, badge("E0E0E0E0", "emergency")]) as park:
        await park.when(READER, at_entry(ALICE.uid))
        await park.pass_time(30)
        await park.when(READER, at_entry("E0E0E0E0"))
        await park.pass_time(2400)
        await park.when(READER, at_exit("E0E0E0E0"))
        assert (park.opened, park.asked) == (["entry", "entry", "exit"], [])


async def test_staff_and_subscribers_leave_for_nothing_and_visitors_pay() -> None:
    drivers = [badge("57AFF000", "staff"), badge("A1B2C3D4"), badge("0151708B", "visitor")]
    async with CarPark(badges=drivers) as park:
        for driver in drivers:
            await park.given(READER, at_entry(driver.uid))
            await park.pass_time(20)
        await park.pass_time(3600)
        for driver in drivers:
            await park.when(READER, at_exit(driver.uid))
        await park.pass_time(2)
        assert (park.opened, park.asked) == (["exit", "exit"], [150])


async def test_of_a_class_no_more_come_in_than_it_may_and_others_still_do() -> None:
    async with CarPark(sites=[site_with(at_most={Plan.VISITOR: 1})], badges=[ALICE]) as park:
        await park.when(CAMERA, {"plate": CAR})
        await park.pass_time(70)
        await park.when(CAMERA, {"plate": "EF456GH"})
        assert park.opened == ["entry"]
        await park.when(READER, at_entry(ALICE.uid))
        assert park.opened == ["entry", "entry"]


async def test_where_visitors_are_not_admitted_a_stranger_is_refused_and_whoever_is_inside_leaves() -> None:
    async with CarPark(sites=[site_with(visitors_admitted=False)], badges=[ALICE]) as park:
        await park.when(CAMERA, {"plate": CAR})
        assert (park.opened, "no-visitors" in park.rules()) == ([], True)
        await park.when(READER, at_entry(ALICE.uid))
        await park.pass_time(70)
        await park.when(READER, at_exit(ALICE.uid))
        assert park.opened == ["entry", "exit"]


async def test_where_passback_is_off_a_badge_that_comes_in_twice_is_no_alarm() -> None:
    async with CarPark(sites=[site_with(passback=Passback.OFF)], badges=[ALICE]) as park:
        await park.given(READER, at_entry(ALICE.uid))
        await park.pass_time(700)
        await park.when(READER, at_entry(ALICE.uid))
        assert (park.opened, park.alarms()) == (["entry"], [])


async def test_passback_is_reset_by_an_evacuation() -> None:
    async with CarPark(sites=[HARD], badges=[ALICE]) as park:
        await park.given(READER, at_entry(ALICE.uid))
        await park.pass_time(700)
        await ask(park, DeclareEmergency(author="ines"))
        await ask(park, EndEmergency(author="ines", confirmed_by="Sgt Moreau"))
        await park.pass_time(60)
        park.forget()
        await park.when(READER, at_entry(ALICE.uid))
        assert park.opened == ["entry"]


async def test_passback_is_reset_by_a_link_that_was_cut() -> None:
    async with CarPark(sites=[HARD], badges=[ALICE]) as park:
        await park.when(BRIDGE, "1", retain=True)
        await park.given(READER, at_entry(ALICE.uid))
        await park.pass_time(700)
        await park.when(BRIDGE, "0", retain=True)
        await park.when(BRIDGE, "1", retain=True)
        await park.pass_time(30)
        park.forget()
        await park.when(READER, at_entry(ALICE.uid))
        assert park.opened == ["entry"]


async def test_at_an_exit_without_its_arm_nobody_pays_and_passback_is_reset() -> None:
    async with CarPark(sites=[HARD], badges=[ALICE]) as park:
        await park.given(READER, at_entry(ALICE.uid))
        await park.pass_time(20)
        await park.given(CAMERA, {"plate": CAR})
        await park.pass_time(3600)
        await ask(park, SetLaneMode(lane=Lane.EXIT, mode=LaneMode.UNCONTROLLED, author="op"))
        await park.when(AT_EXIT, {"plate": CAR})
        assert (park.asked, [one.plan for one in await park.open_sessions()]) == ([], [Plan.SUBSCRIBER])

        await ask(park, SetLaneMode(lane=Lane.EXIT, mode=LaneMode.CONTROLLED, author="op"))
        park.forget()
        await park.when(READER, at_entry(ALICE.uid))
        assert park.opened == ["entry"]


async def test_a_lane_without_its_arm_is_not_told_to_hold_open() -> None:
    async with CarPark() as park:
        await ask(park, SetLaneMode(lane=Lane.ENTRY, mode=LaneMode.UNCONTROLLED, author="op"))
        assert park.orders == []


async def test_an_exit_that_is_closed_holds_nobody() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.given(READER, at_entry(ALICE.uid))
        await ask(park, SetLaneMode(lane=Lane.EXIT, mode=LaneMode.CLOSED, author="op"))
        await park.pass_time(70)
        await park.when(READER, at_exit(ALICE.uid))
        assert park.opened == ["exit"]


async def test_a_person_opens_for_one_of_eight_reasons_and_the_journal_says_which_and_who() -> None:
    plates = [f"AA{10 * number:03d}BB" for number in range(1, 9)]
    async with CarPark() as park:
        for plate in plates:
            await park.given(CAMERA, {"plate": plate})
            await park.pass_time(20)
        await park.pass_time(1900)
        for plate, reason in zip(plates, OpenReason, strict=True):
            await park.when(AT_EXIT, {"plate": plate})
            await ask(park, OpenLane(lane=Lane.EXIT, reason=reason, author="ada"))
            await park.pass_time(20)
        told = [row.plain()["message"] for row in park.recorded() if row.rule == "exit-override"]
        assert [(one["reason"], one["author"]) for one in told] == [(reason, "ada") for reason in OpenReason]
        assert await park.open_sessions() == []
