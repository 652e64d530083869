"""A site that is cut off knows its own people: what its controllers hold follows what they should."""

from msgspec.structs import replace

from actors.testing import CarPark, badge
from syspark.domain.access import Plan
from syspark.domain.messages import AddCredential, ChangePin, SendAgain
from syspark.domain.rerun import Rerun, setups_in
from syspark.domain.units import Lane, Uid
from syspark.persistence.memory import default_site
from syspark.rows import Address, PinRow
from tests.stories.controllers import GAP_S, Boards

LIST = "parking/acl/list"
BRIDGE = "parking/bridge/state"
SITE = Address("site", "default")
CONTROLLER = Address("controller", "default")
MINUTE_S = 60


def uid(number: int) -> str:
    return f"{number:08X}"


def uids(numbers: range) -> set[str]:
    return {uid(number) for number in numbers}


async def test_300_badges_reach_controllers_that_hold_120_others_over_a_line_that_loses_every_fifth_message() -> None:
    async with CarPark(badges=[badge(one) for one in uids(range(300))]) as park:
        boards = Boards(park, holding=uids(range(1000, 1120)), loses=0.2, seed=3)
        await boards.connect()

        await boards.until_in_step(uids(range(300)), within_s=15 * MINUTE_S)

        assert boards.too_large_or_close == 0
        assert boards.largest <= 1_000
        assert boards.closest_s >= GAP_S
        assert boards.told("acl") <= 1 + 254 + 2 + boards.lost, "one FULL, the rest one by one, two questions"


async def test_a_board_that_answers_none_of_three_questions_is_asked_again_before_it_is_taken_to_be_gone() -> None:
    """On a line of its own, which loses every fifth message: nobody waits a day for it."""
    async with CarPark(badges=[badge(one) for one in uids(range(60))]) as park:
        boards = Boards(park, holding=uids(range(1000, 1120)), loses=0.2, seed=7, apart=True)
        await boards.connect()

        await boards.until_in_step(uids(range(60)), within_s=30 * MINUTE_S)

        assert "other-board-silent" in park.rules()
        assert boards.too_large_or_close == 0


async def test_over_a_good_line_nothing_is_said_twice() -> None:
    async with CarPark(badges=[badge(one) for one in uids(range(60))]) as park:
        boards = Boards(park, holding=uids(range(1000, 1120)))
        await boards.connect()

        await boards.until_in_step(uids(range(60)), within_s=MINUTE_S)
        await boards.pass_time(MINUTE_S)

        assert boards.told("acl") == 1 + 14 + 2
        assert not park.rules().count("controllers-drift")


async def test_a_badge_made_known_reaches_the_controllers_at_once_and_one_blocked_leaves_them() -> None:
    async with CarPark(badges=[badge(uid(1)), badge(uid(2))]) as park:
        boards = Boards(park, holding=[uid(1), uid(2)])
        await boards.connect()
        await boards.pass_time(1)
        assert boards.told("acl") == 0, "they held the right list"

        await park.request(SITE, AddCredential(uid=Uid(uid(3)), holder="Ana", plan=Plan.STAFF, author="Ben"))
        await boards.until_in_step(uids(range(1, 4)), within_s=10)
        lost = AddCredential(uid=Uid(uid(1)), holder="Ana", plan=Plan.STAFF, blocked=True, author="Ben")
        await park.request(SITE, lost)
        await boards.until_in_step(uids(range(2, 4)), within_s=10)


async def test_what_one_family_says_keeps_its_distance_from_what_another_says() -> None:
    """Controllers drop what comes back to back, whatever it is about."""
    site = replace(default_site(), pins=(PinRow("entry", b"4711"), PinRow("exit", b"0815")))
    async with CarPark(sites=[site], badges=[badge(uid(1))]) as park:
        boards = Boards(park)
        await boards.connect()
        await boards.pass_time(20)

        assert {topic.partition("/")[0] for _, topic in boards.heard} == {"acl", "config", "display"}
        assert boards.closest_s >= GAP_S
        assert boards.too_large_or_close == 0
        assert [board.pin for board in boards.all] == ["4711", "0815"]


