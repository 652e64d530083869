"""The shell against a real mosquitto, briefly: a site comes, is told things, is cut off and comes back."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from ops.simulator.badges import made_badges
from ops.simulator.layout import Faults, SiteLayout, Traffic
from ops.simulator.line import BrokerAddress, Line
from ops.simulator.simulation import FieldSimulation
from ops.simulator.site import Conditions
from syspark.clock import ScaledClock
from syspark.errors import Unavailable
from tests.servers.client import Client
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import eventually, free_port

LAYOUTS = [SiteLayout("default", secret="s"), SiteLayout("lyon", "v2", secret="s")]
BUSY = Traffic(cars_per_hour=4000, unknown=0, visitors=0)


@pytest.fixture
def broker(mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A started broker."""
    return mosquitto()


@pytest.fixture
def cloud(broker: Mosquitto) -> Iterator[Client]:
    """Somebody at the cloud's end, who hears everything the sites say."""
    with Client(broker.port, "cloud") as client:
        client.subscribe("parking/#")
        yield client


def make_field(port: int, *, speed: float = 20, faults: Faults | None = None) -> FieldSimulation:
    conditions = Conditions(seed=1, traffic=BUSY, faults=faults or Faults(reboots_per_hour=0)).at_speed(speed)
    clock = ScaledClock(speed)
    return FieldSimulation(LAYOUTS, made_badges(LAYOUTS, 1), conditions, BrokerAddress(port=port), clock=clock)


def heard(cloud: Client, topic: str) -> list[str]:
    return [message.payload.decode() for message in list(cloud.messages) if message.topic == topic]


async def test_both_generations_speak_and_are_let_in(broker: Mosquitto, cloud: Client) -> None:
    async with make_field(broker.port) as field:
        await eventually(lambda: field.status().connected == 2, "both sites are connected")
        await eventually(lambda: bool(heard(cloud, "parking/barriere")), "a v1 badge is heard")
        await eventually(lambda: bool(heard(cloud, "parking/lyon/barriere")), "a v2 badge is heard")
        assert heard(cloud, "parking/bridge/state")[-1] == "1"
        assert heard(cloud, "parking/acl/list")[0] == '{"op":"LIST","secret":"s","entries":[]}'
        assert heard(cloud, "parking/sync/req") == ["1", "1", "boot_request"]
        assert heard(cloud, "parking/sensor_gate/present")[:2] == ["0", "1"]
        await asyncio.to_thread(cloud.publish, "parking/barriere_entree/cmd", "100")
        await eventually(lambda: field.sites[0].entry.front is None or field.sites[0].entry.front.passing, "it drives")
        await eventually(lambda: field.status().entered >= 1, "the car is in")
        assert field.status().openings == 1
        assert field.status().unexplained == 0


async def test_a_cut_publishes_the_will_and_the_site_comes_back(broker: Mosquitto, cloud: Client) -> None:
    async with make_field(broker.port) as field:
        await eventually(lambda: field.status().connected == 2, "both sites are connected")
        field.sites[1].cuts_wanted.append(20)
        await eventually(lambda: "0" in heard(cloud, "parking/lyon/bridge/state"), "the will is heard")
        await eventually(lambda: heard(cloud, "parking/lyon/bridge/state")[-1] == "1", "it is back")


async def test_a_field_without_a_broker_waits_for_it(broker: Mosquitto) -> None:
    broker.stop()
    async with make_field(broker.port) as field:
        await field.run_for(1)
        assert field.status().connected == 0
        await asyncio.to_thread(broker.start)
        await eventually(lambda: field.status().connected == 2, "both sites are connected")


async def test_nobody_listens() -> None:
    line = Line(lambda topic, payload: None)
    will = make_field(1).sites[0].bridge.will
    with pytest.raises(Unavailable):
        await line.open(BrokerAddress(port=free_port()), "bridge", will, [])
    assert line.lost.is_set()
