"""What every durable actor of a worker lives with."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from actors.annunciator import Annunciator
from actors.census import Census
from actors.journal import Journal
from actors.ownership import Ownership
from actors.router import Router
from actors.runtime import Key, Service
from actors.sites import Sites
from actors.tools import Tools
from syspark.clock import Clock
from syspark.ports import Stores
from syspark.rows import Fence, OutboxRow


class Idleness:
    """Since when each actor has had nothing to do, the longest idle first."""

    def __init__(self, machine: Clock) -> None:
        self._machine = machine
        self._since: OrderedDict[Key, float] = OrderedDict()

    def worked(self, key: Key) -> None:
        """An actor has just settled a row."""
        self._since[key] = self._machine.monotonic()
        self._since.move_to_end(key)

    def idle_for(self, seconds: float) -> list[Key]:
        """Actors without work for that long; they are no longer watched until they work again."""
        before = self._machine.monotonic() - seconds
        idle = []
        while self._since:
            key, since = next(iter(self._since.items()))
            if since > before:
                break
            del self._since[key]
            idle.append(key)
        return idle


@dataclass(frozen=True, slots=True)
class House:
    """The worker's shared services, as the actors see them.

    `partitions` is how many the deployment has; `publish` takes commands that have just been committed; `fenced` hears
    that a right to write is lost. `notifies`: people are told of alarms, by whichever worker holds partition 0.
    """

    partitions: int
    stores: Stores
    sites: Sites
    census: Census
    journal: Service[Journal]
    router: Router
    annunciator: Annunciator
    ownership: Ownership
    publish: Callable[[Sequence[OutboxRow]], None]
    fenced: Callable[[Fence], None]
    tools: Tools
    idleness: Idleness = field(repr=False)
    notifies: bool = False
