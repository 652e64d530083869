"""`syspark serve`."""

import click

from ops.cli.session import complete, load_settings
from ops.cli.staying import show, stay, tell_of, trial_clock
from ops.serve import run_serve
from ops.trial_clock import clock_of


@click.command()
@trial_clock
def serve(clock: str | None) -> None:
    """Serve the pages and keep the sites live, in one process, until Ctrl-C or SIGTERM.

    Without DATABASE_URL an embedded PostgreSQL runs in SYSPARK_HOME, without MQTT_HOST an embedded broker. The first
    operator is created when there is none, as ADMIN_USER with ADMIN_PASSWORD or with a password that is shown once.
    """
    settings = complete(load_settings())
    stay(run_serve(settings, clock=clock_of(clock, settings), tell=tell_of(settings), show=show))
