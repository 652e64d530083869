"""The composition of web and worker in one process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ops.listener import broker_of, probed
from ops.web import Pages, serve_pages, show_password
from ops.welcome import Tell
from ops.worker import Companion, Running, greeted, run_worker
from syspark.clock import Clock
from syspark.settings import Settings, SettingsError


async def run_serve(settings: Settings, *, clock: Clock | None = None, tell: Tell, show: Tell) -> None:
    """Serve pages and keep sites live until SIGINT or SIGTERM.

    `clock` is the field's where a trial lets it hurry; `tell` hears each step in a sentence; `show` what must not come
    into a log. Raises as `run_worker` and `run_web`.
    """
    if settings.syspark_worker_port == settings.port:
        raise SettingsError(
            "SYSPARK_WORKER_PORT",
            f"is {settings.port} as PORT is, where the pages answer probes too",
            "SYSPARK_WORKER_PORT=9090",
        )
    # The probes first: pages whose port is in use go on to the next free one, which might be that of the probes.
    await run_worker(settings, clock=clock, tell=tell, companions=(probed, _pages(show), greeted), pages=True)


@asynccontextmanager
async def pages_of(running: Running) -> AsyncIterator[Pages]:
    """The pages of a worker's own process, on its database and metrics."""
    assert running.persistence.url is not None
    settings, url = running.settings, running.persistence.url
    serving = serve_pages(
        settings,
        url,
        running.metrics,
        running.payments,
        broker=broker_of(running),
        clock=running.clock,
        tell=running.tell,
    )
    async with serving as pages:
        running.note(pages=pages.address)
        yield pages


def _pages(show: Tell) -> Companion:
    @asynccontextmanager
    async def companion(running: Running) -> AsyncIterator[None]:
        async with pages_of(running) as pages:
            show_password(running.settings, pages, show)
            running.tell(f"the pages are at {pages.address}")
            yield

    return companion
