"""The equipment of a site that operators speak to, and what became of what they asked of it last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syspark.web_ports import DeviceLine
from web.reading.devices import device
from web.reading.model import Device
from web.reading.twin import AskedSeen, OrderSeen, twin_seen
from web.sentence import Sentence, Word, said

SPOKEN_TO = ("ascenseur", "camera", "radio")

FATES: Mapping[str, Sentence] = {
    "queued": said("Being sent"),
    "sent": said("Sent"),
    "acked": said("Taken by the broker"),
    "confirmed": said("Confirmed"),
    "expired": said("Expired"),
    "unknown": said("Unknown: the service stopped while it was sent"),
    "failed": said("Failed"),
}
_MOVES: Mapping[str, Word] = {
    "left": Word("to the left"),
    "right": Word("to the right"),
    "up": Word("upwards"),
    "down": Word("downwards"),
}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A device operators speak to: what it said last, what it was asked last, by whom and what became of it."""

    device: Device
    asked: Sentence | None
    asked_at: datetime | None
    author: str
    fate: Sentence | None


def equipment(lines: Sequence[DeviceLine], now: datetime) -> tuple[Spoken, ...]:
    """Every device that takes orders, by name."""
    return tuple(_spoken(line, now) for line in lines if line.kind in SPOKEN_TO)


def _spoken(line: DeviceLine, now: datetime) -> Spoken:
    asked = twin_seen(line.twin).asked
    if asked is None:
        return Spoken(device(line, now), None, None, "", None)
    return Spoken(device(line, now), _words(asked.order), asked.at, asked.author, _fate(asked))


def _fate(asked: AskedSeen) -> Sentence:
    return FATES.get(asked.fate, said("{text}", text=asked.fate))


def _words(order: OrderSeen) -> Sentence:
    match order.type:
        case "elevator":
            return said("Go to floor {floor}", floor=order.floor)
        case "elevator-get":
            return said("Say where you are")
        case "camera":
            return said("Camera {n}, one step {move}", n=order.camera, move=_MOVES.get(order.move, order.move))
        case "radio":
            return said("Say “{text}”", text=order.text)
        case _:
            return said("Parameters “{text}”", text=order.text)
