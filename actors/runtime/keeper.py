"""Between an actor and who looks after it."""

from __future__ import annotations

from typing import ClassVar, Protocol

from actors.runtime.mailbox import Control
from actors.runtime.metrics import Counters


class Kept(Protocol):
    """What its keeper knows of an actor, whether it lives on the loop or on a thread."""

    kind: ClassVar[str]

    async def departed(self) -> None:
        """Wait until an ended actor has nothing under way any more."""


class Keeper(Protocol):
    """Who looks after an actor, keeps its figures and hears how its life ended. Called on the loop."""

    counters: Counters

    def ended(self, actor: Kept, message: object, error: Exception | None) -> None:
        """The actor is gone, hooks and mailbox included.

        With ``error`` it crashed, on ``message`` (None: in ``on_start``).
        """


class Begin(Control):
    """Runs ``on_start`` before any message."""


class Fail(Control):
    """Makes the actor end as if a handler had raised ``error``; how a supervisor brings down a parent."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error
