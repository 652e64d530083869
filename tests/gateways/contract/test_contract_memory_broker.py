"""The faults and the plain side that the broker in memory offers to tests."""

import asyncio

import pytest

from syspark.clock import SteppedClock
from syspark.errors import Unavailable
from syspark.gateways.memory_broker import MemoryBroker, MemoryConnection
from tests.gateways.contract.benches import Heard
from tests.persistence.contract.making import NOON

LINK = "link"


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(NOON)


@pytest.fixture
def broker(clock: SteppedClock) -> MemoryBroker:
    return MemoryBroker(clock)


async def subscribed(broker: MemoryBroker) -> tuple[MemoryConnection, Heard]:
    heard = Heard()
    connection = await broker.connect(LINK, heard)
    await connection.subscribe(["p/#"])
    return connection, heard


async def test_a_message_that_expired_in_the_session_is_not_delivered(
    broker: MemoryBroker, clock: SteppedClock
) -> None:
    connection, _ = await subscribed(broker)
    await connection.close()
    broker.publish("p/a", b"short", expiry_s=5)
    broker.publish("p/a", b"long", expiry_s=60)
    watcher = broker.subscribe("end")
    broker.publish("end", b"")
    await watcher.next()
    clock.advance(5)
    heard = Heard()
    await broker.connect(LINK, heard)
    await heard.wait_for(1)
    assert heard.payloads == [b"long"]


async def test_a_retained_message_expires_too(broker: MemoryBroker, clock: SteppedClock) -> None:
    broker.publish("p/a", b"short", retain=True, expiry_s=5)
    broker.publish("p/b", b"long", retain=True)
    await asyncio.sleep(0)
    clock.advance(5)
    _, heard = await subscribed(broker)
    await heard.wait_for(1)
    assert heard.payloads == [b"long"]
    assert [message.payload for message in broker.subscribe("p/#").received] == []


async def test_a_command_carries_when_it_expires(broker: MemoryBroker, clock: SteppedClock) -> None:
    connection, _ = await subscribed(broker)
    watcher = broker.subscribe("q/cmd")
    clock.advance(100)
    await connection.publish("q/cmd", b"100", qos=1, expiry_s=8)
    message = await watcher.next()
    assert (message.payload, message.qos, message.retained, message.expires_at) == (b"100", 1, False, 108)


async def test_a_late_watcher_hears_what_is_retained_as_such(broker: MemoryBroker) -> None:
    broker.publish("p/a", "text", retain=True)
    watcher = broker.subscribe("p/#")
    message = await watcher.next()
    assert (message.payload, message.retained) == (b"text", True)


async def test_acknowledging_out_of_order_is_a_bug(broker: MemoryBroker) -> None:
    connection, heard = await subscribed(broker)
    broker.publish("p/a", b"1")
    broker.publish("p/a", b"2")
    first, second = await heard.wait_for(2)
    with pytest.raises(ValueError, match="not the next"):
        connection.ack(second)
    connection.ack(first)
    connection.ack(second)


async def test_a_lost_puback_leaves_the_publisher_in_doubt_though_the_message_went_out(broker: MemoryBroker) -> None:
    connection, heard = await subscribed(broker)
    watcher = broker.subscribe("q/cmd")
    broker.lose_pubacks()
    sent = connection.publish("q/cmd", b"100", qos=1)
    await watcher.next()
    assert not sent.done()
    broker.disconnect(LINK)
    with pytest.raises(Unavailable):
        await sent
    await heard.wait_lost()


async def test_a_cut_loses_what_was_on_its_way(broker: MemoryBroker) -> None:
    connection, heard = await subscribed(broker)
    watcher = broker.subscribe("#")
    sent = connection.publish("q/cmd", b"100", qos=1)
    broker.disconnect(LINK, "cable pulled")
    assert await heard.wait_lost() == "cable pulled"
    with pytest.raises(Unavailable):
        await sent
    assert watcher.received == []


async def test_a_frozen_broker_acts_on_what_was_written_meanwhile_even_by_the_departed(broker: MemoryBroker) -> None:
    connection, _ = await subscribed(broker)
    watcher = broker.subscribe("q/cmd")
    await asyncio.sleep(0)
    broker.freeze()
    sent = connection.publish("q/cmd", b"100", qos=1)
    await asyncio.sleep(0)
    assert connection.settled
    await connection.close()
    with pytest.raises(Unavailable):
        await sent
    assert watcher.received == []
    broker.thaw()
    assert (await watcher.next()).payload == b"100"


async def test_a_frozen_broker_answers_a_connection_once_thawed(broker: MemoryBroker) -> None:
    broker.freeze()
    connecting = asyncio.create_task(broker.connect(LINK, Heard()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not connecting.done()
    broker.thaw()
    assert not (await connecting).session_present


async def test_a_clogged_connection_is_not_settled_until_it_has_written(broker: MemoryBroker) -> None:
    connection, _ = await subscribed(broker)
    watcher = broker.subscribe("q/cmd")
    await asyncio.sleep(0)
    broker.clog(LINK)
    sent = connection.publish("q/cmd", b"100", qos=1)
    await asyncio.sleep(0)
    settled = [connection.settled]
    assert watcher.received == []
    broker.unclog(LINK)
    await sent
    settled.append(connection.settled)
    assert settled == [False, True]


async def test_subscriptions_are_refused(broker: MemoryBroker) -> None:
    connection = await broker.connect(LINK, Heard())
    broker.refuse("no such right")
    with pytest.raises(Unavailable, match="no such right"):
        await connection.subscribe(["p/#"])
    broker.accept()
    await connection.subscribe(["p/#"])


async def test_a_broker_may_come_back_without_its_sessions(broker: MemoryBroker) -> None:
    _, heard = await subscribed(broker)
    broker.publish("p/a", b"1", retain=True)
    await heard.wait_for(1)
    broker.restart(sessions_lost=True)
    await heard.wait_lost()
    connection = await broker.connect(LINK, heard)
    assert not connection.session_present


async def test_packet_ids_wrap_and_skip_those_in_flight(broker: MemoryBroker) -> None:
    connection, heard = await subscribed(broker)
    broker.publish("p/a", b"kept")
    await heard.wait_for(1)
    for _ in range(65_534):
        broker.publish("p/a", b"x")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(heard.deliveries) == 65_535
    broker.publish("p/a", b"waits")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(heard.deliveries) == 65_535
    for delivery in heard.deliveries[:2]:
        connection.ack(delivery)
    await heard.wait_for(65_536)
    assert heard.deliveries[-1].packet_id == 1
