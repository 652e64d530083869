"""What a delivery is, before anything is done about it: a fact, a repeat, an echo, or something to refuse.

Holds what telling them apart needs: the last value of each level, the latest packets of the broker's session, what we
published ourselves, and how much each site sends. Source: architecture.md, "What a message is" and "Duplicates".
"""

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec
from cachetools import LRUCache

from actors.annunciator import Annunciator
from actors.facttime import FactTimes
from actors.retained import Retained
from actors.sites import Sites
from actors.tools import Tools
from syspark.contract.marker import Marker, parse_marker
from syspark.contract.parse import Reading, is_own_echo, parse
from syspark.contract.reasons import Reason, Rejection
from syspark.contract.redact import redact
from syspark.contract.table import MARKER, Kind, Way
from syspark.contract.topics import DEFAULT_SITE, Topic, parse_topic
from syspark.domain.alarm_details import LOOP, OTHER_QOS
from syspark.domain.clock_offset import ClockOffset
from syspark.domain.facts import (
    AclReported,
    AclWritten,
    BadgeRead,
    BarrierReported,
    BridgeReported,
    HeartbeatReported,
    PinAccepted,
    PlateRead,
    PresenceReported,
    Replayed,
    SyncRequested,
    Told,
)
from syspark.domain.messages import Reported, encode, kind_of
from syspark.domain.units import DeviceName, SiteId
from syspark.ports import Delivery
from syspark.rows import Address, DeliveryKey, InboxRow, LevelMark, RejectedMessage, Scope

LATEST_DELIVERIES = 30_000
"""How far back a redelivery may lie: packet ids wrap after twice as many."""

FLOOD_WINDOW = timedelta(seconds=10)
FLOOD_MESSAGES = 2_000
EVENT_IDS_KEPT = timedelta(days=40)
ECHOES_KEPT = 10_000
SURE_S = 5.0
"""A clock measured worse does not tell what had waited in a site from what is said now."""
LEVELS_KEPT = 50_000
"""Topics whose last value is remembered; a forgotten one's next repeat becomes a row again, which changes nothing."""

_FOR_THE_SITE = (
    BadgeRead,
    BarrierReported,
    BridgeReported,
    PinAccepted,
    PlateRead,
    PresenceReported,
    SyncRequested,
)


_ANSWERS = (AclReported, BridgeReported)
"""Said again they mean something: that a controller was asked and holds the same still, a new connection."""


