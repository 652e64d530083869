"""`syspark worker`."""

import asyncio
import logging

import click
import uvloop

from actors.worker import WorkerFailedError
from ops.cli.session import complete, load_settings
from ops.worker import run_worker
from syspark.settings import LogFormat

logger = logging.getLogger(__name__)


@click.command()
def worker() -> None:
    """Keep the sites live until Ctrl-C or SIGTERM.

    Without DATABASE_URL an embedded PostgreSQL runs in SYSPARK_HOME, without MQTT_HOST an embedded broker; then what to
    try is printed. A database or broker that is away is waited for.
    """
    settings = complete(load_settings())
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run_worker(settings, tell=_tell if settings.log_format is LogFormat.CONSOLE else logger.info))
    except WorkerFailedError as error:
        logger.critical("a bug has ended the worker", exc_info=error)
        raise click.ClickException("a bug has ended the worker; what it had not finished is in its rows") from error


def _tell(line: str) -> None:
    click.echo(line if "\n" in line else f"==> {line}")
