"""What the link acknowledges, drops, refuses and survives."""

import pytest
from msgspec.structs import replace

from actors.testing import CarPark, badge
from syspark.persistence.memory import Call, default_site
from syspark.rows import RowStatus
from tests.actors.badges import ALICE, BADGE, BOB, DISPLAY, ENTRY, PRESENT, UNKNOWN

LINK = "syspark-bench-p00"


def reports(park: CarPark) -> int:
    """How many messages of the field are rows."""
    return sum(stored.row.delivery is not None for stored in park.rows())


def connected(park: CarPark) -> bool:
    """Whether the link stands."""
    return park.worker.connected


def unacknowledged(park: CarPark) -> int:
    """How many facts the broker still holds for the link, markers apart."""
    in_flight = park.broker._sessions[LINK].in_flight.values()
    return sum(not message.topic.endswith("/cloud/marker") for message in in_flight)


async def test_a_known_badge_opens_the_entry_once(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    await park.when(BADGE, ALICE.uid)
    assert park.payloads(ENTRY) == [b"100"]


async def test_an_unknown_badge_opens_nothing_and_is_told(park: CarPark) -> None:
    await park.when(BADGE, UNKNOWN)
    assert park.payloads(ENTRY) == []
    assert b"BADGE INCONNU" in park.payloads(DISPLAY)


async def test_nothing_is_acknowledged_before_its_row_is_committed(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.INSERT)
    await park.when(BADGE, ALICE.uid)
    assert unacknowledged(park) == 1
    gate.open()
    await park.settle()
    assert unacknowledged(park) == 0


async def test_an_acknowledgement_does_not_wait_for_the_decision(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.COMMIT)
    await park.when(BADGE, ALICE.uid)
    assert unacknowledged(park) == 0
    gate.open()


async def test_a_repeat_of_a_level_waits_for_the_change_before_it(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.INSERT)
    await park.when(PRESENT, "1")
    await park.when(PRESENT, "1")
    assert unacknowledged(park) == 2
    gate.open()
    await park.settle()
    assert (unacknowledged(park), reports(park)) == (0, 1)


async def test_a_level_that_changes_back_before_its_commit_is_not_taken_for_unchanged(park: CarPark) -> None:
    await park.when(PRESENT, "0")
    gate = park.stores.faults.hold(Call.INSERT)
    await park.when(PRESENT, "1")
    await park.when(PRESENT, "0")
    gate.open()
    await park.settle()
    assert [rule for rule in park.rules() if rule.startswith("vehicle")] == ["vehicle-arrived", "vehicle-gone"]


async def test_a_level_whose_insert_was_answered_too_late_is_remembered(park: CarPark) -> None:
    await park.when(PRESENT, "0")
    park.stores.faults.lose_answer(Call.INSERT, written=True)
    gate = park.stores.faults.hold(Call.INSERT)
    await park.when(PRESENT, "1")
    gate.open()
    await park.settle()
    await park.worker._tenures._held[0]._scanner.scan()  # type: ignore[union-attr]
    await park.pass_time(1.0)
    await park.when(PRESENT, "0")
    assert "vehicle-gone" in park.rules()


async def test_a_redelivery_after_a_lost_connection_has_no_second_effect(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.INSERT)
    await park.when(BADGE, ALICE.uid)
    park.broker.disconnect()
    await park.settle()
    gate.open()
    await park.pass_time(2.0)
    assert (reports(park), unacknowledged(park)) == (1, 0)


async def test_a_redelivery_to_the_next_process_has_no_second_effect(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.INSERT, answer=True)
    await park.when(BADGE, ALICE.uid)
    await park.kill()
    gate.open()
    await park.start()
    await park.pass_time(2.0)
    assert (reports(park), unacknowledged(park)) == (1, 0)


async def test_a_redelivery_whose_row_was_never_written_becomes_one(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.INSERT)
    await park.when(BADGE, ALICE.uid)
    await park.kill()
    gate.open()
    await park.start()
    assert reports(park) == 1


async def test_an_event_id_counts_once_also_after_a_restart() -> None:
    text = '{"uid": "A1B2C3D4", "event_id": "once"}'
    async with CarPark(badges=[ALICE]) as park:
        await park.when(BADGE, text)
        await park.kill()
        await park.start()
        await park.when(BADGE, text)
        assert reports(park) == 1


async def test_own_messages_coming_back_are_no_rejections(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    await park.pass_time(3.0)
    assert park.stores.rejected() == []


async def test_a_site_that_publishes_our_command_is_refused(park: CarPark) -> None:
    await park.when(ENTRY, "100")
    assert [message.reason for message in park.stores.rejected()] == ["down_topic_from_site"]


async def test_an_unknown_site_is_refused_and_acknowledged(park: CarPark) -> None:
    await park.when("parking/nowhere/barriere", ALICE.uid)
    assert [message.reason for message in park.stores.rejected()] == ["unknown_site"]
    assert unacknowledged(park) == 0


async def test_a_partition_without_sites_acknowledges_what_is_nobodys() -> None:
    async with CarPark(sites=[default_site("elsewhere", partition=1)]) as park:
        await park.when(BADGE, ALICE.uid)
        assert unacknowledged(park) == 0


async def test_a_retained_badge_is_refused(park: CarPark) -> None:
    park.broker.publish(BADGE, ALICE.uid, retain=True)
    park.broker.disconnect()
    await park.pass_time(2.0)
    assert "retained_fact" in [message.reason for message in park.stores.rejected()]


async def test_a_rejected_message_holds_no_secret(park: CarPark) -> None:
    await park.when("parking/acl/event", '{"op":"SD_WRITE","status":"what","secret":"s3cret-of-the-site"}')
    assert len(park.stores.rejected()) == 1
    assert "s3cret" not in park.stores.rejected()[0].payload


async def test_more_than_two_hundred_messages_a_second_are_a_flood(park: CarPark) -> None:
    for number in range(2_100):
        park.broker.publish(BADGE, f"{number:08X}")
    await park.settle()
    assert {message.reason for message in park.stores.rejected()} == {"flood"}


async def test_what_waited_through_an_outage_of_ours_is_no_flood(park: CarPark) -> None:
    park.broker.refuse()
    park.broker.disconnect()
    for number in range(2_500):
        park.broker.publish(BADGE, f"{number:08X}")
    await park.pass_time(30.0)
    park.broker.accept()
    await park.pass_time(10.0)
    assert park.stores.rejected() == []
    assert reports(park) == 2_500


async def test_what_waited_in_a_site_is_no_flood_and_opens_nothing(park: CarPark) -> None:
    await park.when("parking/bridge/state", "1", retain=True)
    await park.when("parking/bridge/state", "0", retain=True)
    await park.pass_time(60.0)
    await park.when("parking/bridge/state", "1", retain=True)
    for number in range(2_500):
        park.broker.publish(BADGE, f"{number:08X}")
    park.broker.publish(BADGE, ALICE.uid)
    await park.settle()
    assert park.stores.rejected() == []
    assert park.payloads(ENTRY) == []
    assert [session.holder_key for session in await park.open_sessions()] == [ALICE.uid]


async def test_replays_are_no_flood(park: CarPark) -> None:
    for number in range(2_100):
        event = f'{{"ts": 1781000000000, "topic": "barriere", "payload": "{number:08X}", "event_id": "{number}"}}'
        park.broker.publish("parking/replay/event", event)
    await park.settle()
    assert park.stores.rejected() == []


async def test_a_badge_that_waited_for_us_opens_nothing_and_the_next_one_does(park: CarPark) -> None:
    park.broker.refuse()
    park.broker.disconnect()
    await park.pass_time(1.0)
    park.broker.publish(BADGE, ALICE.uid)
    await park.pass_time(20.0)
    park.broker.accept()
    await park.pass_time(10.0)
    assert park.payloads(ENTRY) == []
    await park.when(BADGE, ALICE.uid)
    assert park.payloads(ENTRY) == [b"100"]


async def test_a_database_away_is_not_acknowledged_and_the_link_disconnects(park: CarPark) -> None:
    park.cut_database()
    await park.when(BADGE, ALICE.uid)
    await park.pass_time(14.0)
    assert connected(park)
    await park.pass_time(3.0)
    assert not connected(park)
    assert unacknowledged(park) == 1


async def test_a_database_that_returns_is_found_without_help(park: CarPark) -> None:
    park.cut_database()
    await park.when(BADGE, ALICE.uid)
    await park.pass_time(30.0)
    park.mend_database()
    await park.pass_time(10.0)
    assert (reports(park), unacknowledged(park)) == (1, 0)
    await park.when(BADGE, BOB.uid)
    assert park.payloads(ENTRY) == [b"100"]


async def test_memory_is_bounded_while_the_database_is_away(park: CarPark) -> None:
    park.cut_database()
    for second in range(30):
        for number in range(1_000):
            park.broker.publish(BADGE, f"{second * 1_000 + number:08X}")
        await park.pass_time(1.0)
    link = park.worker._tenures._held[0].link
    assert link is not None
    assert link._submitted <= 10_600


async def test_a_storm_of_garbage_does_not_stop_the_link_for_good(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.INSERT)
    for _ in range(11_000):
        park.broker.publish("parking/nowhere/barriere", "x")
    await park.pass_time(20.0)
    gate.open()
    await park.pass_time(20.0)
    await park.when(BADGE, ALICE.uid)
    assert park.payloads(ENTRY) == [b"100"]


async def test_a_session_lost_at_the_broker_is_begun_anew(park: CarPark) -> None:
    before = park.stores._tables.partition(0).position.broker_session
    park.broker.restart(sessions_lost=True)
    await park.pass_time(3.0)
    assert park.stores._tables.partition(0).position.broker_session != before
    await park.when(BADGE, ALICE.uid)
    assert park.payloads(ENTRY) == [b"100"]


async def test_a_new_session_is_stored_although_the_database_failed_meanwhile(park: CarPark) -> None:
    before = park.stores._tables.partition(0).position.broker_session
    park.stores.faults.lose_answer(Call.RENEW, written=False)
    park.broker.restart(sessions_lost=True)
    await park.pass_time(0.5)
    await park.when(BADGE, ALICE.uid)
    assert reports(park) == 1
    assert park.stores._tables.partition(0).position.broker_session != before


async def test_packet_ids_that_wrap_are_new_deliveries(park: CarPark) -> None:
    await park.when(BADGE, UNKNOWN)
    park.broker._sessions[LINK].last_packet_id -= 1
    await park.when(BADGE, UNKNOWN)
    assert reports(park) == 2


async def test_a_packet_id_used_again_since_is_no_redelivery(park: CarPark) -> None:
    """Some brokers give out the lowest free id: the next message of that id may never have reached us."""
    session = park.broker._sessions[LINK]
    await park.when(BADGE, UNKNOWN)
    used = session.last_packet_id
    session.last_packet_id = used - 1
    await park.when(PRESENT, "0")
    await park.when(PRESENT, "0")
    park.broker.disconnect()
    session.last_packet_id = used - 1
    await park.settle()
    park.broker.publish(BADGE, UNKNOWN)
    await park.pass_time(2.0)
    assert reports(park) == 3


async def test_telemetry_is_no_row_and_noted_in_bulk(park: CarPark) -> None:
    await park.when("parking/sensor_gate/heartbeat", "1781524800", qos=0)
    await park.pass_time(1.0)
    assert reports(park) == 0
    assert [device for _, device in await park.stores.stores.telemetry.last_seen(0)] == ["sensor_gate"]


async def test_devices_nobody_configured_are_not_remembered(park: CarPark) -> None:
    for number in range(50):
        await park.when(f"parking/default/sensor_gate-{number}/heartbeat", "1781524800", qos=0)
    await park.pass_time(1.0)
    assert park.worker._telemetry._written == {}


@pytest.mark.parametrize("partition", [1])
async def test_a_site_of_another_partition_is_left_to_its_link(partition: int) -> None:
    sites = [default_site(), replace(default_site("far"), partition=partition)]
    async with CarPark(sites=sites, badges=[ALICE, badge(ALICE.uid, site="far")]) as park:
        for site in sites:
            park.worker._sites.put(site)
        await park.when("parking/far/barriere", ALICE.uid)
        assert park.rows(RowStatus.NEW) == []
        assert park.stores.rejected() == []
