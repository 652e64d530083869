"""Who may come in. Source: domain.md, "Access"; no rule here refuses an exit."""

from datetime import timedelta

import msgspec
from msgspec.structs import replace

from actors.testing import CarPark, badge
from actors.testing.car_park import NOON
from syspark.domain.access import HolderKind, Plan, PoolFull, windows_of
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.messages import (
    AddCredential,
    AddHolder,
    AnswerHelp,
    AnyMessage,
    AskHelp,
    EnrolBadge,
    LaneMode,
    OpenLane,
    OpenReason,
    ReplaceBadge,
    SetLaneMode,
    SetPolicy,
    Template,
)
from syspark.domain.policy import Passback, SitePolicy
from syspark.domain.site.matching import DRIVER
from syspark.domain.units import Lane, Plate, Uid
from syspark.persistence.memory import default_site
from syspark.rows import Address, RowStatus, SiteRow

READER = "parking/barriere"
CAMERA = "parking/entry/vision/plate"
SITE = Address("site", "default")
ALICE, BOB = badge("A1B2C3D4"), badge("B0B0B0B0")
NEW = "0E0E0E0E"
CAR = "AA123BB"


def site_with(capacity: int = 50, zone: str = "Europe/Paris", **policy: object) -> SiteRow:
    body = msgspec.json.encode(SitePolicy(**policy))  # type: ignore[arg-type]
    return replace(default_site(), policy=body, capacity=capacity, zone=zone)


async def ask(park: CarPark, message: AnyMessage) -> tuple[RowStatus, str]:
    """What an operator asks for, and the answer they get."""
    row = await park.request(SITE, message)
    await park.pass_time(1)
    outcome = await park.stores.stores.inbox.outcome(row)
    assert outcome is not None
    return RowStatus(outcome[0]), outcome[1]


def at_entry(uid: str) -> dict[str, str]:
    return {"uid": uid, "lane": "entry"}


def at_exit(uid: str) -> dict[str, str]:
    return {"uid": uid, "lane": "exit"}


async def test_a_subscriber_outside_their_hours_is_a_visitor() -> None:
    by_night = replace(ALICE, windows="mon-sun 20:00-06:00")
    by_day = replace(BOB, windows="mon-sun 06:00-20:00")
    async with CarPark(sites=[site_with()], badges=[by_night, by_day]) as park:
        await park.when(READER, at_entry(by_night.uid))
        await park.pass_time(20)
        await park.when(READER, at_entry(by_day.uid))

        assert park.opened == ["entry", "entry"]
        visitor, subscriber = await park.open_sessions()
        assert (visitor.plan, subscriber.plan) == (Plan.VISITOR, Plan.SUBSCRIBER)
        assert subscriber.free_until is not None
        assert (subscriber.free_until.hour, subscriber.free_until.minute) == (18, 15), "20:00 in Paris, in summer"


async def test_a_right_that_ends_during_the_stay_never_blocks_the_exit() -> None:
    async with CarPark() as park:
        ends = park.clock.now() + timedelta(minutes=10)
        await ask(park, AddCredential(uid=Uid(NEW), holder="Carol", plan=Plan.STAFF, valid_until=ends, author="op"))
        await park.when(READER, at_entry(NEW))
        await park.pass_time(600)
        park.forget()
        await park.when(READER, at_exit(NEW))

        assert park.opened == ["exit"]
        await park.pass_time(400)
        await park.when(READER, at_entry(NEW))
        assert park.opened == ["exit"], "and refuses the entry from then on"


async def test_the_visitor_tariff_starts_a_quarter_of_an_hour_after_a_right_has_ended() -> None:
    async with CarPark(sites=[site_with(capacity=5)]) as park:
        ends = park.clock.now() + timedelta(minutes=5)
        await ask(park, AddCredential(uid=Uid(NEW), holder="Carol", plan=Plan.STAFF, valid_until=ends, author="op"))
        await park.when(READER, at_entry(NEW))
        await park.pass_time(20 * 60 + 31 * 60)
        await park.when(READER, at_exit(NEW))
        assert park.asked == [50], "31 minutes of a visitor: 30 are free, one quarter of an hour has begun"


