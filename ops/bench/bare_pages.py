"""aiohttp with nothing behind it, the floor of the pages: `python -m ops.bench.bare_pages HOST PORT BYTES`.

A page of so many bytes at `/`, streams at `/live`, and an event on each of them by `/tell`.
"""

import asyncio
import signal
import sys

import uvloop
from aiohttp import web


class BarePages:
    """The three answers."""

    def __init__(self, size: int) -> None:
        self._body = "x" * size
        self._told = asyncio.Event()

    async def page(self, _request: web.Request) -> web.Response:
        """A page."""
        return web.Response(text=self._body, content_type="text/html")

    async def tell(self, _request: web.Request) -> web.Response:
        """Have an event on every stream."""
        told, self._told = self._told, asyncio.Event()
        told.set()
        return web.Response(text="told")

    async def live(self, request: web.Request) -> web.StreamResponse:
        """A stream."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while True:
            told = self._told
            await response.write(b"event: part\ndata: {}\n\n")
            await told.wait()


async def _main(host: str, port: int, size: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    pages = BarePages(size)
    app = web.Application()
    app.add_routes([web.get("/", pages.page), web.get("/tell", pages.tell), web.get("/live", pages.live)])
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    print("ready", flush=True)  # noqa: T201 - whoever started this waits for it
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop_runner:
        loop_runner.run(_main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
