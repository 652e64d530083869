"""The sites' equipment as far as it executes: notes which barrier commands it would carry out, and when."""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.killing.field import BRIDGED, Site
from tests.servers.waiting import wait_until


@dataclass(frozen=True, slots=True)
class Execution:
    """A barrier was moved. A v1 command has no id and no expiry. Times are seconds since 1970."""

    at: float
    site: str
    lane: str
    word: str
    retained: bool
    command_id: str | None = None
    expires_at: float | None = None


class Edge:
    """The equipment of some sites on one broker: a clean session, so that nothing ever waits for it there.

    Its thread is paho's own, and connects again by itself.
    """

    def __init__(self, port: int, sites: Sequence[Site], *, qos: int) -> None:
        self.executions: list[Execution] = []
        self._port = port
        self._qos = qos
        self._topics: dict[str, tuple[str, str]] = {}
        for site in sites:
            base = "parking" if site.name == BRIDGED else site.base
            self._topics[f"{base}/barriere_entree/cmd"] = (site.name, "entry")
            self._topics[f"{base}/barriere/cmd"] = (site.name, "exit")
        self._ready = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, clean_session=True)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port, keepalive=10)
        self._client.loop_start()
        wait_until(self._ready.is_set, "the edge is subscribed")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: Client, *_: Any) -> None:
        client.subscribe([(topic, self._qos) for topic in self._topics])

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        site, lane = self._topics[message.topic]
        self.executions.append(execution(time.time(), site, lane, bytes(message.payload), message.retain))


def execution(at: float, site: str, lane: str, payload: bytes, retained: bool) -> Execution:
    """What equipment understands of a command of either generation."""
    if not payload.startswith(b"{"):
        return Execution(at, site, lane, payload.decode(errors="replace"), retained)
    form = json.loads(payload)
    expires_ms = form.get("expires_ts")
    expires_at = expires_ms / 1000 if expires_ms is not None else None
    return Execution(at, site, lane, str(form.get("cmd")), retained, form.get("command_id"), expires_at)