async def test_a_pin_is_in_no_row_of_the_outbox_or_journal() -> None:
    site = replace(default_site(), pins=(PinRow("entry", b"4711"),))
    async with CarPark(sites=[site]) as park:
        boards = Boards(park)
        await boards.connect()
        await boards.pass_time(10)
        assert boards.all[0].pin == "4711"
        assert not [row for row in park.stores.commands() if b"4711" in row.order]
        assert not [row for row in park.stores.journal("site:default") if b"4711" in row.entry.inputs]


async def test_a_pin_that_is_changed_reaches_the_controller_at_once() -> None:
    async with CarPark(badges=[badge(uid(1))]) as park:
        boards = Boards(park, holding=[uid(1)])
        await boards.connect()
        await boards.pass_time(2)
        await park.request(CONTROLLER, ChangePin(lane=Lane.EXIT, sealed_secret=b"2468", author="Ben"))
        await boards.pass_time(2)
        assert boards.all[1].pin == "2468"

        await park.restart()
        boards.all[1].pin = ""
        boards.all[1].connect()
        await boards.pass_time(2)
        assert boards.all[1].pin == "2468", "whoever connects is given it"


async def test_a_controller_that_comes_back_with_another_list_is_put_right() -> None:
    async with CarPark(badges=[badge(one) for one in uids(range(3))]) as park:
        boards = Boards(park, holding=uids(range(3)))
        await boards.connect()
        await boards.pass_time(10)
        boards.all[1].acl.clear()
        boards.all[1].connect()
        await boards.until_in_step(uids(range(3)), within_s=10)


async def test_a_bridge_that_is_back_has_the_lists_compared() -> None:
    async with CarPark(badges=[badge(one) for one in uids(range(3))]) as park:
        boards = Boards(park, holding=uids(range(3)))
        await boards.connect()
        await boards.pass_time(10)
        boards.all[0].acl.pop(uid(2))

        await park.when(BRIDGE, "1", retain=True)
        await boards.until_in_step(uids(range(3)), within_s=15)


async def test_the_worker_is_killed_half_way_and_the_next_one_goes_on() -> None:
    async with CarPark(badges=[badge(one) for one in uids(range(60))]) as park:
        boards = Boards(park)
        await boards.connect()
        await boards.pass_time(2)
        assert 0 < len(boards.all[0].acl) < 60

        await park.restart()
        await boards.until_in_step(uids(range(60)), within_s=5 * MINUTE_S)
        assert boards.told("acl") <= 1 + 14 + 2 + 4


async def test_an_operator_has_everything_sent_again_and_is_told_when_nobody_is_there() -> None:
    async with CarPark(badges=[badge(uid(1))]) as park:
        asked = await park.request(CONTROLLER, SendAgain(author="Ben"))
        await park.pass_time(1)
        outcome = await park.stores.stores.inbox.outcome(asked)
        assert outcome is not None
        assert outcome[0] == "refused"

        boards = Boards(park, holding=[uid(1)])
        await boards.connect()
        await boards.pass_time(5)
        boards.all[0].acl[uid(9)] = None
        await park.request(CONTROLLER, SendAgain(author="Ben"))
        await boards.until_in_step({uid(1)}, within_s=10)


async def test_every_decision_about_the_lists_is_made_again_from_the_journal() -> None:
    async with CarPark(badges=[badge(one) for one in uids(range(20))]) as park:
        boards = Boards(park, holding=uids(range(50, 60)), loses=0.2, seed=2)
        await boards.connect()
        await boards.until_in_step(uids(range(20)), within_s=5 * MINUTE_S)
        found, rows = Rerun(), park.recorded()
        for row in rows:
            if row.actor == "controller":
                found.add(row, setups_in([]))
        assert found.same > 5
        assert not found.differences
        assert not found.left_out


async def test_a_list_of_a_site_without_controllers_is_noted_and_changes_nothing() -> None:
    site = default_site()
    without = replace(site, devices=tuple(device for device in site.devices if device.kind != "acl"))
    async with CarPark(sites=[without], badges=[badge(uid(1))]) as park:
        await park.when(LIST, {"op": "LIST", "secret": "s3cret-of-the-site", "entries": []}, retain=True)
        await park.pass_time(10)
        assert not [one for one in park.seen if "/acl/" in one.topic and one.topic != LIST]
