"""Replies that an event loop can wait for."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from queue import Full
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pykka

from actors.runtime.errors import WouldBlockError

if TYPE_CHECKING:
    from pykka._future import GetHookFunc
    from pykka._types import OptExcInfo

T = TypeVar("T")

# One lock for all futures: it is held for a few assignments only, and a lock each would be most of a future's size.
_lock = threading.Lock()


class _Probe(float):
    """The timeout that asks "resolved, or waiting for whom?"; a foreign future reads it as zero seconds."""


_PROBE = _Probe(0.0)


class _UnresolvedError(BaseException):
    """Answer to a probe. Never leaves this module, so it cannot be mistaken for a result."""

    def __init__(self, future: AsyncioFuture[Any]) -> None:
        super().__init__()
        self.future = future


class AsyncioFuture(pykka.Future[T], Generic[T]):
    """A pykka future that is awaited on a loop, or waited for with ``get()`` in any other thread.

    ``get()`` on a thread with a running loop returns what is there and otherwise raises `WouldBlockError`. ``map``,
    ``filter``, ``join``, ``reduce`` and ``stop(block=False)`` are pykka's own; awaiting them waits for the futures
    they are made from, and their functions run once. ``pykka.get_all`` of futures on a loop is ``await
    first.join(*others)``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._done = False
        self._value: Any = None
        self._error: OptExcInfo | None = None
        self._callbacks: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"<AsyncioFuture {'resolved' if self._done else 'hooked' if self._get_hook else 'pending'}>"

    def set(self, value: T | None = None) -> None:
        """Resolve with ``value``.

        From any thread. Raises ``queue.Full`` when already resolved or hooked, as pykka does.
        """
        self._resolve(value, None)

    def set_exception(self, exc_info: OptExcInfo | None = None) -> None:
        """Resolve with an exception, by default the one being handled; from any thread. Raises like `set`."""
        self._resolve(None, exc_info or sys.exc_info())

    def set_get_hook(self, func: GetHookFunc[T]) -> None:
        """Compute the result with ``func(timeout)`` when somebody asks. Raises ``queue.Full`` when already resolved."""
        with _lock:
            if self._done:
                raise Full
            super().set_get_hook(func)

    def join(self, *futures: pykka.Future[Any]) -> pykka.Future[Iterable[Any]]:
        """A future of the results of this one and ``futures``.

        Raises `WouldBlockError` on a loop's thread for one of another kind, as a stock ``ThreadingActor`` gives it:
        nothing but blocking waits for that.
        """
        stock = [future for future in futures if not isinstance(future, AsyncioFuture)]
        if stock and loop_runs_here():
            raise WouldBlockError(f"waiting for {stock[0]} would block the event loop: make its actor a BlockingActor")
        return super().join(*futures)

    def _resolve(self, value: Any, error: OptExcInfo | None) -> None:
        with _lock:
            if self._done or self._get_hook is not None:
                raise Full
            self._value, self._error, self._done = value, error, True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def get(self, *, timeout: float | None = None) -> T:
        """Return the value or raise the exception, waiting at most ``timeout`` seconds if not on a loop's thread.

        Raises ``pykka.Timeout`` after that time, `WouldBlockError` instead of waiting on a thread with a running loop.
        """
        if self._get_hook is not None:
            return super().get(timeout=timeout)
        if not self._done:
            self._wait(timeout)
        if self._error is None:
            value: T = self._value
            return value
        kind, error, traceback = self._error
        if error is None:
            assert kind is not None
            error = kind()
        raise error.with_traceback(traceback)

    def _wait(self, timeout: float | None) -> None:
        if isinstance(timeout, _Probe):
            raise _UnresolvedError(self)
        if loop_runs_here():
            raise WouldBlockError("get() of an unresolved future would block the event loop: await the future instead")
        event = threading.Event()
        self._when_resolved(event.set)
        if not event.wait(timeout):
            self._forget(event.set)
            raise pykka.Timeout(f"{timeout} seconds")

    @property
    def resolved(self) -> bool:
        """Whether `get` has an answer, value or exception, without waiting."""
        try:
            self.get(timeout=_PROBE)
        except _UnresolvedError:
            return False
        except Exception:  # noqa: BLE001 - the exception is the answer
            return True
        return True

    def _when_resolved(self, callback: Callable[[], None]) -> None:
        with _lock:
            if not self._done:
                self._callbacks.append(callback)
                return
        callback()

    def _forget(self, callback: Callable[[], None]) -> None:
        with _lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

    def __await__(self) -> Generator[Any, None, T]:
        """Wait on the running loop without blocking it."""
        while True:
            try:
                return self.get(timeout=_PROBE)
            except _UnresolvedError as unresolved:
                waited_for = unresolved.future
            yield from waited_for._until_resolved().__await__()

    __iter__ = __await__

    async def _until_resolved(self) -> None:
        loop = asyncio.get_running_loop()
        home = threading.get_ident()
        waiter: asyncio.Future[None] = loop.create_future()

        def release() -> None:
            if not waiter.done():
                waiter.set_result(None)

        def wake() -> None:
            if threading.get_ident() == home:
                release()
            elif not loop.is_closed():  # nobody waits on a closed loop
                loop.call_soon_threadsafe(release)

        self._when_resolved(wake)
        try:
            await waiter
        finally:
            self._forget(wake)  # a waiter that was cancelled must not stay referred to by a reply that may never come


def loop_runs_here() -> bool:
    """Whether an event loop is running in this thread, so that nothing may block it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
