"""A presence sensor: says what it sees, beats, and says that somebody is there when it cannot see."""

from collections.abc import Callable

from ops.simulator.agenda import Agenda
from ops.simulator.layout import LaneName
from ops.simulator.message import Message
from ops.simulator.speech import V1Speech

BEAT_S = 2.0
FAILURE = "READ_FAIL threshold=5 consecutive_failures=5"


class Sensor:
    """One lane's sensor. `says` is what it last published: the truth, or `True` while it fails."""

    def __init__(self, lane: LaneName, agenda: Agenda, speech: V1Speech, say: Callable[[Message], None]) -> None:
        self._lane = lane
        self._agenda = agenda
        self._speech = speech
        self._say = say
        self._car = False
        self.failing = False
        self.says = False
        self.changed_s = float("-inf")

    def start(self, phase_s: float) -> None:
        """Say where things stand, and begin to beat."""
        self._say(self._speech.present(self._lane, seen=self.says, at_s=self._agenda.now_s))
        self._agenda.after(phase_s, self._beat)

    def sees(self, *, car: bool) -> None:
        """A car arrives or leaves; unseen while it fails."""
        self._car = car
        self._tell()

    def fail(self) -> None:
        """Something covers its eye."""
        if not self.failing:
            self.failing = True
            self._say(self._speech.sensor_error(self._lane, FAILURE, self._agenda.now_s))
            self._tell()

    def mend(self) -> None:
        """It sees again."""
        if self.failing:
            self.failing = False
            self._say(self._speech.sensor_error(self._lane, "OK", self._agenda.now_s))
            self._tell()

    def again(self) -> None:
        """Repeat the level, as a retained message does at a reconnect."""
        self._say(self._speech.present(self._lane, seen=self.says, at_s=self._agenda.now_s))

    def _tell(self) -> None:
        seen = self._car or self.failing
        if seen != self.says:
            self.says = seen
            self.changed_s = self._agenda.now_s
            self.again()

    def _beat(self) -> None:
        self._say(self._speech.heartbeat(self._lane, self._agenda.now_s))
        self._agenda.after(BEAT_S, self._beat)
