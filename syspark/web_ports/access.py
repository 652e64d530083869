"""What the page of rights reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syspark.domain.units import SiteId


@dataclass(frozen=True, slots=True)
class CredentialLine:
    """What a holder shows at a site: `uid` is what it is found by, `plate` None for a badge. `inside`: it is in use."""

    uid: str
    kind: str
    plate: str | None
    holder: str
    plan: str
    valid_from: datetime | None
    valid_until: datetime | None
    blocked: bool
    windows: str
    lane: str | None
    temporary: bool
    inside: bool


@dataclass(frozen=True, slots=True)
class PoolLine:
    """A holder whose vehicles share places, how many take one now, and by how many credentials."""

    holder: str
    kind: str
    places: int
    in_use: int
    credentials: int


class AccessReads(Protocol):
    """What the page of rights is made of."""

    async def credentials(
        self, site_id: SiteId, text: str, limit: int, *, now: datetime, ends_before: datetime | None = None
    ) -> Sequence[CredentialLine]:
        """Those that have this text in holder, plate or badge, by holder; or those that end soon, the first first."""

    async def known(self, site_id: SiteId) -> tuple[int, int]:
        """How many badges and plates a site knows."""

    async def pools(self, site_id: SiteId) -> Sequence[PoolLine]:
        """The holders that share places, by name."""
