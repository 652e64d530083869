"""How a long process begins, is told to stop, and ends what it had running beside."""

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from actors.runtime import Watchdog
from ops.embedded.errors import EmbeddedError
from ops.embedded.supervision import Supervised
from syspark.metrics import Metrics

logger = logging.getLogger(__name__)

T = TypeVar("T")
STOPPING = (signal.SIGINT, signal.SIGTERM)
ENDS_WITHIN_S = 9.5
OWN_SERVERS_END_WITHIN_S = 60.0
"""A PostgreSQL of our own is given the time to write everything out."""


class StoppedError(Exception):
    """The process was told to stop before it had begun."""


@contextmanager
def stop_on_signals(at_the_latest_s: float) -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set; a second one changes nothing, what is under way still ends in order.

    The process ends so long after the first, however far it has come: a database that does not answer holds up whoever
    waits for its word, and what is not settled by then is in its rows, as after a kill.
    """
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def told() -> None:
        if not stop.is_set():
            stop.set()
            threading.Thread(target=_end, args=(at_the_latest_s,), name="end in time", daemon=True).start()

    for number in STOPPING:
        loop.add_signal_handler(number, told)
    try:
        yield stop
    finally:
        for number in STOPPING:
            loop.remove_signal_handler(number)


def _end(seconds: float) -> None:
    time.sleep(seconds)
    logger.warning("not everything has ended in time: what is left is as after a kill")
    logging.shutdown()
    os._exit(0)


async def unless_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T:
    """Do work, or give it up when `stop` is set first. Raises `StoppedError`, and what the work raises."""
    doing = asyncio.create_task(work, name="start")
    stopping = asyncio.create_task(stop.wait(), name="stop while starting")
    try:
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise StoppedError
        return doing.result()
    finally:
        doing.cancel()
        stopping.cancel()
        await asyncio.gather(doing, stopping, return_exceptions=True)


def watched_loop(metrics: Metrics) -> Watchdog:
    """Measures, during an `async with`, how late the loop is, and names what holds it."""
    return Watchdog(
        on_lag=metrics.loop_lag_seconds.observe,
        on_hold=lambda hold: metrics.loop_holds.labels(hold.kind or "other").inc(),
    )


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Have work done beside the block, given up at its end. A bug in it is told, and ends nothing else."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await task
            except Exception:
                logger.exception("the %s failed", name)


class Watch:
    """Sets `stop` when a server of our own ends by itself: nothing works without it."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._ended = ""

    @asynccontextmanager
    async def over(self, server: Supervised, what: str) -> AsyncIterator[None]:
        """Watch a started server during the block."""
        async with beside(self._wait(server, what), f"watch over {what}"):
            yield

    def raise_if_ended(self) -> None:
        """Raise `EmbeddedError` naming the server that has ended."""
        if self._ended:
            raise EmbeddedError(self._ended)

    async def _wait(self, server: Supervised, what: str) -> None:
        status = await server.wait_gone()
        self._ended = f"{what} has ended by itself (status {status}): start again, it recovers"
        logger.error("%s", self._ended)
        self._stop.set()