async def test_a_plate_made_known_gives_its_plan() -> None:
    async with CarPark() as park:
        await ask(park, AddCredential(plate=Plate(CAR), holder="Dora", plan=Plan.SUBSCRIBER, author="op"))
        await park.when(CAMERA, {"plate": CAR})

        [session] = await park.open_sessions()
        assert (park.opened, session.plan) == (["entry"], Plan.SUBSCRIBER)


async def test_a_plate_whose_right_has_ended_is_a_visitor() -> None:
    async with CarPark() as park:
        ends = park.clock.now() + timedelta(seconds=10)
        plate = AddCredential(plate=Plate(CAR), holder="Dora", plan=Plan.STAFF, valid_until=ends, author="op")
        await ask(park, plate)
        await park.pass_time(10)
        await park.when(CAMERA, {"plate": CAR})

        [session] = await park.open_sessions()
        assert session.plan is Plan.VISITOR


async def test_what_is_temporary_ends_within_thirty_days() -> None:
    async with CarPark() as park:
        now = park.clock.now()
        endless = AddCredential(plate=Plate(CAR), holder="Repair", plan=Plan.STAFF, temporary=True, author="op")
        status, why = await ask(park, endless)
        assert (status, "needs an end" in why) == (RowStatus.REFUSED, True)

        too_long = msgspec.structs.replace(endless, valid_until=now + timedelta(days=31))
        assert (await ask(park, too_long))[0] is RowStatus.REFUSED
        month = msgspec.structs.replace(endless, valid_until=now + timedelta(days=30))
        assert (await ask(park, month))[0] is RowStatus.DONE


async def test_the_eleventh_of_a_company_of_ten_places_is_a_visitor() -> None:
    fleet = [replace(badge(f"C0{number:06d}"), holder="Fleet") for number in range(3)]
    async with CarPark(badges=fleet) as park:
        await ask(park, AddHolder(holder="Fleet", holder_kind=HolderKind.COMPANY, places=2, author="op"))
        for one in fleet:
            await park.when(READER, at_entry(one.uid))
        plans = [session.plan for session in await park.open_sessions()]
        assert plans == [Plan.SUBSCRIBER, Plan.SUBSCRIBER, Plan.VISITOR]

        await park.pass_time(120)
        await park.when(READER, at_exit(fleet[0].uid))
        await park.when(READER, at_exit(fleet[2].uid))
        await park.pass_time(400)
        await park.restart()
        await park.when(READER, at_entry(fleet[0].uid))
        assert [session.plan for session in await park.open_sessions()][-1] is Plan.SUBSCRIBER, "a place is free again"


async def test_a_company_may_be_refused_beyond_its_places() -> None:
    fleet = [replace(badge(f"C0{number:06d}"), holder="Fleet") for number in range(2)]
    async with CarPark(sites=[site_with(pool_full=PoolFull.REFUSED)], badges=fleet) as park:
        await ask(park, AddHolder(holder="Fleet", holder_kind=HolderKind.COMPANY, places=1, author="op"))
        for one in fleet:
            await park.when(READER, at_entry(one.uid))
        assert (park.opened, park.shown[-1]) == (["entry"], "PLACES SOCIETE PRISES")


async def test_reserved_places_are_kept_for_those_they_are_for() -> None:
    async with CarPark(sites=[site_with(capacity=2, reserved={Plan.SUBSCRIBER: 1})], badges=[ALICE]) as park:
        await park.when(CAMERA, {"plate": CAR})
        await park.pass_time(70)
        assert park.shown == ["LIBRE:0"], "for visitors"
        await park.when(CAMERA, {"plate": "EF456GH"})
        assert "site-full" in park.rules()

        await park.when(READER, at_entry(ALICE.uid))
        await park.pass_time(5)
        assert (park.opened, park.shown[-1]) == (["entry", "entry"], "LIBRE:0")
        await park.pass_time(300)
        await park.when(READER, at_exit(ALICE.uid))
        assert park.shown[-1] == "LIBRE:0", "the place is kept for the next one"
        assert not any("COMPLET" in text for text in park.shown)


