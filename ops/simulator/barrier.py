"""A barrier: opens for some seconds, never on a car, and notes every command it carries out."""

from collections.abc import Callable
from typing import Literal

from ops.simulator.agenda import Agenda, Planned
from ops.simulator.hearing import read_barrier
from ops.simulator.layout import LaneName
from ops.simulator.message import Message
from ops.simulator.speech import V1Speech

OPEN_S = 6.0

Opener = Literal["cloud", "site", "hand"]
"""Who let it open: a command, its controller's own grant, an attendant's key."""


class Barrier:
    """`opened(by, command_id)` is told at each opening, also when it stood open already."""

    def __init__(
        self,
        lane: LaneName,
        agenda: Agenda,
        speech: V1Speech,
        say: Callable[[Message], None],
        opened: Callable[[Opener, str | None], None],
        *,
        v2: bool,
    ) -> None:
        self._lane = lane
        self._agenda = agenda
        self._speech = speech
        self._say = say
        self._opened = opened
        self._v2 = v2
        self._closing: Planned | None = None
        self._occupied = False
        self._done: set[str] = set()
        self.expired_refused = 0
        self.repeats_refused = 0
        self.not_understood = 0

    @property
    def is_open(self) -> bool:
        """Whether the arm is up."""
        return self._closing is not None

    def command(self, payload: bytes) -> None:
        """Carry out a command. A v2 barrier refuses an expired one, and one it has done already."""
        command = read_barrier(payload, v2=self._v2)
        if command is None:
            self.not_understood += 1
        elif command.move == "close":
            self._close()
        elif command.expires_s is not None and command.expires_s < self._agenda.now_s:
            self.expired_refused += 1
        elif command.command_id is not None and command.command_id in self._done:
            self.repeats_refused += 1
        else:
            if command.command_id is not None:
                self._done.add(command.command_id)
            self.open("cloud", command.command_id)

    def open(self, by: Opener, command_id: str | None = None) -> None:
        """Raise the arm, or keep it up for as long again."""
        if self._closing is not None:
            self._closing.call_off()
        self._closing = self._agenda.after(OPEN_S, self._close)
        self._tell("open", command_id)
        self._opened(by, command_id)

    def occupied(self, *, under_it: bool) -> None:
        """A car begins or ends to pass: the arm stays up over it."""
        self._occupied = under_it

    def _close(self) -> None:
        if self._occupied:
            self._closing = self._agenda.after(1.0, self._close)
            return
        if self._closing is not None:
            self._closing.call_off()
            self._closing = None
            self._tell("closed", None)

    def _tell(self, state: str, command_id: str | None) -> None:
        message = self._speech.barrier(self._lane, state, command_id, self._agenda.now_s)
        if message is not None:
            self._say(message)
