"""One partition's connection to the broker: takes deliveries, has them made durable, and acknowledges in order.

A fact is acknowledged when its row is committed, never before and never waiting for its decision; on the connection
that delivered it, or not at all. Source: architecture.md, "MQTT link".
"""

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import pykka

from actors.annunciator import Annunciator
from actors.doorman import Doorman, Dropped, Heard
from actors.heartbeat import Heartbeat
from actors.intake import Arrival, Intake
from actors.ownership import Ownership
from actors.router import Router
from actors.runtime import MailboxFull, Service
from actors.telemetry import TelemetryFlusher
from actors.tools import Tools
from actors.unacked import Taken, Unacknowledged
from syspark.contract.format import Outgoing
from syspark.contract.marker import Marker
from syspark.errors import Unavailable
from syspark.ports import Broker, BrokerConnection, Delivery, InboxStore, Inserted
from syspark.rows import InboxRow, Landed, Lease, LinkPosition, RejectedMessage

logger = logging.getLogger(__name__)

MARK_EVERY_S = 1.0
"""Of the field's clock: what follows a marker may be that much older than it looks."""
MARK_AGAIN_AFTER_S = 0.05
"""Of the machine's: a broker that saves each message is not to be kept busy by markers where the field hurries."""
STUCK_AFTER_S = 15.0
UNDONE_BOUND = 10_000
UNDONE_RELIEVED = 2_000
LONGEST_PAUSE_S = 5.0
LEASE_LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Inward:
    """Where what arrives goes: made durable, routed, or noted as a sign of life."""

    intake: Service[Intake]
    inbox: InboxStore
    router: Router
    ownership: Ownership
    telemetry: TelemetryFlusher
    annunciator: Annunciator


@dataclass(frozen=True, slots=True)
class Line:
    """What a link is to the broker: who it is, the topic of its own markers, and what it listens to, asked anew
    whenever sites change.
    """

    client_id: str
    marker: str
    filters: Callable[[], Sequence[str]]


