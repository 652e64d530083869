"""What the demo prints once everything runs: where to look, who to be, and lines to paste."""

import base64
import json
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ops.simulator.picture import close_up
from ops.welcome import DEMO_BADGES, STRANGER, BrokerAddress
from syspark.rows import CredentialRow

PLATE = "FG123HK"
PAYER = "GH482KV"
PAYER_CAME_BEFORE = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """`link` None: nobody may sign in by one. `password` None: it was shown at an earlier start, or given.

    `at` is now.
    """

    address: str
    link: str | None
    login: str
    password: str | None = field(repr=False)
    broker: BrokerAddress
    root: str
    token: str | None = field(repr=False)
    second_site: str
    at: datetime

    def lines(self, badges: Sequence[CredentialRow]) -> list[str]:
        """The lines, for the badges that the default site knows."""
        known = {badge.uid for badge in badges}
        own = [(uid, plan) for uid, _, plan in DEMO_BADGES if uid in known]
        shown = ["", f"live page     {self.link or self.address}"]
        shown += ["              (this link signs in once, within 15 minutes)"] if self.link else []
        shown += [
            f"dashboard     {self.address}, as {self.login} with {self._password()}",
            f"broker        {self.broker}",
            f"known badges  {', '.join(f'{uid} ({plan})' for uid, plan in own) or 'none'}",
            *([f"plate to try  {PLATE}"] if self.token is not None else []),
            f"to pay        {self.address}/pay/default, for the plate {PAYER} (below), in the sandbox: no real money",
            f"sites         default and {self.second_site}, with simulated cars",
            "",
            "Lines to paste while their lane is free: a car standing there is taken for the one they speak of.",
            "",
        ]
        for what, command in self._tries([uid for uid, _ in own]):
            shown += [f"# {what}", command, ""]
        if shutil.which("mosquitto_pub") is None:
            shown += ["(mosquitto_pub and mosquitto_sub are in the Debian package mosquitto-clients)", ""]
        return [*shown, "Ctrl-C stops it."]

    def _password(self) -> str:
        if self.password is not None:
            return f"the password {self.password} (shown this once)"
        return f"its password (lost? .venv/bin/syspark operator passwd {self.login})"

    def _tries(self, badges: Sequence[str]) -> list[tuple[str, str]]:
        tries = [(f"the badge {uid} at the entry; after a minute the same line is the exit", uid) for uid in badges[:1]]
        tries += [("an unknown badge: refused, with its reason", STRANGER)]
        tries += [("garbage: changes nothing, and `.venv/bin/syspark rejected` says why", "hello")]
        lines = [(what, self._publish("barriere", payload)) for what, payload in tries]
        lines.append(
            (
                f"an unknown badge at the newer site: {self.address}/sites/{self.second_site} shows it",
                self._publish(f"{self.second_site}/barriere", json.dumps({"uid": STRANGER, "lane": "entry"})),
            )
        )
        return [*self._plates(), *lines]

    def _publish(self, topic: str, payload: str) -> str:
        words = ["-q", "1", "-t", f"{self.root}/{topic}", "-m", payload]
        return f"mosquitto_pub {self.broker.options} {shlex.join(words)}"

    def _plates(self) -> list[tuple[str, str]]:
        """One visit by plate: first of all lines, since a plate read soon after a badge is taken for the same car's."""
        if self.token is None:
            return []
        picture = base64.b64encode(close_up(PLATE)).decode()
        return [
            (
                f"the entry's camera reads the plate {PLATE}, with a picture: the entry opens for a visitor",
                self._post({"plate": PLATE, "cam_id": "1", "image": picture}),
            ),
            (
                f"the exit's camera reads the plate {PLATE}: within the free minutes the exit opens, nothing due",
                self._post({"plate": PLATE, "cam_id": "2", "image": picture}),
            ),
            (
                f"the car {PAYER} came in two hours ago, says a site that was cut off: it is inside, nothing opens",
                self._publish("replay/event", self._came_in()),
            ),
            (
                f"{PAYER} wants out and has to pay, by the address above: the exit opens when it is paid",
                self._post({"plate": PAYER, "cam_id": "2", "image": base64.b64encode(close_up(PAYER)).decode()}),
            ),
        ]

    def _came_in(self) -> str:
        came_at = self.at - PAYER_CAME_BEFORE
        kept = {"plate": PAYER, "lane": "entry"}
        told = {"ts": round(came_at.timestamp() * 1000), "topic": "vision/plate", "payload": kept}
        return json.dumps({**told, "event_id": f"payer-{round(self.at.timestamp())}"})

    def _post(self, event: Mapping[str, str]) -> str:
        return shlex.join(["curl", "-s", "-d", json.dumps(event), f"{self.address}/edge/{self.token}/api/plate_event"])
