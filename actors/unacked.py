"""Deliveries that are not acknowledged yet, in the order of their receipt, in which alone they may be.

Source: architecture.md, "MQTT link".
"""

import math
from collections import deque
from dataclasses import dataclass

from syspark.ports import BrokerConnection, Delivery


@dataclass(slots=True, eq=False)
class Taken:
    """A delivery that was taken; of the connection that is to hear of it."""

    delivery: Delivery
    connection: BrokerConnection | None
    at: float
    done: bool = False


class Unacknowledged:
    """Those of one link."""

    def __init__(self) -> None:
        self._taken: deque[Taken] = deque()

    def __len__(self) -> int:
        return len(self._taken)

    @property
    def since(self) -> float:
        """Since when the first of them waits; for ever from now when none does."""
        return self._taken[0].at if self._taken else math.inf

    def forget(self) -> None:
        """The connection they came on is gone: the broker brings them again."""
        self._taken.clear()

    def take(self, taken: Taken) -> None:
        """A delivery that wants to be acknowledged has come."""
        self._taken.append(taken)

    def finish(self, taken: Taken, connection: BrokerConnection | None) -> None:
        """One is settled: acknowledge all that are, up to the first that is not, on the connection they came on."""
        taken.done = True
        while self._taken and self._taken[0].done:
            first = self._taken.popleft()
            if connection is not None and first.connection is connection:
                connection.ack(first.delivery)