class Link:
    """The link of a partition for as long as its lease is held; `run` connects again and again."""

    def __init__(
        self,
        lease: Lease,
        *,
        line: Line,
        broker: Broker,
        doorman: Doorman,
        inward: Inward,
        tools: Tools,
    ) -> None:
        self.fence = lease.fence
        self.partition = lease.fence.partition
        self._client_id = line.client_id
        self._marker = line.marker
        self._filters = line.filters
        self._subscribed: set[str] = set()
        self._sites_changed = False
        self._broker = broker
        self._doorman = doorman
        self._heartbeat = Heartbeat(line.marker, doorman.times, tools)
        self._inward = inward
        self._tools = tools
        self._unacked = tools.metrics.unacked_messages.labels(lease.fence.partition)
        self._stored = lease.position
        self.low_seq = lease.position.low_seq
        self._broker_session = lease.position.broker_session
        self._stored_session = lease.position.broker_session
        self._resumed = False
        self._connection: BrokerConnection | None = None
        self._opening: list[Delivery] | None = None
        self._awake = asyncio.Event()
        self._is_lost = False
        self._relieved = asyncio.Event()
        self._relieved.set()
        self._paused_at = math.inf
        self._taken = Unacknowledged()
        self._submitted = 0
        self._stored_undone = 0
        self._told_away = False
        self._taking = True

    @property
    def connected(self) -> bool:
        """Whether a connection stands."""
        return self._connection is not None

    @property
    def listening(self) -> bool:
        """Whether a connection stands with everything subscribed to."""
        return self._connection is not None and bool(self._subscribed)

    @property
    def live(self) -> bool:
        """Whether what is published now reaches the broker now: nothing waits, and a marker came back just now."""
        return self._connection is not None and self._heartbeat.is_fresh and self._connection.settled

    @property
    def hearing(self) -> bool:
        """Whether what a site publishes now is received now: our own markers come back."""
        return self._connection is not None and self._heartbeat.is_fresh

    @property
    def position(self) -> LinkPosition:
        """Where this link stands, to be stored with the lease."""
        return LinkPosition(
            broker_session=self._broker_session,
            marker_at=self._doorman.times.marker_at if self._resumed else self._stored.marker_at,
            deliveries=self._doorman.deliveries if self._resumed else self._stored.deliveries,
            low_seq=self.low_seq,
        )

    def publish(self, topic: str, outgoing: Outgoing, expiry_s: float | None) -> "asyncio.Future[None]":
        """Publish on the connection that stands. Raises `Unavailable`."""
        if self._connection is None:
            raise Unavailable("broker")
        sent = self._connection.publish(
            topic, outgoing.payload, qos=outgoing.qos, retain=outgoing.retain, expiry_s=expiry_s
        )
        if not self._connection.spares_own:
            self._doorman.published(topic, outgoing.payload)
        return sent

    async def run(self) -> None:
        """Be connected until cancelled; away broker, away database and a full house each have us wait."""
        pause_s = 0.1
        try:
            while True:
                await self._relieved.wait()
                await self._lease_runs()
                # What an earlier connection delivered must be settled first, or its redelivery could not be told.
                await self._intake_settled()
                try:
                    await self._connect()
                except Unavailable as error:
                    self._say_away(str(error))
                    await self._tools.timers.sleep(pause_s)
                    pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
                    continue
                pause_s = 0.1
                await self._stay_connected()
        finally:
            await self._disconnect()

    def relieved(self) -> None:
        """The partition has fewer undone rows than a moment ago."""
        if not self._relieved.is_set() and self._undone <= UNDONE_RELIEVED:
            self._relieved.set()
            self._paused_at = math.inf
            if self._connection is not None:
                self._connection.resume_reading()

    def sites_changed(self) -> None:
        """Sites of the partition are configured differently from now on: it listens to their topics within a second."""
        self._sites_changed = True

    def stored_undone(self, rows: int) -> None:
        """So many undone rows of the partition were just found in the table, those in memory among them."""
        self._stored_undone = rows
        self.relieved()

    @property
    def is_settled(self) -> bool:
        """Whether everything that was taken is durable."""
        return not self._submitted

    def stop_taking(self) -> None:
        """Leave what is delivered from now on to the next owner: the connection serves what is on its way out only."""
        self._taking = False

    def delivered(self, delivery: Delivery) -> None:
        """Take a delivery."""
        if not self._taking:
            self._heartbeat.glimpsed(delivery)
            return
        if self._opening is not None:
            self._opening.append(delivery)
            return
        taken = Taken(delivery, self._connection, self._tools.machine.monotonic())
        if delivery.qos:
            self._taken.take(taken)
        judgement = self._doorman.judge(delivery, nonce=self._heartbeat.nonce, caught_up=self._heartbeat.caught_up)
        match judgement:
            case InboxRow() | RejectedMessage():
                self._submit(taken, judgement)
            case Marker():
                self._heartbeat.returned(judgement)
                self._finish(taken)
            case Heard():
                self._finish(taken)
            case Dropped():
                self._tools.metrics.duplicates.labels(judgement.by).inc()
                self._finish(taken)

    def lost(self, reason: str) -> None:
        """The connection has ended."""
        logger.warning("partition %s lost the broker: %s", self.partition, reason)
        self._connection = None
        self._is_lost = True
        self._awake.set()

    @property
    def _undone(self) -> int:
        return max(self._inward.router.undone(self.partition), self._stored_undone) + self._submitted

    async def _connect(self) -> None:
        self._opening = []
        self._is_lost = False
        self._awake.clear()
        try:
            connection = await self._broker.connect(self._client_id, self)
            try:
                await self._resume_session(session_present=connection.session_present)
                self._connection = connection
                self._begin()
                self._subscribed.clear()
                await self._subscribe(connection)
            except BaseException:
                self._connection = None
                await connection.close()
                raise
        finally:
            self._opening = None
        self._told_away = False
        self._tools.metrics.link_connected.labels(self.partition).set(1)
        logger.info("partition %s is connected to the broker", self.partition)

    def _begin(self) -> None:
        """Take what was delivered while we did not know yet which broker session it belongs to."""
        early, self._opening = self._opening or [], None
        self._heartbeat.begin()
        self._doorman.begin()
        self._taken.forget()
        for delivery in early:
            self.delivered(delivery)

    async def _resume_session(self, *, session_present: bool) -> None:
        """Know the broker session's latest packets; a new session is stored before anything of it is taken."""
        self._doorman.session_is_new = not session_present
        if session_present and not self._resumed:
            after = max(0, self._stored.deliveries - 65_536)
            packets = await self._inward.inbox.recent_packets(self.partition, self._broker_session, after)
            self._doorman.resume(self._broker_session, self._stored.deliveries, packets)
        elif not session_present:
            if self._resumed or self._stored.marker_at is not None:
                logger.warning("partition %s: the broker did not keep our session or what it held", self.partition)
                self._inward.annunciator.session_lost(self.partition)
            self._broker_session = new_session()
            self._doorman.resume(self._broker_session, 0, {})
        self._resumed = True
        if self._broker_session != self._stored_session:
            if await self._inward.ownership.renew({self.partition: self}):
                raise Unavailable("database", because="the partition is no longer ours")
            self._stored_session = self._broker_session

    async def _subscribe(self, connection: BrokerConnection) -> None:
        """Listen to what is new. What is no longer wanted is judged as it comes, like anything else."""
        self._sites_changed = False
        if connection.spares_own and not self._subscribed:
            await connection.subscribe([self._marker])
            self._subscribed.add(self._marker)
        wanted = [wanted for wanted in self._filters() if wanted not in self._subscribed]
        if wanted:
            # Of what we publish only our markers mean anything when they come back; commands and screens, which are
            # most of what a site's topics carry, would each be taken in, judged and acknowledged.
            await connection.subscribe(wanted, own=False)
            self._subscribed.update(wanted)

    async def _stay_connected(self) -> None:
        try:
            while not self._is_lost:
                if self._connection is not None and self._sites_changed:
                    await self._subscribe(self._connection)
                if self._connection is not None:
                    self._heartbeat.beat(self._connection)
                if self._heartbeat.caught_up:
                    self._doorman.retained.look()
                if await self._lost_within(max(MARK_AGAIN_AFTER_S, self._tools.machine_seconds(MARK_EVERY_S))):
                    return
                if self._stuck():
                    logger.warning("partition %s disconnects: nothing becomes durable any more", self.partition)
                    return
        except Unavailable as error:
            logger.warning("partition %s could not listen to a new site: %s", self.partition, error)
        finally:
            await self._disconnect()

    async def _lost_within(self, seconds: float) -> bool:
        """Wait for the end of the connection, or for so long."""
        alarm = self._tools.timers.wake_after(seconds, self._awake.set)
        try:
            await self._awake.wait()
        finally:
            alarm.cancel()
            self._awake.clear()
        return self._is_lost

    def _stuck(self) -> bool:
        """Whether nothing has been acknowledged, or nothing been read, for so long that the broker should queue."""
        return self._tools.machine.monotonic() - min(self._taken.since, self._paused_at) > STUCK_AFTER_S

    def _submit(self, taken: Taken, item: InboxRow | RejectedMessage) -> None:
        self._submitted += 1
        if isinstance(item, RejectedMessage):
            self._inward.annunciator.refused(item)

        def stored(inserted: Inserted | None) -> None:
            self._submitted -= 1
            if isinstance(item, InboxRow):
                self._arrived(item, inserted)
            self._finish(taken)
            self.relieved()

        try:
            self._inward.intake.tell(Arrival(item, self.fence, stored))
            if isinstance(item, InboxRow):
                self._inward.router.foretell(item)
        except (pykka.ActorDeadError, MailboxFull) as error:
            # Unacknowledged it stays with the broker, which brings it again once we have disconnected.
            logger.warning("partition %s could not take a message: %s", self.partition, error)
            self._submitted -= 1
            if isinstance(item, InboxRow):
                self._doorman.settled(item)
        if self._undone > UNDONE_BOUND and self._connection is not None and self._relieved.is_set():
            self._relieved.clear()
            self._paused_at = self._tools.machine.monotonic()
            self._connection.pause_reading()

    def _arrived(self, row: InboxRow, inserted: Inserted | None) -> None:
        if inserted is None:
            self._doorman.settled(row)
            return
        if inserted.landed is Landed.COMMITTED:
            self._doorman.stored(row)
            self._inward.router.dispatch([inserted.row])
            return
        self._tools.metrics.duplicates.labels("event id").inc()
        if inserted.row.seq:
            # The row itself was there: stored by an attempt whose answer was lost, and decided since.
            self._doorman.stored(row)
        else:
            self._doorman.settled(row)

    def _finish(self, taken: Taken) -> None:
        self._taken.finish(taken, self._connection)
        self._unacked.set(len(self._taken))

    async def _lease_runs(self) -> None:
        """Wait until the lease is renewed if it has run out: we would drive out whoever has taken the partition."""
        while not self._inward.ownership.is_running(self.partition):
            await self._tools.timers.sleep(LEASE_LOOK_S)

    async def _intake_settled(self) -> None:
        while self._submitted:
            await self._tools.timers.sleep(0.05)

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._subscribed.clear()
        self._heartbeat.end()
        self._tools.metrics.link_connected.labels(self.partition).set(0)
        if connection is not None:
            await connection.close()

    def _say_away(self, reason: str) -> None:
        if not self._told_away:
            self._told_away = True
            logger.warning("waiting for the broker: %s", reason)


def new_session() -> UUID:
    """The name of a new broker session."""
    return uuid4()
