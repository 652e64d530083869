"""The actors of the domain's things: one per site, device, session, found by kind and id."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, ClassVar

from pykka import ActorRef

from actors.runtime.actor import AsyncioActor
from actors.runtime.errors import ClosedError, EscalatedError
from actors.runtime.keeper import Fail, Kept
from actors.runtime.metrics import Counters
from actors.runtime.owned import Owned
from actors.runtime.supervision import Key, Supervisor


class EntityActor(AsyncioActor):
    """The actor of one thing, known by its key instead of pykka's registry, where every lookup and stop is linear."""

    registered: ClassVar[bool] = False

    def __init__(self, key: Key, *args: Any, **kwargs: Any) -> None:
        self.key = key
        super().__init__(*args, **kwargs)

    def _create_urn(self) -> str:
        return f"urn:syspark:{self.key.kind}:{self.key.id}"


_Coming = Coroutine[Any, Any, ActorRef[Any] | None]

Activation = Callable[[Key], Awaitable[EntityActor]]
"""Makes the actor of a key from its rows, without launching it. An exception reaches whoever asked for the actor."""


class Directory:
    """The live entity actors and the way to make more. Belongs to one loop.

    There is at most one instance per key, and the next one is made only when the last one has departed and its work
    in flight has settled. An actor that crashed is away until its supervisor has restarted it; activating it waits
    for that.
    """

    def __init__(self, *, owned: Owned, supervisor: Supervisor | None = None, counters: Counters | None = None) -> None:
        self._owned = owned
        self._supervisor = supervisor
        self.counters = counters or Counters()
        self._activations: dict[str, Activation] = {}
        self._live: dict[Key, EntityActor] = {}
        self._leaving: dict[Key, asyncio.Task[None]] = {}
        self._coming: dict[Key, asyncio.Task[ActorRef[Any] | None]] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._live)

    def refs(self, kind: str | None = None) -> list[ActorRef[Any]]:
        """The live actors, of one kind or all, in the order they were activated."""
        return [actor.actor_ref for key, actor in self._live.items() if kind in {None, key.kind}]

    def serve(self, kind: str, activation: Activation) -> None:
        """Make actors of ``kind`` with ``activation``."""
        self._activations[kind] = activation

    def get(self, key: Key) -> ActorRef[Any] | None:
        """The live actor, or None: not active, leaving, or waiting for its restart."""
        actor = self._live.get(key)
        return actor.actor_ref if actor is not None and not actor.actor_stopped.is_set() else None

    async def activate(self, key: Key) -> ActorRef[Any]:
        """The live actor, made now if need be; whoever asks at the same time gets the same one.

        Raises what the activation raised, `EscalatedError` if the actor was given up meanwhile, `ClosedError` in a
        drain.
        """
        while (ref := self.get(key)) is None:
            self._refuse_if_closed(key)
            if (ending := self._live.get(key)) is not None:
                await ending.departed()  # only then it is known whether it crashed and comes back by itself
                continue
            if key not in self._coming:
                self._expect(key, "activate", self._make(key), awaited=True)
            coming = self._coming[key]
            try:
                ref = await asyncio.shield(coming)
            except asyncio.CancelledError:
                if coming.cancelled():
                    self._refuse_if_closed(key)
                raise
            if ref is None:
                raise EscalatedError(f"{key.kind} {key.id} was given up")
            return ref
        return ref

    def _refuse_if_closed(self, key: Key) -> None:
        if self._closed:
            raise ClosedError(f"no activation of {key.kind} {key.id} during a drain")

    def _expect(self, key: Key, why: str, work: _Coming, *, awaited: bool) -> None:
        task = self._coming[key] = self._owned.start(f"{why} {key.kind} {key.id}", work, awaited=awaited)

        def arrived(_: object) -> None:
            if self._coming.get(key) is task:
                del self._coming[key]

        task.add_done_callback(arrived)

    async def _make(self, key: Key) -> ActorRef[Any] | None:
        if (leaving := self._leaving.get(key)) is not None:
            await asyncio.shield(leaving)
        actor = await self._activations[key.kind](key)
        self._refuse_if_closed(key)
        self._live[key] = actor
        self.counters.alive(key.kind, 1)
        return actor.launch(self)

    async def _remake(self, key: Key) -> ActorRef[Any] | None:
        ref = await self._make(key)
        self.counters.restarted(key.kind)
        return ref

    def passivate(self, key: Key) -> bool:
        """Let the actor go if it is idle with nothing in flight, and say whether it went.

        The check and the removal are one step on the loop; a teller that still holds the reference gets
        ``ActorDeadError``.
        """
        actor = self._live.get(key)
        if actor is None or not actor.retire():
            return False
        self._remove(actor)
        return True

    def fail(self, key: Key, error: Exception) -> bool:
        """Crash the actor with ``error`` between two messages, as when a child of it was given up.

        False if it is not live.
        """
        ref = self.get(key)
        if ref is None:
            return False
        ref.tell(Fail(error))
        return True

    def close(self) -> None:
        """Begin of a drain: no activations any more, and restarts under way are called off. Live actors stay."""
        self._closed = True
        for task in list(self._coming.values()):
            task.cancel()

    def ended(self, actor: Kept, message: object, error: Exception | None) -> None:
        """For the actors; see `Keeper`."""
        assert isinstance(actor, EntityActor)
        self._remove(actor)
        if error is None:
            return
        key = actor.key
        if self._supervisor is not None and not self._closed:
            recovery = self._supervisor.recover(key, actor, message, error, partial(self._remake, key))
            self._expect(key, "recover", recovery, awaited=False)

    def _remove(self, actor: EntityActor) -> None:
        key = actor.key
        if self._live.get(key) is not actor:
            return
        del self._live[key]
        self.counters.alive(key.kind, -1)
        if actor.leaving() and not self._closed:
            task = self._owned.start(f"leave {key.kind} {key.id}", actor.departed())
            self._leaving[key] = task
            task.add_done_callback(lambda _: self._leaving.pop(key, None))
