"""What was measured on, and with what."""

import os
import platform
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import psycopg

import syspark
from ops.bench.servers import Servers

LIBRARIES = ("paho-mqtt", "psycopg", "uvloop", "aiohttp", "pykka")


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine and the versions on it."""

    sentence: str


def describe(servers: Servers) -> Machine:
    """This machine, with the servers of this run."""
    with psycopg.connect(servers.cluster.url) as connection:
        major = connection.info.server_version
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return Machine(
        f"{date.today():%Y-%m-%d}, syspark {syspark.__version__}; {_processor()}, {os.cpu_count()} cores, "  # noqa: DTZ011
        f"{_memory_gb():.0f} GB, {platform.system()} {platform.release()}; Python {platform.python_version()}, "
        f"PostgreSQL {major // 10_000}.{major % 10_000} with fsync, {servers.broker}, {libraries}."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
