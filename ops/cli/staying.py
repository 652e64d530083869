"""What the commands that stay have in common: the loop they run on, and how they tell what they do."""

import asyncio
import logging
from collections.abc import Coroutine

import click
import uvloop

from actors.worker import WorkerFailedError
from ops.garbage import look_rarely
from ops.welcome import Tell
from syspark.clock import ScaledClock
from syspark.settings import LogFormat, Settings

logger = logging.getLogger(__name__)


def _clock(_ctx: click.Context, _option: click.Parameter, words: str | None) -> str | None:
    """The words of a shared clock, checked."""
    if words is not None:
        try:
            ScaledClock.parse(words)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    return words


trial_clock = click.option(
    "--clock", metavar="SPEED@ANCHOR", hidden=True, callback=_clock, help="The clock of a trial, from who started it."
)


def stay(work: Coroutine[None, None, None]) -> None:
    """Run until the work ends. A bug in the worker is told in a sentence, with its trace in the log."""
    try:
        look_rarely()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work)
    except WorkerFailedError as error:
        logger.critical("a bug has ended the worker", exc_info=error)
        raise click.ClickException("a bug has ended the worker; what it had not finished is in its rows") from error


def tell_of(settings: Settings) -> Tell:
    """How steps are told: to a person as lines, to a machine through the log."""
    return _tell if settings.log_format is LogFormat.CONSOLE else logger.info


def show(line: str) -> None:
    """Show on standard output what must not come into a log, such as a password that was made."""
    click.echo(line if "\n" in line else f"==> {line}")


def _tell(line: str) -> None:
    show(line)
