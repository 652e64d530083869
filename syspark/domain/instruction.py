"""What an operator has a device do: elevator, camera, radio. Source: domain.md, "Commands to the site"."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from syspark.domain.decision import Command, Moment, later
from syspark.domain.facts import Fact, FloorReported
from syspark.domain.messages import Instruct, Instruction
from syspark.domain.orders import AskElevator, MoveCamera, SendElevator, SendRadio, TuneRadio
from syspark.domain.units import CommandId

FAMILIES: Mapping[type[Instruction], str] = {
    SendElevator: "ascenseur",
    AskElevator: "ascenseur",
    MoveCamera: "camera",
    SendRadio: "radio",
    TuneRadio: "radio",
}
"""Which devices take which order, by the first level of their topics."""

EXPIRES_S: Mapping[str, float] = {"ascenseur": 30, "camera": 2, "radio": 30}
"""How long after somebody asked for it an order still makes sense. The radio's is ours: no source names one."""

FLOORS = range(-9, 100)
CAMERAS = (1, 2)
LONGEST_TEXT = 200


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last thing a device was asked to do, and what became of it. `at` is when somebody asked."""

    order: Instruction
    command_id: CommandId
    at: datetime
    author: str
    fate: str = "queued"


def refusal(message: Instruct, at: Moment) -> str | None:
    """Why a device is not told this, None when it is."""
    family = FAMILIES[type(message.order)]
    if message.device.partition("-")[0] != family:
        return f"{message.device} is no {family}"
    if not message.reason.strip():
        return "say why"
    if at.age_s > EXPIRES_S[family]:
        return f"the request was {at.age_s:.0f} s old: look again, then press"
    match message.order:
        case SendElevator(floor=floor) if floor not in FLOORS:
            return f"there is no floor {floor}"
        case MoveCamera(camera=camera) if camera not in CAMERAS:
            return "a site has the cameras 1 and 2"
        case SendRadio(text=text) | TuneRadio(text=text) if not 0 < len(text.strip()) <= LONGEST_TEXT:
            return f"a text of 1 to {LONGEST_TEXT} characters is needed"
        case _:
            return None


def command(message: Instruct, at: Moment) -> Command:
    """The order as it is sent to the device, until it makes no sense any more."""
    expires_at = later(at.fact_at, EXPIRES_S[FAMILIES[type(message.order)]])
    return Command(id=at.command_id(0), order=message.order, expires_at=expires_at, device=message.device)


def confirms(fact: Fact, asked: Asked | None) -> bool:
    """Whether a report shows that the device has done what it was asked last: the elevator stands where it was sent."""
    if asked is None or asked.fate == "confirmed" or not isinstance(fact, FloorReported):
        return False
    return isinstance(asked.order, SendElevator) and fact.current == asked.order.floor and not fact.moving
