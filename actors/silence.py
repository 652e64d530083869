"""Which devices have fallen silent, found without looking at those that have not.

Devices stand in lines, one a life, each in the order they were last heard: a heartbeat moves its device to the end of
a line, and whoever is due stands at the front. A heartbeat costs the same however many devices there are, and a look
costs what has changed. Times are seconds of the field's monotonic clock.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from syspark.domain.device import OFFLINE_AFTER, STALE_AFTER
from syspark.domain.messages import Life
from syspark.domain.units import SiteId

BRIDGE_TOLD_AFTER = 5
"""Missed heartbeats within which a bridge that was cut is told of by the broker: its keep-alive is 5 s, times 1.5."""

CHANGES_KEPT = 6
UNSTEADY_WITHIN_S = 600.0
"""Over 5 changes in this time are unsteady, until there is none for as long. Source: domain.md, "Devices, health"."""


@dataclass(slots=True, eq=False)
class Watched:
    """A device that beats. `told` is what its twin was told last, `held` what it was last seen to hold.

    `telling`: a message to it is on its way to its row.
    """

    site: SiteId
    heard_s: float
    heard_at: datetime | None = None
    life: Life = Life.ONLINE
    told: tuple[Life, bool] | None = None
    held: tuple[Life, bool] | None = None
    telling: bool = False
    unsteady: bool = False
    line: "OrderedDict[str, Watched] | None" = None
    changes: deque[float] = field(default_factory=lambda: deque(maxlen=CHANGES_KEPT))

    @property
    def wanted(self) -> tuple[Life, bool]:
        """What its twin should hold: its life and whether that is unsteady."""
        return (Life.STALE, True) if self.unsteady else (self.life, False)


class Silence:
    """The devices of one partition that beat; `changed` are those whose twins may have to be told."""

    def __init__(self, beat_s: float) -> None:
        """`beat_s`: how often they beat."""
        self._beat_s = beat_s
        self._devices: dict[str, Watched] = {}
        self._of_site: dict[SiteId, dict[str, Watched]] = {}
        self._site_heard: dict[SiteId, float] = {}
        self._lines: dict[Life, OrderedDict[str, Watched]] = {life: OrderedDict() for life in Life}
        self._doubted: OrderedDict[str, Watched] = OrderedDict()
        self._unsteady: OrderedDict[str, Watched] = OrderedDict()
        self._online: dict[SiteId, bool] = {}
        self.changed: dict[str, Watched] = {}

    @property
    def connected(self) -> Sequence[SiteId]:
        """The sites whose bridges are connected, as far as known."""
        return [site for site, online in self._online.items() if online]

    def get(self, name: str) -> Watched | None:
        """A device that beats, None for any other."""
        return self._devices.get(name)

    def watch(self, name: str, site: SiteId, now_s: float) -> Watched:
        """Watch a device from now on."""
        watched = Watched(site, now_s)
        self._devices[name] = self._of_site.setdefault(site, {})[name] = watched
        self._stand(name, watched, self._lines[watched.life])
        return watched

    def resume(self, name: str, site: SiteId, now_s: float, told: tuple[Life, bool]) -> Watched:
        """Watch a device whose twin holds a life; its silence counts from now, since nobody listened before."""
        watched = self.watch(name, site, now_s)
        watched.life, watched.unsteady = told
        watched.told = watched.held = told
        self._stand(name, watched, self._lines[watched.life])
        if watched.unsteady:
            watched.changes.append(now_s)
            self._unsteady[name] = watched
        return watched

    def heard(self, name: str, now_s: float, now: datetime) -> None:
        """A device that is watched gave a sign of life."""
        watched = self._devices[name]
        watched.heard_s, watched.heard_at = now_s, now
        self._site_heard[watched.site] = now_s
        if watched.life is not Life.ONLINE:
            self._change(name, watched, Life.ONLINE, now_s)
        else:
            self._stand(name, watched, self._lines[Life.ONLINE])

    def site_heard(self, site: SiteId, now_s: float) -> None:
        """Something else of a site was heard."""
        if site in self._of_site:
            self._site_heard[site] = now_s

    def bridge(self, site: SiteId, now_s: float, *, online: bool) -> None:
        """A site was cut off, of which its devices' silence says no more; or is back, and their silence counts anew."""
        self._online[site] = online
        if not online:
            return
        for name, watched in self._of_site.get(site, {}).items():
            watched.heard_s = now_s
            self._stand(name, watched, self._lines[watched.life])

    def count_anew(self, now_s: float) -> None:
        """Nothing could be heard until now: everybody's silence counts from here."""
        for line in (*self._lines.values(), self._doubted):
            for watched in line.values():
                watched.heard_s = now_s

    def look(self, now_s: float) -> None:
        """Find who has fallen silent, and who has been steady for long enough."""
        beating, stale = self._lines[Life.ONLINE], self._lines[Life.STALE]
        for name, watched in self._due(beating, now_s - STALE_AFTER * self._beat_s):
            if self._may_be_cut(watched):
                self._stand(name, watched, self._doubted)
            else:
                self._change(name, watched, Life.STALE, now_s)
        for name, watched in self._due(self._doubted, now_s - BRIDGE_TOLD_AFTER * self._beat_s):
            self._change(name, watched, Life.STALE, now_s)
        for name, watched in self._due(stale, now_s - OFFLINE_AFTER * self._beat_s):
            self._change(name, watched, Life.OFFLINE, now_s)
        while self._unsteady:
            name, watched = next(iter(self._unsteady.items()))
            if now_s - watched.changes[-1] < UNSTEADY_WITHIN_S:
                break
            del self._unsteady[name]
            watched.unsteady = False
            watched.changes.clear()
            self.changed[name] = watched

    def _due(self, line: "OrderedDict[str, Watched]", before_s: float) -> Iterator[tuple[str, Watched]]:
        """Those at the front that were last heard before; each has left the line when the next is asked for.

        Behind a bridge that is cut a silence is one fact of its site: such a device stands in no line till it is back.
        """
        while line:
            name, watched = next(iter(line.items()))
            if watched.heard_s > before_s:
                return
            if self._online.get(watched.site) is False:
                self._leave(name, watched)
            else:
                yield name, watched

    def _may_be_cut(self, watched: Watched) -> bool:
        """Whether nothing else of its site was heard since, so that its bridge may be what is gone: soon to be told."""
        if watched.site not in self._online or len(self._of_site[watched.site]) < 2:
            return False
        return self._site_heard.get(watched.site, watched.heard_s) <= watched.heard_s + self._beat_s

    def _change(self, name: str, watched: Watched, life: Life, now_s: float) -> None:
        if Life.ONLINE in {watched.life, life}:
            watched.changes.append(now_s)
        watched.life = life
        if len(watched.changes) == CHANGES_KEPT and now_s - watched.changes[0] < UNSTEADY_WITHIN_S:
            watched.unsteady = True
        if watched.unsteady:
            self._unsteady[name] = watched
            self._unsteady.move_to_end(name)
        self._stand(name, watched, self._lines[life])
        self.changed[name] = watched

    def _stand(self, name: str, watched: Watched, line: "OrderedDict[str, Watched]") -> None:
        if watched.line is not line:
            self._leave(name, watched)
            watched.line = line
        line[name] = watched
        line.move_to_end(name)

    @staticmethod
    def _leave(name: str, watched: Watched) -> None:
        if watched.line is not None:
            del watched.line[name]
            watched.line = None
