"""Lines to PostgreSQL's Unix socket: one that loses a message or its answer, one that is cut after so many messages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

SOCKET = ".s.PGSQL.5432"
SYNC = b"S\0\0\0\4"


class Relay:
    """Forwards bytes both ways. `fate` is asked at each message with `mark`: `pass`, `lose` it or its `answer`."""

    def __init__(self, target: Path, mark: bytes, fate: Callable[[], str]) -> None:
        self._target = target
        self._mark = mark
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
                fate = self._fate() if self._mark in data else "pass"
                if fate == "lose":
                    break
                if fate == "answer":
                    back.cancel()
                    await asyncio.wait([back])
                to_server.write(data)
                await to_server.drain()
                if fate == "answer":
                    while not data.endswith(SYNC):
                        data = await client.read(65536)
                        to_server.write(data)
                    # The server has committed once it answers; nobody hears it.
                    await answers.read(1)
                    break
        back.cancel()
        await asyncio.wait([back])
        for end in (to_client, to_server):
            end.close()
            with suppress(ConnectionError):
                await end.wait_closed()


class Scissors:
    """Forwards messages both ways until a number of them have passed one way; then the connection is gone."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._left: dict[str, int] = {}

    def cut_after(self, number: int, way: str) -> None:
        """Cut once so many messages have been sent `to server` or `to client` from now on."""
        self._left = {way: number}

    def put_away(self) -> bool:
        """Cut no more; whether it has been done."""
        was_cut = not self._left
        self._left = {}
        return was_cut

    @asynccontextmanager
    async def listening(self, folder: Path) -> AsyncIterator[None]:
        """Accept connections for as long as the block lasts."""
        async with await asyncio.start_unix_server(self._serve, folder / SOCKET):
            yield

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_unix_connection(self._target)
        pumps = [
            asyncio.create_task(self._forward(_messages(client, has_type=False), to_server, "to server")),
            asyncio.create_task(self._forward(_messages(server), to_client, "to client")),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.wait(pumps)
        for end in (to_client, to_server):
            end.close()
            with suppress(ConnectionError):
                await end.wait_closed()

    async def _forward(self, messages: AsyncIterator[bytes], sink: asyncio.StreamWriter, way: str) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            async for message in messages:
                if self._left.get(way) == 0:
                    del self._left[way]
                    return
                if way in self._left:
                    self._left[way] -= 1
                sink.write(message)
                await sink.drain()


async def _messages(source: asyncio.StreamReader, *, has_type: bool = True) -> AsyncIterator[bytes]:
    """Those of PostgreSQL's protocol. Only a client's first has no byte for its type before its length."""
    while True:
        head = await source.readexactly(5 if has_type else 4)
        yield head + await source.readexactly(int.from_bytes(head[-4:]) - 4)
        has_type = True


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
