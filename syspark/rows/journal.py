"""What was decided and why, chained."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from syspark.domain.recorded import Recorded
from syspark.domain.units import SessionId, SiteId
from syspark.rows.address import Address


class JournalEntry(msgspec.Struct, frozen=True):
    """One event or audit line before it is chained. `personal` values are hashed into it and kept beside it.

    `session_id` is the parking session it is about: a way to find it, no part of what is chained.
    """

    chain: str
    organisation_id: UUID
    site_id: SiteId | None
    at: datetime
    fact_at: datetime
    actor: Address
    kind: str
    rule: str
    inputs: bytes
    cause: UUID
    personal: Mapping[str, str] = msgspec.field(default_factory=dict)
    session_id: SessionId | None = None

    @property
    def recorded(self) -> Recorded:
        """The row as its decision is explained from it, and made again."""
        return Recorded(
            self.actor.kind, self.kind, self.rule, self.at, self.fact_at, self.cause, self.inputs, self.personal
        )


class ChainedEntry(msgspec.Struct, frozen=True):
    """A journal row as stored, with its place in the chain."""

    entry: JournalEntry
    seq: int
    commitments: Mapping[str, str]
    previous: bytes
    digest: bytes
