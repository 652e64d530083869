"""The clock of a trial: handed by `syspark simulate --speed` to the worker it starts, and taken by nothing else.

Times that run ahead of the world's would stay in a real deployment's journal for ever, so only servers of this machine
are let in on it. Source: decision record 11.
"""

import ctypes
import os
import signal

import psycopg
from psycopg.conninfo import conninfo_to_dict

from syspark.clock import Clock, ScaledClock, SystemClock
from syspark.settings import Settings, SettingsError
from syspark.settings.values import is_this_machine

PR_SET_PDEATHSIG = 1  # prctl(2)


def clock_of(words: str | None, settings: Settings) -> Clock:
    """The machine's clock, or the one that `words` share (`SPEED@ANCHOR`): then this process ends with its starter.

    Raises `SettingsError` when servers elsewhere would learn of it, ValueError for words that are none.
    """
    if words is None:
        return SystemClock()
    clock = ScaledClock.parse(words)
    refuse_servers_elsewhere(settings)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    return clock


def refuse_servers_elsewhere(settings: Settings) -> None:
    """Raise `SettingsError` when the database or the broker of the settings may be another machine's."""
    because = "is not surely on this machine, and a clock that runs faster than the world's is for trials only"
    if settings.database_url is not None and not _is_here(settings.database_url.get_secret_value()):
        raise SettingsError("DATABASE_URL", because, "postgresql://syspark@localhost/syspark_trial")
    if settings.mqtt_host is not None and not is_this_machine(settings.mqtt_host):
        raise SettingsError("MQTT_HOST", because, "localhost")


def _is_here(database_url: str) -> bool:
    """Whether every host that libpq may try is this machine; without one it is a socket of it."""
    try:
        given = conninfo_to_dict(database_url)
    except psycopg.Error:
        return False
    if "service" in given:
        return False
    hosts = [str(given.get(name) or os.environ.get(f"PG{name.upper()}", "")) for name in ("host", "hostaddr")]
    return all(
        not host or host.startswith("/") or is_this_machine(host) for names in hosts for host in names.split(",")
    )
