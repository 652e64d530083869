"""The embedded MQTT broker (rumqttd, from the iotcore wheel): for trying out, on this machine only.

Nothing it holds survives its stop, it has no access control and its redelivery is not to be relied on. Each of its
listeners speaks one version of MQTT: 3.1.1, which mosquitto_pub and the controllers speak by default, and 5.
"""

import contextlib
import socket
import subprocess
import sys
import time
from importlib.util import find_spec

from ops.embedded.errors import EmbeddedError, NotInstalledError, StartError
from ops.embedded.supervision import Supervised

HOST = "127.0.0.1"
PORTS_TRIED = 100
ATTEMPTS = 5
LARGEST_PAYLOAD = 1024 * 1024  # far over the contract's 64 KiB: beyond it rumqttd drops the publisher
MOST_IN_FLIGHT = 1000
SETTINGS = """
id = 0
[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10
"""
LISTENER = """
[{version}.1]
name = "{version}"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[{version}.1.connections]
connection_timeout_ms = 60000
max_payload_size = {largest_payload}
max_inflight_count = {most_in_flight}
dynamic_filters = true
"""


def expect_installed() -> None:
    """Raise `NotInstalledError` without the wheel."""
    if find_spec("iotcore") is None:
        raise NotInstalledError(
            "the embedded broker is not installed: set MQTT_HOST, or to try it out pip install 'syspark[embedded]'"
        )


class BrokerService:
    """The broker's process as blocking calls. `wanted` is the 3.1.1 port to try first; 0 takes any free one."""

    def __init__(self, wanted: int, *, start_timeout_s: float = 15) -> None:
        self._wanted = wanted
        self._start_timeout_s = start_timeout_s
        self._abandoned = False
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.port_v5 = 0

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The broker. Raises `EmbeddedError` when it was not started."""
        if self._process is None:
            raise EmbeddedError("the embedded broker is not started")
        return self._process

    def start(self) -> None:
        """Start it on free ports and return once both accept. Raises `NotInstalledError` or `StartError`."""
        expect_installed()
        if self._process is not None:
            raise EmbeddedError("the embedded broker is started already")
        self._abandoned = False
        deadline = time.monotonic() + self._start_timeout_s
        for _ in range(ATTEMPTS):  # a chosen port may be taken by another program before the broker has it
            self.port = free_port(self._wanted)
            self.port_v5 = free_port(self.port + 1 if self._wanted else 0, taken=self.port)
            try:
                self._launch()
                if self._accepts(deadline):
                    return
            except BaseException:
                self.stop()
                raise
            self.stop()
        raise StartError(f"the embedded broker found its ports taken {ATTEMPTS} times")

    def stop(self) -> None:
        """End the broker; what it holds is lost. Harmless when not started."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=5)
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()

    def abandon(self) -> None:
        """Make a `start` under way in another thread give up soon."""
        self._abandoned = True

    def _launch(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ops.embedded.broker_process"],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        settings = _settings(self.port, self.port_v5).encode()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it ended at once; its exit status tells
            self._process.stdin.write(b"%d\n%s" % (len(settings), settings))
            self._process.stdin.flush()

    def _accepts(self, deadline: float) -> bool:
        """Whether both listeners accept; false when the process ended, which is how it says that a port is taken."""
        while not (_answers(self.port) and _answers(self.port_v5)):
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.02)
                return False
            if self._abandoned or time.monotonic() > deadline:
                raise StartError(f"the embedded broker did not accept connections in {self._start_timeout_s:.0f} s")
        return self.process.poll() is None


class EmbeddedBroker(Supervised):
    """`async with EmbeddedBroker() as broker:` then `broker.host`, `broker.port` (MQTT 3.1.1), `broker.port_v5` (5).

    A port in use is never taken over: the next free one is chosen, so read the ports after the start.
    Stop it after the application has drained. `wait_gone()` tells if it dies.
    """

    host = HOST

    def __init__(self, port: int = 1883, *, start_timeout_s: float = 15) -> None:
        self._broker = BrokerService(port, start_timeout_s=start_timeout_s)
        super().__init__("embedded-broker", self._broker)

    @property
    def port(self) -> int:
        """The port that speaks MQTT 3.1.1."""
        return self._broker.port

    @property
    def port_v5(self) -> int:
        """The port that speaks MQTT 5."""
        return self._broker.port_v5

    @property
    def pid(self) -> int:
        """The broker's process."""
        return self._broker.process.pid


def free_port(wanted: int, *, taken: int = 0) -> int:
    """The first free port from `wanted` on, other than `taken`; 0 asks the system. Raises `StartError` if none is."""
    for port in range(wanted, wanted + PORTS_TRIED) if wanted else [0] * PORTS_TRIED:
        if port == taken and port:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except (OSError, OverflowError):
                continue
            found = int(probe.getsockname()[1])
        if found != taken:
            return found
    raise StartError(f"no free port from {wanted} on: stop what uses them, or set MQTT_HOST to a broker")


def _answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _settings(port: int, port_v5: int) -> str:
    listeners = [
        LISTENER.format(
            version=version, host=HOST, port=number, largest_payload=LARGEST_PAYLOAD, most_in_flight=MOST_IN_FLIGHT
        )
        for version, number in (("v4", port), ("v5", port_v5))
    ]
    return SETTINGS + "".join(listeners)
