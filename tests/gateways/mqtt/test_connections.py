"""How connections begin and end: refusals in the broker's words, takeover, death and freeze, TLS, nothing left over."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import uvloop

from syspark.errors import Unavailable
from syspark.gateways.mqtt import PahoBroker
from syspark.settings.model import MqttVersion
from tests.gateways.mqtt.certificates import make_authority
from tests.gateways.mqtt.recorder import Recorder
from tests.servers.mosquitto import Mosquitto
from tests.servers.proxy import Proxy
from tests.servers.waiting import free_port

Brokers = Callable[..., Mosquitto]


async def test_a_second_connection_evicts_the_first_which_is_told_once(mosquitto: Brokers) -> None:
    server = mosquitto()
    broker = PahoBroker(server.host, server.port)
    first, second = Recorder(), Recorder()
    old = await broker.connect("link", first)
    new = await broker.connect("link", second)
    assert "broker" in await first.be_told_of_the_end()  # newer mosquittos say: Session taken over
    await new.publish("parking/x", b"", qos=1)
    await old.close()
    await new.close()
    assert len(first.losses) == 1
    assert not second.losses


@pytest.mark.parametrize("version", list(MqttVersion))
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_broker_that_ends_is_noticed(mosquitto: Brokers, number: signal.Signals, version: MqttVersion) -> None:
    server = mosquitto()
    broker = PahoBroker(server.host, server.port, version=version)
    events = Recorder()
    connection = await broker.connect("link", events)
    await connection.subscribe(["parking/#"])
    server.stop(number)
    assert await events.be_told_of_the_end()
    with pytest.raises(Unavailable):
        await broker.connect("link", Recorder())
    server.start()
    again = await broker.connect("link", Recorder())
    assert again.session_present or number is signal.SIGKILL
    await again.close()
    assert len(events.losses) == 1


async def test_a_frozen_broker_is_noticed_after_two_keep_alives(mosquitto: Brokers) -> None:
    server = mosquitto()
    events = Recorder()
    connection = await PahoBroker(server.host, server.port, keepalive_s=1).connect("link", events)
    server.freeze()
    owed = connection.publish("parking/x", b"", qos=1)
    assert await events.be_told_of_the_end() == "Keep alive timeout"
    assert isinstance(owed.exception(), Unavailable)
    with pytest.raises(Unavailable, match=r"no answer within 0\.2 s"):
        await PahoBroker(server.host, server.port, connect_timeout_s=0.2).connect("link", Recorder())


async def test_a_cut_line_is_noticed(mosquitto: Brokers, proxy: Callable[[int], Proxy]) -> None:
    line = proxy(mosquitto().port)
    events = Recorder()
    connection = await PahoBroker("127.0.0.1", line.port).connect("link", events)
    connection.pause_reading()
    line.cut()
    connection.resume_reading()
    assert "reset" in await events.be_told_of_the_end()


async def test_nobody_there() -> None:
    with pytest.raises(Unavailable, match="broker unavailable: Connection refused"):
        await PahoBroker("127.0.0.1", free_port()).connect("link", Recorder())
    with pytest.raises(Unavailable, match="broker unavailable"):
        await PahoBroker("no-such-host.invalid", 1883).connect("link", Recorder())


@pytest.mark.parametrize("version", list(MqttVersion))
async def test_a_refusal_is_told_in_the_brokers_words(mosquitto: Brokers, tmp_path: Path, version: MqttVersion) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    passwords.chmod(0o600)
    server = mosquitto(allow_anonymous="false", password_file=passwords)
    broker = PahoBroker(server.host, server.port, username="cloud", password="wrong", version=version)
    with pytest.raises(Unavailable, match="it refused: Not authorized"):
        await broker.connect("link", Recorder())
    assert "wrong" not in repr(broker)


async def test_a_refused_subscription_raises(mosquitto: Brokers) -> None:
    server = mosquitto(max_qos=0)
    connection = await PahoBroker(server.host, server.port).connect("link", Recorder())
    with pytest.raises(Unavailable, match="subscription to parking/#: Granted QoS 0"):
        await connection.subscribe(["parking/#"])
    await connection.close()


async def test_tls_by_an_authority_of_our_own(mosquitto: Brokers, tmp_path: Path) -> None:
    authority, stranger = make_authority(tmp_path / "ours"), make_authority(tmp_path / "other")
    server = mosquitto(
        cafile=authority.certificate, certfile=authority.server_certificate, keyfile=authority.server_key
    )
    broker = PahoBroker("localhost", server.port, tls=True, ca_file=authority.certificate)
    events = Recorder()
    connection = await broker.connect("link", events)
    await connection.subscribe(["parking/#"])
    sent = [bytes([number]) * 30_000 for number in range(30)]
    await asyncio.gather(*[connection.publish("parking/x", payload, qos=1) for payload in sent])
    await events.have(30)
    assert events.payloads == sent
    await connection.close()
    for wrong in (
        PahoBroker("localhost", server.port, tls=True, ca_file=stranger.certificate),
        PahoBroker("127.0.0.1", server.port, tls=True, ca_file=authority.certificate),
    ):
        with pytest.raises(Unavailable, match="certificate verify failed"):
            await wrong.connect("link", Recorder())
    with pytest.raises(OSError, match="No such file"):
        PahoBroker("localhost", server.port, tls=True, ca_file=tmp_path / "missing")


async def test_an_abandoned_connect_leaves_nothing(mosquitto: Brokers) -> None:
    server = mosquitto()
    broker = PahoBroker(server.host, server.port)
    await (await broker.connect("link", Recorder())).close()
    before = psutil.Process(os.getpid()).num_fds()
    server.freeze()
    attempts = [asyncio.create_task(broker.connect(f"link-{number}", Recorder())) for number in range(5)]
    await asyncio.sleep(0.05)
    for attempt in attempts:
        attempt.cancel()
    await asyncio.wait(attempts)
    assert psutil.Process(os.getpid()).num_fds() == before


async def test_a_hundred_connections_leave_no_socket(mosquitto: Brokers) -> None:
    server = mosquitto()
    broker = PahoBroker(server.host, server.port)
    before = psutil.Process(os.getpid()).num_fds()
    for _ in range(100):
        events = Recorder()
        connection = await broker.connect("link", events)
        await connection.subscribe(["parking/#"])
        await connection.close()
        await connection.close()
    assert psutil.Process(os.getpid()).num_fds() == before


def test_the_same_on_uvloop(mosquitto: Brokers) -> None:
    server = mosquitto()

    async def talk() -> list[bytes]:
        events = Recorder()
        connection = await PahoBroker("localhost", server.port).connect("link", events)
        await connection.subscribe(["parking/#"])
        await asyncio.gather(*[connection.publish("parking/x", b"%d" % number, qos=1) for number in range(500)])
        for delivery in list(await events.have(500)):
            connection.ack(delivery)
        await connection.close()
        return events.payloads

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(talk()) == [b"%d" % number for number in range(500)]
