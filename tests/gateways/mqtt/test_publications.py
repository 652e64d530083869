"""What is published, when it counts as sent, and what happens to it without a connection, on a real mosquitto."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from syspark.errors import Unavailable
from syspark.gateways.mqtt import PahoBroker
from syspark.settings.model import MqttVersion
from tests.gateways.mqtt.recorder import PlainClient, Recorder
from tests.servers.mosquitto import Mosquitto
from tests.servers.proxy import Proxy
from tests.servers.waiting import eventually

Brokers = Callable[..., Mosquitto]
COMMAND = "parking/barriere/cmd"


async def test_a_publication_is_done_when_the_broker_has_it(mosquitto: Brokers) -> None:
    server = mosquitto()
    connection = await PahoBroker(server.host, server.port).connect("link", Recorder())
    with PlainClient(server.port, subscribe="parking/#") as field:
        acknowledged = connection.publish(COMMAND, b"100", qos=1)
        assert (acknowledged.done(), connection.settled) == (False, True)
        await acknowledged
        await connection.publish(COMMAND, b"000", qos=0)
        await eventually(lambda: len(field.received) == 2, "both arrive")
    assert [message.payload for message in field.received] == [b"100", b"000"]
    await connection.close()


@pytest.mark.parametrize(("version", "arrives"), [(MqttVersion.V5, True), (MqttVersion.V311, False)])
async def test_a_command_carries_its_remaining_seconds(mosquitto: Brokers, version: MqttVersion, arrives: bool) -> None:
    server = mosquitto()
    connection = await PahoBroker(server.host, server.port, version=version).connect("link", Recorder())
    with PlainClient(server.port, subscribe="parking/#") as field:
        await connection.publish(COMMAND, b"100", qos=1, expiry_s=9.7)
        await eventually(lambda: len(field.received) == 1, "it arrives")
    properties: Any = field.received[0].properties
    assert getattr(properties, "MessageExpiryInterval", None) == (9 if arrives else None)
    await connection.close()


async def test_an_expired_command_is_not_kept_for_a_late_reader(mosquitto: Brokers) -> None:
    server = mosquitto()
    broker = PahoBroker(server.host, server.port)
    reader = await broker.connect("edge", Recorder())
    await reader.subscribe([COMMAND])
    await reader.close()
    connection = await broker.connect("link", Recorder())
    await connection.publish(COMMAND, b"100", qos=1, expiry_s=0.2)
    await connection.publish(COMMAND, b"000", qos=1)
    end = asyncio.get_running_loop().time() + 2.5  # mosquitto counts in whole seconds, and drops when one is over
    await eventually(lambda: asyncio.get_running_loop().time() > end, "its second is over")
    late = Recorder()
    reader = await broker.connect("edge", late)
    await late.have(1)
    assert late.payloads == [b"000"]
    await reader.close()
    await connection.close()


async def test_without_a_connection_nothing_is_queued(mosquitto: Brokers) -> None:
    server = mosquitto()
    broker = PahoBroker(server.host, server.port)
    connection = await broker.connect("link", Recorder())
    await connection.close()
    with pytest.raises(Unavailable, match="broker unavailable: not connected"):
        _ = connection.publish(COMMAND, b"100", qos=1)
    with pytest.raises(Unavailable, match="not connected"):
        await connection.subscribe(["parking/#"])
    events = Recorder()
    connection = await broker.connect("link", events)
    await connection.subscribe(["parking/#"])
    await connection.publish("parking/last", b"", qos=1)
    await events.have(1)
    assert [delivery.topic for delivery in events.deliveries] == ["parking/last"]
    await connection.close()


async def test_what_was_not_acknowledged_fails_with_the_connection(mosquitto: Brokers) -> None:
    server = mosquitto()
    connection = await PahoBroker(server.host, server.port).connect("link", Recorder())
    server.freeze()
    ignored, awaited = connection.publish(COMMAND, b"100", qos=1), connection.publish(COMMAND, b"000", qos=1)
    server.kill()
    with pytest.raises(Unavailable):
        await awaited
    assert ignored.done()
    assert not connection.settled


async def test_a_stuck_line_is_not_settled(mosquitto: Brokers, proxy: Callable[[int], Proxy]) -> None:
    server = mosquitto()
    line = proxy(server.port)
    connection = await PahoBroker("127.0.0.1", line.port).connect("link", Recorder())
    line.freeze()
    sent = [connection.publish(COMMAND, bytes(60_000), qos=1) for _ in range(200)]
    written = connection.publish(COMMAND, b"", qos=0)
    for _ in range(20):
        await asyncio.sleep(0)
    stuck = (connection.settled, written.done())
    line.thaw()
    await asyncio.gather(*sent, written)
    assert stuck == (False, False)
    assert connection.settled
    await connection.close()


async def test_a_thousand_in_flight_are_acknowledged_each(mosquitto: Brokers) -> None:
    server = mosquitto()
    connection = await PahoBroker(server.host, server.port).connect("link", Recorder())
    await asyncio.gather(*[connection.publish(COMMAND, b"%d" % number, qos=1) for number in range(1000)])
    await connection.close()


async def test_a_message_the_broker_forbids_fails_alone(mosquitto: Brokers, tmp_path: Any) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic write parking/allowed\n")
    acl.chmod(0o600)
    server = mosquitto(acl_file=acl)
    events = Recorder()
    connection = await PahoBroker(server.host, server.port).connect("link", events)
    with pytest.raises(Unavailable, match="Not authorized"):
        await connection.publish("parking/forbidden", b"", qos=1)
    await connection.publish("parking/allowed", b"", qos=1)
    with pytest.raises(ValueError, match="wildcard"):
        _ = connection.publish("parking/#", b"", qos=1)
    await connection.close()
    assert not events.losses
