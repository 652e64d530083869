"""Where a process listens, and how it is reached there."""

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address

from aiohttp import web

from syspark.settings import SettingsError

SHUTDOWN_S = 1.0
"""How long an answer under way may take at the end; streams are told to end before."""

FROM_HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is listened on, and how to reach it


@asynccontextmanager
async def ready_to_listen(app: web.Application) -> AsyncIterator[web.AppRunner]:
    """An application that is there during the block, and that nobody reaches before `listen`."""
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=SHUTDOWN_S)
    try:
        await runner.setup()
        yield runner
    finally:
        await runner.cleanup()


async def listen(runner: web.AppRunner, host: str, port: int, variable: str) -> str | None:
    """Listen there, and return the address; None: the port is in use.

    Raises `SettingsError`, which names `variable` where the port is what is wrong.
    """
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as error:
        await site.stop()
        if error.errno == errno.EADDRINUSE:
            return None
        raise _no_listener(error, variable) from error
    return f"http://{_written(FROM_HERE.get(host, host))}:{port}"


def _no_listener(error: OSError, variable: str) -> SettingsError:
    why = error.strerror or type(error).__name__
    if error.errno == errno.EACCES:
        return SettingsError(variable, "may not be listened on by this account", f"{variable}=8080")
    return SettingsError("HOST", f"cannot be listened on ({why})", "HOST=127.0.0.1")


def _written(host: str) -> str:
    try:
        return f"[{host}]" if ip_address(host).version == 6 else host
    except ValueError:
        return host
