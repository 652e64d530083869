"""A server of our own seen from the event loop: started and stopped off it, watched on it."""

import asyncio
import contextlib
import logging
import os
import subprocess
from types import TracebackType
from typing import Protocol, Self

log = logging.getLogger(__name__)


class Service(Protocol):
    """A server as blocking calls. `start` cleans up after its own failure; `stop` is harmless when not started."""

    def start(self) -> None:
        """Return once the server answers."""

    def stop(self) -> None:
        """Return once the server is gone."""

    def abandon(self) -> None:
        """Make a `start` under way in another thread give up soon."""

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server."""


class Supervised:
    """Starts a `Service`, says when it ends by itself, stops it. One start at a time; it may be started again."""

    def __init__(self, name: str, service: Service) -> None:
        self._name = name
        self._service = service
        self._watch: asyncio.Task[int] | None = None

    async def start(self) -> None:
        """Start it; raises an `EmbeddedError`. A cancelled start leaves nothing running."""
        starting = asyncio.create_task(asyncio.to_thread(self._service.start), name=f"{self._name}-start")
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            self._service.abandon()
            with contextlib.suppress(Exception):  # cancelled: nobody is left to tell why it gave up
                await starting
            await asyncio.to_thread(self._service.stop)
            raise
        self._watch = asyncio.create_task(_status_at_end(self._service.process), name=f"{self._name}-watch")

    async def stop(self) -> None:
        """Stop it and wait until it is gone; harmless when not started."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
            self._watch = None
        stopping = asyncio.create_task(asyncio.to_thread(self._service.stop), name=f"{self._name}-stop")
        try:
            await asyncio.shield(stopping)
        except asyncio.CancelledError:
            await stopping
            raise

    async def wait_gone(self) -> int:
        """Return the exit status once the server has ended without being asked to; cancelled by `stop`."""
        assert self._watch is not None, f"{self._name} is not started"
        return await asyncio.shield(self._watch)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


async def _status_at_end(process: subprocess.Popen[bytes]) -> int:
    """Wait on the loop, without a thread, until `process` has ended."""
    handle = os.pidfd_open(process.pid)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)
    return process.wait()
