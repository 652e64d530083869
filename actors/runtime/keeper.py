"""Between an actor and who looks after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from actors.runtime.mailbox import Control

if TYPE_CHECKING:
    from actors.runtime.actor import AsyncioActor


class Keeper(Protocol):
    """Who looks after an actor: hears what it handled and how its life ended. Called on the loop."""

    def handled(self, actor: AsyncioActor, count: int) -> None:
        """The actor handled ``count`` messages since the last call."""

    def ended(self, actor: AsyncioActor, message: object, error: Exception | None) -> None:
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
