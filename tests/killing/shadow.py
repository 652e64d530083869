"""What the broker itself forgot: a persistent session that stays away while the broker is killed, and is read then.

mosquitto acknowledges before it saves: what it forgot in a `kill -9` is missing here too, and is its own loss. The
session stands for moments only, since mosquitto writes everything it holds at each change.
"""

import hashlib
import time
from collections.abc import Iterable

from syspark.gateways.mqtt import PahoBroker
from syspark.ports import BrokerConnection, Delivery
from tests.killing.generator import Publication
from tests.servers.waiting import eventually

NAME = "shadow"
QUIET_POLLS = 50


class Shadow:
    """Collects digests of everything on `parking/#` that the broker kept for it."""

    def __init__(self, port: int) -> None:
        self._kept: set[bytes] = set()
        self._since = 0.0
        self._broker = PahoBroker("127.0.0.1", port)
        self._connection: BrokerConnection | None = None
        self._quiet = 0

    async def enrol(self) -> None:
        """Subscribe and leave."""
        connection = await self._broker.connect(NAME, self)
        await connection.subscribe(["parking/#"])
        await connection.close()
        self._since = time.time()

    async def forgotten(self, publications: Iterable[Publication], killed_at: float) -> frozenset[bytes]:
        """Come back, read what was kept, and tell what was acknowledged before the kill and is not there.

        Nothing is excused when the broker has lost this session altogether.
        """
        self._connection = await self._broker.connect(NAME, self)
        present = self._connection.session_present
        await eventually(self._nothing_came, "the shadow has read everything", 60)
        await self._connection.close()
        meanwhile = {one.event.digest for one in publications if self._since < one.sent_at and one.ended_at < killed_at}
        return frozenset(meanwhile - self._kept) if present else frozenset()

    def delivered(self, delivery: Delivery) -> None:
        """Note it."""
        self._quiet = 0
        self._kept.add(hashlib.sha256(delivery.topic.encode() + b"\0" + delivery.payload).digest()[:16])
        if self._connection is not None:
            self._connection.ack(delivery)

    def lost(self, reason: str) -> None:
        """It would show as loss."""

    def _nothing_came(self) -> bool:
        self._quiet += 1
        return self._quiet > QUIET_POLLS
