"""Tells when something holds the event loop, and who: everybody else waits meanwhile, and nothing else names it."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Self

from actors.runtime.actor import AsyncioActor

logger = logging.getLogger(__name__)

_BEATS_A_HOLD = 4
_FRAMES_TOLD = 6
_AWAITED_HERE = frozenset({"asyncio", "selectors"})
"""Whose code the loop's thread is in when nothing holds it."""

_HANDLING = frozenset(
    step.__code__
    for step in (AsyncioActor._step, AsyncioActor._finish, AsyncioActor._last_words, AsyncioActor._hear_out)
)


@dataclass(frozen=True, slots=True)
class Hold:
    """The loop is being held, so far for `seconds`.

    `kind` is that of the actor whose handler does it, None outside any; `task` the task that runs, if one does; `where`
    the innermost code first.
    """

    seconds: float
    kind: str | None
    task: str | None
    where: str


class Watchdog:
    """Watches the loop it is entered on (`async with`) from a thread of its own, for a few wake-ups a second.

    `on_lag` hears at every beat how late the loop ran it, in seconds, on the loop; `on_hold` hears, on the watching
    thread, of each time the loop was held for `hold_s`, while it still is, once. Costs an actor nothing: it looks at
    the stack. Code that holds the interpreter's lock as well is seen only in the lag.
    """

    def __init__(
        self, *, on_lag: Callable[[float], None], on_hold: Callable[[Hold], None], hold_s: float = 0.25
    ) -> None:
        self._on_lag = on_lag
        self._on_hold = on_hold
        self._hold_s = hold_s
        self._beat_s = hold_s / _BEATS_A_HOLD
        self._due_at = 0.0
        self._over = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._beat_handle: asyncio.TimerHandle
        self._loop_thread = 0
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._expect()
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beat_handle.cancel()
        self._over.set()
        await asyncio.to_thread(self._thread.join)

    def _expect(self) -> None:
        self._due_at = time.monotonic() + self._beat_s
        self._beat_handle = self._loop.call_later(self._beat_s, self._beat)

    def _beat(self) -> None:
        self._on_lag(max(0.0, time.monotonic() - self._due_at))
        self._expect()

    def _watch(self) -> None:
        told = 0.0
        while not self._over.wait(self._beat_s):
            due_at = self._due_at
            late_s = time.monotonic() - due_at
            if late_s < self._hold_s or told == due_at:
                continue
            told = due_at
            if (hold := self._look(late_s)) is not None:
                logger.warning("the loop is held for %.2f s by %s at %s", hold.seconds, _holder(hold), hold.where)
                self._on_hold(hold)

    def _look(self, late_s: float) -> Hold | None:
        frame = sys._current_frames().get(self._loop_thread)
        if frame is None or str(frame.f_globals.get("__name__")).partition(".")[0] in _AWAITED_HERE:
            return None  # the whole process stood still, or it is over already
        task = asyncio.current_task(self._loop)
        return Hold(late_s, _kind_of(frame), task.get_name() if task is not None else None, _where(frame))


def _kind_of(frame: FrameType | None) -> str | None:
    while frame is not None:
        if frame.f_code in _HANDLING:
            actor: AsyncioActor = frame.f_locals["self"]
            return actor.kind
        frame = frame.f_back
    return None


def _where(frame: FrameType | None) -> str:
    places: list[str] = []
    while frame is not None and len(places) < _FRAMES_TOLD:
        code = frame.f_code
        places.append(f"{code.co_qualname} ({'/'.join(code.co_filename.split('/')[-2:])}:{frame.f_lineno})")
        frame = frame.f_back
    return " < ".join(places)


def _holder(hold: Hold) -> str:
    if hold.kind is not None:
        return f"an actor of kind {hold.kind}"
    return f"the task {hold.task}" if hold.task is not None else "a callback"
