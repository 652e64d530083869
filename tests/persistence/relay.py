"""A line to PostgreSQL's Unix socket that loses the answer to COMMIT, before or after it has arrived."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

SOCKET = ".s.PGSQL.5432"
COMMIT = b"COMMIT\0"


class Relay:
    """Forwards bytes both ways. `fate` is asked at each COMMIT: `pass`, `lose` it, or lose its `answer`."""

    def __init__(self, target: Path, fate: Callable[[], str]) -> None:
        self._target = target
        self._fate = fate

    @asynccontextmanager
    async def listening(self, folder: Path) -> AsyncIterator[None]:
        """Accept connections for as long as the block lasts."""
        server = await asyncio.start_unix_server(self._serve, folder / SOCKET)
        async with server:
            yield

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        answers, to_server = await asyncio.open_unix_connection(self._target)
        back = asyncio.create_task(_pump(answers, to_client))
        with suppress(ConnectionError):
            while data := await client.read(65536):
                fate = self._fate() if COMMIT in data else "pass"
                if fate == "lose":
                    break
                if fate == "answer":
                    back.cancel()
                    await asyncio.wait([back])
                to_server.write(data)
                await to_server.drain()
                if fate == "answer":
                    # The server has committed once it answers; nobody hears it.
                    await answers.read(1)
                    break
        back.cancel()
        await asyncio.wait([back])
        for end in (to_client, to_server):
            end.close()
            with suppress(ConnectionError):
                await end.wait_closed()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()


def through(url: str, folder: Path) -> tuple[Path, str]:
    """The socket a URL leads to, and the URL that leads to the relay in `folder` instead."""
    parts = urlsplit(url)
    target = Path(parse_qs(parts.query)["host"][0]) / SOCKET
    return target, urlunsplit(parts._replace(query=f"host={quote(str(folder), safe='')}"))
