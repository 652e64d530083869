"""What the twins of this worker hold of their devices' health: for the metrics, and for who keeps vigil."""

from collections.abc import Callable
from typing import Protocol

from syspark.domain.device import Health, Twin
from syspark.domain.units import SiteId
from syspark.metrics import Metrics


class Follower(Protocol):
    """Whoever has to know what a twin holds."""

    def twin_holds(self, name: str, twin: Twin) -> None:
        """A twin holds this from now on; `name` is `<site>/<device>`."""


class Census:
    """One per worker. It has an entry for each device ever heard, whether its actor is in memory or not."""

    def __init__(self, partition_of: Callable[[SiteId], int | None], metrics: Metrics) -> None:
        """`partition_of` a site, None for one that is not ours."""
        self._partition_of = partition_of
        self._metrics = metrics
        self._health: dict[int, dict[str, Health]] = {}
        self._followers: dict[int, Follower] = {}

    def open(self, partition: int, follower: Follower) -> None:
        """A partition is ours; `follower` hears of its twins."""
        self._health[partition] = {}
        self._followers[partition] = follower

    def note(self, name: str, twin: Twin) -> None:
        """A twin holds this from now on."""
        partition = self._partition_of(SiteId(name.partition("/")[0]))
        counted = self._health.get(partition) if partition is not None else None
        if partition is None or counted is None:
            return
        before, after = counted.get(name), twin.health
        if after is not before:
            self._count(before, -1)
            self._count(after, 1)
            if after is None:
                del counted[name]
            else:
                counted[name] = after
        self._followers[partition].twin_holds(name, twin)

    def forget(self, partition: int) -> None:
        """A partition is no longer ours."""
        for health in self._health.pop(partition, {}).values():
            self._count(health, -1)
        self._followers.pop(partition, None)

    def _count(self, health: Health | None, change: int) -> None:
        if health is not None:
            self._metrics.twins.labels(health).inc(change)
