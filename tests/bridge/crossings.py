"""What must cross a site's bridge, typed by hand from the contract: nothing here asks the product."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Crossing:
    """A topic below the prefix. `sent_qos` is what its publisher uses, `qos` what it arrives with."""

    topic: str
    way: Literal["up", "down"]
    sent_qos: int
    qos: int
    retained: bool = False


def _up(topic: str, qos: int, *, retained: bool = False) -> Crossing:
    return Crossing(topic, "up", qos, qos, retained)


def _down(topic: str, qos: int, *, at: int | None = None, retained: bool = False) -> Crossing:
    return Crossing(topic, "down", qos, qos if at is None else at, retained)


UP = (
    _up("sensor_gate/present", 1, retained=True),
    _up("sensor_gate/heartbeat", 0, retained=True),
    _up("sensor_gate/error", 2, retained=True),
    _up("barriere", 1),
    _up("barriere/state", 1, retained=True),
    _up("barriere_entree/state", 1, retained=True),
    _up("vision/plate", 1),
    _up("entry/vision/plate", 1),
    _up("exit/vision/plate", 1),
    _up("ascenseur/state", 1, retained=True),
    _up("acl/list", 1, retained=True),
    _up("acl/event", 1),
    _up("sync/req", 1),
    _up("radio/tx/status", 1),
    _up("radio/tx/error", 1),
    _up("replay/event", 1),
)
"""Besides `bridge/state`, which the bridge says itself."""

DOWN = (
    _down("meteo", 0, retained=True),
    _down("barriere/cmd", 1, at=0),
    _down("barriere_entree/cmd", 1, at=0),
    _down("display/text", 1),
    _down("payment/req", 1),
    _down("payment/success", 1),
    _down("acl/add", 2),
    _down("acl/del", 2),
    _down("acl/full", 2),
    _down("acl/enroll", 1),
    _down("acl/get", 0),
    _down("config/pin", 1),
    _down("config/exit_pin", 1),
    _down("camera/cmd", 0),
    _down("ascenseur/cmd", 1, at=0),
    _down("ascenseur/get", 0),
    _down("radio/tx/cmd", 1),
    _down("radio/tx/params", 1),
)
