"""Hears what no link listens to, where there are several: sites, devices and topics that nobody has set up.

A sample, at QoS 0 and without a session: it only feeds `rejected_messages`, for whoever connects equipment and wonders
why nothing happens. Source: architecture.md, "MQTT link".
"""

import logging
from collections.abc import Sequence

import pykka

from actors.intake import Arrival
from actors.link import Inward
from actors.runtime import MailboxFull
from actors.tools import Tools
from syspark.contract.reasons import Reason, Rejection
from syspark.contract.redact import redact
from syspark.contract.table import Way
from syspark.contract.topics import DEFAULT_SITE, Topic, parse_topic
from syspark.contract.wiring import up_topics
from syspark.domain.units import DeviceName, SiteId
from syspark.errors import Unavailable
from syspark.ports import ActorStateStore, Broker, Delivery
from syspark.rows import Fence, RejectedMessage, Scope

logger = logging.getLogger(__name__)

WINDOW_S = 10.0
HEARD_IN_A_WINDOW = 5_000
"""Beyond it hangs up for a while: a broker may keep for a slow listener what it would drop for none."""
TOLD_IN_A_WINDOW = 50
ASKED_AT_ONCE = 10
LOOK_EVERY_S = 1.0
FINE_FOR_S = 600.0
FINE_TOPICS = 50_000


class Strays:
    """One per deployment, at the holder of partition 0; `run` listens until cancelled."""

    def __init__(self, fence: Fence, inward: Inward, state: ActorStateStore, broker: Broker, tools: Tools) -> None:
        self._fence = fence
        self._inward = inward
        self._state = state
        self._broker = broker
        self._tools = tools
        self._root = ""
        self._fine: set[str] = set()
        self._told: set[str] = set()
        self._asked: dict[str, tuple[Topic, Delivery]] = {}
        self._fine_until = 0.0
        self._heard = 0
        self._is_lost = False
        self._whose: Scope | None = None

    async def run(self, root: str, deployment: str) -> None:
        """Listen, window after window."""
        self._root = root
        while True:
            try:
                await self._listen(f"syspark-{deployment}-strays")
            except Unavailable as error:
                logger.debug("strays are not heard: %s", error)
            await self._tools.timers.sleep(WINDOW_S)

    def delivered(self, delivery: Delivery) -> None:
        """Take a message; nothing is acknowledged."""
        self._heard += 1
        if delivery.retained or delivery.topic in self._fine or delivery.topic in self._told:
            return
        topic = parse_topic(self._root, delivery.topic)
        if isinstance(topic, Rejection):
            self._tell(delivery, topic)
        elif topic.row.way is not Way.UP:
            self._is_fine(delivery.topic)
        elif len(self._asked) < ASKED_AT_ONCE:
            self._asked.setdefault(delivery.topic, (topic, delivery))

    def lost(self, reason: str) -> None:
        """The connection has ended."""
        self._is_lost = True

    async def _listen(self, client_id: str) -> None:
        """Listen until the connection is lost, or a window has brought more than there is patience for."""
        if self._whose is None:
            self._whose = await self._organisation()
        self._is_lost = False
        connection = await self._broker.connect(client_id, self, lasting=False)
        try:
            await connection.subscribe([f"{self._root}/#"], qos=0)
            while await self._hear_a_window():
                pass
        finally:
            await connection.close()

    async def _hear_a_window(self) -> bool:
        """Whether to go on listening; False comes once the window is over."""
        now = self._tools.machine.monotonic()
        ends_at = now + WINDOW_S
        self._heard = 0
        self._told.clear()
        if now > self._fine_until:
            self._fine.clear()
            self._fine_until = now + FINE_FOR_S
        while not self._is_lost and self._heard < HEARD_IN_A_WINDOW:
            await self._tools.timers.sleep(LOOK_EVERY_S)
            await self._ask()
            if self._tools.machine.monotonic() >= ends_at:
                return True
        return False

    async def _ask(self) -> None:
        """Find out which of the topics heard belong to a site."""
        asked, self._asked = self._asked, {}
        topics: dict[SiteId, Sequence[str] | None] = {}
        for name, (topic, delivery) in asked.items():
            if topic.site not in topics:
                topics[topic.site] = await self._topics(topic.site)
            listened_to = topics[topic.site]
            if listened_to is None:
                self._tell(delivery, Rejection(Reason.UNKNOWN_SITE))
            elif name in listened_to:
                for one in listened_to:
                    self._is_fine(one)
            else:
                self._tell(delivery, Rejection(Reason.UNKNOWN_FAMILY, "the site has no such device"))

    async def _topics(self, site: SiteId) -> Sequence[str] | None:
        row = await self._state.site(site)
        if row is None:
            return None
        return list(up_topics(self._root, row.id, [DeviceName(device.name) for device in row.devices]))

    async def _organisation(self) -> Scope | None:
        """Who hears of what is nobody's: whoever has the default site."""
        row = await self._state.site(DEFAULT_SITE)
        return None if row is None else Scope(row.organisation_id, None, self._fence.partition)

    def _is_fine(self, topic: str) -> None:
        if len(self._fine) < FINE_TOPICS:
            self._fine.add(topic)

    def _tell(self, delivery: Delivery, why: Rejection) -> None:
        if self._whose is None or len(self._told) >= TOLD_IN_A_WINDOW:
            return
        self._told.add(delivery.topic)
        self._tools.metrics.rejected.labels(why.reason).inc()
        message = RejectedMessage(
            id=self._tools.ids.new(),
            scope=self._whose,
            topic=redact(delivery.topic.encode(errors="replace")[:1024], ()),
            payload=redact(delivery.payload, (), None),
            reason=why.reason,
            detail=why.detail,
            received_at=self._tools.clock.now(),
        )
        try:
            self._inward.intake.tell(Arrival(message, self._fence, lambda _: None))
        except (pykka.ActorDeadError, MailboxFull):
            logger.debug("a stray is not recorded: the intake is full")
