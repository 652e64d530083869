"""An actor on a thread of its own, for a library that blocks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pykka
from pykka import ActorRef, ActorRegistry
from pykka.messages import _ActorStop

from actors.runtime.errors import MailboxFull
from actors.runtime.future import AsyncioFuture
from actors.runtime.keeper import Fail, Keeper
from actors.runtime.mailbox import refuse
from actors.runtime.ref import AsyncioRef

if TYPE_CHECKING:
    from pykka._envelope import Envelope

# Untyped for the same reason as in `actors.runtime.actor`.
_PykkaActor: Any = pykka.ThreadingActor


class BlockingActor(_PykkaActor):  # type: ignore[misc]
    """A thread for a library that blocks, told and asked from the loop like any other actor.

    ``await ask(ref, ..)`` waits for its reply without blocking the loop. Keep it as a `Service`: it is then restarted
    after a crash, counted, and stopped at the drain. Its thread is a daemon: one that is stuck in its library is named
    as a survivor of the drain and never holds up the exit. ``tell`` and ``ask`` raise `MailboxFull` when
    ``mailbox_limit`` messages wait. Unlike an `AsyncioActor` it has no lane for control messages: they keep their
    place, since nothing can interrupt the library anyway, but are never refused.
    """

    use_daemon_thread = True

    kind: ClassVar[str]
    """What metrics, logs and keys call this class; its name unless the class sets it."""

    mailbox_limit: ClassVar[int] = 100
    """How many messages may wait."""

    actor_inbox: ThreadMailbox

    @property
    def actor_ref(self) -> ActorRef[Self]:
        """What others hold of this actor."""
        return self._actor_ref

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "kind" not in cls.__dict__:
            cls.kind = cls.__name__

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        super().__init__()
        self.actor_inbox.limit = self.mailbox_limit
        self._actor_ref: ActorRef[Self] = AsyncioRef(self)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._keeper: Keeper | None = None
        self._message: object = None
        self._error: Exception | None = None

    @staticmethod
    def _create_actor_inbox() -> ThreadMailbox:
        return ThreadMailbox()

    @staticmethod
    def _create_future() -> AsyncioFuture[Any]:
        return AsyncioFuture()

    @classmethod
    def start(cls, *args: Any, **kwargs: Any) -> ActorRef[Self]:
        """Create and start an actor, from any thread."""
        actor = cls(*args, **kwargs)
        actor._begin()
        return actor.actor_ref

    def launch(self, keeper: Keeper | None = None) -> ActorRef[Self]:
        """Start this actor, once, under a ``keeper`` on the running loop. Raises ``RuntimeError`` where none runs."""
        self._loop = asyncio.get_running_loop()
        self._keeper = keeper
        self._begin()
        return self.actor_ref

    def _begin(self) -> None:
        ActorRegistry.register(self.actor_ref)
        self._start_actor_loop()

    async def departed(self) -> None:
        """Nothing: once its end is told, its thread has left the library."""

    def _actor_loop(self) -> None:
        super()._actor_loop()
        self.actor_inbox.close()
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            self._tell_loop(lambda: keeper.ended(self, self._message, self._error))

    def _handle_receive(self, message: Any) -> Any:
        self._message = message
        if isinstance(message, Fail):
            raise message.error
        began = time.monotonic()
        try:
            return super()._handle_receive(message)
        except Exception:
            self._count(lambda keeper: keeper.counters.failed(self.kind))
            raise
        finally:
            spent_s = time.monotonic() - began
            self._count(lambda keeper: keeper.counters.handled(self.kind, 1, spent_s))

    def _handle_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        if not self.actor_stopped.is_set():  # a failing last hook changes nothing: the actor ends anyway
            self._error = exception_value
        if self._message is None:
            self._count(lambda keeper: keeper.counters.failed(self.kind))
        super()._handle_failure(exception_type, exception_value, traceback)

    def _count(self, report: Callable[[Keeper], None]) -> None:
        keeper = self._keeper
        if keeper is not None:
            self._tell_loop(lambda: report(keeper))

    def _tell_loop(self, call: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(call)


class ThreadMailbox(Queue["Envelope[Any]"]):
    """The bounded queue of an actor on a thread; the stop and failures of its keeper are never refused."""

    def __init__(self) -> None:
        super().__init__()
        self.limit = 0
        self._closed = False

    def __len__(self) -> int:
        return self.qsize()

    def put(self, envelope: Envelope[Any], block: bool = True, timeout: float | None = None) -> None:
        """Take a message, from any thread, without waiting. Raises `MailboxFull` at the bound.

        Concurrent writers may overshoot the bound by one message each.
        """
        if self.qsize() >= self.limit and not isinstance(envelope.message, (_ActorStop, Fail)):
            raise MailboxFull(f"{self.qsize()} messages wait already")
        super().put(envelope)
        if self._closed:
            self._refuse_rest()

    def close(self) -> None:
        """Answer whatever another thread has put in since the actor looked last, and will yet put in."""
        self._closed = True
        self._refuse_rest()

    def _refuse_rest(self) -> None:
        try:
            while True:
                refuse(self.get_nowait())
        except Empty:
            return
