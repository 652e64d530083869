"""`syspark demo`."""

import logging
import os

import click

from ops.cli.session import complete, load_settings
from ops.cli.staying import show, stay, tell_of
from ops.demo import refuse_servers, run_demo
from syspark.settings import LogLevel

CHATTY = ("web.edge",)
"""Loggers that have a line for every simulated car: what there is to paste would scroll away."""


@click.command()
def demo() -> None:
    """Run everything with two simulated sites, and print a login link and lines to paste. Ctrl-C stops it.

    PostgreSQL and broker are embedded; what the database holds is kept in SYSPARK_HOME for the next start.
    """
    refuse_servers(os.environ)  # before a secret is asked for that only somebody else's servers need
    settings = complete(load_settings())
    if settings.log_level is LogLevel.INFO:
        for name in CHATTY:
            logging.getLogger(name).setLevel(LogLevel.WARNING)
    stay(run_demo(settings, tell=tell_of(settings), show=show))
