"""pykka's actor on an asyncio event loop."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
import uuid
from collections.abc import Coroutine
from typing import Any, ClassVar, Self

import pykka
from pykka import ActorDeadError, ActorRef, ActorRegistry
from pykka._envelope import Envelope
from pykka.messages import _ActorStop

from actors.runtime.errors import HandlerCancelledError
from actors.runtime.future import AsyncioFuture
from actors.runtime.keeper import Begin, Fail, Keeper
from actors.runtime.mailbox import Control, Mailbox
from actors.runtime.ref import AsyncioRef, StopFlag

logger = logging.getLogger(__name__)

# Messages handled before other actors get their turn.
_BURST = 64

_Rest = Coroutine[Any, Any, None]


# Untyped, since pykka's hooks return None and mypy would refuse every actor whose hooks are coroutines.
_PykkaActor: Any = pykka.Actor


class AsyncioActor(_PykkaActor):  # type: ignore[misc]
    """An actor whose handlers run one at a time on the loop that started it; they may be coroutines.

    While no message waits it has neither thread nor task. Plain handlers run in one loop callback per burst, a
    coroutine handler runs in a task named after the actor. ``tell`` and ``ask`` raise `MailboxFull` when
    ``mailbox_limit`` ordinary messages wait. An exception under ``ask`` is returned to the asker and the actor
    lives; under ``tell`` it ends the actor: ``on_failure`` runs, waiting ``ask``s get ``ActorDeadError``, and the
    `Keeper`, if any, decides what comes next. ``KeyboardInterrupt`` and ``SystemExit`` stop all actors, without
    blocking, and then the loop.
    """

    kind: ClassVar[str]
    """What metrics, logs and keys call this class; its name unless the class sets it."""

    mailbox_limit: ClassVar[int] = 1000
    """How many ordinary messages may wait."""

    registered: ClassVar[bool] = True
    """Whether the actor stands in pykka's registry, whose costs grow with the number of actors in it."""

    actor_urn: str
    actor_inbox: Mailbox
    actor_stopped: threading.Event
    _keeper: Keeper | None
    _work: asyncio.Task[None] | None
    _crash: tuple[object, Exception] | None

    @property
    def actor_ref(self) -> ActorRef[Self]:
        """What others hold of this actor."""
        return self._actor_ref

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "kind" not in cls.__dict__:
            cls.kind = cls.__name__

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        # pykka's constructor is not called: it makes the same four fields, with a lock and a condition for each actor.
        self.actor_urn = self._create_urn()
        self.actor_inbox = self._create_actor_inbox()
        self.actor_inbox.limit = self.mailbox_limit
        self.actor_stopped = StopFlag()
        self._actor_ref: ActorRef[Self] = AsyncioRef(self)
        self._keeper = None
        self._work = None
        self._crash = None

    def _create_urn(self) -> str:
        return uuid.uuid4().urn

    @staticmethod
    def _create_actor_inbox() -> Mailbox:
        return Mailbox()

    @staticmethod
    def _create_future() -> AsyncioFuture[Any]:
        return AsyncioFuture()

    @classmethod
    def start(cls, *args: Any, **kwargs: Any) -> ActorRef[Self]:
        """Create and start an actor on the running loop. Raises ``RuntimeError`` where no loop runs."""
        return cls(*args, **kwargs).launch()

    def launch(self, keeper: Keeper | None = None) -> ActorRef[Self]:
        """Start this actor, once, on the running loop and under ``keeper``.

        Raises ``RuntimeError`` where no loop runs.
        """
        asyncio.get_running_loop()
        self._keeper = keeper
        if self.registered:
            ActorRegistry.register(self.actor_ref)
        self._start_actor_loop()
        return self.actor_ref

    def _start_actor_loop(self) -> None:
        if type(self).on_start is not AsyncioActor.on_start:
            self.actor_inbox.put(Envelope(Begin()))
        self.actor_inbox.open(self._drain)

    def _drain(self) -> None:
        if self._work is None and (rest := self._burst()) is not None:
            self._carry_on(rest)
        elif self._work is None:
            self.actor_inbox.rest()

    def _carry_on(self, rest: _Rest) -> None:
        inbox = self.actor_inbox
        self._work = inbox.loop.create_task(self._work_off(rest), name=self.actor_urn, context=inbox.context)

    async def _work_off(self, rest: _Rest | None) -> None:
        try:
            turn, time = 0, self.actor_inbox.loop.time
            while rest is not None:
                began = time()
                await rest
                if self._keeper is not None:
                    self._keeper.counters.handled(self.kind, 0, time() - began)
                turn += 1
                if turn % _BURST == 0:
                    await asyncio.sleep(0)  # handlers that never wait must not keep the loop to themselves
                rest = self._burst()
        except BaseException:
            self._close()
            self._end()
            raise
        finally:
            self._work = None
            self.actor_inbox.rest()

    def _burst(self) -> _Rest | None:
        """Handle messages until one has to be awaited, none is left, the actor ends or others deserve a turn."""
        inbox, stopped, handled = self.actor_inbox, self.actor_stopped, 0
        began = inbox.loop.time()
        try:
            while not stopped.is_set():
                if handled == _BURST or (envelope := inbox.take()) is None:
                    return None
                handled += 1
                if (rest := self._step(envelope)) is not None:
                    return rest
        finally:
            if handled and self._keeper is not None:
                self._keeper.counters.handled(self.kind, handled, inbox.loop.time() - began)
        self._end()
        return None

    def _step(self, envelope: Envelope[Any]) -> _Rest | None:
        """Handle one message as far as it goes without waiting; what is left to await is returned."""
        try:
            answer = self._handle_receive(envelope.message)
        except BaseException as error:  # noqa: BLE001 - sorted and, unless it is the actor's own, raised again there
            return self._fell(envelope, error)
        if answer is not None and inspect.iscoroutine(answer):
            return self._finish(envelope, answer)
        if envelope.reply_to is not None:
            envelope.reply_to.set(answer)
        return None

    async def _finish(self, envelope: Envelope[Any], answer: Coroutine[Any, Any, Any]) -> None:
        try:
            value = await answer
        except BaseException as error:  # noqa: BLE001 - as in _step
            if (rest := self._fell(envelope, error)) is not None:
                await rest
        else:
            if envelope.reply_to is not None:
                envelope.reply_to.set(value)

    def _fell(self, envelope: Envelope[Any], error: BaseException) -> _Rest | None:
        error = self._blamed(error)
        if not isinstance(error, Exception):
            self._abandon(envelope, error)
            raise error
        if self._keeper is not None:
            self._keeper.counters.failed(self.kind)
        if envelope.reply_to is not None:
            logger.info("exception returned from %s to the asker", self, exc_info=error)
            envelope.reply_to.set_exception((type(error), error, error.__traceback__))
            return None
        self._handle_failure(type(error), error, error.__traceback__)
        self._crash = (None if isinstance(envelope.message, Begin) else envelope.message, error)
        return self._last_words(self.on_failure, type(error), error, error.__traceback__)

    def _blamed(self, error: BaseException) -> BaseException:
        """Turn a cancellation that was not meant for this actor into a failure of its handler."""
        if not isinstance(error, asyncio.CancelledError) or (self._work is not None and self._work.cancelling()):
            return error
        bug = HandlerCancelledError(f"{self} awaited something that was cancelled")
        bug.__cause__ = error
        return bug

    def _abandon(self, envelope: Envelope[Any], error: BaseException) -> None:
        """The loop is going down or the task was cancelled: no hooks, which could not be awaited any more."""
        if envelope.reply_to is not None:
            envelope.reply_to.set_exception((ActorDeadError, ActorDeadError(f"{self} ended by {error!r}"), None))
        self._close()
        self._end()
        if not isinstance(error, asyncio.CancelledError):
            ActorRegistry.stop_all(block=False)

    def _last_words(self, hook: Any, *args: Any) -> _Rest | None:
        try:
            words = hook(*args)
        except Exception as error:  # noqa: BLE001 - a hook's failure is logged and changes nothing: the actor ends anyway
            self._handle_failure(type(error), error, error.__traceback__)
            return None
        return self._hear_out(words) if inspect.iscoroutine(words) else None

    async def _hear_out(self, words: Coroutine[Any, Any, Any]) -> None:
        try:
            await words
        except (Exception, asyncio.CancelledError) as error:
            if not isinstance(blamed := self._blamed(error), Exception):
                raise
            self._handle_failure(type(blamed), blamed, blamed.__traceback__)

    def _handle_receive(self, message: Any) -> Any:
        if isinstance(message, (tuple, Control)):  # pykka's own messages are named tuples
            if isinstance(message, _ActorStop):
                return self._stop()
            if isinstance(message, Begin):
                return self.on_start()
            if isinstance(message, Fail):
                raise message.error
            return super()._handle_receive(message)
        return self.on_receive(message)

    def _stop(self) -> Any:
        self._close()
        return self._last_words(self.on_stop)

    def _handle_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        logger.error("unhandled exception in %s", self, exc_info=(exception_type, exception_value, traceback))
        self._close()

    def _close(self) -> None:
        if self.registered:
            ActorRegistry.unregister(self.actor_ref)
        self.actor_stopped.set()

    def _end(self) -> None:
        self.actor_inbox.close()
        keeper, self._keeper = self._keeper, None
        crash, self._crash = self._crash, None  # its traceback refers to this actor
        if keeper is not None:
            keeper.ended(self, *(crash or (None, None)))

    def retire(self) -> bool:
        """Stop now if nothing waits, runs or is `in_flight`, and say whether it did.

        On the loop; nothing can come between.
        """
        if self.actor_stopped.is_set() or self._work is not None or not self.actor_inbox.quiet or self.in_flight():
            return False
        if (rest := self._stop()) is None:
            self._end()
        else:
            self._carry_on(rest)
        return True

    def leaving(self) -> bool:
        """Whether an ended actor still has something under way that `departed` would wait for."""
        return self._work not in {None, asyncio.current_task()} or self.in_flight()

    async def departed(self) -> None:
        """Wait until an ended actor's last hook is through and its work is `settled`."""
        if self._work is not None:
            await asyncio.wait([self._work])
        await self.settled()

    def stop(self) -> None:
        """Stop after the messages that wait now."""
        self.actor_ref.tell(_ActorStop())

    def on_receive(self, message: Any) -> Any:
        """To be overridden, may be a coroutine: handles a message; what it returns answers an ``ask``."""
        return super().on_receive(message)

    def in_flight(self) -> bool:
        """To be overridden.

        Whether work outside the handlers, such as a commit, is under way. Keeps the actor from retiring.
        """
        return False

    async def settled(self) -> None:
        """To be overridden: wait until nothing is `in_flight`. The next instance of the actor starts only after it."""

    def on_start(self) -> Any:
        """To be overridden, may be a coroutine: runs before the first message. An exception ends the actor."""

    def on_stop(self) -> Any:
        """To be overridden, may be a coroutine: runs after the last message, not after a crash."""

    def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> Any:
        """To be overridden, may be a coroutine: runs instead of ``on_stop`` when a message's handler raised."""