async def test_opening_hours_refuse_entries_and_never_exits() -> None:
    hours = windows_of("mon-sun 06:00-14:10")
    async with CarPark(sites=[site_with(opening_hours=hours)], badges=[ALICE, badge("57AFF000", "staff")]) as park:
        await park.when(READER, at_entry(ALICE.uid))
        await park.pass_time(900)
        park.forget()
        await park.when(READER, at_exit(ALICE.uid))
        assert park.opened == ["exit"]

        await park.pass_time(400)
        await park.when(READER, at_entry(ALICE.uid))
        assert park.shown[-1] == "PARKING FERME"
        await park.when(READER, at_entry("57AFF000"))
        assert park.opened == ["exit", "entry"], "staff may come before it opens"


async def test_a_lane_is_closed_from_when_to_when() -> None:
    async with CarPark(badges=[ALICE, badge("E0E0E0E0", "emergency")]) as park:
        now = park.clock.now()
        closed = SetLaneMode(
            lane=Lane.ENTRY,
            mode=LaneMode.CLOSED,
            starts_at=now + timedelta(minutes=10),
            ends_at=now + timedelta(minutes=20),
            author="op",
        )
        await ask(park, closed)
        await park.when(READER, at_entry(ALICE.uid))
        await park.pass_time(300)
        await park.when(READER, at_exit(ALICE.uid))
        await park.pass_time(500)
        park.forget()
        await park.when(READER, at_entry(ALICE.uid))
        assert (park.opened, park.shown) == ([], ["ENTREE FERMEE"])
        await park.when(READER, at_entry("E0E0E0E0"))
        assert park.opened == ["entry"], "an emergency always enters"

        await park.pass_time(600)
        await park.when(READER, at_entry(ALICE.uid))
        assert park.opened == ["entry", "entry"]


async def test_a_badge_passed_back_is_admitted_with_an_alarm() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.given(READER, at_entry(ALICE.uid))
        [first] = await park.open_sessions()
        await park.pass_time(700)
        await park.when(READER, at_entry(ALICE.uid))

        assert park.opened == ["entry"]
        assert "exit_missed" in (await park.session(first.id)).review
        assert [alarm.kind for alarm in park.alarms()] == [AlarmKind.PASSBACK]


async def test_hard_passback_refuses_and_the_night_resets_it() -> None:
    half_past_three = NOON.replace(hour=1, minute=30)
    site = site_with(passback=Passback.HARD)
    async with CarPark(sites=[site], badges=[ALICE], start=half_past_three) as park:
        await park.given(READER, at_entry(ALICE.uid))
        await park.pass_time(700)
        await park.when(READER, at_entry(ALICE.uid))
        assert (park.opened, park.shown[-1]) == ([], "BADGE DEJA ENTRE")

        await park.pass_time(1100)
        await park.when(READER, at_entry(ALICE.uid))
        assert park.opened == ["entry"], "since 04:00 it is a missed exit"


async def test_passback_is_reset_by_a_lane_that_was_held_open() -> None:
    async with CarPark(sites=[site_with(passback=Passback.HARD)], badges=[ALICE]) as park:
        await park.given(READER, at_entry(ALICE.uid))
        await ask(park, SetLaneMode(lane=Lane.EXIT, mode=LaneMode.HELD_OPEN, author="op"))
        await park.pass_time(700)
        await ask(park, SetLaneMode(lane=Lane.EXIT, mode=LaneMode.CONTROLLED, author="op"))
        park.forget()
        await park.when(READER, at_entry(ALICE.uid))
        assert park.opened == ["entry"]


async def test_a_read_without_lane_is_never_passback() -> None:
    async with CarPark(sites=[site_with(passback=Passback.HARD)], badges=[ALICE]) as park:
        await park.given(READER, ALICE.uid)
        await park.pass_time(700)
        await park.when(READER, ALICE.uid)
        assert park.opened == ["exit"]


async def test_the_next_unknown_badge_is_offered_and_not_admitted() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await ask(park, EnrolBadge(lane=Lane.ENTRY, author="op"))
        await park.when(READER, at_entry(ALICE.uid))
        await park.when(READER, at_entry(NEW))
        assert (park.opened, park.rules()[-1], park.shown[-1]) == (["entry"], "badge-offered", "BADGE LU")

        await park.when(READER, at_entry("0F0F0F0F"))
        assert park.rules()[-1] == "badge-unknown", "one badge, not two"
        await ask(park, AddCredential(uid=Uid(NEW), holder="Eve", plan=Plan.SUBSCRIBER, author="op"))
        await park.when(READER, at_entry(NEW))
        assert park.opened == ["entry", "entry"]


