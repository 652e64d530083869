"""The edge of a site: whose token a gateway shows, and where its facts and pictures go."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from syspark.domain.units import SiteId
from syspark.rows import InboxRow, Scope
from syspark.web_ports.pages import Photo


@dataclass(frozen=True, slots=True)
class EdgeSite:
    """The site a token opens."""

    id: SiteId
    organisation_id: UUID
    partition: int

    @property
    def scope(self) -> Scope:
        """Whom its rows belong to."""
        return Scope(self.organisation_id, self.id, self.partition)


class EdgeStore(Protocol):
    """What the gateways of a site send over HTTP."""

    async def site_of(self, token_hash: bytes) -> EdgeSite | None:
        """The site whose token has this SHA-256."""

    async def put(self, row: InboxRow, photo: Photo | None) -> None:
        """Make a fact and its picture durable in one transaction; the picture takes the row's id."""
