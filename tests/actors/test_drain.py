"""The orderly end: in time, whatever is away, and nothing acknowledged that is not committed."""

import pytest
from msgspec.structs import replace

from actors.testing import CarPark, badge
from syspark.persistence.memory import Call, default_site
from syspark.rows import Fate, RowStatus
from tests.actors.badges import ALICE, BADGE, ENTRY


async def seconds_to_stop(park: CarPark) -> float:
    begun = park.clock.monotonic()
    await park.stop()
    return park.clock.monotonic() - begun


async def test_a_quiet_worker_stops_at_once_and_gives_its_partition_back(park: CarPark) -> None:
    assert await seconds_to_stop(park) < 1.0
    assert park.stores.owner(0)[0] == ""


async def test_with_the_database_away_it_stops_in_time(park: CarPark, caplog: pytest.LogCaptureFixture) -> None:
    park.cut_database()
    await park.when(BADGE, ALICE.uid)
    await park.pass_time(5.0)
    assert await seconds_to_stop(park) < 10.0
    assert "a bug" not in caplog.text
    park.mend_database()
    await park.start()
    await park.pass_time(12.0)
    assert len(await park.open_sessions()) == 1


async def test_with_the_database_away_in_a_decision_it_stops_in_time(
    park: CarPark, caplog: pytest.LogCaptureFixture
) -> None:
    park.broker.publish(BADGE, ALICE.uid)
    park.cut_database()
    await park.pass_time(0.1)
    assert await seconds_to_stop(park) < 10.0
    assert "a bug" not in caplog.text


async def test_with_the_broker_away_it_stops_in_time(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    park.broker.refuse()
    park.broker.disconnect()
    assert await seconds_to_stop(park) < 10.0


async def test_what_is_on_its_way_out_leaves_also_late_in_a_drain(park: CarPark) -> None:
    park.broker.clog("syspark-bench-p00")
    await park.pass_time(0.5)
    await park.when(BADGE, ALICE.uid)
    park.broker.unclog("syspark-bench-p00")
    await park.stop()
    assert (park.payloads(ENTRY), park.fates()) == ([b"100"], [Fate.ACKED])


async def test_under_load_what_is_acknowledged_is_committed(park: CarPark) -> None:
    for number in range(1_500):
        park.broker.publish(BADGE, f"{number:08X}")
    assert await seconds_to_stop(park) < 10.0
    held = park.broker._sessions["syspark-bench-p00"]
    waiting = [message for message in (*held.in_flight.values(), *held.waiting) if message.topic == BADGE]
    stored = [row for row in park.rows() if row.row.kind == "reported"]
    assert len(stored) + len(waiting) >= 1_500
    await park.start()
    await park.pass_time(5.0)
    assert len([row for row in park.rows(RowStatus.DONE) if row.row.kind == "reported"]) == 1_500


async def test_many_partitions_are_given_back_together_from_a_database_that_is_away() -> None:
    sites = [replace(default_site(), partition=0)]
    async with CarPark(sites=sites, badges=[badge(ALICE.uid)], partitions=8) as park:
        await park.pass_time(2.0)
        park.cut_database()
        assert await seconds_to_stop(park) < 10.0


async def test_a_row_first_in_line_at_five_starts_that_died_at_once_is_parked_at_the_sixth(park: CarPark) -> None:
    park.stores.faults.hold(Call.COMMIT)
    await park.when(BADGE, ALICE.uid)
    await park.kill()
    for _ in range(5):
        park.stores.faults.hold(Call.COMMIT)
        await park.start()
        assert len(park.rows(RowStatus.NEW)) == 1
        await park.kill()
    await park.start()
    assert [stored.row.kind for stored in park.rows(RowStatus.PARKED)] == ["reported"]


async def test_a_process_that_lives_clears_what_was_counted(park: CarPark) -> None:
    park.stores.faults.hold(Call.COMMIT)
    await park.when(BADGE, ALICE.uid)
    await park.kill()
    park.stores.faults.hold(Call.COMMIT)
    await park.start()
    await park.pass_time(11.0)
    assert [stored.starts for stored in park.rows(RowStatus.NEW)] == [0]
    park.stores.faults.let_all_through()


async def test_what_is_decided_late_in_a_drain_still_finds_a_live_way(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.COMMIT)
    await park.when(BADGE, ALICE.uid)
    park.worker.tools.timers.wake_after(4.0, gate.open)
    await park.stop()
    assert (park.payloads(ENTRY), park.fates()) == ([b"100"], [Fate.ACKED])


async def test_a_partition_lost_again_and_again_is_no_process_that_dies(park: CarPark) -> None:
    park.stores.faults.hold(Call.COMMIT)
    await park.when(BADGE, ALICE.uid)
    await park.kill()
    gate = park.stores.faults.hold(Call.COMMIT)
    await park.start()
    partitions = park.stores._tables.partitions
    for _ in range(7):
        partitions[0] = replace(partitions[0], owner="another", epoch=partitions[0].epoch + 1)
        await park.pass_time(14.0)
        assert park.worker.partitions == [0]
    assert [stored.status for stored in park.rows()] == [RowStatus.NEW]
    gate.open()
