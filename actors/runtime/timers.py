"""Timers on a clock that is passed in, so that a test can step through hours without sleeping."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TypeVar

import pykka

from syspark.clock import Clock, machine_seconds

logger = logging.getLogger(__name__)

T = TypeVar("T")


class TimerHandle:
    """One timer that has been set."""

    __slots__ = ("_timers", "callback", "due", "order")

    def __init__(self, timers: Timers, due: float, order: int, callback: Callable[[], object]) -> None:
        self._timers = timers
        self.due = due
        self.order = order
        self.callback: Callable[[], object] | None = callback

    def __lt__(self, other: TimerHandle) -> bool:
        return (self.due, self.order) < (other.due, other.order)

    def cancel(self) -> None:
        """Take the timer back; nothing happens when it has fired or was cancelled already."""
        if self.callback is not None:
            self.callback = None
            self._timers.cancelled()


class Timers:
    """All timers of a loop behind one loop timer; due ones fire in order of time, then of setting.

    A moment is turned into monotonic time when it is set: a later step of the wall clock does not move it. With
    ``stepped`` no loop timer is used, and `fire` has to be called after the clock was moved.
    """

    def __init__(self, clock: Clock, *, stepped: bool = False) -> None:
        self._clock = clock
        self._stepped = stepped
        self._heap: list[TimerHandle] = []
        self._order = count()
        self._cancelled = 0
        self._alarm: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._heap) - self._cancelled

    def wake_at(self, when: datetime, callback: Callable[[], object]) -> TimerHandle:
        """Call ``callback`` on the loop at ``when``, or at the next turn if that is past. Its exceptions are logged."""
        return self.wake_after((when - self._clock.now()).total_seconds(), callback)

    def wake_after(self, delay_s: float, callback: Callable[[], object]) -> TimerHandle:
        """Call ``callback`` on the loop in ``delay_s`` seconds."""
        handle = TimerHandle(self, self._clock.monotonic() + delay_s, next(self._order), callback)
        heappush(self._heap, handle)
        if self._heap[0] is handle:
            self._set_alarm()
        return handle

    async def sleep(self, delay_s: float) -> None:
        """Wait ``delay_s`` seconds of the clock."""
        done = asyncio.Event()
        handle = self.wake_after(delay_s, done.set)
        try:
            await done.wait()
        finally:
            handle.cancel()

    async def limit(self, awaitable: Awaitable[T], timeout_s: float, complaint: str) -> T:
        """Await for at most ``timeout_s`` seconds of the clock. Raises ``pykka.Timeout(complaint)``."""
        task = asyncio.current_task()
        assert task is not None
        cancelled_before = task.cancelling()
        late = False

        def interrupt() -> None:
            nonlocal late
            late = True
            task.cancel()

        handle = self.wake_after(timeout_s, interrupt)
        try:
            return await awaitable
        except asyncio.CancelledError:
            if late and task.uncancel() <= cancelled_before:
                raise pykka.Timeout(complaint) from None
            raise
        finally:
            handle.cancel()

    def fire(self) -> int:
        """Call what is due and say how many were called; what is set meanwhile has to wait for the next call."""
        fired, first_new = 0, next(self._order)
        while self._heap:
            handle = self._heap[0]
            callback = handle.callback
            if callback is not None and (handle.due > self._clock.monotonic() or handle.order > first_new):
                break
            heappop(self._heap)
            handle.callback = None
            if callback is None:
                self._cancelled -= 1
                continue
            fired += 1
            try:
                callback()
            except Exception:
                logger.exception("a timer's callback failed")
        self._set_alarm()
        return fired

    def next_due(self) -> float | None:
        """The monotonic time of the next timer, or None; for a test that steps from one to the next."""
        while self._heap and self._heap[0].callback is None:
            heappop(self._heap)
            self._cancelled -= 1
        return self._heap[0].due if self._heap else None

    def cancelled(self) -> None:
        """Bookkeeping of `TimerHandle.cancel`.

        Sweep when most of the heap was cancelled, or long timers would pile up.
        """
        self._cancelled += 1
        if self._cancelled > 64 and self._cancelled * 2 > len(self._heap):
            self._heap = [handle for handle in self._heap if handle.callback is not None]
            heapify(self._heap)
            self._cancelled = 0
        if not len(self):
            # Nothing wakes us for what was cancelled: left at the top, it would hide the next timer for ever.
            self._heap.clear()
            self._cancelled = 0
            self._set_alarm()

    def close(self) -> None:
        """Cancel all timers."""
        for handle in self._heap:
            handle.callback = None
        self._heap.clear()
        self._cancelled = 0
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if len(self) and not self._stepped:
            # The loop counts the machine's seconds, whatever the clock does.
            delay_s = machine_seconds(self._clock, max(0.0, self._heap[0].due - self._clock.monotonic()))
            self._alarm = asyncio.get_running_loop().call_later(delay_s, self.fire)
