"""What the driver's portal reads, as a protocol: never more of a session than its page may show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from syspark.domain.seller import Seller
from syspark.domain.units import Plate, SessionId, SiteId


@dataclass(frozen=True, slots=True)
class PortalName:
    """A site as drivers choose it; `help_phone` is empty where it has none."""

    id: SiteId
    name: str
    help_phone: str


@dataclass(frozen=True, slots=True)
class PortalSite:
    """A site as its drivers meet it. `policy` and `state` are stored JSON; `state` None: nothing happened there yet."""

    id: SiteId
    organisation_id: UUID
    name: str
    zone: str
    currency: str
    partition: int
    policy: bytes
    state: bytes | None
    lanes: tuple[str, ...]
    seller: Seller | None


@dataclass(frozen=True, slots=True)
class PortalSession:
    """A session and the plate its vehicle was last read by; `body` is the session's JSON."""

    id: SessionId
    site_id: SiteId
    partition: int
    status: str
    body: bytes
    plate: str | None


@dataclass(frozen=True, slots=True)
class PortalPayment:
    """A price that was offered, and what has become of it: `body` is the JSON of `syspark.domain.payment`'s."""

    state: str
    body: bytes
    refunded_cents: int
    receipt_number: int | None
    receipt_code: str | None


class PortalReads(Protocol):
    """What the portal's pages are made of."""

    async def names(self) -> Sequence[PortalName]:
        """Every site, by name."""

    async def site(self, site_id: SiteId) -> PortalSite | None:
        """One site."""

    async def by_plate(self, site_id: SiteId, plate: Plate) -> SessionId | None:
        """The session of exactly this plate at a site: the open one, else the latest that is still owed for."""

    async def session(self, session_id: SessionId) -> PortalSession | None:
        """One session."""

    async def payment(self, session_id: SessionId, offer_id: UUID) -> PortalPayment | None:
        """What was offered for a session under this id."""
