"""What v1 equipment publishes, byte for byte; typed by hand from contract.md, never taken from the product."""

from random import Random

import pytest

from ops.simulator.layout import SiteLayout
from ops.simulator.message import Message
from ops.simulator.speech import READERS, V1Speech, V2Speech, speech_of

SITE = SiteLayout("default", secret='s3"cret')
AT_S = 1_700_000_000.9


@pytest.fixture
def says() -> V1Speech:
    """A v1 site's words, with a reader that writes plain capitals."""
    return V1Speech(SITE, _First())


class _First(Random):
    """Chance that takes the first choice."""

    def choice(self, options):  # type: ignore[no-untyped-def]
        return options[0]


def test_v1_words(says: V1Speech) -> None:
    assert says.badge("A1B2C3D4", "entry", AT_S) == Message("barriere", b"A1B2C3D4", 1, retain=False)
    assert says.badge("A1B2C3D4", "exit", AT_S) == Message("barriere", b"A1B2C3D4", 1, retain=False)
    assert says.pin("entry", AT_S) == Message("barriere", b"PIN_IN", 1, retain=False)
    assert says.pin("exit", AT_S) == Message("barriere", b"PIN_OUT", 1, retain=False)
    assert says.present("entry", seen=True, at_s=AT_S) == Message("sensor_gate/present", b"1", 1, retain=True)
    assert says.present("entry", seen=False, at_s=AT_S) == Message("sensor_gate/present", b"0", 1, retain=True)
    assert says.heartbeat("entry", AT_S) == Message("sensor_gate/heartbeat", b"1700000000", 0, retain=True)
    assert says.sync("entry", AT_S) == Message("sync/req", b"1", 1, retain=False)
    assert says.boot(AT_S) == Message("sync/req", b"boot_request", 1, retain=False)
    assert says.floor(0, AT_S) == Message("ascenseur/state", b'{"current": 0}', 1, retain=True)
    assert says.barrier("entry", "open", "c-1", AT_S) is None


def test_v1_texts_and_lists(says: V1Speech) -> None:
    text = "READ_FAIL threshold=5 consecutive_failures=5"
    assert says.sensor_error("entry", text, AT_S) == Message(
        "sensor_gate/error", b"READ_FAIL threshold=5 consecutive_failures=5", 2, retain=True
    )
    assert says.acl_list(["A1B2C3D4", "01020304"], "entry", AT_S) == Message(
        "acl/list", b'{"op":"LIST","secret":"s3\\"cret","entries":["A1B2C3D4","01020304"]}', 1, retain=True
    )
    assert says.acl_list([], "exit", AT_S).payload == b'{"op":"LIST","secret":"s3\\"cret","entries":[]}'
    assert says.acl_event("exit", ok=True, at_s=AT_S) == Message(
        "acl/event", b'{"op":"SD_WRITE","status":"ok","secret":"s3\\"cret"}', 1, retain=False
    )
    assert says.acl_event("exit", ok=False, at_s=AT_S).payload == (
        b'{"op":"SD_WRITE","status":"error","secret":"s3\\"cret"}'
    )


def test_readers_write_the_same_badge_in_the_forms_of_the_contract() -> None:
    heard = set()
    for seed in range(60):
        heard.add(V1Speech(SITE, Random(seed)).badge("A1B2C3D4", "entry", AT_S).payload)
    assert heard == {
        b"A1B2C3D4",
        b"a1b2c3d4",
        b"A1B2C3D45F",
        b"A1 B2 C3 D4",
        b"A1 B2 C3 D4\0",
        b"A1 B2 C3 D4 5F\0",
    }
    assert len(READERS) == len(heard)


def test_v2_adds_time_source_lane_and_an_id() -> None:
    says = speech_of(SiteLayout("lyon", "v2", clock_off_s=7200), Random(1))
    assert isinstance(says, V2Speech)
    first, second = says.badge("A1B2C3D4", "exit", 1_700_000_000), says.badge("A1B2C3D4", "exit", 1_700_000_000)
    assert first.payload.startswith(
        b'{"ts":1700007200000,"src":"reader-exit","uid":"A1B2C3D4","lane":"exit","method":"badge","event_id":"lyon-'
    )
    assert first.payload != second.payload
    assert says.present("exit", seen=True, at_s=0).topic == "sensor_gate-exit/present"
    opened = says.barrier("entry", "open", "c-1", 0)
    assert opened is not None
    assert opened.topic == "barriere_entree/state"
    assert opened.payload == b'{"ts":7200000,"src":"barrier-entry","state":"open","command_id":"c-1"}'
    assert opened.retain
