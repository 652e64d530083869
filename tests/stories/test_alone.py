"""A site of the first generation lets in and out by itself, and tells afterwards what was read, without times."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from actors.testing import CarPark, badge
from actors.testing.field import Report
from syspark.domain.access import Plan
from syspark.domain.corrections import CloseByHand, FixCount, Ground
from syspark.domain.review import Review
from syspark.domain.session import Status
from syspark.domain.site.exit_reader import KNOWN
from syspark.persistence.memory import default_site
from syspark.rows import Address

READER, PRESENT, BRIDGE, SYNC = (
    "parking/barriere",
    "parking/sensor_gate/present",
    "parking/bridge/state",
    "parking/sync/req",
)
OF_ONE_PLACE = replace(default_site(), capacity=1)
ALICE, BOB, VISITOR = badge("A11CE000"), badge("B0B00000"), badge("CAFE0001", "visitor")


def through_the_entry(said: str) -> Iterable[Report]:
    """What is told of a vehicle that comes to the entry, and leaves its sensor."""
    return Report(PRESENT, "1"), Report(READER, said), Report(PRESENT, "0")


async def came_in(park: CarPark, *said: str) -> None:
    """They come in one after the other, a minute apart."""
    for one in said:
        await park.when_all(through_the_entry(one))
        await park.pass_time(60)


async def alone_for_a_minute(park: CarPark, kept: Iterable[Report]) -> None:
    """The line of a site with controllers that was heard just before is cut, too briefly for its drivers to be gone."""
    await park.given(SYNC, "1")
    await park.given(BRIDGE, "1", retain=True)
    await park.pass_time(15)
    await park.given(BRIDGE, "0", retain=True)
    await park.pass_time(60)
    await park.when_all([Report(BRIDGE, "1"), *kept])


async def alone_for_a_while(park: CarPark, *kept: Iterable[Report]) -> None:
    """The line of a site with controllers is cut for ten minutes; then it tells what was read meanwhile."""
    await park.given(SYNC, "1")
    await park.given(BRIDGE, "1", retain=True)
    await park.pass_time(120)
    await park.given(BRIDGE, "0", retain=True)
    await park.pass_time(600)
    await park.when_all([Report(BRIDGE, "1"), *(report for reports in kept for report in reports)])


async def test_who_came_and_left_while_the_site_was_alone_is_inside_no_more() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        out = [Report(READER, ALICE.uid)]
        await alone_for_a_while(park, through_the_entry(ALICE.uid), through_the_entry(BOB.uid), out)

        assert await park.occupancy() == 1
        assert [session.holder_key for session in await park.open_sessions()] == [BOB.uid]
        assert park.opened == []


@pytest.mark.parametrize("restarted", [False, True], ids=["long-ago", "before-a-restart"])
async def test_who_was_read_at_the_exit_while_the_site_was_alone_left_then_though_a_person_has_ended_the_session(
    *, restarted: bool
) -> None:
    async with CarPark(badges=[ALICE]) as park:
        await came_in(park, ALICE.uid)
        [inside] = await park.open_sessions()
        await park.given(SYNC, "1")
        await park.given(BRIDGE, "1", retain=True)
        await park.pass_time(120)
        await park.given(BRIDGE, "0", retain=True)
        cut_at = park.clock.now()
        await park.pass_time(60)
        gone = CloseByHand(version=1, reason=Ground.PICTURE, author="Ben")
        await park.request(Address("session", inside.id), gone)
        if restarted:
            await park.restart()
        else:
            await park.pass_time(1800)

        await park.when_all([Report(BRIDGE, "1"), Report(READER, ALICE.uid)])

        [session] = await park.all_sessions()
        assert session.left_at is not None
        assert inside.opened_at is not None
        assert inside.opened_at < session.left_at <= cut_at
        assert session.closed_as == "by_hand"
        assert await park.occupancy() == 0


async def test_the_count_is_unsure_after_a_cut_until_a_person_has_counted() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await alone_for_a_while(park, through_the_entry(ALICE.uid), through_the_entry(BOB.uid))
        told_at = park.clock.now()
        assert (await park.site_state()).count_unsure_since == told_at

        await park.pass_time(60)
        counted = FixCount(by=0, seen_at=park.clock.now(), reason=Ground.ON_SITE, author="ines")
        await park.request(Address("site", "default"), counted)

        assert park.rules()[-1] == "count-confirmed"
        assert (await park.occupancy(), (await park.site_state()).count_unsure_since) == (2, None)


async def test_a_cut_in_which_nobody_came_or_left_leaves_the_count_sure() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when_all(through_the_entry(ALICE.uid))
        await alone_for_a_while(park)

        assert (await park.site_state()).count_unsure_since is None


async def test_who_left_while_another_one_stood_at_the_entry_has_left() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await park.when_all(through_the_entry(ALICE.uid))
        out = [Report(PRESENT, "1"), Report(READER, ALICE.uid), Report(READER, BOB.uid), Report(PRESENT, "0")]
        await alone_for_a_while(park, out)

        assert [session.holder_key for session in await park.open_sessions()] == [BOB.uid]


async def test_who_left_while_a_vehicle_stood_at_the_entry_has_left_however_short_the_cut_and_a_person_looks() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await park.when_all(through_the_entry(ALICE.uid))
        await park.pass_time(600)
        await alone_for_a_minute(park, [Report(PRESENT, "1"), Report(READER, ALICE.uid)])

        [session] = await park.all_sessions()
        assert session.left_at is not None
        assert session.review == (Review.LANE_NOT_TOLD,), "she may have come back, and left before unseen"


async def test_who_left_after_the_vehicle_at_the_entry_had_shown_its_own_badge_has_left_for_certain() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await park.when_all(through_the_entry(ALICE.uid))
        await park.pass_time(600)
        await alone_for_a_minute(park, [Report(PRESENT, "1"), Report(READER, BOB.uid), Report(READER, ALICE.uid)])

        hers, _ = await park.all_sessions()
        assert (hers.left_at is not None, hers.review) == (True, ())


async def test_a_visitor_inside_whose_badge_is_told_late_is_inside_still_though_a_vehicle_stands_at_the_entry() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        await park.when_all(through_the_entry(VISITOR.uid))
        await park.pass_time(600)
        await alone_for_a_minute(park, [Report(PRESENT, "1"), Report(READER, VISITOR.uid)])

        assert park.rules().count("badge-not-let-in") == 1
        [session] = await park.open_sessions()
        assert session.review == ()


async def test_who_left_while_another_one_stood_at_the_entry_is_not_back_though_told_twice() -> None:
    async with CarPark(badges=[ALICE, VISITOR]) as park:
        await park.when_all(through_the_entry(ALICE.uid))
        waits, out = [Report(PRESENT, "1"), Report(READER, VISITOR.uid)], [Report(READER, ALICE.uid)] * 2
        await alone_for_a_while(park, waits, out, [Report(PRESENT, "0")])

        [session] = await park.all_sessions()
        assert session.left_at is not None


async def test_who_is_let_through_while_the_entry_s_sensor_sees_nobody_has_left() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await park.when_all(through_the_entry(BOB.uid))
        await alone_for_a_while(park, [Report(READER, ALICE.uid)])

        [_, alice] = await park.all_sessions()
        assert (alice.opened_at, alice.review) == (None, (Review.ENTRY_UNKNOWN,))
        assert await park.occupancy() == 1


async def test_a_visitor_told_late_left_if_the_vehicle_at_the_entry_had_shown_its_own_badge() -> None:
    async with CarPark(badges=[VISITOR, BOB]) as park:
        await park.when_all(through_the_entry(VISITOR.uid))
        await park.pass_time(600)
        await alone_for_a_minute(park, [Report(PRESENT, "1"), Report(READER, BOB.uid), Report(READER, VISITOR.uid)])

        assert [session.holder_key for session in await park.open_sessions()] == [BOB.uid]


async def test_of_two_badges_told_late_of_one_vehicle_at_the_entry_nobody_knows_whose_is_inside() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        waits = [Report(PRESENT, "1"), Report(READER, ALICE.uid), Report(READER, BOB.uid), Report(PRESENT, "0")]
        await alone_for_a_minute(park, waits)

        assert [session.review for session in await park.open_sessions()] == [(Review.LANE_NOT_TOLD,)] * 2


async def by_pin_twice(park: CarPark) -> None:
    """Two drivers have come in by PIN, some minutes apart."""
    for _ in range(2):
        await park.when_all(through_the_entry("PIN_IN"))
        await park.pass_time(300)


async def test_a_pin_told_late_at_the_exit_after_somebody_else_has_left_is_the_next_driver_s() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await by_pin_twice(park)
        await park.when_all(through_the_entry(ALICE.uid))
        await park.pass_time(300)
        await alone_for_a_minute(park, [Report(READER, said) for said in ("PIN_OUT", ALICE.uid, "PIN_OUT")])

        assert await park.open_sessions() == []


async def test_who_types_a_pin_at_the_exit_after_one_was_told_late_is_the_next_driver() -> None:
    async with CarPark() as park:
        await by_pin_twice(park)
        await alone_for_a_minute(park, [Report(READER, "PIN_OUT")])
        await park.pass_time(30)

        await park.when(READER, "PIN_OUT")

        assert await park.open_sessions() == []


async def test_of_a_pin_told_late_twice_at_the_exit_a_person_looks_whether_two_have_left() -> None:
    async with CarPark() as park:
        await by_pin_twice(park)
        await alone_for_a_minute(park, [Report(READER, "PIN_OUT")] * 2)

        [inside] = await park.open_sessions()
        assert inside.review == (Review.PIN_EXIT_GUESSED,)


async def test_whoever_is_inside_by_pin_may_have_left_once_the_one_who_might_have_is_seen_to_leave() -> None:
    async with CarPark() as park:
        await by_pin_twice(park)
        await park.when_all(through_the_entry("PIN_IN"))
        await park.pass_time(300)
        await alone_for_a_minute(park, [Report(READER, "PIN_OUT")] * 2)
        assert [session.review for session in await park.open_sessions()] == [(Review.PIN_EXIT_GUESSED,), ()]
        await park.restart()
        await park.pass_time(300)

        await park.when(READER, "PIN_OUT")

        [inside] = await park.open_sessions()
        assert inside.review == (Review.PIN_EXIT_GUESSED,)


async def test_of_pins_told_late_twice_at_the_exit_after_two_cuts_two_more_may_have_left() -> None:
    async with CarPark() as park:
        await by_pin_twice(park)
        await by_pin_twice(park)
        for _ in range(2):
            await alone_for_a_minute(park, [Report(READER, "PIN_OUT")] * 2)
            await park.pass_time(300)

        assert [session.review for session in await park.open_sessions()] == [(Review.PIN_EXIT_GUESSED,)] * 2


async def test_a_pin_told_late_is_not_of_the_badge_before_it_that_opens_by_itself() -> None:
    async with CarPark(badges=[ALICE]) as park:
        waits = [Report(PRESENT, "1"), Report(READER, ALICE.uid), Report(READER, "PIN_IN"), Report(PRESENT, "0")]
        await alone_for_a_minute(park, waits)

        hers, by_pin = await park.open_sessions()
        assert (hers.review, by_pin.review) == ((Review.LANE_NOT_TOLD,), ())


async def test_who_came_back_while_the_site_was_alone_is_inside() -> None:
    async with CarPark(badges=[ALICE]) as park:
        out = [Report(READER, ALICE.uid)]
        await alone_for_a_while(park, through_the_entry(ALICE.uid), out, through_the_entry(ALICE.uid))

        assert await park.occupancy() == 1
        assert len(await park.all_sessions()) == 2


async def test_whom_no_controller_knows_was_not_let_in_while_the_site_was_alone() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        await alone_for_a_while(park, through_the_entry(VISITOR.uid))

        assert park.rules().count("badge-not-let-in") == 1
        assert (await park.occupancy(), await park.all_sessions()) == (0, [])


async def test_a_visitor_who_waited_in_vain_at_the_entry_has_not_come_in_however_short_the_cut() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        waits = [Report(PRESENT, "1"), Report(READER, VISITOR.uid), Report(READER, VISITOR.uid)]
        await alone_for_a_minute(park, waits)
        assert (await park.occupancy(), await park.all_sessions()) == (0, [])

        await park.when(PRESENT, "0")
        assert await park.all_sessions() == []


async def test_a_visitor_who_waits_at_the_entry_still_is_let_in_by_their_next_badge() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        await alone_for_a_minute(park, [Report(PRESENT, "1"), Report(READER, VISITOR.uid)])
        await park.pass_time(11)
        assert "BADGEZ A NOUVEAU" in park.shown

        await park.when(READER, VISITOR.uid)
        assert (park.opened, await park.occupancy()) == (["entry"], 1)


async def test_a_visitor_who_waited_in_vain_at_the_exit_is_one_who_left_once() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        await park.when_all(through_the_entry(VISITOR.uid))
        await alone_for_a_while(park, [Report(READER, VISITOR.uid)] * 3)

        [session] = await park.all_sessions()
        assert session.left_at is not None
        assert await park.occupancy() == 0


async def test_two_drivers_who_typed_the_same_pin_while_the_site_was_alone_are_two() -> None:
    async with CarPark() as park:
        await alone_for_a_while(park, through_the_entry("PIN_IN"), through_the_entry("PIN_IN"))

        assert await park.occupancy() == 2


async def test_who_badges_on_return_is_at_the_exit_since_their_controller_let_them_in() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await alone_for_a_while(park, through_the_entry(ALICE.uid))
        await park.pass_time(90)

        await park.when(READER, ALICE.uid)

        assert park.opened == ["exit"]


async def test_whom_a_controller_lets_in_has_come_in_though_no_place_is_counted_free() -> None:
    async with CarPark(sites=[OF_ONE_PLACE], badges=[ALICE, BOB, VISITOR]) as park:
        await park.given(SYNC, "1")
        await park.given(READER, ALICE.uid)
        await park.pass_time(60)

        await park.when(READER, BOB.uid)
        assert park.opened == ["entry"]
        assert await park.occupancy() == 2

        await park.pass_time(60)
        await park.when(READER, VISITOR.uid)
        assert park.rules()[-1] == "site-full"


async def test_without_a_controller_a_full_site_is_full() -> None:
    async with CarPark(sites=[OF_ONE_PLACE], badges=[ALICE, BOB]) as park:
        await park.given(READER, ALICE.uid)
        await park.pass_time(60)

        await park.when(READER, BOB.uid)

        assert park.opened == []
        assert park.rules()[-1] == "site-full"


async def test_what_waited_for_the_next_worker_is_no_older_than_what_the_killed_one_has_stored() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await park.pass_time(60 + 2.5)
        await park.given(READER, ALICE.uid)
        await park.pass_time(0.2)

        await park.kill()
        await park.when(READER, BOB.uid)
        await park.pass_time(60)
        await park.start()
        await park.pass_time(2)

        alice, bob = [session.opened_at for session in await park.all_sessions()]
        assert alice == bob, "though the last marker that was stored came some seconds before her"


async def test_a_pin_of_an_outage_is_not_of_the_vehicle_that_had_passed_just_before_it() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.given(SYNC, "1")
        await park.given(BRIDGE, "1", retain=True)
        await park.pass_time(60)
        await park.given(PRESENT, "1")
        await park.pass_time(5.4)
        await park.given(READER, ALICE.uid)
        await park.pass_time(0.4)
        await park.given(PRESENT, "0")

        await park.kill()
        await park.when_all(through_the_entry("PIN_IN"))
        await park.pass_time(600)
        await park.start()
        await park.pass_time(2)

        assert await park.occupancy() == 2, "what waited is as old as the last marker, which came before she had passed"
        assert [session.holder_key == ALICE.uid for session in await park.open_sessions()] == [True, False]


async def test_of_two_let_in_while_one_vehicle_stood_at_the_entry_one_has_left_and_a_person_looks_at_both() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        there = [Report(PRESENT, "1"), Report(READER, ALICE.uid), Report(READER, BOB.uid), Report(PRESENT, "0")]
        await alone_for_a_while(park, there)

        assert [session.review for session in await park.all_sessions()] == [(Review.LANE_NOT_TOLD,)] * 2


async def test_who_is_back_as_the_next_vehicle_at_the_entry_may_be_told_twice_and_a_person_looks() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when_all(through_the_entry(ALICE.uid))
        await alone_for_a_while(park, [Report(READER, ALICE.uid)], through_the_entry(ALICE.uid))

        assert [session.review for session in await park.all_sessions()] == [(), (Review.LANE_NOT_TOLD,)]


async def test_whose_pin_was_told_without_time_after_a_long_absence_is_in_review() -> None:
    async with CarPark() as park:
        await alone_for_a_while(park, through_the_entry("PIN_IN"))

        [session] = await park.open_sessions()
        assert session.review == (Review.TIME_NOT_TOLD,)


async def test_two_pins_at_the_exit_told_one_after_the_other_are_one_told_twice_and_a_person_looks_at_the_other() -> (
    None
):
    async with CarPark() as park:
        await came_in(park, "PIN_IN", "PIN_IN")
        await alone_for_a_while(park, [Report(READER, "PIN_OUT")] * 2)

        sessions = await park.all_sessions()
        assert [session.left_at is None for session in sessions] == [False, True]
        assert [session.review for session in sessions] == [(Review.PIN_EXIT_GUESSED,)] * 2


async def test_two_pins_at_the_exit_with_another_vehicle_told_between_them_let_out_two() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await came_in(park, "PIN_IN", "PIN_IN")
        out = Report(READER, "PIN_OUT")
        await alone_for_a_while(park, [out], through_the_entry(ALICE.uid), [out])

        assert [session.holder_key for session in await park.open_sessions()] == [ALICE.uid]


async def test_a_pin_at_the_exit_told_after_the_badge_of_one_let_out_there_is_the_next_driver_s() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await came_in(park, "PIN_IN", ALICE.uid)
        await alone_for_a_while(park, [Report(READER, ALICE.uid), Report(READER, "PIN_OUT")])

        typed, hers = await park.all_sessions()
        assert (typed.left_at is not None, typed.review) == (True, (Review.PIN_EXIT_GUESSED,))
        assert (hers.left_at is not None, hers.review) == (True, ())


async def test_a_pin_told_while_a_visitor_waited_at_the_exit_may_be_of_who_came_by_pin() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        await came_in(park, "PIN_IN", VISITOR.uid)
        await alone_for_a_while(park, [Report(READER, VISITOR.uid), Report(READER, "PIN_OUT")])

        reviews = {session.plan: session.review for session in await park.all_sessions()}
        assert reviews[Plan.VISITOR] == (Review.PIN_EXIT_WITHOUT_PIN_ENTRY,)
        assert reviews[Plan.SUBSCRIBER] == (Review.PIN_EXIT_GUESSED,)


async def test_a_badge_told_after_a_pin_at_the_exit_is_the_next_driver_s() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await came_in(park, "PIN_IN", BOB.uid)
        await alone_for_a_while(park, [Report(READER, "PIN_OUT"), Report(READER, ALICE.uid)])

        assert len(await park.all_sessions()) == 3, "hers is one whose entry nobody saw"
        assert [session.holder_key for session in await park.open_sessions()] == [BOB.uid]


async def test_whose_badge_is_told_again_of_the_same_stand_at_the_entry_may_have_turned_back() -> None:
    async with CarPark(badges=[ALICE]) as park:
        tries = [Report(PRESENT, "1"), *[Report(READER, ALICE.uid)] * 2, Report(PRESENT, "0")]
        await alone_for_a_while(park, tries)
        [session] = await park.all_sessions()
        assert session.review == (Review.NOT_LET_IN,)

        await park.pass_time(600)
        await park.when(READER, ALICE.uid)
        [session] = await park.all_sessions()
        assert (session.status, session.review) == (Status.CLOSED, ())


async def test_who_has_waited_at_the_entry_for_a_worker_and_badges_again_is_not_at_the_exit() -> None:
    drivers = [badge(f"{number:08X}") for number in range(1, 9)]
    async with CarPark(badges=[ALICE, *drivers]) as park:
        await park.given(SYNC, "1")
        await park.given(BRIDGE, "1", retain=True)
        for driver in drivers:
            await came_in(park, driver.uid)
            await park.pass_time(120)
            await park.when(READER, driver.uid)
            await park.pass_time(120)
        assert (await park.site_state()).exit_reader >= KNOWN

        await park.kill()
        await park.when_all([Report(PRESENT, "1"), Report(READER, ALICE.uid)])
        await park.pass_time(115)
        await park.start()
        await park.pass_time(2)
        park.cut_database()
        await park.when(READER, ALICE.uid)
        await park.pass_time(12)
        park.mend_database()
        await park.pass_time(5)

        [session] = await park.open_sessions()
        assert session.holder_key == ALICE.uid


async def test_whose_badge_is_told_a_third_time_of_one_stand_has_turned_back_and_the_next_exit_is_not_its_end() -> None:
    async with CarPark(badges=[ALICE]) as park:
        tries = [Report(PRESENT, "1"), *[Report(READER, ALICE.uid)] * 3, Report(PRESENT, "0")]
        await alone_for_a_while(park, tries)
        await park.pass_time(600)
        await park.when(READER, ALICE.uid)

        [session] = await park.all_sessions()
        assert (session.status, session.review) == (Status.CLOSED, (Review.REPLAY_CONFLICT,))


async def test_who_has_left_and_is_told_again_beside_a_badge_that_was_refused_at_the_entry_is_in_doubt() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when_all(through_the_entry(ALICE.uid))
        await park.pass_time(600)
        refused, out = Report(READER, "B0B00001"), Report(READER, ALICE.uid)
        await alone_for_a_minute(park, [Report(PRESENT, "1"), refused, out, refused, out, Report(PRESENT, "0")])

        assert [session.review for session in await park.all_sessions()] == [(Review.LANE_NOT_TOLD,)] * 2


async def test_who_badges_on_at_the_exit_is_not_the_vehicle_at_the_entry_that_has_shown_its_own_badge() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await park.when_all(through_the_entry(ALICE.uid))
        out, came = [Report(READER, ALICE.uid)], [Report(PRESENT, "1"), Report(READER, BOB.uid)]
        await alone_for_a_while(park, out, through_the_entry("B0B00001"), came, out, [Report(PRESENT, "0")])

        assert [(one.holder_key, one.status) for one in await park.all_sessions()] == [
            (ALICE.uid, Status.CLOSED),
            (BOB.uid, Status.ACTIVE),
        ]
