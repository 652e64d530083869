"""What people want of equipment."""

from syspark.domain.message import Message
from syspark.domain.orders import AskElevator, MoveCamera, SendElevator, SendRadio, TuneRadio
from syspark.domain.units import DeviceName, Lane, Uid


class DesiredChanged(Message, frozen=True, kw_only=True, tag="desired-changed"):
    """Site to controller: what is known of these badges has changed; what is true of them now is in their rows."""

    uids: tuple[Uid, ...]


class ChangePin(Message, frozen=True, kw_only=True, tag="change-pin"):
    """Operator to controller: from now on this PIN opens the lane. `sealed_secret` is it, encrypted."""

    lane: Lane
    sealed_secret: bytes
    author: str


class SendAgain(Message, frozen=True, kw_only=True, tag="send-again"):
    """Operator to controller: compare your badges with ours now, and take the PINs again."""

    author: str


Instruction = SendElevator | AskElevator | MoveCamera | SendRadio | TuneRadio


class Instruct(Message, frozen=True, kw_only=True, tag="instruct"):
    """Operator to twin: have your device do this now, for a reason."""

    device: DeviceName
    order: Instruction
    reason: str
    author: str
