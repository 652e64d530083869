"""The bridge: what passes, what waits, what never waits, and the faults it may have."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.simulator.agenda import Agenda
from ops.simulator.bridge import Bridge
from ops.simulator.layout import Faults, SiteLayout
from ops.simulator.message import Message
from ops.simulator.speech import speech_of

V1 = SiteLayout("default")
V2 = SiteLayout("lyon", "v2")


class Rig:
    """A bridge on virtual time."""

    def __init__(self, layout: SiteLayout = V1, faults: Faults | None = None, seed: int = 1) -> None:
        self.agenda = Agenda(1000.0)
        self.heard: list[tuple[str, bytes]] = []
        chance = Random(seed)
        self.bridge = Bridge(
            layout.prefix("parking"),
            self.agenda,
            chance,
            faults or Faults(),
            speech_of(layout, chance),
            lambda topic, payload: self.heard.append((topic, payload)),
        )

    def sent(self) -> list[tuple[str, bytes]]:
        """What has gone out since the last look."""
        sent = [(one.topic, one.payload) for one in self.bridge.outgoing]
        self.bridge.outgoing.clear()
        return sent


def test_it_tells_that_it_is_there_and_leaves_a_will() -> None:
    rig = Rig(V2)
    rig.bridge.connected([])
    first = rig.bridge.outgoing[0]
    assert (first.topic, first.payload, first.qos, first.retain) == ("parking/lyon/bridge/state", b"1", 1, True)
    will = rig.bridge.will
    assert (will.topic, will.payload, will.qos, will.retain) == ("parking/lyon/bridge/state", b"0", 1, True)


def test_commands_that_must_never_wait_come_at_qos_0() -> None:
    wanted = dict(Rig().bridge.subscriptions)
    assert wanted["parking/barriere/cmd"] == wanted["parking/barriere_entree/cmd"] == 0
    assert wanted["parking/camera/cmd"] == wanted["parking/ascenseur/cmd"] == 0
    assert wanted["parking/acl/full"] == 2
    assert wanted["parking/display/text"] == 1
    assert not [topic for topic in wanted if "#" in topic or "+" in topic]


@pytest.mark.parametrize(
    "topic", ["barriere/cmd", "replay/event", "cloud/marker", "bridge/state", "meteo", "x", "a/b/c"]
)
def test_what_is_not_on_the_list_does_not_pass_up(topic: str) -> None:
    rig = Rig()
    rig.bridge.connected([])
    rig.sent()
    rig.bridge.up(Message(topic, b"1"))
    assert rig.sent() == []
    assert rig.bridge.stopped == {topic}


def test_a_suffix_of_a_device_passes() -> None:
    rig = Rig(V2)
    rig.bridge.connected([])
    rig.sent()
    rig.bridge.up(Message("sensor_gate-exit/present", b"1", 1, retain=True))
    assert rig.sent() == [("parking/lyon/sensor_gate-exit/present", b"1")]


def test_up_waits_in_order_while_cut_but_no_sign_of_life_does() -> None:
    rig = Rig()
    for number in range(3):
        rig.bridge.up(Message("barriere", b"%d" % number))
        rig.bridge.up(Message("sensor_gate/heartbeat", b"0", 0))
    assert rig.sent() == []
    rig.bridge.connected([Message("sensor_gate/present", b"1", 1, retain=True)])
    assert rig.sent() == [
        ("parking/bridge/state", b"1"),
        ("parking/sensor_gate/present", b"1"),
        ("parking/barriere", b"0"),
        ("parking/barriere", b"1"),
        ("parking/barriere", b"2"),
    ]


def test_a_level_told_again_is_not_retained() -> None:
    rig = Rig()
    rig.bridge.connected([Message("sensor_gate/present", b"1", 1, retain=True)])
    assert [one.retain for one in rig.bridge.outgoing] == [True, False]


def test_down_never_waits() -> None:
    rig = Rig()
    rig.bridge.down("parking/barriere/cmd", b"100")
    rig.bridge.connected([])
    assert rig.heard == []
    rig.bridge.down("parking/barriere/cmd", b"100")
    rig.bridge.down("parking/barriere", b"A1B2C3D4")
    assert rig.heard == [("barriere/cmd", b"100")]
    assert rig.bridge.dropped_down == 2


def test_a_newer_edge_replays_facts_with_their_time() -> None:
    rig = Rig(V2)
    rig.bridge.up(Message("barriere", b'{"ts":1000000,"uid":"A1B2C3D4","event_id":"e-1"}'))
    rig.bridge.up(Message("sensor_gate/present", b'{"present":true}', 1, retain=True))
    rig.agenda.advance(1060)
    rig.bridge.connected([])
    replays = [json.loads(payload) for topic, payload in rig.sent() if topic == "parking/lyon/replay/event"]
    assert {json.dumps(replay) for replay in replays} == {json.dumps(replays[0])}
    assert replays[0]["ts"] == 1_000_000
    assert replays[0]["topic"] == "barriere"
    assert replays[0]["payload"]["uid"] == "A1B2C3D4"
    assert replays[0]["event_id"] == "replay-e-1"


def test_every_message_may_be_repeated() -> None:
    rig = Rig(faults=Faults(duplicate=1.0))
    rig.bridge.connected([])
    rig.sent()
    rig.bridge.up(Message("barriere", b"A1B2C3D4"))
    assert len(rig.sent()) == 1
    rig.agenda.advance(1001)
    assert rig.sent() == [("parking/barriere", b"A1B2C3D4")]


def test_one_message_may_be_overtaken_by_the_next() -> None:
    rig = Rig(faults=Faults(reorder=1.0))
    rig.bridge.connected([])
    rig.sent()
    for payload in (b"1", b"2"):
        rig.bridge.up(Message("barriere", payload))
    assert [payload for _, payload in rig.sent()] == [b"2", b"1"]
    rig.bridge.up(Message("barriere", b"3"))
    rig.agenda.advance(1000.5)
    assert [payload for _, payload in rig.sent()] == [b"3"]


@given(
    seed=st.integers(0, 2**32),
    shares=st.tuples(*[st.sampled_from([0.0, 0.3, 1.0])] * 3),
    steps=st.lists(st.sampled_from(["say", "cut", "join", "wait"]), max_size=60),
)
def test_whatever_goes_wrong_nothing_is_lost_and_nothing_is_made_up(
    seed: int, shares: tuple[float, float, float], steps: list[str]
) -> None:
    rig = Rig(faults=Faults(duplicate=shares[0], delay=shares[1], reorder=shares[2]), seed=seed)
    said: list[bytes] = []
    for step in steps:
        match step:
            case "say":
                said.append(b"%08X" % len(said))
                rig.bridge.up(Message("barriere", said[-1]))
            case "cut":
                rig.bridge.lost()
            case "join":
                rig.bridge.connected([])
            case _:
                rig.agenda.advance(rig.agenda.now_s + 0.4)
    rig.agenda.advance(rig.agenda.now_s + 10)
    rig.bridge.connected([])
    heard = [payload for topic, payload in rig.sent() if topic == "parking/barriere"]
    assert set(heard) == set(said)
    if shares == (0.0, 0.0, 0.0):
        assert heard == said
    elif shares[0] == 0.0:
        assert len(heard) == len(said)
