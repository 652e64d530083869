"""The embedded broker does what a first try needs, with real clients."""

import asyncio
import os
import select
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from ops.embedded.broker import EmbeddedBroker, free_port
from tests.servers.client import Client
from tests.servers.process import ChildProcess
from tests.servers.waiting import accepts, eventually, required_program

pytestmark = pytest.mark.timeout(30)
SUPERVISOR = str(Path(__file__).with_name("supervisor.py"))
Spawn = Callable[..., ChildProcess]


@pytest.fixture
async def broker() -> AsyncIterator[EmbeddedBroker]:
    async with EmbeddedBroker(0) as running:
        yield running


def port_of(broker: EmbeddedBroker, version: int) -> int:
    return broker.port_v5 if version == 5 else broker.port


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0


def listening_addresses() -> set[str]:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {fields[1] for fields in rows if fields[3] == "0A"}


@pytest.mark.parametrize("version", [4, 5])
async def test_delivers_at_qos_1(broker: EmbeddedBroker, version: int) -> None:
    with Client(port_of(broker, version), "cloud", version=version) as cloud, Client(broker.port, "site") as site:
        cloud.subscribe("parking/#")
        site.publish("parking/barriere", "A1B2C3D4")
        assert cloud.wait_for(1) == [("parking/barriere", "A1B2C3D4")]


@pytest.mark.parametrize("version", [4, 5])
async def test_a_session_kept_gets_what_it_missed(broker: EmbeddedBroker, version: int) -> None:
    port = port_of(broker, version)
    with Client(port, "cloud", version=version, session=True) as cloud:
        assert not cloud.session_present
        cloud.subscribe("parking/#")
    with Client(broker.port, "site") as site:
        for number in range(50):
            site.publish("parking/barriere", str(number))
    with Client(port, "cloud", version=version, session=True) as cloud:
        assert cloud.session_present
        assert [text for _, text in cloud.wait_for(50)] == [str(number) for number in range(50)]


@pytest.mark.parametrize("version", [4, 5])
async def test_retained_comes_to_a_late_subscriber(broker: EmbeddedBroker, version: int) -> None:
    with Client(broker.port, "site") as site:
        site.publish("parking/sensor_gate/present", "1", retain=True)
        site.publish("parking/barriere", "not retained")
    with Client(port_of(broker, version), "cloud", version=version) as cloud:
        cloud.subscribe("parking/#")
        assert cloud.wait_for(1) == [("parking/sensor_gate/present", "1")]
        assert cloud.messages[0].retain


@pytest.mark.parametrize("version", [4, 5])
async def test_a_client_id_taken_over_ends_the_first(broker: EmbeddedBroker, version: int) -> None:
    port = port_of(broker, version)
    with Client(port, "cloud", version=version, session=True) as first:
        first.subscribe("parking/#")
        first.stay_away()
        with Client(port, "cloud", version=version, session=True) as second:
            first.wait_lost()
            second.publish("parking/barriere", "A1B2C3D4")
            second.wait_for(1)


async def test_payloads_over_the_contracts_limit_do_not_cost_the_connection(broker: EmbeddedBroker) -> None:
    with Client(broker.port_v5, "cloud", version=5) as cloud, Client(broker.port, "site") as site:
        cloud.subscribe("parking/#")
        site.publish("parking/barriere", "x" * 200_000)
        site.publish("parking/barriere", "after")
        assert cloud.wait_for(2)[1] == ("parking/barriere", "after")


@pytest.mark.parametrize(("version", "served"), [("311", "port"), ("5", "port_v5")])
async def test_each_listener_speaks_one_version(broker: EmbeddedBroker, version: str, served: str) -> None:
    program = required_program("mosquitto_pub", "mosquitto-clients")
    for name in ("port", "port_v5"):
        command = [
            str(program),
            "-p",
            str(getattr(broker, name)),
            "-V",
            version,
            "-q",
            "1",
            "-t",
            "parking/x",
            "-m",
            "1",
        ]
        assert (await asyncio.to_thread(succeeds, command)) is (name == served)


async def test_a_port_in_use_is_not_taken_over() -> None:
    wanted = free_port(0)
    with socket.create_server(("127.0.0.1", wanted)):
        async with EmbeddedBroker(wanted) as broker:
            assert broker.port > wanted
            assert broker.port_v5 not in {wanted, broker.port}
            with Client(broker.port, "site") as site:
                site.publish("parking/barriere", "A1B2C3D4")


async def test_listens_on_loopback_alone(broker: EmbeddedBroker) -> None:
    addresses = listening_addresses()
    for port in (broker.port, broker.port_v5):
        assert {address for address in addresses if address.endswith(f":{port:04X}")} == {f"0100007F:{port:04X}"}


async def test_says_when_it_dies_and_starts_again() -> None:
    broker = EmbeddedBroker(0)
    async with broker:
        os.kill(broker.pid, signal.SIGKILL)
        assert await asyncio.wait_for(broker.wait_gone(), 5) == -signal.SIGKILL
    async with broker:
        assert accepts(broker.port)


async def test_ctrl_c_does_not_reach_it(broker: EmbeddedBroker) -> None:
    assert os.getsid(broker.pid) == broker.pid
    os.kill(broker.pid, signal.SIGINT)
    with Client(broker.port, "site") as site:
        site.publish("parking/barriere", "A1B2C3D4")


async def test_stop_frees_the_ports() -> None:
    async with EmbeddedBroker(0) as broker:
        ports = broker.port, broker.port_v5
    await eventually(lambda: not any(accepts(port) for port in ports), "the ports are free")


def test_ends_with_a_killed_supervisor(spawn: Spawn) -> None:
    child = spawn(SUPERVISOR, "broker")
    handle = os.pidfd_open(int(child.wait_for_line(r"up \d+ (\d+)").group(1)))
    child.kill()
    ended = select.select([handle], [], [], 5)[0]
    os.close(handle)
    assert ended
