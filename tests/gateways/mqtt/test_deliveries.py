"""What arrives, in which order, what is acknowledged and what comes again, on a real mosquitto."""

import asyncio
from collections.abc import Callable

import pytest

from syspark.gateways.mqtt import PahoBroker
from syspark.settings.model import MqttVersion
from tests.gateways.mqtt.recorder import PlainClient, Recorder
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import eventually

Brokers = Callable[..., Mosquitto]
TOPIC = "parking/barriere"


@pytest.fixture(params=list(MqttVersion))
def version(request: pytest.FixtureRequest) -> MqttVersion:
    """Both versions of MQTT."""
    found: MqttVersion = request.param
    return found


async def test_an_unacknowledged_delivery_comes_again_marked_and_an_acknowledged_one_does_not(
    mosquitto: Brokers, version: MqttVersion
) -> None:
    server = mosquitto()
    broker = PahoBroker(server.host, server.port, version=version)
    events = Recorder()
    connection = await broker.connect("link", events)
    assert not connection.session_present
    await connection.subscribe(["parking/#"])
    with PlainClient(server.port) as field:
        field.publish(TOPIC, "one", "two", "three", "four")
    deliveries = await events.have(4)
    assert events.payloads == [b"one", b"two", b"three", b"four"]
    assert [(delivery.qos, delivery.retained, delivery.dup) for delivery in deliveries] == [(1, False, False)] * 4
    connection.ack(deliveries[0])
    connection.ack(deliveries[1])
    await connection.subscribe(["elsewhere"])  # its answer comes after the acknowledgements were taken
    await connection.close()

    again = Recorder()
    connection = await broker.connect("link", again)
    assert connection.session_present
    repeated = await again.have(2)
    assert [(delivery.payload, delivery.dup) for delivery in repeated] == [(b"three", True), (b"four", True)]
    assert [delivery.packet_id for delivery in repeated] == [delivery.packet_id for delivery in deliveries[2:]]
    await connection.close()
    assert events.losses == again.losses == []


async def test_what_waited_in_the_session_is_delivered_after_connect_has_returned(mosquitto: Brokers) -> None:
    server = mosquitto()
    broker = PahoBroker(server.host, server.port)
    first = await broker.connect("link", Recorder())
    await first.subscribe(["parking/#"])
    await first.close()
    with PlainClient(server.port) as field:
        field.publish(TOPIC, *[str(number) for number in range(500)])

    events = Recorder()
    connection = await broker.connect("link", events)
    assert not events.deliveries
    await events.have(500)
    assert events.payloads == [str(number).encode() for number in range(500)]
    await connection.close()


async def test_an_acknowledgement_for_an_ended_connection_goes_nowhere(mosquitto: Brokers) -> None:
    server = mosquitto()
    broker = PahoBroker(server.host, server.port)
    events, again = Recorder(), Recorder()
    old = await broker.connect("link", events)
    await old.subscribe(["parking/#"])
    with PlainClient(server.port) as field:
        field.publish(TOPIC, "one")
    (delivery,) = await events.have(1)
    new = await broker.connect("link", again)
    await events.be_told_of_the_end()
    old.ack(delivery)
    old.pause_reading()
    old.resume_reading()
    await old.close()
    assert (await again.have(1))[0].dup
    await new.close()


async def test_an_exception_in_the_receiver_does_not_stop_the_connection(mosquitto: Brokers) -> None:
    server = mosquitto()
    events = Recorder(b"poison")
    connection = await PahoBroker(server.host, server.port).connect("link", events)
    await connection.subscribe(["parking/#"])
    with PlainClient(server.port) as field:
        field.publish(TOPIC, "before", "poison", "after")
    await events.have(2)
    assert events.payloads == [b"before", b"after"]
    await connection.publish(TOPIC, b"still here", qos=1)
    await events.have(3)
    assert not events.losses
    await connection.close()


async def test_nothing_is_delivered_while_reading_is_paused(mosquitto: Brokers) -> None:
    server = mosquitto()
    events = Recorder()
    connection = await PahoBroker(server.host, server.port).connect("link", events)
    await connection.subscribe(["parking/#"])
    connection.pause_reading()
    with PlainClient(server.port) as field:
        field.publish(TOPIC, *[str(number) for number in range(300)])
    await asyncio.sleep(0)  # one turn of the loop: bytes are there, and stay where they are
    assert not events.deliveries
    connection.resume_reading()
    await events.have(300)
    assert events.payloads == [str(number).encode() for number in range(300)]
    await connection.close()


async def test_a_message_larger_than_a_gulp_arrives_whole(mosquitto: Brokers) -> None:
    server = mosquitto()
    events = Recorder()
    connection = await PahoBroker(server.host, server.port).connect("link", events)
    await connection.subscribe(["parking/#"])
    sent = [bytes([number]) * 60_000 for number in range(20)]
    await asyncio.gather(*[connection.publish(TOPIC, payload, qos=1) for payload in sent])
    await events.have(20)
    assert events.payloads == sent
    await connection.close()


async def test_qos_0_and_retained_are_told(mosquitto: Brokers) -> None:
    server = mosquitto()
    broker = PahoBroker(server.host, server.port)
    events = Recorder()
    connection = await broker.connect("link", events)
    await connection.publish("parking/meteo", b"rain", qos=1, retain=True)
    await connection.subscribe(["parking/#"])
    (retained,) = await events.have(1)
    assert retained.retained
    await connection.publish(TOPIC, b"beat", qos=0)
    beat = (await events.have(2))[1]
    assert (beat.qos, beat.packet_id, beat.retained) == (0, 0, False)
    connection.ack(beat)
    await eventually(lambda: connection.settled, "nothing was written for it")
    await connection.close()
