"""Commands: before their deadline, on a live way, once; and every fate told."""

import msgspec
from msgspec.structs import replace

from actors.testing import CarPark
from syspark.persistence.memory import Call, default_site
from syspark.rows import Fate, RowStatus
from tests.actors.badges import ALICE, BADGE, BOB, DISPLAY, ENTRY, UNKNOWN

LINK = "syspark-bench-p00"


def told(park: CarPark) -> int:
    """How many fates a site was told of."""
    return sum(stored.row.kind == "command-fated" for stored in park.rows(RowStatus.DONE))


def acked(park: CarPark) -> list[int]:
    """How many openings each decision of the site says it was the first to know acknowledged."""
    site = [row for row in park.recorded() if row.actor == "site"]
    return [len(msgspec.json.decode(row.inputs)["given"].get("acked", ())) for row in site]


async def test_a_site_takes_note_of_an_acknowledged_opening_and_says_so_with_its_next_decision(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    await park.pass_time(20.0)
    assert (park.fates(), told(park), acked(park)) == ([Fate.ACKED], 0, [0])
    await park.when(BADGE, ALICE.uid)
    assert (park.rules()[-1], park.payloads(ENTRY)) == ("entry-confirmed", [b"100"])
    await park.when(BADGE, ALICE.uid)
    assert acked(park) == [0, 1, 0]


async def test_a_site_that_starts_again_knows_an_acknowledged_opening(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    await park.restart()
    await park.pass_time(20.0)
    await park.when(BADGE, ALICE.uid)
    assert (park.rules()[-1], acked(park)[-1], park.payloads(ENTRY)) == ("entry-confirmed", 1, [b"100"])


async def test_a_fate_whose_answer_is_lost_is_told_once(park: CarPark) -> None:
    park.stores.faults.lose_answer(Call.RECORD, written=True)
    await park.when(BADGE, ALICE.uid)
    await park.pass_time(3.0)
    await park.when(BADGE, ALICE.uid)
    assert (park.fates(), acked(park)) == ([Fate.ACKED], [0, 1])


async def test_a_fate_lets_a_decision_pass_but_only_for_a_moment(park: CarPark) -> None:
    park.broker.clog(LINK)
    await park.pass_time(1.0)
    await park.when(BADGE, ALICE.uid)
    gate = park.stores.faults.hold(Call.COMMIT)
    await park.when(BADGE, BOB.uid)
    park.broker.unclog(LINK)
    while not park.payloads(ENTRY):
        await park.pass_time(0.005)
    assert park.fates() == [Fate.QUEUED]
    await park.pass_time(0.025)
    assert park.fates() == [Fate.ACKED]
    gate.open()


async def test_nothing_is_published_while_something_waits_to_be_written(park: CarPark) -> None:
    park.broker.clog(LINK)
    await park.pass_time(1.0)
    await park.when(BADGE, ALICE.uid)
    park.broker.unclog(LINK)
    await park.pass_time(2.0)
    assert park.payloads(ENTRY) == [b"100"]


async def test_a_command_decided_while_the_way_is_dead_expires_and_is_told(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.COMMIT)
    await park.when(BADGE, ALICE.uid)
    park.broker.refuse()
    park.broker.disconnect()
    gate.open()
    await park.pass_time(15.0)
    assert (park.fates(), told(park)) == ([Fate.EXPIRED], 1)
    park.broker.accept()
    await park.pass_time(10.0)
    assert park.payloads(ENTRY) == []


async def test_a_decision_that_comes_late_opens_nothing(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.COMMIT)
    await park.when(BADGE, ALICE.uid)
    await park.pass_time(12.0)
    gate.open()
    await park.pass_time(1.0)
    assert (park.payloads(ENTRY), park.fates()) == ([], [Fate.EXPIRED])


async def test_without_the_brokers_word_a_command_is_unknown_once_the_connection_ends(park: CarPark) -> None:
    park.broker.lose_pubacks(1)
    gate = park.stores.faults.hold(Call.RECORD)
    await park.when(BADGE, ALICE.uid)
    park.broker.disconnect()
    await park.settle()
    gate.open()
    await park.pass_time(2.0)
    assert Fate.UNKNOWN in park.fates()
    assert park.payloads(ENTRY) == [b"100"]


async def test_a_command_of_a_killed_worker_is_unknown_told_and_never_sent_again(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.COMMIT, answer=True)
    await park.when(BADGE, ALICE.uid)
    await park.kill()
    gate.open()
    await park.start()
    await park.pass_time(5.0)
    assert park.payloads(ENTRY) == []
    assert (park.fates(), told(park)) == ([Fate.UNKNOWN], 1)
    await park.when(BADGE, ALICE.uid)
    assert park.payloads(ENTRY) == [b"100"]


async def test_a_refusal_of_a_killed_worker_is_not_shown_to_the_next_car() -> None:
    async with CarPark(sites=[replace(default_site(), capacity=0)], badges=[ALICE]) as park:
        await park.pass_time(2.0)
        gate = park.stores.faults.hold(Call.COMMIT, answer=True)
        await park.when(BADGE, ALICE.uid)
        await park.kill()
        gate.open()
        await park.start()
        await park.pass_time(3.0)
        assert park.fates("entry-refusal") == [Fate.UNKNOWN]


async def test_display_texts_are_paced_and_coalesced(park: CarPark) -> None:
    for number in range(5):
        await park.when(BADGE, f"BEEF000{number}")
    await park.pass_time(1.0)
    shown = [seen for seen in park.seen if seen.topic == DISPLAY]
    assert len(shown) == 2
    assert (shown[1].at - shown[0].at).total_seconds() >= 0.2
    assert park.fates("text").count(Fate.WITHHELD) == 3


async def test_a_display_text_of_a_killed_worker_is_sent_again(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.COMMIT, answer=True)
    await park.when(BADGE, UNKNOWN)
    await park.kill()
    gate.open()
    await park.start()
    await park.pass_time(2.0)
    assert park.payloads(DISPLAY) == [b"BADGE INCONNU"]


async def test_nothing_is_published_within_two_seconds_of_the_end_of_the_lease(park: CarPark) -> None:
    park.stores.faults.hold(Call.RENEW)
    await park.pass_time(8.5)
    await park.when(BADGE, ALICE.uid)
    assert park.payloads(ENTRY) == []
    park.stores.faults.let_all_through()


async def test_a_clock_set_back_gives_a_command_no_second_life(park: CarPark) -> None:
    park.broker.clog(LINK)
    await park.pass_time(1.0)
    gate = park.stores.faults.hold(Call.COMMIT)
    await park.when(BADGE, BOB.uid)
    park.clock._now -= park.clock._now - park.clock._now.replace(hour=1)
    gate.open()
    await park.pass_time(15.0)
    assert park.fates() == [Fate.EXPIRED]
