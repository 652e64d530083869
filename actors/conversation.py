"""A row decided together with what others answer to it, so that who waits at a barrier waits for one commit.

    site       decides its row, and asks: a hand-over that is in memory only
    session    decides the hand-over, answers, and waits
    site       remembers ahead of the commit, and decides the answer
    journal    all of it in one transaction
    session    remembers, or knows that nothing has happened

Nothing leaves the worker before that commit. When it fails, or nobody answers in time, whoever has run ahead restores
its memory from rows, and the row is decided again, its hand-overs as rows.
"""

import asyncio
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from syspark.domain.decision import Event
from syspark.rows import Fence, InboxRow, Unit

E = TypeVar("E", bound=Event)

ANSWERED_WITHIN_S = 1.0
"""Longer than a session takes to be read, and less than a driver notices."""


@dataclass(frozen=True, slots=True, eq=False)
class Consulted:
    """A hand-over whose recipient is asked before it is durable: `answer` takes what it decides, None: it cannot.

    `kept` says then whether that has become true; an asker that waits no longer says that it has not.
    """

    row: InboxRow
    fence: Fence
    answer: "asyncio.Future[Unit | None]"
    kept: "asyncio.Future[bool]"


class Step(msgspec.Struct, Generic[E], frozen=True):
    """A row decided: what is to become true, and the events its actor then follows."""

    unit: Unit
    events: tuple[E, ...]


class Conversation(Generic[E]):
    """What is to be committed together: an actor's own steps and the answers between them, in their order."""

    def __init__(self, first: Step[E]) -> None:
        self.units = [first.unit]
        self.last = first
        """The own step that is not remembered yet."""
        self._asked: list[Consulted] = []

    @property
    def is_alone(self) -> bool:
        """Whether nobody was asked."""
        return not self._asked

    @property
    def handovers(self) -> list[InboxRow]:
        """What is left to be passed on once all is committed."""
        made = [row for unit in self.units for row in unit.handovers]
        if self.is_alone or not made:
            return made
        decided = {unit.row.id for unit in self.units}
        return [row for row in made if row.id not in decided]

    def answered(self, asked: Consulted, unit: Unit) -> None:
        """Somebody has answered, and waits to hear what becomes of it."""
        self._asked.append(asked)
        self.units.append(unit)

    def goes_on(self, step: Step[E]) -> None:
        """An answer was decided; the step before is remembered."""
        self.last = step
        self.units.append(step.unit)

    def end(self, *, kept: bool) -> None:
        """Tell all who answered."""
        for asked in self._asked:
            asked.kept.set_result(kept)
