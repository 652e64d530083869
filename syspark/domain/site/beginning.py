"""The session that a visit begins with, whoever tells of it. Source: domain.md, "Tariffs": pinned at entry."""

from datetime import datetime

from syspark.domain.access import Grant
from syspark.domain.decision import Moment
from syspark.domain.review import Review
from syspark.domain.session import Session
from syspark.domain.site.state import SiteSetup
from syspark.domain.units import HolderKey


def session_begun(
    key: HolderKey,
    grant: Grant,
    opened_at: datetime | None,
    setup: SiteSetup,
    at: Moment,
    review: tuple[Review, ...] = (),
) -> Session:
    """A session begun for a holder under a right; `opened_at` None: nobody saw it enter, and no time is invented."""
    tariff, version = setup.tariff_at(opened_at or at.fact_at)
    return Session(
        id=at.session_id,
        holder_key=key,
        plan=grant.plan,
        tariff=tariff,
        tariff_version=version,
        opened_at=opened_at,
        decided_at=at.now,
        review=review,
        free_until=grant.until,
        pool=grant.pool,
        zone=setup.zone,
    )
