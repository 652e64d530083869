"""What the web asks of actors: rows of their mailboxes, and what became of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from syspark.domain.units import SiteId
from syspark.rows import InboxRow


@dataclass(frozen=True, slots=True)
class Request:
    """What became of a request: `status` and `outcome` as its mailbox row has them."""

    id: UUID
    site_id: SiteId
    status: str
    outcome: str
    received_at: datetime
    kind: str = ""


class RequestStore(Protocol):
    """The mailboxes, as seen by those who ask."""

    async def put(self, row: InboxRow) -> None:
        """Make a request durable, once however often it is tried."""

    async def find(self, row_id: UUID) -> Request | None:
        """What became of a request."""
