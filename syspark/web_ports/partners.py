"""What the pages of partners read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from syspark.domain.units import SiteId


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """A partner of a site with a month; `body` is its JSON."""

    id: UUID
    body: bytes
    validated: int
    held_cents: int
    spent_cents: int


@dataclass(frozen=True, slots=True)
class ValidationLine:
    """A plate that a partner has taken over; `body` is its JSON, `plate` None once it was erased."""

    id: UUID
    partner_id: UUID
    partner: str
    plate: str | None
    body: bytes


class PartnerReads(Protocol):
    """What the pages of partners are made of. `partner_id` None: of all partners of a site."""

    async def partners(self, site_id: SiteId, month: str, partner_id: UUID | None = None) -> Sequence[PartnerLine]:
        """The partners of a site, by name, with what they have validated in a month."""

    async def validations(
        self, site_id: SiteId, month: str, limit: int, partner_id: UUID | None = None
    ) -> Sequence[ValidationLine]:
        """What was validated in a month, the latest first."""
