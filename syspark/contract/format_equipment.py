"""Orders to barriers, elevators and cameras in each generation's words. Source: contract.md, "Families"."""

from typing import Literal

import msgspec

from syspark.contract import wire_down
from syspark.contract.stamps import Stamps
from syspark.contract.words import UnformattableError
from syspark.domain import orders
from syspark.domain.orders import BarrierAction, CameraMove
from syspark.domain.units import Speaks

FLOORS = ("RDC", "ETAGE1", "ETAGE2")
"""The floors v1 elevators know, by number."""

BARRIER_WORDS = {BarrierAction.OPEN: b"100", BarrierAction.CLOSE: b"000"}
CAMERAS: dict[int, Literal["cam1", "cam2"]] = {1: "cam1", 2: "cam2"}
STEPS = {CameraMove.LEFT: (-1, 0), CameraMove.RIGHT: (1, 0), CameraMove.UP: (0, 1), CameraMove.DOWN: (0, -1)}
"""A step of a camera's head as pan and tilt."""


def format_barrier(order: orders.MoveBarrier, speaks: Speaks, stamps: Stamps) -> bytes:
    """Write `100` or `000`, or the form with an id and an expiry."""
    if speaks is Speaks.V1:
        return BARRIER_WORDS[order.action]
    cmd: Literal["open", "close"] = "open" if order.action is BarrierAction.OPEN else "close"
    return msgspec.json.encode(wire_down.BarrierCommand(**stamps, cmd=cmd))


def format_camera(order: orders.MoveCamera, speaks: Speaks, stamps: Stamps) -> bytes:
    """Write `cam1:left`, or its steps; raises `UnformattableError` for another camera than 1 and 2."""
    camera = CAMERAS.get(order.camera)
    if camera is None:
        raise UnformattableError("a site has the cameras 1 and 2")
    if speaks is Speaks.V1:
        return f"{camera}:{order.move}".encode()
    pan, tilt = STEPS[order.move]
    return msgspec.json.encode(wire_down.CameraCommand(**stamps, cam=camera, pan=pan, tilt=tilt))


def format_elevator(order: orders.SendElevator, speaks: Speaks, stamps: Stamps) -> bytes:
    """Write `RDC`, `ETAGE1`, `ETAGE2`, or the floor's number; raises `UnformattableError` where v1 has no word."""
    if speaks is Speaks.V2:
        return msgspec.json.encode(wire_down.ElevatorCommand(**stamps, floor=order.floor))
    if not 0 <= order.floor < len(FLOORS):
        raise UnformattableError("this elevator knows the floors 0 to 2")
    return FLOORS[order.floor].encode()


def format_elevator_question(speaks: Speaks, stamps: Stamps) -> bytes:
    """Write any payload, as the contract allows; `1` to v1."""
    return b"1" if speaks is Speaks.V1 else msgspec.json.encode(wire_down.ElevatorQuestion(**stamps))
