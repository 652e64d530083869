"""The broker in memory: sessions, routes, and what can go wrong on demand."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from syspark.clock import Clock
from syspark.errors import Unavailable
from syspark.gateways.memory_broker.connection import MemoryConnection
from syspark.gateways.memory_broker.messages import Message, Subscription, Watcher, matches
from syspark.gateways.memory_broker.session import Session
from syspark.ports import LinkEvents


class MemoryBroker:
    """`syspark.ports.Broker` in memory, with a plain client side (`publish`, `subscribe`) and faults for tests."""

    def __init__(self, clock: Clock, *, spares_own: bool = True) -> None:
        """`clock` says when messages expire; a broker of MQTT 3.1.1 spares no client its own messages."""
        self._clock = clock
        self.spares_own = spares_own
        self._sessions: dict[str, Session] = {}
        self._retained: dict[str, Message] = {}
        self._watchers: list[Watcher] = []
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._backlog: list[Callable[[], None]] = []
        self._refusal: str | None = None
        self._pubacks_to_lose = 0

    async def connect(self, client_id: str, events: LinkEvents, *, lasting: bool = True) -> MemoryConnection:
        """Open a connection to the session of `client_id`, taking it over from whoever holds it."""
        await asyncio.sleep(0)
        await self._thawed.wait()
        if self._refusal is not None:
            raise Unavailable("broker", because=self._refusal)
        if client_id in self._sessions and self._sessions[client_id].connection is not None:
            self.end(self._connection(client_id), "another connection took the session over")
        if not lasting:
            self._sessions.pop(client_id, None)
        session_present = client_id in self._sessions
        session = self._sessions.setdefault(client_id, Session(lasting=lasting))
        connection = session.connection = MemoryConnection(self, client_id, events, session_present=session_present)
        for packet_id, message in session.in_flight.items():
            connection.receive(message, packet_id, dup=True)
        self._send_waiting(session)
        return connection

    def publish(
        self, topic: str, payload: bytes | str, qos: int = 1, *, retain: bool = False, expiry_s: float | None = None
    ) -> None:
        """Publish as any client would."""
        data = payload.encode() if isinstance(payload, str) else payload
        self.later(partial(self._route, self.message(topic, data, qos, retain, expiry_s)))

    def subscribe(self, topic_filter: str) -> Watcher:
        """Listen as any client would, from now on; retained messages come first."""
        watcher = Watcher(topic_filter)
        self.later(partial(self._watch, watcher))
        return watcher

    def freeze(self) -> None:
        """Do nothing from now on: connections stay open, what is written to them waits, `connect` waits."""
        self._thawed.clear()

    def thaw(self) -> None:
        """Do what was asked for meanwhile, also by connections closed since, then go on."""
        self._thawed.set()
        backlog, self._backlog = self._backlog, []
        for action in backlog:
            self.later(action)

    def refuse(self, because: str = "not authorized") -> None:
        """Refuse connections and subscriptions."""
        self._refusal = because

    def accept(self) -> None:
        """Accept connections and subscriptions again."""
        self._refusal = None

    def disconnect(self, client_id: str | None = None, because: str = "connection reset by peer") -> None:
        """Cut a client's connection, or everybody's: what was on its way, either way, is lost."""
        for name, session in list(self._sessions.items()):
            if session.connection is not None and client_id in (None, name):
                session.connection.was_cut = True
                self.end(session.connection, because)

    def lose_pubacks(self, count: int = 1) -> None:
        """Take the next messages published by connections and never say so."""
        self._pubacks_to_lose += count

    def clog(self, client_id: str) -> None:
        """Keep what a client's connection writes from leaving: it is not `settled` once it has written something."""
        self._connection(client_id).clog()

    def unclog(self, client_id: str) -> None:
        """Let it leave."""
        self._connection(client_id).unclog()

    def restart(self, *, sessions_lost: bool = False) -> None:
        """Cut everybody and come back, with or without the sessions and retained messages."""
        self.disconnect(because="the broker shuts down")
        self._backlog.clear()
        if sessions_lost:
            self._sessions.clear()
            self._retained.clear()
        self.thaw()

    def message(
        self,
        topic: str,
        payload: bytes,
        qos: int,
        retain: bool,
        expiry_s: float | None,
        publisher: str | None = None,
    ) -> Message:
        """A message as published now. Raises ValueError for a topic that cannot be published to."""
        if not topic or any(forbidden in topic for forbidden in "+#\0"):
            raise ValueError(f"{topic!r} is not a topic to publish to")
        expires_at = None if expiry_s is None else self._clock.monotonic() + expiry_s
        return Message(topic, payload, qos, retain, expires_at, publisher)

    def later(self, action: Callable[[], None]) -> None:
        """Do it on the loop's next turn, or once thawed."""
        asyncio.get_running_loop().call_soon(self._do_unless_frozen, action)

    def subscribed(
        self, connection: MemoryConnection, filters: Sequence[str], how: Subscription, answer: asyncio.Future[None]
    ) -> None:
        """Take a connection's subscription, and send what is retained."""
        if self._refusal is not None:
            connection.answered(answer, self._refusal)
            return
        session = self._sessions.get(connection.client_id)
        if session is None or session.connection is not connection:
            return
        connection.answered(answer)
        for topic_filter in filters:
            session.filters[topic_filter] = how
            for message in self._retained.values():
                if how.qos and matches(topic_filter, message.topic):
                    session.waiting.append(replace(message, qos=min(message.qos, how.qos)))
        self._send_waiting(session)

    def acknowledged(self, connection: MemoryConnection, packet_id: int) -> None:
        """Take a connection's acknowledgement."""
        session = self._sessions.get(connection.client_id)
        if session is not None:
            session.in_flight.pop(packet_id, None)
            self._send_waiting(session)

    def published(self, connection: MemoryConnection, message: Message, answer: asyncio.Future[None]) -> None:
        """Take a connection's message and acknowledge it."""
        self._route(message)
        if message.qos and self._pubacks_to_lose:
            self._pubacks_to_lose -= 1
            return
        connection.answered(answer)

    def end(self, connection: MemoryConnection, reason: str | None = None) -> None:
        """Part a connection from its session."""
        session = self._sessions.get(connection.client_id)
        if session is not None and session.connection is connection:
            session.connection = None
            if not session.lasting:
                del self._sessions[connection.client_id]
        if connection.is_open:
            connection.ended(reason)

    def _do_unless_frozen(self, action: Callable[[], None]) -> None:
        if self._thawed.is_set():
            action()
        else:
            self._backlog.append(action)

    def _watch(self, watcher: Watcher) -> None:
        self._watchers.append(watcher)
        for message in self._retained.values():
            if matches(watcher.topic_filter, message.topic) and not self._is_over(message):
                watcher.take(message)

    def _route(self, message: Message) -> None:
        if message.retained and message.payload:
            self._retained[message.topic] = message
        elif message.retained:
            self._retained.pop(message.topic, None)
        live = replace(message, retained=False) if message.retained else message
        for watcher in self._watchers:
            if matches(watcher.topic_filter, message.topic):
                watcher.take(live)
        for client_id, session in self._sessions.items():
            for topic_filter, how in session.filters.items():
                granted = min(message.qos, how.qos)
                if not how.takes(message, client_id) or not matches(topic_filter, message.topic):
                    continue
                if granted or session.connection is not None:
                    session.waiting.append(replace(live, qos=granted) if granted != live.qos else live)
            self._send_waiting(session)

    def _send_waiting(self, session: Session) -> None:
        while session.connection is not None and session.waiting:
            message = session.waiting[0]
            packet_id = session.next_packet_id() if message.qos and not self._is_over(message) else 0
            if packet_id is None:
                return
            session.waiting.popleft()
            if self._is_over(message):
                continue
            if packet_id:
                session.in_flight[packet_id] = message
            session.connection.receive(message, packet_id, dup=False)

    def _is_over(self, message: Message) -> bool:
        return message.expires_at is not None and message.expires_at <= self._clock.monotonic()

    def _connection(self, client_id: str) -> MemoryConnection:
        connection = self._sessions[client_id].connection
        assert connection is not None, f"{client_id} is not connected"
        return connection
