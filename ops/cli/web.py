"""`syspark web`."""

import click

from ops.cli.session import complete, load_settings
from ops.cli.staying import show, stay, tell_of
from ops.web import run_web


@click.command()
def web() -> None:
    """Serve the pages until Ctrl-C or SIGTERM, for workers that run elsewhere.

    Without DATABASE_URL it uses the embedded PostgreSQL of the worker on the same SYSPARK_HOME. A database that is away
    is waited for. A port in use is left alone, and the next free one is taken.
    """
    settings = complete(load_settings())
    stay(run_web(settings, tell=tell_of(settings), show=show))
