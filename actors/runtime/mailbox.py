"""The memory queue of an actor: bounded, with a lane for control messages, waking its actor only when there is work."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections import deque
from collections.abc import Callable
from queue import Empty
from typing import TYPE_CHECKING, Any

from pykka import ActorDeadError
from pykka.messages import _ActorStop

from actors.runtime.errors import MailboxFull

if TYPE_CHECKING:
    from pykka._envelope import Envelope

logger = logging.getLogger(__name__)

# Taken only to create a control lane, which few actors ever have.
_lane_lock = threading.Lock()


class Control:
    """Base of control messages: never refused by a full mailbox, and handled before the ordinary messages that wait.

    pykka's stop message is never refused either but keeps its place, since what was sent before it must still be
    handled.
    """

    __slots__ = ()


class Mailbox:
    """Implements pykka's inbox protocol for an actor that has no thread and, while idle, no task.

    Writers may be in any thread; ``take``, ``rest`` and ``close`` belong to the loop's thread. Between ``open`` and
    ``close`` the first message after a rest schedules one drain. The drain runs in the context variables of the
    actor's start, or the log fields of whoever told first would stick to the messages of others.
    """

    __slots__ = ("_closed", "_drain", "_lane", "_loop", "_scheduled", "_thread", "_waiting", "context", "limit")

    def __init__(self, limit: int = 1000) -> None:
        self.limit = limit
        self.context: contextvars.Context | None = None
        self._waiting: deque[Envelope[Any]] = deque()
        self._lane: deque[Envelope[Any]] | None = None
        self._drain: Callable[[], None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._scheduled = False
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting) + (len(self._lane) if self._lane else 0)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop the mailbox was opened on."""
        assert self._loop is not None, "the actor was not started"
        return self._loop

    @property
    def quiet(self) -> bool:
        """Nothing waits and no drain is scheduled or under way."""
        return not self._scheduled and not self._waiting and not self._lane

    def open(self, drain: Callable[[], None]) -> None:
        """Bind to the running loop; ``drain`` is called on it once there are messages, until `rest` is called."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._drain = drain
        self.context = contextvars.copy_context()
        self.rest()

    def put(self, envelope: Envelope[Any], /) -> None:
        """Take a message, from any thread. Raises `MailboxFull` at the bound, unless the message is a control message,
        and ``ActorDeadError`` when the loop is closed.

        Concurrent writers in other threads may overshoot the bound by one message each.
        """
        if isinstance(envelope.message, Control):
            self._put_in_lane(envelope)
        elif len(self._waiting) >= self.limit and not isinstance(envelope.message, _ActorStop):
            raise MailboxFull(f"{len(self._waiting)} messages wait already")
        else:
            self._waiting.append(envelope)
        if not self._scheduled:
            self._schedule()

    def _put_in_lane(self, envelope: Envelope[Any]) -> None:
        if self._lane is None:
            with _lane_lock:
                if self._lane is None:
                    self._lane = deque()
        self._lane.append(envelope)

    def _schedule(self) -> None:
        # No wake-up from another thread is lost: put appends, then looks at _scheduled; rest clears _scheduled, then
        # looks for messages. At worst a drain finds nothing.
        drain, loop = self._drain, self._loop
        if drain is None or loop is None:
            if self._closed:
                self._refuse_rest()
            return
        self._scheduled = True
        call = loop.call_soon if threading.get_ident() == self._thread else loop.call_soon_threadsafe
        try:
            call(drain, context=self.context)
        except RuntimeError as error:
            self.close()
            raise ActorDeadError("the actor's loop is closed") from error

    def take(self) -> Envelope[Any] | None:
        """The next message, control messages first, or None."""
        if self._lane:
            return self._lane.popleft()
        if self._waiting:
            return self._waiting.popleft()
        return None

    def rest(self) -> None:
        """End of a drain: sleep until the next message, or have another turn when some wait already."""
        self._scheduled = False
        if self._waiting or self._lane:
            self._schedule()

    def close(self) -> None:
        """Let go of the actor and answer whatever still waits, and whatever another thread is just putting in."""
        self._closed = True
        self._drain = None
        self._scheduled = False
        self._refuse_rest()

    def _refuse_rest(self) -> None:
        dropped = 0
        while True:
            try:
                dropped += refuse(self.get())
            except Empty:
                break
        if dropped:
            logger.debug("an actor ended with %d unread messages", dropped)

    def get(self) -> Envelope[Any]:
        """The next message. Raises ``queue.Empty`` when there is none: an inbox on a loop never waits."""
        try:
            envelope = self.take()
        except IndexError:  # another thread was faster in answering what a closed mailbox held
            envelope = None
        if envelope is None:
            raise Empty
        return envelope

    def empty(self) -> bool:
        """Whether no message waits."""
        return not self._waiting and not self._lane


def refuse(envelope: Envelope[Any]) -> bool:
    """Answer a message that its actor did not live to handle; says whether it was told, so that nobody hears of it."""
    if envelope.reply_to is None:
        return True
    if isinstance(envelope.message, _ActorStop):
        envelope.reply_to.set(None)
    else:
        error = ActorDeadError("the actor stopped before handling the message")
        envelope.reply_to.set_exception((ActorDeadError, error, None))
    return False
