"""A site's edge broker: a second mosquitto bridged to the cloud's, through a line that can be cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from tests.servers.mosquitto import Mosquitto
from tests.servers.proxy import Proxy


@dataclass(frozen=True, slots=True)
class BridgedTopic:
    """One `topic` line: `out` goes up to the cloud, `in` comes down to the site."""

    name: str
    way: Literal["in", "out"]
    qos: Literal[0, 1, 2]


# Typed by hand from the contract: what comes up keeps its QoS, what must never wait comes down at QoS 0.
SITE_TOPICS = (
    BridgedTopic("sensor_gate/present", "out", 1),
    BridgedTopic("sensor_gate/heartbeat", "out", 0),
    BridgedTopic("sensor_gate/error", "out", 2),
    BridgedTopic("barriere", "out", 1),
    BridgedTopic("barriere/state", "out", 1),
    BridgedTopic("barriere_entree/state", "out", 1),
    BridgedTopic("acl/list", "out", 1),
    BridgedTopic("acl/event", "out", 1),
    BridgedTopic("sync/req", "out", 1),
    BridgedTopic("barriere/cmd", "in", 0),
    BridgedTopic("barriere_entree/cmd", "in", 0),
    BridgedTopic("ascenseur/cmd", "in", 0),
    BridgedTopic("camera/cmd", "in", 0),
    BridgedTopic("display/text", "in", 1),
    BridgedTopic("payment/req", "in", 1),
    BridgedTopic("payment/success", "in", 1),
    BridgedTopic("acl/add", "in", 2),
    BridgedTopic("acl/del", "in", 2),
    BridgedTopic("acl/full", "in", 2),
)


class EdgeBroker:
    """`broker` is the site's mosquitto, `line` the proxy its bridge goes through.

    With `site` None its topics stay v1 (`parking/...`), else they arrive under `parking/<site>/...`.
    """

    def __init__(
        self, folder: Path, cloud: Mosquitto, *, site: str | None = None, topics: Sequence[BridgedTopic] = SITE_TOPICS
    ) -> None:
        self.line = Proxy(cloud.port)
        self._folder = folder
        self._remote = f"parking/{site}/" if site else "parking/"
        self._name = f"bridge-{site or 'default'}"
        self._topics = topics
        self.broker: Mosquitto

    @property
    def state_topic(self) -> str:
        """Where the cloud's broker hears whether the bridge is there."""
        return f"{self._remote}bridge/state"

    def start(self) -> Self:
        """Start the line, then the site's broker."""
        self.line.start()
        self.broker = Mosquitto(self._folder, tail=self._section())
        try:
            self.broker.start()
        except BaseException:
            self.line.close()
            raise
        return self

    def close(self) -> None:
        """Make sure both are gone."""
        self.broker.close()
        self.line.close()

    def _section(self) -> str:
        lines = [
            f"connection {self._name}",
            f"address 127.0.0.1:{self.line.port}",
            f"remote_clientid {self._name}",
            "try_private false",
            "cleansession true",
            "local_cleansession false",
            "keepalive_interval 5",
            "restart_timeout 1",
            "notifications true",
            f"notification_topic {self.state_topic}",
        ]
        lines += [f"topic {topic.name} {topic.way} {topic.qos} parking/ {self._remote}" for topic in self._topics]
        return "\n".join(lines) + "\n"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
