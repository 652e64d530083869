"""When a holder's free minutes were last counted. Source: domain.md, "Free minutes count once per plate per 4 h"."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from syspark.domain.access import Plan
from syspark.domain.policy import SitePolicy
from syspark.domain.session import Session
from syspark.domain.tariff import Tariff
from syspark.domain.units import HolderKey

REMEMBERED_S = 86_400
"""Longer than any site makes a plate wait for free minutes."""


def pinned(tariff: Tariff, free_since: datetime | None, at: datetime, policy: SitePolicy) -> Tariff:
    """The tariff a stay begins under at `at`: without free minutes where the plate had them lately, at `free_since`."""
    counted = free_since is not None and (at - free_since).total_seconds() < policy.free_again_s
    return replace(tariff, free_minutes=0) if counted else tariff


class FreeMinutes:
    """Of visitors that began a stay lately, whether it lasts or not; older ones are forgotten with the next."""

    def __init__(self) -> None:
        self._since: OrderedDict[HolderKey, datetime] = OrderedDict()

    def note(self, session: Session, keys: Iterable[HolderKey]) -> None:
        """A stay has begun: its free minutes count, unless its plan is free or they were counted just before."""
        if session.plan is not Plan.VISITOR or session.tariff.free_minutes == 0 or session.since is None:
            return
        for key in keys:
            self._since[key] = session.since
            self._since.move_to_end(key)
        while (session.since - next(iter(self._since.values()))).total_seconds() > REMEMBERED_S:
            self._since.popitem(last=False)

    def since(self, key: HolderKey) -> datetime | None:
        """When the latest stay began in which this holder's free minutes were counted, as far as remembered."""
        return self._since.get(key)
