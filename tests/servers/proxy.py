"""A TCP proxy on loopback whose line a test can cut, freeze and restore."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CHUNK = 65536
AT_ONCE_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Forwards `port` to `target` on a loop in a thread of its own; usable from any test. This is a port, or a
    Unix socket.

    `cut` resets every connection and refuses new ones, `freeze` keeps them open and lets nothing through either way
    (what was sent meanwhile arrives after `thaw`), `restore` undoes both.
    """

    def __init__(self, target: int | Path) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy to {target}", daemon=True)
        self._server: asyncio.Server | None = None
        self._lines: dict[asyncio.Task[Any], asyncio.Event] = {}
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.port = 0
        self.accepted = 0

    def start(self) -> Self:
        """Begin to accept, on a port of the system's choice that later cuts keep."""
        self._thread.start()
        self._call(self._listen())
        return self

    def close(self) -> None:
        """Cut, and end the thread."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def cut(self) -> None:
        """Reset all connections and refuse new ones."""
        self._call(self._cut())

    def restore(self) -> None:
        """Accept and forward again."""
        self._call(self._listen())
        self.thaw()

    def freeze(self) -> None:
        """Stop forwarding without closing anything: a peer that hangs, a line that swallows packets."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def thaw(self) -> None:
        """Forward again, what had piled up first."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for cut in self._lines.values():
            cut.set()
        if self._lines:
            await asyncio.wait(set(self._lines))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        assert line is not None
        self.accepted += 1
        self._lines[line] = cut = asyncio.Event()
        try:
            far_reader, far_writer = await self._reach()
        except OSError:  # the target is down: the caller sees its own line close
            writer.close()
            del self._lines[line]
            return
        parts = [
            asyncio.create_task(self._pump(reader, far_writer)),
            asyncio.create_task(self._pump(far_reader, writer)),
            asyncio.create_task(cut.wait()),
        ]
        await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        for part in parts:
            part.cancel()
        await asyncio.wait(parts)
        for end in (writer, far_writer):
            if cut.is_set():
                _reset(end)
            else:
                end.close()
        del self._lines[line]

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection("127.0.0.1", self._target)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST: after an orderly end the peer would still read what was on its way."""
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE_RESET)
    writer.transport.abort()
