"""The root of the commands: finds each in its module, and turns what goes wrong into one sentence and an exit code."""

import importlib
from collections.abc import Mapping
from typing import Any

import click

import syspark
from ops.embedded.errors import EmbeddedError
from syspark.errors import PermanentError, Unavailable
from syspark.settings import SettingsError

CHECK_FAILED = 1
WRONG_USE = 2

COMMANDS: Mapping[str, str] = {
    "demo": "ops.cli.demo",
    "serve": "ops.cli.serve",
    "worker": "ops.cli.worker",
    "web": "ops.cli.web",
    "migrate": "ops.cli.migrate",
    "check": "ops.cli.check",
    "site": "ops.cli.site",
    "tariff": "ops.cli.tariff",
    "operator": "ops.cli.operator",
    "credential": "ops.cli.credential",
    "contract": "ops.cli.contract",
    "rejected": "ops.cli.rejected",
    "audit": "ops.cli.audit",
    "retention": "ops.cli.retention",
    "privacy": "ops.cli.privacy",
    "seller": "ops.cli.seller",
    "closing": "ops.cli.closing",
    "rekey": "ops.cli.rekey",
    "replay": "ops.cli.replay",
    "notify": "ops.cli.notify",
    "sandbox": "ops.cli.sandbox",
    "misreads": "ops.cli.misreads",
    "simulate": "ops.simulator.command",
    "bench": "ops.cli.bench",
}
"""Each command's module, where it bears its own name; only the one that is asked for is imported."""


class Root(click.Group):
    """Imports a command when it is needed: a look at the contract must not load the database's driver."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of first use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command from its module."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. What we foresee ends in one sentence, never in a traceback."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise _WrongUseError(str(error)) from error
        except (PermanentError, EmbeddedError, Unavailable) as error:
            raise _CheckFailedError(str(error)) from error


class _WrongUseError(click.ClickException):
    exit_code = WRONG_USE


class _CheckFailedError(click.ClickException):
    exit_code = CHECK_FAILED


@click.command(
    cls=Root,
    epilog="Settings come from the environment. Exit codes: 0 fine, 1 a check failed, 2 wrong use.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(syspark.__version__, message="syspark %(version)s")
def cli() -> None:
    """SysPark: the cloud of a car park."""


def main() -> None:
    """Run the command line."""
    cli(prog_name="syspark")
