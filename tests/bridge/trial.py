"""The cloud's broker and sites' brokers as they are run for real: the shipped files, TLS, a credential each."""

import signal
import ssl
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from click.testing import CliRunner

from ops.cli.root import cli
from tests.bridge.authority import Authority
from tests.servers.client import Client
from tests.servers.mosquitto import CLOUD, SITE, Mosquitto, shipped
from tests.servers.proxy import Proxy
from tests.servers.waiting import required_program, wait_until

HOST = "127.0.0.1"
SITES = ("default", "lyon", "nord")
AUDITOR = "auditor"
EVERYTHING = f"\nuser {AUDITOR}\ntopic read #\ntopic read $SYS/#\n"
"""Somebody who may hear all that the cloud's broker lets through: no such user exists for real."""

PROBE = "are you there?"
"""What a bridge is tried with; no test counts it."""


def written(*arguments: str) -> str:
    """What `syspark contract ...` prints."""
    told = CliRunner().invoke(cli, ["contract", *arguments])
    assert told.exit_code == 0, told.output
    return told.stdout


def prefix(site: str) -> str:
    """What the cloud's topics of a site begin with, as the contract has it."""
    return "parking/" if site == "default" else f"parking/{site}/"


class KnownClient(Client):
    """A client with a user and a password, over TLS."""

    def __init__(self, trial: "Trial", user: str, client_id: str, *, session: bool) -> None:
        super().__init__(trial.cloud.port, client_id, session=session)
        self._client.tls_set_context(ssl.create_default_context(cafile=str(trial.authority.ca_file)))
        self._client.username_pw_set(user, trial.password(user))


class SiteBroker:
    """A site's mosquitto with the bridge that the command writes, through a line that can be cut."""

    def __init__(
        self, folder: Path, trial: "Trial", site: str, *, host: str, ca_file: Path, password_file: Path
    ) -> None:
        self.site = site
        self.line = Proxy(trial.cloud.port).start()
        words = ("--site", site, "--host", host, "--port", str(self.line.port))
        text = written("bridge", *words, "--ca-file", str(ca_file), "--password-file", str(password_file))
        bridges = folder / "conf.d"
        bridges.mkdir(parents=True)
        (bridges / "cloud.conf").write_text(text)
        self.broker = Mosquitto(folder, base=SITE, settings={"include_dir": bridges})
        self._folder = folder

    def close(self) -> None:
        """Make sure all is gone."""
        self.broker.close()
        self.line.close()

    def saved(self) -> bytes:
        """What its broker has written to disk so far."""
        return (self._folder / "mosquitto.db").read_bytes()

    def client(self, name: str) -> Client:
        """A device on the site's LAN."""
        return Client(self.broker.port, name)


class Trial:
    """The cloud's broker, and the sites that a test asks for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.authority = Authority(folder / "authority", "the cloud's authority")
        self._stack = ExitStack()
        certificate, key = self.authority.sign(HOST)
        self._write_acl(*SITES)
        for user in (*SITES, "cloud", AUDITOR):
            self._know(user)
        places = {"certfile": certificate, "keyfile": key}
        places |= {"password_file": folder / "passwords", "acl_file": folder / "acl"}
        guarded = {name: shipped(CLOUD)[name] for name in ("allow_anonymous", "tls_version")}
        self.cloud = Mosquitto(folder / "cloud", settings=guarded | places)

    def password(self, user: str) -> str:
        """The password of a user at the cloud's broker."""
        return f"password-of-{user}"

    def password_file(self, user: str) -> Path:
        """A file with it."""
        path = self.folder / f"{user}.password"
        path.write_text(self.password(user))
        return path

    def site(
        self, site: str, *, host: str = HOST, ca_file: Path | None = None, password_file: Path | None = None
    ) -> SiteBroker:
        """Start a site's broker; it connects by itself."""
        edge = SiteBroker(
            self.folder / f"site-{site}",
            self,
            site,
            host=host,
            ca_file=ca_file or self.authority.ca_file,
            password_file=password_file or self.password_file(site),
        )
        self._stack.callback(edge.close)
        edge.broker.start()
        return edge

    def client(self, user: str) -> Client:
        """A connected client of the cloud's broker, as a user of it."""
        return self._stack.enter_context(self.cloud_client(f"{user}-in-the-trial", user))

    def cloud_client(self, client_id: str, user: str, *, session: bool = False) -> Client:
        """A client of the cloud's broker that is not connected yet."""
        return KnownClient(self, user, client_id, session=session)

    def wait_live(self, edge: SiteBroker) -> None:
        """Return once what is sent down arrives at the site: its bridge says that it is there before it subscribes."""
        with self.cloud_client("prober", "cloud") as cloud, edge.client("prober") as device:
            device.subscribe("parking/display/text", 0)

            def probe() -> bool:
                cloud.publish(f"{prefix(edge.site)}display/text", PROBE, 0)
                return ("parking/display/text", PROBE) in device.heard()

            wait_until(probe, "what is sent down arrives", 10)

    def device(self, edge: SiteBroker) -> Client:
        """A connected client on a site's LAN."""
        return self._stack.enter_context(edge.client(f"device-of-{edge.site}"))

    def let_in(self, site: str) -> None:
        """Have the running broker know a site more."""
        self._know(site)
        self._write_acl(*SITES, site)
        self.cloud.process.send_signal(signal.SIGHUP)

    def _write_acl(self, *sites: str) -> None:
        (self.folder / "acl").write_text(written("broker-acl", *(f"--site={site}" for site in sites)) + EVERYTHING)

    def _know(self, user: str) -> None:
        program, path = str(required_program("mosquitto_passwd", "mosquitto")), self.folder / "passwords"
        path.touch(mode=0o600)
        subprocess.run(
            [program, "-b", str(path), user, self.password(user)], check=True, timeout=10, capture_output=True
        )

    def __enter__(self) -> Self:
        self._stack.enter_context(self.cloud)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
