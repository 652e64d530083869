"""What one connection still owes its callers: publications on their way and subscriptions not yet answered."""

import asyncio
from collections.abc import Sequence
from typing import Any

from paho.mqtt.reasoncodes import ReasonCode

from syspark.errors import Unavailable


class Outstanding:
    """Futures by packet id. At QoS 0 an id may be that of a message in flight, so those have a table of their own."""

    def __init__(self) -> None:
        self._unacknowledged: dict[int, asyncio.Future[None]] = {}
        self._unwritten: dict[int, asyncio.Future[None]] = {}
        self._unflushed: list[asyncio.Future[None]] = []
        self._unanswered: dict[int, asyncio.Future[Sequence[ReasonCode]]] = {}

    @property
    def in_flight(self) -> int:
        """Messages the broker has not acknowledged."""
        return len(self._unacknowledged)

    def published(self, packet_id: int, qos: int) -> asyncio.Future[None]:
        """A message was handed to paho."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._unacknowledged if qos else self._unwritten)[packet_id] = future
        return future

    def subscribed(self, packet_id: int) -> asyncio.Future[Sequence[ReasonCode]]:
        """A subscription was handed to paho; the future brings one code a filter."""
        future: asyncio.Future[Sequence[ReasonCode]] = asyncio.get_running_loop().create_future()
        self._unanswered[packet_id] = future
        return future

    def written(self, packet_id: int) -> None:
        """paho has written a QoS 0 message; it has left with the next `flushed`."""
        if (future := self._unwritten.pop(packet_id, None)) is not None:
            self._unflushed.append(future)

    def flushed(self) -> None:
        """Everything written has left."""
        for future in self._unflushed:
            _give(future, None)
        self._unflushed.clear()

    def acknowledged(self, packet_id: int, code: ReasonCode) -> None:
        """The broker has answered a message at QoS 1 or 2."""
        future = self._unacknowledged.pop(packet_id, None)
        if code.is_failure:
            _refuse(future, f"it refused the message: {code}")
        else:
            _give(future, None)

    def granted(self, packet_id: int, codes: Sequence[ReasonCode]) -> None:
        """The broker has answered a subscription."""
        _give(self._unanswered.pop(packet_id, None), codes)

    def give_up(self, reason: str) -> None:
        """The connection has ended: nothing outstanding will be answered."""
        groups: tuple[dict[int, asyncio.Future[Any]], ...] = (self._unacknowledged, self._unwritten, self._unanswered)
        for future in [*self._unflushed, *(future for group in groups for future in group.values())]:
            _refuse(future, reason)
        self._unflushed.clear()
        for group in groups:
            group.clear()


def _give(future: asyncio.Future[Any] | None, result: object) -> None:
    if future is not None and not future.done():
        future.set_result(result)


def _refuse(future: asyncio.Future[Any] | None, reason: str) -> None:
    if future is not None and not future.done():
        future.set_exception(Unavailable("broker", because=reason))
        future.exception()  # who does not await it needs no warning
