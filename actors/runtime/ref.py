"""What others hold of an actor."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import pykka
from pykka.messages import ProxySetAttr

from actors.runtime.errors import WouldBlockError
from actors.runtime.future import loop_runs_here
from actors.runtime.timers import Timers

A = TypeVar("A", bound=pykka.Actor)

# Taken only by threads that wait for a stop and by the stop they wait for.
_flag_lock = threading.Lock()


class StopFlag(threading.Event):
    """A ``threading.Event`` that makes its lock and condition only when a thread really waits.

    100,000 actors have one each.
    """

    def __init__(self) -> None:
        self._flag = False
        self._event: threading.Event | None = None

    def is_set(self) -> bool:
        """Whether the actor has stopped."""
        return self._flag

    def set(self) -> None:
        """Mark the actor as stopped and release the threads that wait."""
        with _flag_lock:
            self._flag = True
            event = self._event
        if event is not None:
            event.set()

    def clear(self) -> None:
        """Not possible: an actor lives once."""
        raise NotImplementedError("an actor that has stopped cannot be started again")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the stop. Raises `WouldBlockError` on a thread with a running loop."""
        if self.is_set():
            return True
        if loop_runs_here():
            raise WouldBlockError("waiting for an actor's stop would block the event loop: await stop(block=False)")
        with _flag_lock:
            event = self._event = self._event or threading.Event()
            if self.is_set():
                event.set()
        return event.wait(timeout)


class AsyncioRef(pykka.ActorRef[A]):
    """pykka's reference, whose blocking calls are refused on the loop before they send anything."""

    def ask(self, message: Any, *, block: bool = True, timeout: float | None = None) -> Any:
        """As in pykka.

        Raises `WouldBlockError` for ``block=True`` on a loop's thread: there use `ask` of this module.
        """
        if block and loop_runs_here():
            if isinstance(message, ProxySetAttr):
                name = message.attr_path[-1]
                raise WouldBlockError(
                    f"setting {name} through a proxy would block the event loop: await a method's call"
                )
            raise WouldBlockError("a blocking ask would block the event loop: await ask(ref, message, timeout_s=..)")
        return super().ask(message, block=block, timeout=timeout)

    def stop(self, *, block: bool = True, timeout: float | None = None) -> Any:
        """As in pykka.

        Raises `WouldBlockError` for ``block=True`` on a loop's thread: there await ``stop(block=False)``.
        """
        if block and loop_runs_here():
            raise WouldBlockError("a blocking stop would block the event loop: await stop(block=False)")
        return super().stop(block=block, timeout=timeout)


async def ask(ref: pykka.ActorRef[Any], message: object, *, timeout_s: float, timers: Timers) -> Any:
    """Send ``message`` and wait for the reply.

    Raises what the actor raised, ``ActorDeadError`` when it is gone, `MailboxFull`, or ``pykka.Timeout`` after
    ``timeout_s``; a reply after that is dropped, and what the message changed stays changed.
    """
    reply = ref.ask(message, block=False)
    return await timers.limit(reply, timeout_s, f"{ref} did not answer within {timeout_s} s")
