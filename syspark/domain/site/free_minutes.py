"""When a holder's free minutes were last counted. Source: domain.md, "Free minutes count once per plate per 4 h"."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

from syspark.domain.access import Plan
from syspark.domain.session import Session
from syspark.domain.units import HolderKey

REMEMBERED_S = 86_400
"""Longer than any site makes a plate wait for free minutes."""


class FreeMinutes:
    """Of visitors that began a stay lately, whether it lasts or not; older ones are forgotten with the next."""

    def __init__(self) -> None:
        self._since: OrderedDict[HolderKey, datetime] = OrderedDict()

    def note(self, session: Session, keys: Iterable[HolderKey]) -> None:
        """A stay has begun: its free minutes count, unless its plan is free or they were counted just before."""
        if session.plan is not Plan.VISITOR or session.tariff.free_minutes == 0 or session.opened_at is None:
            return
        for key in keys:
            self._since[key] = session.opened_at
            self._since.move_to_end(key)
        while (session.opened_at - next(iter(self._since.values()))).total_seconds() > REMEMBERED_S:
            self._since.popitem(last=False)

    def since(self, key: HolderKey) -> datetime | None:
        """When the latest stay began in which this holder's free minutes were counted, as far as remembered."""
        return self._since.get(key)
