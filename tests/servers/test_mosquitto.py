"""The real broker and the site's bridge behave as the kill tests take for granted."""

from collections.abc import Callable

import pytest

from tests.servers.bridge import EdgeBroker
from tests.servers.client import Client
from tests.servers.mosquitto import Mosquitto
from tests.servers.waiting import wait_until

MakeMosquitto = Callable[..., Mosquitto]
MakeEdge = Callable[..., EdgeBroker]


@pytest.mark.parametrize("version", [4, 5])
def test_session_survives_an_orderly_stop(mosquitto: MakeMosquitto, version: int) -> None:
    broker = mosquitto()
    with Client(broker.port, "cloud", version=version, session=True) as cloud:
        cloud.subscribe("parking/#")
    with Client(broker.port, "site") as site:
        site.publish("parking/barriere", "A1B2C3D4")
        site.publish("parking/sensor_gate/present", "1", retain=True)
    broker.stop()
    broker.start()
    with Client(broker.port, "cloud", version=version, session=True) as cloud:
        assert cloud.session_present
        assert cloud.wait_for(2) == [("parking/barriere", "A1B2C3D4"), ("parking/sensor_gate/present", "1")]


def test_what_was_saved_survives_a_kill(mosquitto: MakeMosquitto) -> None:
    broker = mosquitto()
    with Client(broker.port, "cloud", session=True) as cloud:
        cloud.subscribe("parking/#")
    with Client(broker.port, "site") as site:
        for number in range(5):
            site.publish("parking/barriere", f"{number:08X}")
    wait_until(lambda: broker.log.count("Saving in-memory database") > 2, "mosquitto saved", 5)
    broker.kill()
    broker.start()
    with Client(broker.port, "cloud", session=True) as cloud:
        assert cloud.session_present
        assert cloud.wait_for(1)[0] == ("parking/barriere", "00000000")


def test_frozen_broker_answers_nothing_until_thawed(mosquitto: MakeMosquitto) -> None:
    broker = mosquitto()
    with Client(broker.port, "site") as site:
        broker.freeze()
        with pytest.raises(AssertionError, match="did not answer SUBSCRIBE"):
            site.subscribe("parking/#", timeout_s=0.2)
        broker.thaw()
        site.publish("parking/barriere", "A1B2C3D4")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("site", "prefix"), [("default", "parking"), ("nord", "parking/nord")])
def test_bridge_keeps_facts_and_drops_commands_over_a_cut(
    mosquitto: MakeMosquitto, edge_broker: MakeEdge, site: str, prefix: str
) -> None:
    cloud_broker = mosquitto()
    there, gone = (f"{prefix}/bridge/state", "1"), (f"{prefix}/bridge/state", "0")
    with Client(cloud_broker.port, "cloud") as cloud:
        cloud.subscribe(f"{prefix}/bridge/state")
        cloud.subscribe(f"{prefix}/barriere")
        edge = edge_broker(cloud_broker, site)
        with Client(edge.broker.port, "controller") as controller:
            controller.subscribe("parking/barriere_entree/cmd", 0)
            assert cloud.wait_for(2) == [there, there]  # once for each of its two connections
            controller.publish("parking/barriere", "before00")
            assert cloud.wait_for(3)[2:] == [(f"{prefix}/barriere", "before00")]

            edge.line.cut()
            assert cloud.wait_for(5)[3:] == [gone, gone]
            controller.publish("parking/barriere", "during00")
            cloud.publish(f"{prefix}/barriere_entree/cmd", "000")
            edge.line.restore()

            kept, again = (f"{prefix}/barriere", "during00"), (f"{prefix}/barriere", "before00")
            wait_until(lambda: kept in cloud.heard(), "the fact of the cut", 15)
            heard = cloud.heard()[5:]
            assert heard[0] == there
            assert set(heard) - {again} == {there, kept}, "what was acknowledged just before the cut may come again"

            def arrived() -> bool:  # it says that it is there before it has subscribed
                cloud.publish(f"{prefix}/barriere_entree/cmd", "100")
                return bool(controller.heard())

            wait_until(arrived, "a command after the cut", 10)
            assert {text for _, text in controller.heard()} == {"100"}
