"""What a link may rely on, whatever broker it is connected to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from syspark.errors import Unavailable
from syspark.ports import BrokerConnection, Delivery
from tests.gateways.contract.benches import Bench, Heard
from tests.servers.waiting import eventually

LINK = "syspark-test-p00"

Connect = Callable[[], Awaitable[tuple[BrokerConnection, Heard]]]


@pytest.fixture
async def connect(bench: Bench) -> AsyncIterator[Connect]:
    """Opens connections of one client id, and closes them at the end."""
    opened: list[BrokerConnection] = []

    async def connect() -> tuple[BrokerConnection, Heard]:
        heard = Heard()
        connection = await bench.broker.connect(LINK, heard)
        opened.append(connection)
        return connection, heard

    yield connect
    for connection in opened:
        await connection.close()


async def subscribed(connect: Connect, *filters: str) -> tuple[BrokerConnection, Heard]:
    """A connection with subscriptions."""
    connection, heard = await connect()
    await connection.subscribe(filters or ("p/#",))
    return connection, heard


async def taken(connection: BrokerConnection) -> None:
    """The broker has taken all that was sent: it answers in order.

    mosquitto reads one packet of each connection by turns, so that who comes again under the same name could
    overtake what the last connection sent before its end.
    """
    await connection.subscribe(("elsewhere",))


async def test_a_first_connection_finds_no_session_and_a_second_finds_it(connect: Connect) -> None:
    first, _ = await subscribed(connect)
    assert not first.session_present
    await first.close()
    second, _ = await connect()
    assert second.session_present


async def test_a_message_is_delivered_as_it_was_published(connect: Connect, bench: Bench) -> None:
    _, heard = await subscribed(connect)
    bench.publish("p/barriere", b"A1 B2\x00")
    [delivery] = await heard.wait_for(1)
    assert delivery.packet_id > 0
    assert delivery == Delivery(
        "p/barriere", b"A1 B2\x00", qos=1, retained=False, dup=False, packet_id=delivery.packet_id
    )


async def test_a_message_at_qos_0_has_no_packet_id(connect: Connect, bench: Bench) -> None:
    connection, heard = await subscribed(connect)
    bench.publish("p/heartbeat", b"1", qos=0)
    [delivery] = await heard.wait_for(1)
    assert (delivery.qos, delivery.packet_id) == (0, 0)
    connection.ack(delivery)


async def test_a_message_at_qos_2_is_delivered_at_qos_1(connect: Connect, bench: Bench) -> None:
    _, heard = await subscribed(connect)
    bench.publish("p/error", b"OK", qos=2)
    [delivery] = await heard.wait_for(1)
    assert delivery.qos == 1


async def test_messages_come_in_the_order_they_were_published(connect: Connect, bench: Bench) -> None:
    _, heard = await subscribed(connect)
    for number in range(20):
        bench.publish(f"p/{number % 3}", b"%d" % number)
    deliveries = await heard.wait_for(20)
    assert heard.payloads == [b"%d" % number for number in range(20)]
    assert len({delivery.packet_id for delivery in deliveries}) == 20


async def test_a_retained_message_is_marked_only_when_it_is_old(connect: Connect, bench: Bench) -> None:
    bench.publish("p/state", b"old", retain=True)
    _, heard = await subscribed(connect)
    await heard.wait_for(1)
    bench.publish("p/state", b"new", retain=True)
    await heard.wait_for(2)
    assert [(delivery.payload, delivery.retained) for delivery in heard.deliveries] == [(b"old", True), (b"new", False)]


async def test_an_empty_retained_message_removes_what_was_retained(connect: Connect, bench: Bench) -> None:
    bench.publish("p/state", b"old", retain=True)
    bench.publish("p/state", b"", retain=True)
    _, heard = await subscribed(connect)
    bench.publish("p/state", b"live")
    await heard.wait_for(1)
    assert heard.payloads == [b"live"]


@pytest.mark.parametrize(
    ("topic_filter", "topic", "falls_under"),
    [
        ("p/#", "p", True),
        ("p/#", "p/a/b", True),
        ("p/+", "p/a", True),
        ("p/+", "p/a/b", False),
        ("p/+", "p", False),
        ("p/+/x", "p/a/x", True),
        ("p/+/x", "p/a/y", False),
        ("p/a", "p/ab", False),
        ("p/a", "p/a/", False),
        ("+/a", "/a", True),
        ("#", "$own/a", False),
    ],
)
async def test_filters(connect: Connect, bench: Bench, topic_filter: str, topic: str, falls_under: bool) -> None:
    _, heard = await subscribed(connect, topic_filter, "end")
    bench.publish(topic, b"asked")
    bench.publish("end", b"")
    await eventually(lambda: heard.payloads[-1:] == [b""], "the last message")
    expected = [b"asked", b""] if falls_under else [b""]
    # Under a lone `#` the last message comes twice.
    assert heard.payloads[: len(expected)] == expected


async def test_several_filters_are_one_subscription(connect: Connect, bench: Bench) -> None:
    _, heard = await subscribed(connect, "p/a", "p/b")
    for topic in ("p/a", "p/c", "p/b"):
        bench.publish(topic, topic.encode())
    await heard.wait_for(2)
    assert heard.payloads == [b"p/a", b"p/b"]


async def test_what_was_not_acknowledged_comes_again_marked_with_the_same_packet_ids(
    connect: Connect, bench: Bench
) -> None:
    first, heard = await subscribed(connect)
    for number in range(4):
        bench.publish("p/a", b"%d" % number)
    before = await heard.wait_for(4)
    first.ack(before[0])
    first.ack(before[1])
    await taken(first)
    await first.close()
    _, again = await connect()
    after = await again.wait_for(2)
    assert [(d.payload, d.packet_id) for d in after] == [(d.payload, d.packet_id) for d in before[2:]]
    assert all(delivery.dup for delivery in after)


async def test_what_was_acknowledged_does_not_come_again(connect: Connect, bench: Bench) -> None:
    first, heard = await subscribed(connect)
    for number in range(3):
        bench.publish("p/a", b"%d" % number)
    for delivery in await heard.wait_for(3):
        first.ack(delivery)
    await taken(first)
    await first.close()
    _, again = await connect()
    bench.publish("p/a", b"new")
    await again.wait_for(1)
    assert again.payloads == [b"new"]


async def test_what_was_published_meanwhile_waits_in_the_session(connect: Connect, bench: Bench) -> None:
    first, _ = await subscribed(connect)
    await first.close()
    bench.publish("p/a", b"1")
    bench.publish("p/a", b"2")
    second, again = await connect()
    assert second.session_present
    waited = await again.wait_for(2)
    # A broker may have sent the first one to the connection that was just closing.
    assert [delivery.payload for delivery in waited] == [b"1", b"2"]


async def test_nothing_is_delivered_before_connect_has_returned(connect: Connect, bench: Bench) -> None:
    first, _ = await subscribed(connect)
    await first.close()
    bench.publish("p/a", b"1")
    _, again = await connect()
    assert again.deliveries == []
    await again.wait_for(1)


async def test_an_acknowledgement_on_an_ended_connection_is_nothing(connect: Connect, bench: Bench) -> None:
    first, heard = await subscribed(connect)
    bench.publish("p/a", b"1")
    [delivery] = await heard.wait_for(1)
    await first.close()
    first.ack(delivery)
    _, again = await connect()
    [redelivered] = await again.wait_for(1)
    assert redelivered.dup


async def test_a_second_connection_takes_the_session_over(connect: Connect, bench: Bench) -> None:
    first, evicted = await subscribed(connect)
    bench.publish("p/a", b"1")
    [before] = await evicted.wait_for(1)
    second, heard = await connect()
    assert await evicted.wait_lost()
    assert second.session_present
    [after] = await heard.wait_for(1)
    assert (after.dup, after.packet_id) == (True, before.packet_id)
    with pytest.raises(Unavailable):
        _ = first.publish("p/a", b"2", qos=1)
    bench.publish("p/a", b"3")
    await heard.wait_for(2)
    assert evicted.payloads == [b"1"]


async def test_our_own_close_is_not_a_loss(connect: Connect) -> None:
    connection, heard = await subscribed(connect)
    await connection.close()
    await connection.close()
    with pytest.raises(Unavailable):
        _ = connection.publish("p/a", b"1", qos=0)
    with pytest.raises(Unavailable):
        await connection.subscribe(["q/#"])
    assert heard.losses == []
    assert not connection.settled


async def test_a_cut_line_is_told_once_and_the_session_stays(connect: Connect, bench: Bench) -> None:
    connection, heard = await subscribed(connect)
    bench.publish("p/a", b"1")
    await heard.wait_for(1)
    bench.cut()
    assert await heard.wait_lost()
    with pytest.raises(Unavailable):
        _ = connection.publish("p/a", b"2", qos=1)
    again, redelivered = await connect()
    assert again.session_present
    [delivery] = await redelivered.wait_for(1)
    assert delivery.dup
    assert len(heard.losses) == 1


async def test_a_broker_restarted_in_good_order_keeps_the_session(connect: Connect, bench: Bench) -> None:
    _, heard = await subscribed(connect)
    bench.publish("p/a", b"1")
    await heard.wait_for(1)
    bench.restart()
    assert await heard.wait_lost()
    again, redelivered = await connect()
    assert again.session_present
    bench.publish("p/a", b"2")
    await redelivered.wait_for(2)
    assert [(d.payload, d.dup) for d in redelivered.deliveries] == [(b"1", True), (b"2", False)]


@pytest.mark.parametrize("qos", [0, 1])
async def test_a_publication_ends_and_is_heard(connect: Connect, bench: Bench, qos: int) -> None:
    connection, _ = await connect()
    heard = bench.listen("q/#")
    await connection.publish("q/cmd", b"100", qos=qos)
    await eventually(lambda: heard() == [("q/cmd", b"100")], "the command is heard")
    assert connection.settled


async def test_publications_leave_in_order_without_being_awaited(connect: Connect, bench: Bench) -> None:
    connection, _ = await connect()
    heard = bench.listen("q/#")
    sent = [connection.publish("q/cmd", b"%d" % number, qos=1) for number in range(10)]
    await asyncio.gather(*sent)
    await eventually(lambda: len(heard()) == 10, "the commands are heard")
    assert [payload for _, payload in heard()] == [b"%d" % number for number in range(10)]


async def test_a_publication_may_be_retained_and_its_own_publisher_hears_it(connect: Connect) -> None:
    first, heard = await subscribed(connect)
    await first.publish("p/meteo", b"sun", qos=1, retain=True)
    [live] = await heard.wait_for(1)
    assert (live.payload, live.retained) == (b"sun", False)
    first.ack(live)
    await first.subscribe(["p/meteo"])
    await eventually(lambda: len(heard.deliveries) > 1, "the retained message")
    assert (heard.deliveries[1].payload, heard.deliveries[1].retained) == (b"sun", True)


async def test_what_a_client_publishes_itself_may_be_left_out_of_what_it_hears(connect: Connect, bench: Bench) -> None:
    connection, heard = await connect()
    assert connection.spares_own
    await connection.subscribe(["p/marker"])
    await connection.subscribe(["p/#"], own=False)
    bench.publish("p/cmd", b"somebody else's")
    await heard.wait_for(1)
    await connection.publish("p/cmd", b"ours", qos=1)
    await connection.publish("p/marker", b"back, once", qos=1)
    await heard.wait_for(2)
    assert heard.payloads == [b"somebody else's", b"back, once"]


async def test_a_publication_that_is_not_answered_fails_with_its_connection(connect: Connect, bench: Bench) -> None:
    connection, heard = await connect()
    bench.freeze()
    sent = connection.publish("q/cmd", b"100", qos=1)
    bench.cut()
    assert await heard.wait_lost()
    bench.thaw()
    with pytest.raises(Unavailable):
        await sent


async def test_a_publication_that_is_not_answered_fails_with_our_own_close(connect: Connect, bench: Bench) -> None:
    connection, _ = await connect()
    bench.freeze()
    sent = connection.publish("q/cmd", b"100", qos=1)
    await connection.close()
    bench.thaw()
    with pytest.raises(Unavailable):
        await sent


async def test_an_impossible_topic_is_a_bug_of_the_caller(connect: Connect) -> None:
    connection, _ = await connect()
    with pytest.raises(ValueError, match="opic"):
        _ = connection.publish("q/#", b"100", qos=1)


async def test_reading_pauses_and_resumes(connect: Connect, bench: Bench) -> None:
    connection, heard = await subscribed(connect)
    other = bench.listen("p/#")
    connection.pause_reading()
    for number in range(5):
        bench.publish("p/a", b"%d" % number)
    await eventually(lambda: len(other()) == 5, "the broker has sent them")
    assert heard.deliveries == []
    connection.resume_reading()
    await heard.wait_for(5)
    assert heard.payloads == [b"%d" % number for number in range(5)]


async def test_what_came_while_reading_was_paused_is_not_lost_with_the_connection(
    connect: Connect, bench: Bench
) -> None:
    connection, _ = await subscribed(connect)
    other = bench.listen("p/#")
    connection.pause_reading()
    bench.publish("p/a", b"1")
    await eventually(lambda: len(other()) == 1, "the broker has sent it")
    await connection.close()
    _, again = await connect()
    await again.wait_for(1)
    assert again.payloads == [b"1"]


async def test_a_broker_that_is_not_there_is_unavailable(bench: Bench) -> None:
    bench.refuse()
    with pytest.raises(Unavailable) as refused:
        await bench.broker.connect(LINK, Heard())
    assert refused.value.what == "broker"


async def test_a_connection_that_does_not_last_leaves_nothing_behind(bench: Bench) -> None:
    for _ in range(2):
        heard = Heard()
        connection = await bench.broker.connect(LINK, heard, lasting=False)
        assert not connection.session_present
        await connection.subscribe(["p/#"])
        bench.publish("p/barriere", b"now")
        await heard.wait_for(1)
        await connection.close()
        bench.publish("p/barriere", b"while it was away")


async def test_at_qos_0_what_comes_by_is_heard_and_nothing_that_is_retained(bench: Bench) -> None:
    bench.publish("p/bridge/state", b"1", retain=True)
    heard = Heard()
    connection = await bench.broker.connect(LINK, heard, lasting=False)
    await connection.subscribe(["p/#"], qos=0)
    bench.publish("p/barriere", b"now")
    [delivery] = await heard.wait_for(1)
    assert (delivery.payload, delivery.qos, delivery.packet_id) == (b"now", 0, 0)
    await connection.close()


async def test_as_many_filters_as_a_partition_has_topics_are_subscribed_to(connect: Connect, bench: Bench) -> None:
    _, heard = await subscribed(connect, *(f"p/site-{number}/barriere" for number in range(3_000)))
    for number in (0, 1_500, 2_999):
        bench.publish(f"p/site-{number}/barriere", b"%d" % number)
    await heard.wait_for(3)
    assert heard.payloads == [b"0", b"1500", b"2999"]
