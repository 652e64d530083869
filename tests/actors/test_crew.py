"""Several workers: who holds what, who takes over from whom, and what the field notices of it."""

import pytest
from msgspec.structs import replace

from actors.testing import badge
from syspark.persistence.memory import default_site
from syspark.rows import Fate, RowStatus
from tests.actors.badges import ALICE
from tests.actors.crew import Crew, Member

SITES = [replace(default_site(name), partition=number) for number, name in enumerate(["default", "gare", "mairie"])]
BADGES = [ALICE, badge(ALICE.uid, site="gare"), badge(ALICE.uid, site="mairie")]


def crew_of(partitions: int = 8) -> Crew:
    """Workers for three sites in partitions of their own."""
    return Crew(partitions=partitions, sites=SITES, badges=BADGES)


def all_held(*members: Member) -> list[int]:
    """What is held together, twice what is held twice."""
    return sorted(partition for member in members for partition in member.held)


async def test_the_first_takes_everything_and_gives_the_second_its_share() -> None:
    async with crew_of() as crew:
        first = await crew.join("first")
        assert list(first.held) == list(range(8))
        second = await crew.join("second", after_s=12.0)
        assert (len(first.held), len(second.held)) == (4, 4)
        assert all_held(first, second) == list(range(8))
        third = await crew.join("third", after_s=12.0)
        assert sorted(len(one.held) for one in crew.members) == [2, 3, 3]
        await crew.dismiss(third)
        await crew.pass_time(5.0)
        assert all_held(first, second) == list(range(8))


async def test_what_is_decided_and_sent_goes_on_while_partitions_move() -> None:
    async with crew_of() as crew:
        watcher = crew.broker.subscribe("parking/#")
        await crew.join("first")
        await crew.join("second", after_s=0.0)
        for number in range(30):
            crew.broker.publish("parking/gare/barriere", f"{number:08X}")
            await crew.pass_time(0.5)
        done = [stored for stored in crew.stores.inbox_rows() if stored.status is RowStatus.DONE]
        assert len([stored for stored in done if stored.row.kind == "reported"]) == 30
        assert not [stored for stored in crew.stores.inbox_rows() if stored.status is RowStatus.NEW]
        assert {member.name: len(member.held) for member in crew.members} == {"first": 4, "second": 4}
        crew.broker.publish("parking/gare/barriere", ALICE.uid)
        await crew.pass_time(1.0)
        assert [seen.payload for seen in watcher.received if seen.topic == "parking/gare/barriere_entree/cmd"]
        assert {row.fate for row in crew.stores.commands() if row.order_kind == "barrier"} == {Fate.ACKED}


async def test_a_killed_worker_s_partitions_are_held_by_the_other_within_fifteen_seconds() -> None:
    async with crew_of() as crew:
        first = await crew.join("first")
        second = await crew.join("second", after_s=12.0)
        await crew.kill(first)
        await crew.pass_time(12.0)
        assert list(second.held) == list(range(8))


async def test_who_loses_the_broker_gives_everything_to_who_has_it_and_its_share_comes_back() -> None:
    async with crew_of() as crew:
        first = await crew.join("first")
        second = await crew.join("second", after_s=12.0)
        first.way.cut()
        await crew.pass_time(12.0)
        assert (list(first.held), list(second.held)) == ([], list(range(8)))
        first.way.is_cut = False
        await crew.pass_time(15.0)
        assert (len(first.held), len(second.held)) == (4, 4)


async def test_when_nobody_reaches_the_broker_everybody_keeps_what_they_have() -> None:
    async with crew_of() as crew:
        first = await crew.join("first")
        second = await crew.join("second", after_s=12.0)
        before = list(first.held), list(second.held)
        for member in crew.members:
            member.way.cut()
        await crew.pass_time(30.0)
        assert (list(first.held), list(second.held)) == before


async def test_a_standby_takes_the_one_partition_of_a_worker_without_broker() -> None:
    async with crew_of(1) as crew:
        first = await crew.join("first")
        second = await crew.join("second")
        assert (list(first.held), list(second.held)) == ([0], [])
        first.way.cut()
        await crew.pass_time(9.0)
        assert (list(first.held), list(second.held)) == ([], [0])


async def test_a_link_listens_to_its_own_sites_alone_and_to_a_new_one_within_seconds() -> None:
    async with crew_of() as crew:
        await crew.join("first")
        filters = {name: set(session.filters) for name, session in crew.broker._sessions.items()}
        assert "parking/barriere" in filters["syspark-crew-p00"]
        assert "parking/gare/barriere" in filters["syspark-crew-p01"]
        assert not any(
            "#" in wanted or "+" in wanted for name, each in filters.items() if "strays" not in name for wanted in each
        )
        assert filters["syspark-crew-p07"] == {"parking/cloud/marker/7"}
        new = replace(default_site("plage"), partition=7)
        crew.stores._tables.sites[new.id] = new
        crew.stores._tables.changed_sites.append(new.id)
        await crew.pass_time(5.0)
        assert "parking/plage/barriere" in crew.broker._sessions["syspark-crew-p07"].filters


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("parking/nowhere/barriere", "unknown_site"),
        ("parking/gare/barriere-9/state", "unknown_family"),
        ("parking/gare/what", "unknown_family"),
        ("parking/default/barriere", "unknown_family"),
    ],
)
async def test_what_nobody_listens_to_is_recorded_once(topic: str, reason: str) -> None:
    async with crew_of() as crew:
        await crew.join("first")
        for _ in range(3):
            crew.broker.publish(topic, "A1B2C3D4")
            crew.broker.publish("parking/gare/barriere", "A1B2C3D4")
            await crew.pass_time(2.0)
        assert [(message.topic, message.reason) for message in crew.stores.rejected()] == [(topic, reason)]


async def test_a_broker_that_returns_moves_no_partition() -> None:
    async with crew_of(1) as crew:
        first = await crew.join("first")
        second = await crew.join("second")
        for member in crew.members:
            member.way.cut()
        await crew.pass_time(20.0)
        for member in reversed(crew.members):
            member.way.is_cut = False
            await crew.pass_time(2.0)
        await crew.pass_time(10.0)
        assert (list(first.held), list(second.held)) == ([0], [])
        assert crew.stores.owner(0) == ("first", 1)


async def test_a_command_nobody_answers_for_does_not_hold_a_partition_back() -> None:
    async with crew_of() as crew:
        first = await crew.join("first")
        second = await crew.join("second", after_s=12.0)
        for member in crew.members:
            if 0 in member.held:
                crew.broker.lose_pubacks(100)
                crew.broker.publish("parking/barriere", ALICE.uid)
                await crew.pass_time(0.1)
                member.way.cut()
        await crew.pass_time(10.0)
        assert sorted((len(first.held), len(second.held))) == [0, 8]


async def test_a_worker_whose_lease_ran_out_does_not_drive_its_successor_from_the_broker() -> None:
    async with crew_of(1) as crew:
        first = await crew.join("first")
        second = await crew.join("second")
        first.stores.faults.go_away()
        await crew.pass_time(12.0)
        assert list(second.held) == [0]
        await crew.pass_time(20.0)
        first.stores.faults.come_back()
        await crew.pass_time(5.0)
        assert (list(first.held), list(second.held)) == ([], [0])
        assert [one.client_id for one in second.way.opened].count("syspark-crew-p00") == 1
