"""`syspark worker`."""

import click

from ops.cli.session import complete, load_settings
from ops.cli.staying import stay, tell_of, trial_clock
from ops.trial_clock import clock_of
from ops.worker import Companion, greeted, run_worker


@click.command()
@trial_clock
def worker(clock: str | None) -> None:
    """Keep the sites live until Ctrl-C or SIGTERM.

    Without DATABASE_URL an embedded PostgreSQL runs in SYSPARK_HOME, without MQTT_HOST an embedded broker; then what to
    try is printed. A database or broker that is away is waited for. With SYSPARK_WORKER_PORT it answers /healthz,
    /readyz and /metrics there.
    """
    settings = complete(load_settings())
    companions: tuple[Companion, ...] = (greeted,)
    if settings.syspark_worker_port is not None:
        from ops.listener import probed  # noqa: PLC0415 - loads an HTTP server, which a worker can do without

        companions = (probed, greeted)
    stay(run_worker(settings, clock=clock_of(clock, settings), tell=tell_of(settings), companions=companions))
