"""What the page of tariffs reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from syspark.domain.units import SiteId


@dataclass(frozen=True, slots=True)
class TariffLine:
    """A version of a site's tariff; `body` is its JSON."""

    version: int
    starts_at: datetime
    published_at: datetime
    author: str
    body: bytes


@dataclass(frozen=True, slots=True)
class EndedLine:
    """A session that is over; `body` is its JSON."""

    id: UUID
    opened_at: datetime | None
    closed_at: datetime
    body: bytes


class TariffReads(Protocol):
    """What the page of tariffs is made of."""

    async def versions(self, site_id: SiteId) -> Sequence[TariffLine]:
        """Every version of a site's tariff, the one that starts last first."""

    async def ended(
        self, site_id: SiteId, since: datetime, before: tuple[datetime, UUID], limit: int
    ) -> Sequence[EndedLine]:
        """Sessions that ended from `since` on and before that one did, the latest first, `limit` at most."""
