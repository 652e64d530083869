"""The actors a process has one of, kept running by a supervisor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from pykka import ActorDeadError, ActorRef

from actors.runtime.actor import AsyncioActor
from actors.runtime.blocking import BlockingActor
from actors.runtime.keeper import Fail, Kept
from actors.runtime.metrics import Counters
from actors.runtime.owned import Owned
from actors.runtime.supervision import Key, Supervisor

A = TypeVar("A", bound=AsyncioActor | BlockingActor)


class Service(Generic[A]):
    """One service actor over all its lives; hold this, not the reference, which dies with an instance."""

    def __init__(
        self,
        key: Key,
        make: Callable[[], Awaitable[A]],
        *,
        owned: Owned,
        supervisor: Supervisor,
        counters: Counters | None = None,
    ) -> None:
        """``make`` builds a new instance, without launching it."""
        self.key = key
        self._make = make
        self._owned = owned
        self._supervisor = supervisor
        self.counters = counters or Counters()
        self._ref: ActorRef[A] | None = None
        self._recovery: asyncio.Task[ActorRef[A] | None] | None = None
        self._stopping = False

    async def start(self) -> ActorRef[A]:
        """Make and launch the first instance."""
        return await self._launch()

    @property
    def ref(self) -> ActorRef[A]:
        """The present instance. Raises ``ActorDeadError`` before the start, during a restart and after the end."""
        if self._ref is None:
            raise ActorDeadError(f"{self.key.kind} {self.key.id} is not running")
        return self._ref

    def tell(self, message: object) -> None:
        """Tell the present instance. Raises ``ActorDeadError`` while there is none, `MailboxFull`."""
        self.ref.tell(message)

    def fail(self, error: Exception) -> bool:
        """Crash the present instance with ``error`` between two messages; False if there is none."""
        if self._ref is None:
            return False
        self._ref.tell(Fail(error))
        return True

    def close(self) -> None:
        """Begin of a drain: no restart any more, also not the one under way. A live instance stays."""
        self._stopping = True
        if self._recovery is not None:
            self._recovery.cancel()

    async def stop(self) -> bool:
        """Stop for good, after the messages that wait.

        Also calls off a restart. Says whether an instance was running.
        """
        self.close()
        return self._ref is not None and await self._ref.stop(block=False)

    async def _launch(self) -> ActorRef[A]:
        actor = await self._make()
        self.counters.alive(self.key.kind, 1)
        self._ref = actor.launch(self)
        return self._ref

    async def _relaunch(self) -> ActorRef[A]:
        ref = await self._launch()
        self.counters.restarted(self.key.kind)
        return ref

    def ended(self, actor: Kept, message: object, error: Exception | None) -> None:
        """For the actor; see `Keeper`."""
        self._ref = None
        self.counters.alive(self.key.kind, -1)
        if error is None:
            return
        if not self._stopping:
            recovery = self._supervisor.recover(self.key, actor, message, error, self._relaunch)
            self._recovery = self._owned.start(f"recover {self.key.kind} {self.key.id}", recovery)
