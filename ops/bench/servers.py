"""The servers of a benchmark run: a PostgreSQL with fsync and a broker set to lose nothing, both of its own."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ops.bench.population import make_template
from ops.embedded.broker import HOST, BrokerService, free_port
from ops.embedded.cluster import PostgresCluster
from ops.embedded.errors import StartError

STARTS_WITHIN_S = 10.0
SEGMENTS, SEGMENT_MB = 60, 16
MOSQUITTO = """listener {port} {host}
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 1
max_queued_messages 100000
max_inflight_messages 1000
max_packet_size 65536
set_tcp_nodelay true
log_dest file {folder}/mosquitto.log
"""


@dataclass(frozen=True, slots=True)
class Servers:
    """What runs for the whole benchmark. `version` is the broker's MQTT version as `MQTT_VERSION` names it."""

    cluster: PostgresCluster
    folder: Path
    host: str
    port: int
    broker: str
    version: str


@contextmanager
def servers() -> Iterator[Servers]:
    """Start both in a folder of their own, which is removed afterwards. Raises `EmbeddedError`."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="syspark-bench-", dir="/tmp"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)
        cluster = PostgresCluster(folder)
        stack.callback(cluster.stop)
        cluster.start()
        make_template(cluster)
        _make_segments(cluster)
        program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if program is None:
            port = stack.enter_context(_embedded_broker())
            yield Servers(cluster, folder, HOST, port, "rumqttd (embedded)", "3.1.1")
        else:
            port = stack.enter_context(_mosquitto(program, folder / "mosquitto"))
            yield Servers(cluster, folder, HOST, port, _version_of(program), "5")


def _make_segments(cluster: PostgresCluster) -> None:
    """Have the write-ahead log be as in a database that has been in service: it writes over the segments it has.

    A new one is filled with zeros first, for some 60 ms in which nothing is committed, every 16 MB.
    """
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET min_wal_size = '{SEGMENTS * SEGMENT_MB}MB'".encode())
        connection.execute("SELECT pg_reload_conf()")
        for _ in range(SEGMENTS):
            connection.execute("SELECT pg_logical_emit_message(false, 'syspark', 'a segment that is empty stays')")
            connection.execute("SELECT pg_switch_wal()")
        connection.execute("CHECKPOINT")


@contextmanager
def _embedded_broker() -> Iterator[int]:
    service = BrokerService(0)
    service.start()
    try:
        yield service.port
    finally:
        service.stop()


@contextmanager
def _mosquitto(program: str, folder: Path) -> Iterator[int]:
    folder.mkdir()
    port = free_port(0)
    user = "user root\n" if os.geteuid() == 0 else ""  # else it turns into an account that cannot write to the folder
    configuration = folder / "mosquitto.conf"
    configuration.write_text(MOSQUITTO.format(port=port, host=HOST, folder=folder) + user)
    process = subprocess.Popen([program, "-c", str(configuration)], start_new_session=True, stderr=subprocess.DEVNULL)  # noqa: S603 - found above
    try:
        _await_answer(port, process)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=5)


def _await_answer(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while True:
        if process.poll() is not None:
            raise StartError(f"mosquitto ended at its start with status {process.returncode}")
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise StartError(f"mosquitto did not accept connections in {STARTS_WITHIN_S:.0f} s") from None
            time.sleep(0.02)
        else:
            return


def _version_of(program: str) -> str:
    said = subprocess.run([program, "-h"], capture_output=True, text=True, timeout=5, check=False).stdout  # noqa: S603
    return said.splitlines()[0].replace(" version", "") if said else "mosquitto"