class Signs(Protocol):
    """Who listens to signs of life; what the broker had retained is none."""

    def beat(self, site: SiteId, device: DeviceName, beat_at: datetime) -> None:
        """A heartbeat, with the device's own time in it."""

    def spoke(self, site: SiteId, device: DeviceName, at: datetime) -> None:
        """Something else that a device has said, and when as far as can be proven."""

    def said(self, site: SiteId, device: DeviceName, about: str) -> None:
        """A topic that vehicles make speak has spoken; `about` is the topic below its site."""

    def lost(self, site: SiteId, device: DeviceName, at: datetime) -> None:
        """A site's bridge is gone, whose last sign of life was that it was connected until `at`."""

    def bridge(self, site: SiteId, *, online: bool) -> None:
        """A site's bridge is there, or gone."""

    def clock(self, site: SiteId, device: DeviceName, said_at: datetime) -> None:
        """A device has told its time in a message that is received as it is sent."""

    def clock_of(self, site: SiteId, device: DeviceName) -> ClockOffset | None:
        """By how much a device's clock is wrong, as far as measured."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A device gave a sign of life, or repeated what is known: nothing to store."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """An own echo, a foreign marker or a redelivery: acknowledged without effect. `by` says what told it."""

    by: str


Judgement = InboxRow | RejectedMessage | Heard | Dropped | Marker


class Doorman:
    """One per partition taken; knows nothing of connections but the broker session its packet ids belong to."""

    def __init__(  # noqa: PLR0913 - everything it judges by, each by name
        self,
        *,
        partition: int,
        root: str,
        sites: Sites,
        times: FactTimes,
        levels: Mapping[str, bytes],
        signs: Signs,
        annunciator: Annunciator,
        tools: Tools,
    ) -> None:
        self._partition = partition
        self._root = root
        self._sites = sites
        self.times = times
        self._levels: LRUCache[str, bytes] = LRUCache(LEVELS_KEPT)
        self._levels.update(levels)
        self._arriving: dict[str, tuple[UUID, bytes]] = {}
        self._signs = signs
        self._annunciator = annunciator
        self._tools = tools
        self.retained = Retained(partition, root, sites, annunciator, tools)
        self._packets: dict[int, tuple[int, bytes]] = {}
        self._broker_session: UUID | None = None
        self._published: OrderedDict[bytes, int] = OrderedDict()
        self._flood: Counter[SiteId] = Counter()
        self._flood_began: datetime | None = None
        self.session_is_new = False
        self.deliveries = 0

    def begin(self) -> None:
        """A new connection: what the broker has kept comes again."""
        self.retained.begin(self._levels)

    def resume(self, broker_session: UUID, deliveries: int, packets: Mapping[int, tuple[int, bytes]]) -> None:
        """Go on with a broker session that still stands, or begin a new one (no deliveries, no packets)."""
        self._broker_session = broker_session
        self._packets = dict(packets)
        self.deliveries = max([deliveries, *(number for number, _ in packets.values())])

    def published(self, topic: str, payload: bytes) -> None:
        """We have sent this ourselves: it will come back through our own subscription."""
        digest = _digest(topic, payload)
        self._published[digest] = self._published.pop(digest, 0) + 1
        if len(self._published) > ECHOES_KEPT:
            self._published.popitem(last=False)

    def stored(self, row: InboxRow) -> None:
        """A row is durable: its level is what repeats are compared with, its packet what redeliveries are."""
        if row.level is not None:
            self._levels[row.level.topic] = row.level.digest
        if row.delivery is not None:
            self._packets[row.delivery.packet_id] = (row.delivery.number, row.delivery.digest)
        self.settled(row)

    def settled(self, row: InboxRow) -> None:
        """A row is no longer on its way, whether it is durable or was not needed."""
        if row.level is not None and self._arriving.get(row.level.topic, (None,))[0] == row.id:
            del self._arriving[row.level.topic]

    def judge(self, delivery: Delivery, *, nonce: str, caught_up: bool) -> Judgement:
        """Tell what a delivery is. `caught_up`: a marker of this connection (`nonce`) has come back already."""
        key = self._count(delivery)
        topic = parse_topic(self._root, delivery.topic)
        if isinstance(topic, Rejection):
            return self._rejected(delivery, topic, None)
        if topic.row is MARKER:
            marker = parse_marker(delivery.payload)
            return marker if marker is not None and marker.nonce == nonce else Dropped("foreign marker")
        if delivery.retained:
            self.retained.brought(topic, delivery.topic)
        if topic.row.way is not Way.UP and (not caught_up or self._is_echo(topic, delivery)):
            return Dropped("echo")
        if delivery.qos < topic.row.arrival_qos and topic.row.way is Way.UP and not delivery.retained:
            self._drifted(topic, OTHER_QOS.written(told=delivery.qos, due=topic.row.arrival_qos))
        site = self._sites.row(topic.site)
        if site is None:
            return self._rejected(delivery, Rejection(Reason.UNKNOWN_SITE), None)
        if site.partition != self._partition:
            return Dropped("another partition")
        if caught_up and self._floods(topic):
            return self._rejected(delivery, Rejection(Reason.FLOOD), topic)
        if key is not None and self._redelivered(delivery, key):
            return Dropped("redelivery")
        reading = parse(topic, delivery.payload, retained=delivery.retained, secrets=self._sites.secrets(topic.site))
        if isinstance(reading, Rejection):
            return self._rejected(delivery, reading, topic)
        return self._read(delivery, topic, reading, key)

    def _read(self, delivery: Delivery, topic: Topic, reading: Reading, key: DeliveryKey | None) -> Judgement:
        now, kind = self._tools.clock.now(), topic.row.kind
        has_id = reading.event_id is not None or isinstance(reading.fact, Replayed)
        if has_id and reading.ts is not None and now - reading.ts > EVENT_IDS_KEPT:
            return self._rejected(delivery, Rejection(Reason.TOO_OLD), topic)
        self._tools.metrics.facts_received.labels(topic.row.family, kind or "").inc()
        level = None
        if kind is Kind.LEVEL:
            level = LevelMark(delivery.topic, hashlib.sha256(msgspec.json.encode(reading.fact)).digest()[:16])
        again = level is not None and self._unchanged(level)
        # A level said again, as bridges do whenever they return, tells the time it was first said at.
        if reading.ts is not None and not again and self._is_live(delivery, topic, reading):
            self._signs.clock(topic.site, topic.device, reading.ts)
        if kind is Kind.TELEMETRY:
            if isinstance(reading.fact, HeartbeatReported) and not delivery.retained:
                self.times.heard(topic.site)
                self._signs.beat(topic.site, topic.device, reading.fact.beat_at)
            return Heard()
        message = self._reported(topic, reading.fact)
        fact_at = self._fact_at(delivery, topic, reading)
        self._note(delivery, topic, reading.fact, fact_at)
        row_id = self._tools.ids.new()
        if level is not None:
            if again and self._of_another(topic, reading):
                message = msgspec.structs.replace(message, since_cut=True)
            if again and (delivery.retained or not (message.since_cut or isinstance(reading.fact, _ANSWERS))):
                return Heard()
            self._arriving[level.topic] = (row_id, level.digest)
        return InboxRow(
            id=row_id,
            scope=self._sites.scope(topic.site),
            recipient=recipient_of(topic, reading),
            kind=kind_of(message),
            body=encode(message),
            fact_at=fact_at,
            received_at=now,
            event_id=reading.event_id or _replay_id(delivery, reading.fact),
            delivery=key,
            level=level,
        )

    def _note(self, delivery: Delivery, topic: Topic, fact: Told, fact_at: datetime) -> None:
        match fact:
            case BridgeReported():
                self._signs.bridge(topic.site, online=fact.online)
                alive = fact.online
            case _:
                alive = not isinstance(fact, Replayed)
        if alive and not delivery.retained:
            self._signs.spoke(topic.site, topic.device, fact_at)
            if topic.row.tells_of_vehicles:
                self._signs.said(topic.site, topic.device, f"{topic.device}/{topic.row.channel}".removesuffix("/"))

    def _unchanged(self, level: LevelMark) -> bool:
        """Whether a level repeats the last one: that on its way to its row if there is one, else the last row's.

        Acknowledgements go out in order, so that a repeat of one on its way waits for it.
        """
        arriving = self._arriving.get(level.topic)
        return (arriving[1] if arriving else self._levels.get(level.topic)) == level.digest

    def _is_live(self, delivery: Delivery, topic: Topic, reading: Reading) -> bool:
        """Whether a message is received as it is sent, so that its own time tells how its sender's clock goes."""
        waited = self.times.is_returning(topic.site, self._published_s)
        return self._is_marked and not (waited or delivery.retained or isinstance(reading.fact, Replayed))

    def _reported(self, topic: Topic, fact: Told) -> Reported:
        """What the inside is told; the time of a replay put right by what its device's clock is wrong by."""
        told = reported(topic, fact)
        clock = self._signs.clock_of(topic.site, told.device) if told.replayed else None
        return told if clock is None else msgspec.structs.replace(told, unsure_s=clock.unsure_s)

    def _happened_at(self, site: SiteId, replayed: Replayed) -> datetime:
        clock = self._signs.clock_of(site, DeviceName(replayed.device))
        return replayed.happened_at - timedelta(seconds=clock.seconds if clock is not None else 0.0)

    def _fact_at(self, delivery: Delivery, topic: Topic, reading: Reading) -> datetime:
        site, published_s = topic.site, self._published_s
        # In a new session the bridge's own word may have gone to the old one: the retained one must do.
        if isinstance(reading.fact, BridgeReported) and (not delivery.retained or self.session_is_new):
            if reading.fact.online:
                self.times.bridge_returned(site, self._tools.clock.now(), published_s)
            else:
                self._signs.lost(site, topic.device, self.times.bridge_lost(site, published_s))
            return self.times.marker_at
        if isinstance(reading.fact, Replayed):
            return self._happened_at(site, reading.fact)
        until = None if self._is_marked else self._tools.clock.now()
        told_at = self._told_at(topic, reading)
        return self.times.of(site, published_s, told_at, retained=delivery.retained, until=until)

    @property
    def _published_s(self) -> float:
        return self.times.published(self._tools.clock.monotonic())

    @property
    def _is_marked(self) -> bool:
        """Whether our own markers tell when what is received now was published."""
        return self.times.is_marked(self._tools.machine.monotonic())

    def _of_another(self, topic: Topic, reading: Reading) -> bool:
        """Whether a sensor sees a vehicle, as before its site was cut off, that has come since: it is another one."""
        if not isinstance(reading.fact, PresenceReported) or not self._has_returned(topic.site):
            return False
        told_at = self._told_at(topic, reading)
        return told_at is not None and self.times.is_of_the_cut(topic.site, told_at)

    def _told_at(self, topic: Topic, reading: Reading) -> datetime | None:
        """When a message was sent by its own account, if its device's clock is known.

        Just after its site's return, or ours: it may have waited, there or in the broker.
        """
        if self._is_marked and not self._has_returned(topic.site):
            return None
        clock = self._signs.clock_of(topic.site, topic.device) if reading.ts is not None else None
        if reading.ts is None or clock is None or clock.unsure_s > SURE_S:
            return None
        return reading.ts - timedelta(seconds=clock.seconds)

    def _has_returned(self, site: SiteId) -> bool:
        return self.times.has_returned(site, self._published_s)

    def _count(self, delivery: Delivery) -> DeliveryKey | None:
        if delivery.qos == 0 or self._broker_session is None:
            return None
        self.deliveries += 1
        if not delivery.dup:
            # The packet id is free again: the broker has had our acknowledgement of what it last stood for.
            self._packets.pop(delivery.packet_id, None)
        digest = _digest(delivery.topic, delivery.payload)
        return DeliveryKey(self._broker_session, delivery.packet_id, self.deliveries, digest)

    def _redelivered(self, delivery: Delivery, key: DeliveryKey) -> bool:
        if not delivery.dup:
            return False
        latest = self._packets.get(key.packet_id)
        return latest is not None and latest[1] == key.digest and key.number - latest[0] <= LATEST_DELIVERIES

    def _is_echo(self, topic: Topic, delivery: Delivery) -> bool:
        digest = _digest(delivery.topic, delivery.payload)
        count = self._published.pop(digest, 0)
        if count > 1:
            self._published[digest] = count - 1
        if count > 0 or not is_own_echo(topic, delivery.payload):
            return count > 0
        if not delivery.retained:
            # Ours, and more often than we have sent it: a bridge brings it back.
            self._drifted(topic, LOOP.written())
        return True

    def _drifted(self, topic: Topic, what: str) -> None:
        if self._sites.row(topic.site) is not None:
            self._annunciator.drifted(topic.site, topic.row.topic, what)

    def _floods(self, topic: Topic) -> bool:
        """Count a site's messages by when they were published: what waited for us, or in the site, is no flood."""
        if Replayed in topic.row.carries or self.times.is_returning(topic.site, self._published_s):
            return False
        published = self.times.marker_at
        if self._flood_began is None or not timedelta() <= published - self._flood_began < FLOOD_WINDOW:
            self._flood.clear()
            self._flood_began = published
        if self._is_marked:
            self._flood[topic.site] += 1
        return self._flood[topic.site] > FLOOD_MESSAGES

    def _rejected(self, delivery: Delivery, why: Rejection, topic: Topic | None) -> RejectedMessage | Dropped:
        self._tools.metrics.rejected.labels(why.reason).inc()
        scope = self._scope(topic)
        if scope is None:
            return Dropped("nobody's")
        secrets = self._sites.secrets(topic.site) if topic else ()
        return RejectedMessage(
            id=self._tools.ids.new(),
            scope=scope,
            topic=redact(delivery.topic.encode(errors="replace")[:1024], secrets),
            payload=redact(delivery.payload, secrets, topic.row if topic else None),
            reason=why.reason,
            detail=why.detail,
            received_at=self._tools.clock.now(),
        )

    def _scope(self, topic: Topic | None) -> Scope | None:
        """Whom a rejected message belongs to: its site, else the organisation of the first site known, else nobody."""
        if topic is not None and self._sites.row(topic.site) is not None:
            return self._sites.scope(topic.site)
        any_row = self._sites.row(DEFAULT_SITE) or next(iter(self._sites), None)
        if any_row is None:
            return None
        return Scope(organisation_id=any_row.organisation_id, site_id=None, partition=self._partition)


def recipient_of(topic: Topic, reading: Reading) -> Address:
    """The actor that decides a fact: the site's, its controllers' sync, or the twin of the device that reported it."""
    told = reported(topic, reading.fact)
    if isinstance(told.fact, _FOR_THE_SITE):
        return Address("site", topic.site)
    if isinstance(told.fact, AclReported | AclWritten) and not told.replayed:
        return Address("controller", topic.site)
    return Address("device", f"{topic.site}/{told.device}")


def reported(topic: Topic, fact: Told) -> Reported:
    """What the inside is told: of a replay the fact itself, as its own device's."""
    if isinstance(fact, Replayed):
        return Reported(device=DeviceName(fact.device), fact=fact.fact, replayed=True)
    return Reported(device=topic.device, fact=fact)


def _replay_id(delivery: Delivery, fact: Told) -> str | None:
    """What a replayed message without an id is known by: a site that repeats it repeats its bytes."""
    return f"replay {_digest(delivery.topic, delivery.payload).hex()}" if isinstance(fact, Replayed) else None


def _digest(topic: str, payload: bytes) -> bytes:
    return hashlib.sha256(topic.encode(errors="surrogatepass") + b"\0" + payload).digest()[:16]
