"""pykka's own actor on an event loop with nothing added: the floor of the runtime.

No thread, no task while idle, no bounds, no supervision: a drain is scheduled when the mailbox fills.
"""

import asyncio
from collections import deque
from typing import Any

import pykka
from pykka._envelope import Envelope

_PykkaActor: Any = pykka.Actor


class _Inbox(deque[Any]):
    """pykka's inbox as far as telling needs it."""

    drain: Any
    scheduled = False

    def put(self, envelope: Envelope[Any]) -> None:
        """Take a message and wake the actor."""
        self.append(envelope)
        if not self.scheduled:
            self.scheduled = True
            asyncio.get_running_loop().call_soon(self.drain)


class StockActor(_PykkaActor):  # type: ignore[misc]  # pykka's hooks are untyped
    """Counts what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0
        self.actor_inbox.drain = self._drain

    @staticmethod
    def _create_actor_inbox() -> _Inbox:
        return _Inbox()

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        return pykka.ThreadingFuture()

    def _start_actor_loop(self) -> None:
        """It needs none: the loop that runs is enough."""

    def on_receive(self, _message: Any) -> None:
        """Count."""
        self.told += 1

    def _drain(self) -> None:
        inbox = self.actor_inbox
        inbox.scheduled = False
        while inbox:
            self._handle_receive(inbox.popleft().message)
