"""`syspark worker`, `serve` and `web` as processes of a test, and what is asked of them and about them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from click.testing import Result

from tests.servers.process import ChildProcess
from tests.servers.waiting import required_program, wait_until

START_S = 60.0
SECRET_KEY = "a key of the tests that is long enough to sign with"
LOGIN, PASSWORD = "c.marchand", "four words nobody uses"
MQTT_SECRET = "s3cret-of-the-default-site"


class Service:
    """A worker, started as often as the test likes on the same database and broker."""

    def __init__(
        self,
        database_url: str,
        broker_port: int,
        home: Path,
        spawn: Callable[..., ChildProcess],
        command: Callable[..., Result],
    ) -> None:
        self.url = database_url
        self.port = broker_port
        self.environment = {
            "DATABASE_URL": database_url,
            "MQTT_HOST": "127.0.0.1",
            "MQTT_PORT": str(broker_port),
            "MQTT_SECRET": MQTT_SECRET,
            "SYSPARK_SECRET_KEY": SECRET_KEY,
            "SYSPARK_HOME": str(home),
            "SYSPARK_WORKER_NAME": "tested",
        }
        self._spawn = spawn
        self._command = command

    def spawn(self, command: str = "worker", *options: str, **settings: str) -> ChildProcess:
        """Start a worker, or another command that stays, without waiting for anything."""
        return self._spawn("-m", "ops.cli", command, *options, env=self.environment | settings)

    def serve(self, command: str, port: int, *options: str, **settings: str) -> ChildProcess:
        """Start `serve` or `web` with a known operator, and wait until it is in use."""
        given = {"HOST": "127.0.0.1", "PORT": str(port), "ADMIN_USER": LOGIN, "ADMIN_PASSWORD": PASSWORD}
        process = self.spawn(command, *options, **given, **settings)
        process.wait_for_line("==> ready", START_S)
        return process

    def start(self, **settings: str) -> ChildProcess:
        """Start a worker and wait until it is in use."""
        process = self.spawn(**settings)
        process.wait_for_line("==> ready", START_S)
        return process

    def ask(self, *arguments: str) -> Result:
        """Run a command with the worker's settings."""
        return self._command(*arguments, env=self.environment)

    def know(self, uid: str, plan: str = "subscriber", site: str = "default") -> None:
        """Have a site know a badge, by the command for it."""
        told = self.ask("credential", "add", uid, "--holder", "Ada", "--plan", plan, "--site", site)
        assert told.output == f"site {site} knows the badge {uid} ({plan})\n"

    def publish(self, topic: str, payload: str | bytes) -> None:
        """Publish as anybody does: with mosquitto_pub, at QoS 1, acknowledged."""
        program = str(required_program("mosquitto_pub", "mosquitto-clients"))
        body = payload.encode() if isinstance(payload, str) else payload
        subprocess.run(
            [program, "-h", "127.0.0.1", "-p", str(self.port), "-q", "1", "-t", topic, "-s"],
            input=body,
            check=True,
            timeout=10,
        )

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Look into the database, or change it behind the service's back."""
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def wait_for_sessions(self, count: int) -> None:
        """Return once so many parking sessions were made."""
        wait_until(lambda: self.query("SELECT count(*) FROM parking_session") == [(count,)], f"{count} sessions", 10)

    def age_sessions(self, minutes: int) -> None:
        """Have every session and its commands be of earlier, and lanes know nobody. No worker may run: it remembers."""
        earlier_by = "make_interval(mins => %s)"
        for column in ("created_at", "fact_at", "expires_at"):
            self.query(f"UPDATE outbox SET {column} = {column} - {earlier_by}", minutes)
        for site_id, body in self.query("SELECT actor_id, body FROM snapshot WHERE actor_kind = 'site'"):
            emptied = json.dumps({**json.loads(body), "lanes": {}}).encode()
            self.query("UPDATE snapshot SET body = %s WHERE actor_kind = 'site' AND actor_id = %s", emptied, site_id)
        for session_id, body in self.query("SELECT id, body FROM parking_session"):
            fields = json.loads(body)
            for name in ("opened_at", "decided_at"):
                [[earlier]] = self.query("SELECT %s::timestamptz - " + earlier_by, fields[name], minutes)
                fields[name] = earlier.isoformat()
            self.query(
                f"UPDATE parking_session SET body = %s, opened_at = opened_at - {earlier_by} WHERE id = %s",
                json.dumps(fields).encode(),
                minutes,
                session_id,
            )
