"""What stands on a site besides its lanes: the LED banner, the elevator, cameras' heads, the emergency radio."""

from collections.abc import Callable

from ops.simulator.agenda import Agenda
from ops.simulator.hearing import read_display, read_floor
from ops.simulator.message import Message
from ops.simulator.speech import V1Speech

FLOOR_S = 4.0


class Banner:
    """The LED banner: asks for its text when it starts, shows the latest one."""

    def __init__(self, agenda: Agenda, speech: V1Speech, say: Callable[[Message], None], *, v2: bool) -> None:
        self._agenda = agenda
        self._speech = speech
        self._say = say
        self._v2 = v2
        self.text = ""

    def connect(self) -> None:
        """After each connect."""
        self._say(self._speech.boot(self._agenda.now_s))

    def hear(self, payload: bytes) -> None:
        """Show a text; what cannot be read leaves the old one."""
        self.text = read_display(payload, v2=self._v2) or self.text


class Elevator:
    """Goes where it is told, some seconds a floor, and says where it stands."""

    def __init__(self, agenda: Agenda, speech: V1Speech, say: Callable[[Message], None]) -> None:
        self._agenda = agenda
        self._speech = speech
        self._say = say
        self.floor = 0

    def tell(self) -> None:
        """Say where it stands."""
        self._say(self._speech.floor(self.floor, self._agenda.now_s))

    def send(self, payload: bytes) -> None:
        """Go to a floor it knows."""
        floor = read_floor(payload)
        if floor is not None:
            self._agenda.after(FLOOR_S * abs(floor - self.floor), lambda: self._arrive(floor))

    def _arrive(self, floor: int) -> None:
        self.floor = floor
        self.tell()
