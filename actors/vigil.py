"""Notices when devices that send heartbeats fall silent, and tells their twins by rows of their mailboxes.

Heartbeats themselves make no rows. Nobody is silent for as long as we could not have heard them: after a start, while
the broker is away, behind a site's bridge that is cut. Source: domain.md, "Devices, health"; contract.md, facts about
retained heartbeats.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import pykka

from actors.census import Census
from actors.clocks import Clocks
from actors.intake import Arrival, Intake
from actors.rhythms import OneTopic, Rhythms
from actors.router import Router
from actors.runtime import MailboxFull, Service
from actors.silence import Silence, Watched
from actors.sites import Sites
from actors.telemetry import TelemetryFlusher
from actors.tools import Tools
from syspark.domain.clock_offset import ClockOffset
from syspark.domain.device import BEAT_S, STALE_AFTER, Twin
from syspark.domain.facts import BridgeReported
from syspark.domain.messages import ClockMeasured, Life, LifeChanged, RhythmMeasured
from syspark.domain.units import DeviceName, SiteId
from syspark.mailbox import row_of
from syspark.ports import Inserted
from syspark.rows import Address, Fence, InboxRow, Landed, Snapshot

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
"""Of the field's clock."""
SHORTEST_LOOK_S = 0.05
SHORTEST_BEAT_S = 0.3
"""Of the machine's clock: a field that hurries still beats through a broker and a loop that do not."""
LATE_S = 1.0
"""Of the machine's clock: whoever looks so late has not listened meanwhile."""
TOLD_AT_ONCE = 200
"""A look tells so many twins at most; the others are told by the next ones, of what is true by then."""

OFF_BY = 5
"""A first heartbeat is believed when its time is within so many beats of ours."""


class Ear(Protocol):
    """A partition's link, as far as it tells whether a silence means anything."""

    @property
    def hearing(self) -> bool:
        """Whether what a site publishes now is received now."""


