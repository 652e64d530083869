"""One connection to the broker in memory."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from syspark.errors import Unavailable
from syspark.gateways.memory_broker.messages import Message, Subscription
from syspark.ports import Delivery, LinkEvents


class Peer(Protocol):
    """The broker, as its end of a connection: `later` is the way there, the rest is what arrives."""

    @property
    def spares_own(self) -> bool: ...

    def message(
        self, topic: str, payload: bytes, qos: int, retain: bool, expiry_s: float | None, publisher: str | None = None
    ) -> Message: ...

    def later(self, action: Callable[[], None]) -> None: ...

    def subscribed(
        self, connection: "MemoryConnection", filters: Sequence[str], how: Subscription, answer: asyncio.Future[None]
    ) -> None: ...

    def published(self, connection: "MemoryConnection", message: Message, answer: asyncio.Future[None]) -> None: ...

    def acknowledged(self, connection: "MemoryConnection", packet_id: int) -> None: ...

    def end(self, connection: "MemoryConnection") -> None: ...


class MemoryConnection:
    """`syspark.ports.BrokerConnection` to a broker in memory."""

    def __init__(self, broker: Peer, client_id: str, events: LinkEvents, *, session_present: bool) -> None:
        self._broker = broker
        self._events = events
        self._session_present = session_present
        self._loop = asyncio.get_running_loop()
        self._reading = True
        self._arrived: deque[Delivery] = deque()
        self._unacknowledged: deque[Delivery] = deque()
        self._unanswered: dict[asyncio.Future[None], None] = {}
        self._unwritten: list[Callable[[], None]] | None = None
        self._leaving = 0
        self.client_id = client_id
        self.is_open = True
        self.was_cut = False

    @property
    def session_present(self) -> bool:
        """Whether the broker still held this client id's session."""
        return self._session_present

    @property
    def settled(self) -> bool:
        """Whether everything published has left: false until the loop's next turn, while clogged, and once over."""
        return self.is_open and not self._unwritten and not self._leaving

    @property
    def spares_own(self) -> bool:
        """As a broker of MQTT 5, unless it is to be like an older one."""
        return self._broker.spares_own

    async def subscribe(self, filters: Sequence[str], *, qos: int = 1, own: bool = True) -> None:
        """Subscribe; at QoS 0 nothing that is retained is sent."""
        answer = self._await_answer()
        how = Subscription(qos, own or not self.spares_own)
        self._write(partial(self._broker.subscribed, self, tuple(filters), how, answer))
        await answer

    def ack(self, delivery: Delivery) -> None:
        """Acknowledge the oldest delivery not yet acknowledged; on an ended connection, nothing.

        Raises ValueError for any other delivery: out of order is a bug of the caller, which brokers punish.
        """
        if not self.is_open or delivery.qos == 0:
            return
        if not self._unacknowledged or self._unacknowledged[0] != delivery:
            raise ValueError(f"packet {delivery.packet_id} is not the next to acknowledge")
        self._unacknowledged.popleft()
        self._write(partial(self._broker.acknowledged, self, delivery.packet_id))

    def publish(
        self, topic: str, payload: bytes, *, qos: int, retain: bool = False, expiry_s: float | None = None
    ) -> asyncio.Future[None]:
        """Send now; the future ends with the broker's answer, at QoS 0 once written."""
        if not self.is_open:
            raise Unavailable("broker", because="there is no connection")
        answer = self._await_answer()
        message = self._broker.message(topic, payload, qos, retain, expiry_s, self.client_id)
        self._write(partial(self._broker.published, self, message, answer))
        return answer

    def pause_reading(self) -> None:
        """Leave what the broker sends where it is."""
        self._reading = False

    def resume_reading(self) -> None:
        """Take deliveries again."""
        self._reading = True
        self._loop.call_soon(self._take_deliveries)

    async def close(self) -> None:
        """Disconnect; the session stays."""
        self._broker.end(self)

    def receive(self, message: Message, packet_id: int, *, dup: bool) -> None:
        """Be sent a message by the broker."""
        self._arrived.append(Delivery(message.topic, message.payload, message.qos, message.retained, dup, packet_id))
        self._loop.call_soon(self._take_deliveries)

    def answered(self, answer: asyncio.Future[None], refusal: str | None = None) -> None:
        """Be answered by the broker; a connection that has ended hears nothing."""
        if not answer.done() and self.is_open:
            if refusal is None:
                answer.set_result(None)
            else:
                answer.set_exception(Unavailable("broker", because=refusal))

    def clog(self) -> None:
        """Keep what is written from now on instead of sending it."""
        self._unwritten = self._unwritten or []

    def unclog(self) -> None:
        """Send what was kept, and write at once again."""
        kept, self._unwritten = self._unwritten or [], None
        for action in kept:
            self._write(action)

    def ended(self, reason: str | None) -> None:
        """Be over: whoever waits fails, and `lost` is told the reason (None: it was our own wish)."""
        self.is_open = False
        self._arrived.clear()
        self._unwritten = None
        for answer in list(self._unanswered):
            if not answer.done():
                answer.set_exception(Unavailable("broker", because=reason or "the connection was closed"))
                # Whoever dropped the future is told by `lost`; asyncio need not complain as well.
                answer.exception()
        if reason is not None:
            self._loop.call_soon(self._events.lost, reason)

    def _take_deliveries(self) -> None:
        while self.is_open and self._reading and self._arrived:
            delivery = self._arrived.popleft()
            if delivery.qos:
                self._unacknowledged.append(delivery)
            self._events.delivered(delivery)

    def _await_answer(self) -> asyncio.Future[None]:
        if not self.is_open:
            raise Unavailable("broker", because="there is no connection")
        answer: asyncio.Future[None] = self._loop.create_future()
        self._unanswered[answer] = None
        answer.add_done_callback(lambda done: self._unanswered.pop(done, None))
        return answer

    def _write(self, action: Callable[[], None]) -> None:
        if self._unwritten is None:
            self._leaving += 1
            self._loop.call_soon(self._left)
            self._broker.later(partial(self._arrive_unless_cut, action))
        else:
            self._unwritten.append(action)

    def _left(self) -> None:
        self._leaving -= 1

    def _arrive_unless_cut(self, action: Callable[[], None]) -> None:
        if not self.was_cut:
            action()
