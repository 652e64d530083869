"""What is measured, started: the service as its users start it, and the floor."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from ops.bench.child import Child, child
from ops.bench.servers import Servers
from ops.embedded.broker import free_port

SECRET_KEY = "a key of the benchmark, long enough to sign with"  # noqa: S105 - protects nothing
MQTT_SECRET = "a-secret-of-the-benchmark"  # noqa: S105 - as above
LOGIN, PASSWORD = "bench", "four words of a benchmark"


def environment(servers: Servers, url: str, name: str) -> Mapping[str, str]:
    """The settings of a service of this name, which is also its MQTT root."""
    return {
        "DATABASE_URL": url,
        "MQTT_HOST": servers.host,
        "MQTT_PORT": str(servers.port),
        "MQTT_VERSION": servers.version,
        "MQTT_ROOT": name,
        "MQTT_SECRET": MQTT_SECRET,
        "SYSPARK_HOME": str(servers.folder / f"home-{name}"),
        "SYSPARK_WORKER_NAME": name,
        "SYSPARK_SECRET_KEY": SECRET_KEY,
        "LOG_LEVEL": "WARNING",
        "HOST": servers.host,
        "ADMIN_USER": LOGIN,
        "ADMIN_PASSWORD": PASSWORD,
    }


@asynccontextmanager
async def worker(servers: Servers, url: str, name: str, *, ready_within_s: float = 60) -> AsyncIterator[Child]:
    """A worker, ready."""
    settings = environment(servers, url, name)
    async with child("-m", "ops.cli", "worker", env=settings, ready_within_s=ready_within_s) as running:
        yield running


@asynccontextmanager
async def member(servers: Servers, url: str, root: str, name: str, *, partitions: int) -> AsyncIterator[Child]:
    """One of the workers of a deployment with several partitions, ready: it holds one at least."""
    settings = {
        **environment(servers, url, root),
        "SYSPARK_PARTITIONS": str(partitions),
        "SYSPARK_WORKER_NAME": f"{root}-{name}",
        "SYSPARK_HOME": str(servers.folder / f"home-{root}-{name}"),
    }
    async with child("-m", "ops.cli", "worker", env=settings) as running:
        yield running


@asynccontextmanager
async def serving(servers: Servers, url: str, name: str) -> AsyncIterator[tuple[Child, str]]:
    """Pages and worker in one process, ready, and the pages' address."""
    port = free_port(0)
    settings = {**environment(servers, url, name), "PORT": str(port)}
    async with child("-m", "ops.cli", "serve", env=settings) as running:
        yield running, f"http://{servers.host}:{port}"


@asynccontextmanager
async def floor(servers: Servers, url: str, name: str) -> AsyncIterator[Child]:
    """The bare program, ready."""
    arguments = (url, servers.host, str(servers.port), name, servers.version)
    async with child("-m", "ops.bench.floor", *arguments) as running:
        yield running
