"""The link's own heartbeat through the broker: bounds the age of what follows it, and shows that the way is open.

Source: architecture.md, "Old facts" and "MQTT link".
"""

import asyncio
from uuid import uuid4

from actors.facttime import FactTimes
from actors.tools import Tools
from syspark.contract.marker import Marker, format_marker, parse_marker
from syspark.errors import Unavailable
from syspark.ports import BrokerConnection, Delivery

LIVE_WITHIN_S = 2.0


class Heartbeat:
    """One per link; each connection has a nonce of its own, and foreign ones mean nothing."""

    def __init__(self, topic: str, times: FactTimes, tools: Tools) -> None:
        """`topic` is that of our markers, and of no other link's where there are several."""
        self._topic = topic
        self._times = times
        self._tools = tools
        self._returned_at = -LIVE_WITHIN_S
        self.nonce = ""
        self.caught_up = False
        """Whether a marker of this connection has come back: what arrived before it may have waited."""

    @property
    def is_fresh(self) -> bool:
        """Whether the broker has just taken something from us and given it back."""
        return self.caught_up and self._tools.machine.monotonic() - self._returned_at < LIVE_WITHIN_S

    def begin(self) -> None:
        """A new connection."""
        self.nonce = str(uuid4())
        self.caught_up = False

    def end(self) -> None:
        """No connection."""
        self.caught_up = False

    def beat(self, connection: BrokerConnection) -> None:
        """Send a marker; one that does not arrive says so by not coming back."""
        try:
            sent = connection.publish(self._topic, format_marker(self.nonce, self._tools.clock.now()), qos=1)
        except Unavailable:
            return
        sent.add_done_callback(_ignore)

    def returned(self, marker: Marker) -> None:
        """One of this connection's markers has come back."""
        took_s = max(0.0, (self._tools.clock.now() - marker.sent_at).total_seconds())
        self._tools.metrics.marker_seconds.observe(took_s)
        now_s = self._tools.clock.monotonic()
        self._returned_at = self._tools.machine.monotonic()
        self._times.marked(marker.sent_at, now_s - took_s, now_s, self._returned_at)
        self.caught_up = True

    def glimpsed(self, delivery: Delivery) -> None:
        """A delivery that is left to the next owner; a marker among them still shows that commands go out."""
        if delivery.topic == self._topic:
            marker = parse_marker(delivery.payload)
            if marker is not None and marker.nonce == self.nonce:
                self._returned_at = self._tools.machine.monotonic()


def _ignore(sent: "asyncio.Future[None]") -> None:
    if not sent.cancelled():
        sent.exception()
