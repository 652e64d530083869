"""What stays of the past would have cost under another tariff. Source: domain.md, "Tariffs": the shadow run.

Differences are added up as stays come, so that a million of them take no more room than one.
"""

import heapq
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from syspark.domain.tariff.bill import Credit
from syspark.domain.tariff.pricing import quote
from syspark.domain.tariff.shape import Tariff
from syspark.domain.units import Cents, SessionId

LARGEST_KEPT = 5


class PastStay(NamedTuple):
    """A visitor's stay that is over, with the tariff it was begun under."""

    session_id: SessionId
    tariff: Tariff
    entered_at: datetime
    at: datetime
    zone: str
    credits: tuple[Credit, ...] = ()


class Difference(NamedTuple):
    """By how much a stay would have cost otherwise; compared by the size of it."""

    size: int
    session_id: SessionId
    before: Cents
    after: Cents


@dataclass(slots=True)
class Shadow:
    """What `tariff` would have made of stays: how many became dearer or cheaper, the sums in cents, what differs most.

    `first` is when the earliest of them ended. A stay without free minutes, whose plate had had them, has none here.
    """

    tariff: Tariff
    stays: int = 0
    dearer: int = 0
    cheaper: int = 0
    before: int = 0
    after: int = 0
    first: datetime | None = None
    _largest: list[Difference] = field(default_factory=list)

    def add(self, stay: PastStay) -> None:
        """Price one more."""
        tariff = self.tariff if stay.tariff.free_minutes else replace(self.tariff, free_minutes=0)
        before, after = (
            quote(one, stay.entered_at, stay.at, zone=stay.zone, credits=stay.credits).total_cents
            for one in (stay.tariff, tariff)
        )
        self.stays += 1
        self.dearer += after > before
        self.cheaper += after < before
        self.before += before
        self.after += after
        self.first = stay.at if self.first is None else min(self.first, stay.at)
        if after != before:
            heapq.heappush(self._largest, Difference(abs(after - before), stay.session_id, before, after))
            if len(self._largest) > LARGEST_KEPT:
                heapq.heappop(self._largest)

    @property
    def largest(self) -> tuple[Difference, ...]:
        """The largest differences, the largest first."""
        return tuple(sorted(self._largest, reverse=True))