async def test_nobody_is_offered_once_the_lane_waits_no_longer() -> None:
    async with CarPark() as park:
        await ask(park, EnrolBadge(lane=Lane.ENTRY, author="op"))
        await park.pass_time(30)
        await park.when(READER, at_entry(NEW))
        assert park.rules()[-1] == "badge-unknown"


async def test_a_lost_badge_is_blocked_and_replaced_in_one_act() -> None:
    async with CarPark(badges=[replace(ALICE, plan="staff")]) as park:
        assert (await ask(park, ReplaceBadge(lost_uid=Uid(ALICE.uid), uid=Uid(NEW), author="op")))[0] is RowStatus.DONE
        await park.when(READER, at_entry(ALICE.uid))
        assert park.opened == []
        await park.when(READER, at_entry(NEW))
        [session] = await park.open_sessions()
        assert session.plan is Plan.STAFF


async def test_a_badge_nobody_knows_cannot_be_replaced() -> None:
    async with CarPark() as park:
        status, why = await ask(park, ReplaceBadge(lost_uid=Uid(ALICE.uid), uid=Uid(NEW), author="op"))
        assert (status, "does not know" in why) == (RowStatus.REFUSED, True)


async def test_over_three_guessed_pin_exits_a_day_are_an_alarm() -> None:
    async with CarPark() as park:
        for _ in range(4):
            await park.when(READER, {"method": "PIN_IN"})
            await park.pass_time(60)
        for guessed in range(4):
            assert park.alarms() == [] or guessed == 4
            await park.when(READER, {"method": "PIN_OUT"})
            await park.pass_time(60)
        assert [alarm.kind for alarm in park.alarms()] == [AlarmKind.PIN_GUESSED]


async def test_who_asks_for_help_in_vain_is_let_out_and_the_debt_stays() -> None:
    async with CarPark() as park:
        await park.given(CAMERA, {"plate": CAR})
        await park.pass_time(3600)
        await park.when("parking/exit/vision/plate", {"plate": CAR})
        [session] = await park.open_sessions()
        await ask(park, AskHelp(lane=Lane.EXIT, author="portal"))
        assert [alarm.kind for alarm in park.alarms()] == [AlarmKind.HELP_ASKED]
        await park.pass_time(175)
        assert park.opened == []
        await park.pass_time(10)

        assert (park.opened, "timed-release" in park.rules()) == (["exit"], True)
        after = await park.session(session.id)
        assert (after.closed_as, after.unpaid is not None) == ("left_unpaid", True)
        assert (park.alarms(), await park.occupancy()) == ([], 0)


async def test_who_is_read_only_after_the_release_leaves_by_it_and_the_debt_stays() -> None:
    async with CarPark() as park:
        await park.given(CAMERA, {"plate": CAR})
        await park.pass_time(3600)
        [session] = await park.open_sessions()
        await ask(park, AskHelp(lane=Lane.EXIT, author="intercom"))
        await park.pass_time(180)
        assert park.opened == ["exit"]
        await park.when("parking/exit/vision/plate", {"plate": CAR})
        after = await park.session(session.id)
        assert (park.opened, after.closed_as, after.unpaid is not None) == (["exit"], "left_unpaid", True)


async def test_an_answered_call_opens_nothing_by_itself() -> None:
    async with CarPark() as park:
        await ask(park, AskHelp(lane=Lane.ENTRY, author="intercom"))
        assert (await ask(park, AnswerHelp(lane=Lane.ENTRY, author="op")))[0] is RowStatus.DONE
        await park.pass_time(400)
        assert (park.opened, park.alarms()) == ([], [])


async def test_help_at_an_entry_where_nothing_was_read_opens_it() -> None:
    async with CarPark(sites=[site_with(help_unanswered_s=60)]) as park:
        await park.given("parking/sensor_gate/present", {"present": True}, retain=True)
        await ask(park, AskHelp(lane=Lane.ENTRY, author="intercom"))
        await park.pass_time(70)
        assert (park.opened, "timed-release" in park.rules()) == (["entry"], True)


