"""Background tasks with a name and an owner."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from actors.runtime.errors import ClosedError

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Owned:
    """The background tasks of one owner: none is lost to the collector, fails unseen or outlives `close`."""

    def __init__(self, owner: str, on_crash: Callable[[str, BaseException], None] | None = None) -> None:
        """``on_crash(task name, exception)`` hears of a task that failed, after the log did."""
        self.owner = owner
        self._on_crash = on_crash
        self._tasks: set[asyncio.Task[Any]] = set()
        self._shielded: set[asyncio.Task[Any]] = set()
        self._closed = False

    @property
    def names(self) -> list[str]:
        """The names of the tasks still running."""
        return sorted(task.get_name() for task in self._tasks | self._shielded)

    def start(self, name: str, work: Coroutine[Any, Any, T], *, awaited: bool = False) -> asyncio.Task[T]:
        """Run ``work`` in the background until `close`.

        Its failure is reported, or left to whoever awaits it if ``awaited``. Raises `ClosedError` after `close`.
        """
        task = self._create(name, work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if not awaited:
            task.add_done_callback(self._report)
        return task

    async def shielded(self, name: str, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` to its end, whether the caller is cancelled or the owner is closed meanwhile.

        For commits. The result, or the exception, goes to the caller; if the caller was cancelled, a failure is
        reported.
        """
        task = self._create(name, work)
        self._shielded.add(task)
        task.add_done_callback(self._shielded.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._report)
            raise

    async def settled(self) -> None:
        """Wait until no shielded work is under way."""
        while self._shielded:
            await asyncio.wait(self._shielded)

    @property
    def in_flight(self) -> bool:
        """Whether shielded work is under way."""
        return bool(self._shielded)

    async def close(self) -> None:
        """Cancel the background tasks, wait for them and for the shielded ones."""
        self._closed = True
        while pending := self._tasks - {asyncio.current_task()}:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending)
        await self.settled()

    def _create(self, name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        if self._closed:
            work.close()
            raise ClosedError(f"{self.owner} is closed and does not start {name}")
        return asyncio.get_running_loop().create_task(work, name=f"{self.owner}: {name}")

    def _report(self, task: asyncio.Task[Any]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        logger.error("background task failed: %s", task.get_name(), exc_info=error)
        if self._on_crash is not None:
            self._on_crash(task.get_name(), error)
