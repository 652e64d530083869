"""The listener of a worker: what platforms and Prometheus ask it, with pages in its process or without."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from ops.address import listen, ready_to_listen
from ops.readiness import Broker, Readiness
from ops.worker import Running
from syspark.persistence.admin import Administration
from syspark.persistence.postgres.database import Database
from syspark.settings import SettingsError
from web.probes import make_probes
from web.wing import Listener


@asynccontextmanager
async def probed(running: Running) -> AsyncIterator[None]:
    """Answer at `SYSPARK_WORKER_PORT` until the worker has drained; without that setting, nowhere.

    Raises `SettingsError` when nothing can listen there: whoever watches a worker looks at one port, not at the next.
    """
    port = running.settings.syspark_worker_port
    if port is None:
        yield
        return
    assert running.persistence.url is not None
    async with AsyncExitStack() as stack:
        # Of its own: when the worker's are all in use, its readiness must still be told.
        own = Database(running.persistence.url, size=1)
        await own.open()
        stack.push_async_callback(own.close)
        readiness = Readiness(Administration(own), broker_of(running))
        stack.push_async_callback(readiness.close)
        runner = await stack.enter_async_context(ready_to_listen(make_probes(_listener(running, readiness))))
        address = await listen(runner, running.settings.host, port, "SYSPARK_WORKER_PORT")
        if address is None:
            raise SettingsError("SYSPARK_WORKER_PORT", f"is {port}, which is in use", "SYSPARK_WORKER_PORT=9090")
        running.tell(f"probes and metrics are at {address}")
        yield


def broker_of(running: Running) -> Broker:
    """Tells of the broker connections of a worker in this process; one that stands by has none to miss."""

    def wrong() -> str | None:
        if running.stop.is_set():
            return "this process is stopping"
        return None if running.is_linked else "not connected"

    return wrong


def _listener(running: Running, readiness: Readiness) -> Listener:
    token = running.settings.metrics_token
    return Listener(
        metrics=running.metrics,
        readiness=readiness,
        trusted_proxies=running.settings.trusted_proxies,
        metrics_token=token.get_secret_value() if token is not None else None,
    )