async def test_a_call_from_the_portal_opens_no_lane_where_nobody_is_known_to_wait() -> None:
    async with CarPark() as park:
        await ask(park, AskHelp(lane=Lane.EXIT, author=DRIVER))
        await park.pass_time(900)
        assert park.opened == []
        assert [alarm.kind for alarm in park.alarms()] == [AlarmKind.HELP_ASKED], "a person is called all the same"

        await park.given(CAMERA, {"plate": CAR})
        await park.pass_time(3600)
        await park.when("parking/exit/vision/plate", {"plate": CAR})
        await ask(park, AskHelp(lane=Lane.EXIT, author=DRIVER))
        await park.pass_time(185)
        assert park.opened == ["exit"], "from when they are seen there, it is as any other call"


async def test_nothing_opens_for_who_has_left_meanwhile() -> None:
    async with CarPark() as park:
        await park.given("parking/sensor_gate/present", {"present": True}, retain=True)
        await ask(park, AskHelp(lane=Lane.ENTRY, author="intercom"))
        await park.when("parking/sensor_gate/present", {"present": False}, retain=True)
        await park.pass_time(400)
        assert (park.opened, park.alarms()) == ([], [])


async def test_a_lane_opened_by_a_person_has_answered_the_call() -> None:
    async with CarPark() as park:
        await ask(park, AskHelp(lane=Lane.ENTRY, author="intercom"))
        await ask(park, OpenLane(lane=Lane.ENTRY, reason=OpenReason.GOODWILL, author="op"))
        await park.pass_time(400)
        assert (park.opened, park.alarms()) == (["entry"], [])


async def test_a_call_stands_while_the_site_is_cut_off_and_hears_of_no_opening() -> None:
    bridge = "parking/bridge/state"
    async with CarPark() as park:
        await park.given(CAMERA, {"plate": CAR})
        await park.given(bridge, "online", retain=True)
        await park.pass_time(3600)
        await park.given(bridge, "offline", retain=True)
        await ask(park, AskHelp(lane=Lane.EXIT, author="intercom"))
        await ask(park, OpenLane(lane=Lane.EXIT, reason=OpenReason.GOODWILL, author="op"))
        assert AlarmKind.HELP_ASKED in [alarm.kind for alarm in park.alarms()]
        await park.pass_time(120)
        await park.given(bridge, "online", retain=True)

        await park.pass_time(55)
        assert park.opened == [], "3 minutes after the call, not before"
        await park.pass_time(10)
        assert (park.opened, park.alarms()) == (["exit"], [])


async def test_who_called_a_site_that_was_cut_off_for_long_is_let_out_when_it_is_back() -> None:
    bridge = "parking/bridge/state"
    async with CarPark() as park:
        await park.given(bridge, "offline", retain=True)
        await ask(park, AskHelp(lane=Lane.EXIT, author="intercom"))
        await park.pass_time(300)
        park.forget()
        await park.given(bridge, "online", retain=True)
        await park.pass_time(5)
        assert (park.opened, park.alarms()) == (["exit"], [])


async def test_rules_are_changed_in_versions_and_decided_by_at_once() -> None:
    async with CarPark(badges=[ALICE]) as park:
        status, _ = await ask(park, SetPolicy(changes={"visitors_admitted": False}, author="op"))
        await park.when(CAMERA, {"plate": CAR})
        await park.when(READER, at_entry(ALICE.uid))
        assert (status, park.opened, "no-visitors" in park.rules()) == (RowStatus.DONE, ["entry"], True)

        await park.restart()
        await ask(park, SetPolicy(changes={}, template=Template.HOSPITAL, author="op"))
        site = await park.stores.stores.state.site(default_site().id)
        assert site is not None
        policy = msgspec.json.decode(site.policy, type=SitePolicy)
        assert (site.policy_version, policy.help_unanswered_s, policy.visitors_admitted) == (3, 60, True)


async def test_rules_that_make_no_sense_change_nothing() -> None:
    async with CarPark() as park:
        for changes, why in (
            ({"pasback": "hard"}, "there is no rule called pasback"),
            ({"passback": "harder"}, "Invalid enum value"),
            ({"help_unanswered_s": -1}, "cannot be negative"),
        ):
            status, told = await ask(park, SetPolicy(changes=changes, author="op"))
            assert (status, why in told) == (RowStatus.REFUSED, True)
