"""A real mosquitto, set so that it loses as little as it can, which a test may stop, kill, freeze and start again."""

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.waiting import accepts, free_port, required_program, wait_until

ATTEMPTS = 3
SHIPPED = Path(__file__).parents[2] / "ops" / "mosquitto"
CLOUD, SITE = SHIPPED / "mosquitto.conf", SHIPPED / "site.conf"
LOOPBACK: Mapping[str, object] = {
    "certfile": None,
    "keyfile": None,
    "tls_version": None,
    "password_file": None,
    "acl_file": None,
    "include_dir": None,
    "allow_anonymous": "true",
}
"""What makes a broker of the shipped file one for a test: anybody on this machine may come."""


def shipped(path: Path) -> dict[str, object]:
    """The lines of a configuration that ops/mosquitto ships, value by name."""
    lines = [line.partition(" ") for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {name: value for name, _, value in lines}


class Mosquitto:
    """One broker in `folder`, on a loopback port that it keeps over restarts, as the shipped file `base` has it.

    `settings` replaces or adds lines, or with None takes one away.
    """

    def __init__(self, folder: Path, *, base: Path = CLOUD, settings: Mapping[str, object] | None = None) -> None:
        self._program = required_program("mosquitto", "mosquitto")
        self._folder = folder
        self._base = base
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._started_once = False
        self.host = "127.0.0.1"
        self.port = free_port()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running broker."""
        assert self._process is not None, "this mosquitto is not running"
        return self._process

    @property
    def log(self) -> str:
        """What it has logged, over all its starts."""
        path = self._folder / "mosquitto.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> Self:
        """Start it on what its folder holds, and return once it accepts connections."""
        for _ in range(1 if self._started_once else ATTEMPTS):
            if self._start():
                self._started_once = True
                return self
            self.port = free_port() if not self._started_once else self.port
        raise AssertionError(f"mosquitto does not start:\n{self.log}")

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout_s: float = 10) -> None:
        """End it by `number` and wait; on SIGTERM it saves first."""
        self.process.send_signal(number)
        self.process.wait(timeout=timeout_s)
        self._process = None

    def kill(self) -> None:
        """End it as a power cut would: what it had not saved yet is lost."""
        self.stop(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it in mid-air; its connections stay open."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Make sure it is gone; the way out for a fixture."""
        if self._process is not None:
            self.kill()

    def _start(self) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "mosquitto.conf"
        configuration.write_text(self._configuration())
        with (self._folder / "mosquitto.log").open("ab") as output:
            process = subprocess.Popen(
                [self._program, "-c", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_until(lambda: process.poll() is not None or accepts(self.port), "mosquitto accepts connections")
        if process.poll() is not None:
            return False
        self._process = process
        return True

    def _configuration(self) -> str:
        settings = shipped(self._base) | dict(LOOPBACK)
        settings |= {"listener": f"{self.port} {self.host}", "persistence_location": f"{self._folder}/"}
        if os.geteuid() == 0:
            settings["user"] = "root"  # else it turns into an account that cannot write to the test's folder
        settings |= self._settings
        return "".join(f"{name} {value}\n" for name, value in settings.items() if value is not None)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
