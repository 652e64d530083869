"""A supervising process for the tests to kill: `python supervisor.py HOME`, or `broker` for the broker."""

import asyncio
import sys
from pathlib import Path

from ops.embedded.broker import EmbeddedBroker
from ops.embedded.postgres import EmbeddedPostgres


async def main() -> None:
    """Start the server, say where it is, and hold it for ever."""
    if sys.argv[1] == "broker":
        async with EmbeddedBroker(0) as broker:
            print("up", broker.port, broker.pid)
            await broker.wait_gone()
    else:
        async with EmbeddedPostgres(Path(sys.argv[1])) as server:
            print("up", server.url, server.cluster.process.pid)
            await server.wait_gone()


asyncio.run(main())
