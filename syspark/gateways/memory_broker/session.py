"""What the broker keeps for a client over its connections."""

from collections import deque
from dataclasses import dataclass, field

from syspark.gateways.memory_broker.connection import MemoryConnection
from syspark.gateways.memory_broker.messages import Message, Subscription

LAST_PACKET_ID = 65_535


@dataclass(slots=True)
class Session:
    """What the broker keeps for a client id: what waits, and what was sent and is not acknowledged."""

    lasting: bool = True
    filters: dict[str, Subscription] = field(default_factory=dict)
    waiting: deque[Message] = field(default_factory=deque)
    in_flight: dict[int, Message] = field(default_factory=dict)
    last_packet_id: int = 0
    connection: MemoryConnection | None = None

    def next_packet_id(self) -> int | None:
        """A packet id that is not in flight; None when all are."""
        for _ in range(LAST_PACKET_ID):
            self.last_packet_id = self.last_packet_id % LAST_PACKET_ID + 1
            if self.last_packet_id not in self.in_flight:
                return self.last_packet_id
        return None
