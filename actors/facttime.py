"""When an untimed fact happened, as far as can be proven. Source: architecture.md, "Old facts".

V1 facts carry no time and look live after an outage. Our own marker, sent every second through the broker, bounds
their age: a fact is as old as the last marker received before it. A site's bridge hides a second queue, of which the
marker knows nothing: how long that one takes to empty is told by when its messages were published, not by when they
come through a queue that many sites fill.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from syspark.domain.units import SiteId

BRIDGE_SILENCE_S = 8.0
"""How long a bridge may have been cut when the broker notices: 1.5 times its keep-alive of 5 s, rounded up."""
SHORT_GAP_S = 10.0
"""A shorter gap leaves nothing behind that is too old to act on."""
MARKED_WITHIN_S = 2.0
BURST_PAUSE_S = 1.0
BURST, BURST_LASTS = 3, 2
"""How many facts of a site between two markers are a burst, however far apart they come; for how many more it lasts."""
RETURN_WINDOW_S = 10.0
MARKED_EVERY_S = (1.0, 5.0)
"""How far apart markers are at least, and at most if they come as they should."""


@dataclass(slots=True)
class _Bridge:
    """`cut_at`: since when the site may have been cut off; the windows are on the clock of `published`.

    `is_gone`: the broker has told of its end, and it has not said since that it is back. `since_marker`: how many facts
    it brought that may have waited since our marker of this number, `burst_at`: the latest after which they were many.
    """

    heard_at: datetime | None = None
    cut_at: datetime | None = None
    told_until: float = 0.0
    window_ends: float = 0.0
    last_old: float = 0.0
    is_gone: bool = False
    marker: int = 0
    since_marker: int = 0
    burst_at: int = -BURST_LASTS - 1


class FactTimes:
    """The clock of a partition's untimed facts."""

    def __init__(self, stored_marker_at: datetime | None, now: datetime, now_s: float) -> None:
        """`stored_marker_at`: the last marker of the previous owner; without one nothing is older than now. `now_s` is
        on the field's monotonic clock.
        """
        self.marker_at = stored_marker_at or now
        self._sent_s = self._received_s = now_s
        self._markers = 0
        self._apart_s = 0.0  # until two have come back
        self._marked_at = float("-inf")
        self._bridges: dict[SiteId, _Bridge] = {}

    def heard_before(self, site: SiteId, at: datetime) -> None:
        """What the previous owner stored: the site was last heard at `at`, or somewhat later."""
        bridge = self._bridges.setdefault(site, _Bridge())
        bridge.heard_at = max(at, bridge.heard_at or at)

    def connected_before(self, site: SiteId) -> None:
        """The previous owner knew the site's bridge connected: up to its last marker the broker told of no end."""
        self.heard_before(site, self.marker_at - timedelta(seconds=BRIDGE_SILENCE_S))

    def cut_before(self, site: SiteId, noticed_at: datetime, back_at: datetime | None, published_s: float) -> None:
        """The previous owner was told at `noticed_at` that the site's bridge was gone, and of its return at `back_at`.

        What the site has kept may come to us only.
        """
        bridge = self._bridges.setdefault(site, _Bridge())
        if back_at is None:
            self.heard_before(site, noticed_at - timedelta(seconds=BRIDGE_SILENCE_S))
            bridge.cut_at = bridge.heard_at
            bridge.is_gone = True
        elif (self.marker_at - back_at).total_seconds() < RETURN_WINDOW_S:
            bridge.cut_at = noticed_at - timedelta(seconds=BRIDGE_SILENCE_S)
            self.bridge_returned(site, back_at, published_s)

    def published(self, now_s: float) -> float:
        """When what is received now was published, on the field's monotonic clock, as far as our markers tell.

        Where nothing waits in the broker, now; else between the last marker and the next. Before the first one has come
        back: what comes until then was there already.
        """
        return self._sent_s + min(now_s - self._received_s, self._apart_s)

    def marked(self, sent_at: datetime, sent_s: float, received_s: float, machine_s: float) -> None:
        """One of our own markers came back: what follows was published after it. It was sent and is received at these
        times of the field's monotonic clock, the latter being `machine_s` of the machine's.

        They come in the order they were sent. An earlier time is a clock that was set back: to stay at the later one
        would make everything look young until the clock has come there again.
        """
        self.marker_at = sent_at
        least_s, most_s = MARKED_EVERY_S
        self._apart_s = min(max(sent_s - self._sent_s, least_s), most_s)
        self._sent_s, self._received_s = max(sent_s, self._sent_s), received_s
        self._marked_at = machine_s
        self._markers += 1

    def is_marked(self, machine_s: float) -> bool:
        """Whether markers come back, so that `marker_at` moves on as what is received was published."""
        return machine_s - self._marked_at < MARKED_WITHIN_S

    def bridge_lost(self, site: SiteId, published_s: float) -> datetime:
        """The broker has published the bridge's last will; since when the site may have been cut off."""
        bridge = self._bridges.setdefault(site, _Bridge())
        if not bridge.is_gone:
            self._forget_over(site, published_s)
        noticed = self.marker_at - timedelta(seconds=BRIDGE_SILENCE_S)
        since = max(noticed, bridge.heard_at) if bridge.heard_at else noticed
        bridge.cut_at = min(bridge.cut_at or since, since)
        bridge.is_gone = True
        return bridge.cut_at

    def bridge_returned(self, site: SiteId, now: datetime, published_s: float) -> None:
        """The bridge has a new connection; what it publishes next may have waited in the site.

        The gap counts to `now`, not to the last marker: after an outage of ours that one is older than the gap's end.
        """
        bridge = self._bridges.setdefault(site, _Bridge())
        if not bridge.is_gone:
            self._forget_over(site, published_s)
        cut_at = bridge.cut_at or bridge.heard_at
        bridge.is_gone = False
        bridge.told_until = published_s + RETURN_WINDOW_S
        if cut_at is None or (now - cut_at).total_seconds() < SHORT_GAP_S:
            bridge.cut_at = None
            bridge.window_ends = 0.0
            return
        bridge.cut_at = cut_at
        bridge.window_ends = published_s + RETURN_WINDOW_S
        bridge.last_old = published_s

    def heard(self, site: SiteId) -> None:
        """The site's bridge has brought something: it is not cut off now."""
        self._bridges.setdefault(site, _Bridge()).heard_at = self.marker_at

    def is_returning(self, site: SiteId, published_s: float) -> bool:
        """Whether what the site's bridge brings now may have waited in the site."""
        bridge = self._bridges.get(site)
        if bridge is None or bridge.cut_at is None or not bridge.window_ends:
            return False
        if published_s < bridge.window_ends or published_s - bridge.last_old < BURST_PAUSE_S:
            return True
        return self._markers - bridge.burst_at <= BURST_LASTS

    def _count(self, bridge: _Bridge) -> None:
        if bridge.marker != self._markers:
            bridge.marker, bridge.since_marker = self._markers, 0
        bridge.since_marker += 1
        if bridge.since_marker >= BURST:
            bridge.burst_at = self._markers

    def has_returned(self, site: SiteId, published_s: float) -> bool:
        """Whether the site's bridge came back lately, after however short a cut."""
        bridge = self._bridges.get(site)
        if bridge is None:
            return False
        return bridge.is_gone or published_s < bridge.told_until or self.is_returning(site, published_s)

    def _forget_over(self, site: SiteId, published_s: float) -> None:
        """Once nothing comes any more that may have waited, a cut is over: the next begins later."""
        bridge = self._bridges[site]
        if bridge.window_ends and not self.is_returning(site, published_s):
            bridge.cut_at = None
            bridge.window_ends = 0.0

    def is_of_the_cut(self, site: SiteId, told_at: datetime) -> bool:
        """Whether something happened after the site may have been cut off, by a message after its return."""
        return told_at > self._cut_at(site)

    def _cut_at(self, site: SiteId) -> datetime:
        return self._bridges[site].cut_at or self.marker_at - timedelta(seconds=SHORT_GAP_S)

    def of(
        self,
        site: SiteId,
        published_s: float,
        told_at: datetime | None = None,
        *,
        retained: bool = False,
        until: datetime | None = None,
    ) -> datetime:
        """The time of a fact that a site's topic brings now. Signs of life, which no bridge queues, are only `heard`:
        those of several devices would look like a burst without end.

        `told_at` is the time a message tells of itself, by a clock that is known: it counts after a return, where
        nothing else tells what had waited in the site from what is said now, and while no marker comes back, where
        nothing else tells how long it has waited in the broker. `until`: it is no younger; None: than the last marker.
        What was `retained` is the broker's word, not the bridge's.
        """
        bridge = self._bridges.setdefault(site, _Bridge())
        if not retained:
            self.heard(site)
        if bridge.is_gone and not retained:
            # A new connection may bring what the one before left unanswered, and only then say that it is back.
            self.bridge_returned(site, self.marker_at, published_s)
        if told_at is not None:
            since = self._cut_at(site) if self.has_returned(site, published_s) else self.marker_at
            return min(max(told_at, since), until or self.marker_at)
        if self.is_returning(site, published_s) and bridge.cut_at is not None:
            bridge.last_old = published_s
            self._count(bridge)
            return min(self.marker_at, bridge.cut_at)
        self._forget_over(site, published_s)
        return self.marker_at
