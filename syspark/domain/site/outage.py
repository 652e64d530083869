"""What of a stay is never billed: evacuations, and the time in which nobody could pay. Source: domain.md, "Exit and
payment": outage time is never billed, and the breakdown says so.
"""

from collections.abc import Iterator
from datetime import datetime

from syspark.domain.site.emergency import free_spans
from syspark.domain.site.state import SiteSetup, SiteState
from syspark.domain.tariff import Credit, CreditFor


def unbilled(state: SiteState, setup: SiteSetup, since: datetime | None, until: datetime) -> tuple[Credit, ...]:
    """What of the time between two moments is never billed and why, in order; no second is credited twice."""
    if since is None:
        return ()
    found, counted_to = [], since
    for begins, ends, why in sorted(_spans(state, setup, until)):
        begin, over = max(counted_to, begins), min(until, ends)
        if begin < over:
            found.append(Credit(why=why, seconds=int((over - begin).total_seconds()), since=begin))
            counted_to = over
    return tuple(found)


def _spans(state: SiteState, setup: SiteSetup, now: datetime) -> Iterator[tuple[datetime, datetime, CreditFor]]:
    for since, until in free_spans(state, setup, now):
        yield since, until, CreditFor.EVACUATION
    for one in state.outages:
        yield one.since, one.until, CreditFor.OUTAGE
    if state.payments_down_since is not None:
        yield state.payments_down_since, now, CreditFor.OUTAGE