class Vigil:
    """One per partition, for as long as its lease is held. Remembers only devices that are set up."""

    def __init__(
        self,
        fence: Fence,
        *,
        intake: Service[Intake],
        router: Router,
        telemetry: TelemetryFlusher,
        sites: Sites,
        census: Census,
        tools: Tools,
    ) -> None:
        self._fence = fence
        self._intake = intake
        self._router = router
        self._telemetry = telemetry
        self._sites = sites
        self._census = census
        self._tools = tools
        self._beat_s = max(BEAT_S, SHORTEST_BEAT_S * tools.clock.speed)
        self._silence = Silence(self._beat_s)
        self._beats: dict[str, datetime] = {}
        self._deaf = True
        self._clocks = Clocks()
        self._rhythms = Rhythms()
        self.bridges: dict[SiteId, Twin] = {}
        """Those whose state was ever told, as they were taken up."""

    def take_up(self, twins: Sequence[Snapshot], seen: Mapping[tuple[SiteId, str], datetime]) -> None:
        """Go on from what the twins hold; their devices' silence counts from when we begin to listen."""
        now_s = self._tools.clock.monotonic()
        for snapshot in twins:
            name = snapshot.actor.id
            site, device = _parts(name)
            try:
                twin = _twins.decode(snapshot.body)
            except msgspec.DecodeError:
                logger.warning("the twin of %s is not understood; it counts as never heard", name)
                continue
            self._census.note(name, twin)
            if twin.clock_s is not None:
                self._clocks.resume(name, ClockOffset(twin.clock_s, twin.clock_unsure_s))
            for about, rhythm in twin.rhythms.items():
                self._rhythms.resume(OneTopic(site, device, about), rhythm)
            if isinstance(twin.reported, BridgeReported):
                self.bridges[site] = twin
                self._silence.bridge(site, now_s, online=twin.reported.online)
            if twin.life is not None and self._is_set_up(site, device):
                watched = self._silence.resume(name, site, now_s, (twin.life, twin.unsteady))
                watched.heard_at = seen.get((site, device))

    def beat(self, site: SiteId, device: DeviceName, beat_at: datetime) -> None:
        """A heartbeat was received, with the device's own time in it."""
        if not self._is_set_up(site, device):
            return
        name, now = f"{site}/{device}", self._tools.clock.now()
        if not self._is_live(name, beat_at, now):
            return
        now_s = self._tools.clock.monotonic()
        if self._silence.get(name) is None:
            # Its twin is to know that it beats: after our next start its silence means something.
            self._silence.changed[name] = self._silence.watch(name, site, now_s)
        self._silence.heard(name, now_s, now)
        self._telemetry.heard(site, device, now)

    def spoke(self, site: SiteId, device: DeviceName, at: datetime) -> None:
        """A device has said something else at `at`, as far as can be proven."""
        if not self._is_set_up(site, device):
            return
        self._telemetry.heard(site, device, at)
        now, now_s = self._tools.clock.now(), self._tools.clock.monotonic()
        if (now - at).total_seconds() >= STALE_AFTER * self._beat_s:
            return
        name = f"{site}/{device}"
        if self._silence.get(name) is None:
            self._silence.site_heard(site, now_s)
        else:
            self._silence.heard(name, now_s, now)

    def said(self, site: SiteId, device: DeviceName, about: str) -> None:
        """A topic that vehicles make speak has spoken."""
        if self._is_set_up(site, device):
            self._rhythms.said(OneTopic(site, device, about))

    def lost(self, site: SiteId, device: DeviceName, at: datetime) -> None:
        """A site's bridge is gone, whose last sign of life was that it was connected until `at`."""
        if self._is_set_up(site, device):
            self._telemetry.heard(site, device, at, is_last=True)

    @property
    def connected(self) -> Sequence[SiteId]:
        """The sites whose bridges are connected, as far as known."""
        return self._silence.connected

    def bridge(self, site: SiteId, *, online: bool) -> None:
        """A site's bridge has a new connection, or the broker has told of its end."""
        self._silence.bridge(site, self._tools.clock.monotonic(), online=online)

    def clock(self, site: SiteId, device: DeviceName, said_at: datetime) -> None:
        """A device has told its time in a message that is received as it is sent."""
        if self._is_set_up(site, device):
            self._clocks.said(f"{site}/{device}", said_at, self._tools.clock.now())

    def clock_of(self, site: SiteId, device: DeviceName) -> ClockOffset | None:
        """By how much a device's clock is wrong, as far as measured."""
        return self._clocks.of(site, device)

    def twin_holds(self, name: str, twin: Twin) -> None:
        """A twin holds this from now on: perhaps by a message that was left behind before our start."""
        watched = self._silence.get(name)
        if watched is None or twin.life is None or watched.held == (twin.life, twin.unsteady):
            return
        watched.told = watched.held = (twin.life, twin.unsteady)
        self._silence.changed[name] = watched

    async def run(self, ear: Ear) -> None:
        """Look until cancelled."""
        every_s = max(SHORTEST_LOOK_S, self._tools.machine_seconds(LOOK_EVERY_S))
        looked_at = self._tools.machine.monotonic()
        while True:
            await self._tools.timers.sleep(every_s)
            before, looked_at = looked_at, self._tools.machine.monotonic()
            self.look(hearing=ear.hearing and looked_at - before < every_s + LATE_S)

    def look(self, *, hearing: bool) -> None:
        """Look once. `hearing`: since the last look a sign of life would have been heard."""
        now_s = self._tools.clock.monotonic()
        if not hearing:
            self._deaf = True
        elif self._deaf:
            self._deaf = False
            self._silence.count_anew(now_s)
        else:
            self._silence.look(now_s)
        self._tell()
        self._tell_clocks()
        self._tell_rhythms()

    def _is_live(self, name: str, beat_at: datetime, now: datetime) -> bool:
        """Whether a heartbeat was sent just now: through a bridge a retained one looks like any other, days later.

        A device's clock may be wrong, but it moves on: a beat is live when it is later than the one before. Of a first
        one only the time itself can tell.
        """
        before = self._beats.get(name)
        self._beats[name] = beat_at
        if before is None:
            return abs(now - beat_at) < timedelta(seconds=OFF_BY * self._beat_s)
        return beat_at > before

    def _is_set_up(self, site: SiteId, device: str) -> bool:
        return self._sites.row(site) is not None and device in self._sites.setup(site).devices

    def _tell(self) -> None:
        changed = self._silence.changed
        for name in list(changed)[:TOLD_AT_ONCE]:
            watched = changed.pop(name)
            if watched.telling or watched.wanted == watched.told:
                continue
            wanted, row = watched.wanted, self._row(name, watched)
            try:
                self._intake.tell(Arrival(row, self._fence, self._stored(name, watched, wanted)))
            except (pykka.ActorDeadError, MailboxFull):
                changed[name] = watched
                return
            watched.telling = True

    def _tell_clocks(self) -> None:
        for name, offset in self._clocks.moved():
            site, device = _parts(name)
            if not self._is_set_up(site, device):
                continue
            message = ClockMeasured(device=device, offset_s=offset.seconds, unsure_s=offset.unsure_s)
            row = self._told(name, site, message)
            try:
                self._intake.tell(Arrival(row, self._fence, self._dispatched))
            except (pykka.ActorDeadError, MailboxFull):
                self._clocks.not_told(name, offset)
                return

    def _tell_rhythms(self) -> None:
        for topic, rhythm in self._rhythms.moved():
            message = RhythmMeasured(device=topic.device, topic=topic.about, rhythm=rhythm)
            row = self._told(f"{topic.site}/{topic.device}", topic.site, message)
            try:
                self._intake.tell(Arrival(row, self._fence, self._dispatched))
            except (pykka.ActorDeadError, MailboxFull):
                self._rhythms.not_told(topic)
                return

    def _dispatched(self, inserted: Inserted | None) -> None:
        if inserted is not None and inserted.landed is Landed.COMMITTED:
            self._router.dispatch([inserted.row])

    def _row(self, name: str, watched: Watched) -> InboxRow:
        life, unsteady = watched.wanted
        device = _parts(name)[1]
        message = LifeChanged(device=device, life=life, heard_at=watched.heard_at, unsteady=unsteady)
        return self._told(name, watched.site, message)

    def _told(self, name: str, site: SiteId, message: LifeChanged | ClockMeasured | RhythmMeasured) -> InboxRow:
        tools = self._tools
        return row_of(tools.ids.new(), self._sites.scope(site), Address("device", name), message, tools.clock.now())

    def _stored(self, name: str, watched: Watched, told: tuple[Life, bool]) -> Callable[[Inserted | None], None]:
        def stored(inserted: Inserted | None) -> None:
            watched.telling = False
            watched.told = told
            self._silence.changed[name] = watched
            self._dispatched(inserted)

        return stored


def _parts(name: str) -> tuple[SiteId, DeviceName]:
    site, _, device = name.partition("/")
    return SiteId(site), DeviceName(device)


_twins: msgspec.json.Decoder[Twin] = msgspec.json.Decoder(Twin)
