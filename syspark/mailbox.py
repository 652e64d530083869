"""What is told to an actor from within or by a person, as the row of its mailbox."""

from datetime import datetime
from uuid import UUID

from syspark.domain.messages import AnyMessage, encode, kind_of
from syspark.rows import Address, InboxRow, Scope


def row_of(
    row_id: UUID,
    scope: Scope,
    recipient: Address,
    message: AnyMessage,
    now: datetime,
    *,
    fact_at: datetime | None = None,
    event_id: str | None = None,
) -> InboxRow:
    """A message of this moment; `fact_at` where what it tells is older, `event_id` where its sender named it."""
    return InboxRow(
        id=row_id,
        scope=scope,
        recipient=recipient,
        kind=kind_of(message),
        body=encode(message),
        fact_at=fact_at or now,
        received_at=now,
        event_id=event_id,
    )


def of_site(site_id: str | None) -> Address:
    """The actor of a site."""
    assert site_id is not None
    return Address("site", site_id)
