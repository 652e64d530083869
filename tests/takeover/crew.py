"""The product's worker processes, each behind lines of its own to the database and to the broker."""

import signal
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests.servers.mosquitto import Mosquitto
from tests.servers.postgres import PostgresServer
from tests.servers.process import ChildProcess
from tests.servers.proxy import Proxy

SOCKET = ".s.PGSQL.5432"


class Member:
    """One worker, under one name, started as often as it is killed."""

    def __init__(
        self, name: str, database: PostgresServer, broker: Mosquitto, home: Path, settings: dict[str, str]
    ) -> None:
        place = urlsplit(database.url)
        self.name = name
        self.database = Proxy(Path(parse_qs(place.query)["host"][0]) / SOCKET)
        self.broker = Proxy(broker.port)
        self._home = home
        self._settings = settings
        self._user, self._path = place.username, place.path
        self._processes: list[ChildProcess] = []

    def __enter__(self) -> Self:
        self.database.start()
        self.broker.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.close()
        self.database.close()
        self.broker.close()

    @property
    def process(self) -> ChildProcess:
        """The one that runs."""
        return self._processes[-1]

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.process.poll() is None

    @property
    def output(self) -> str:
        """What it has said, over all its starts."""
        return "\n=== started\n".join(process.output for process in self._processes)

    def start(self) -> None:
        """Start it."""
        own = {
            "DATABASE_URL": f"postgresql://{self._user}@127.0.0.1:{self.database.port}{self._path}",
            "MQTT_HOST": "127.0.0.1",
            "MQTT_PORT": str(self.broker.port),
            "MQTT_TLS": "off",
            "SYSPARK_HOME": str(self._home),
            "SYSPARK_WORKER_NAME": self.name,
        }
        self._processes.append(ChildProcess.python("-m", "ops.cli", "worker", env=self._settings | own))

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()

    def freeze(self) -> None:
        """Stop it in mid-air."""
        self.process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send(signal.SIGCONT)
