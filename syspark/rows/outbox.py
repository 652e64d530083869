"""Commands, their fates, and timers."""

import enum
from datetime import datetime

import msgspec

from syspark.domain.units import CommandId
from syspark.rows.address import Address, Scope
from syspark.rows.mailbox import InboxRow


class Fate(enum.StrEnum):
    """What became of a command. `acked` is the broker's word, `confirmed` the site's; at QoS 0 there is only `sent`."""

    QUEUED = "queued"
    SENT = "sent"
    ACKED = "acked"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    WITHHELD = "withheld"
    UNKNOWN = "unknown"
    FAILED = "failed"
    REFUSED = "refused"


class OutboxRow(msgspec.Struct, frozen=True):
    """A command that was decided. `order` is the tagged JSON of a domain order; no secret and no PIN is in it."""

    id: CommandId
    scope: Scope
    order_kind: str
    order: bytes
    device: str
    author: str
    fate: Fate
    created_at: datetime
    fact_at: datetime
    expires_at: datetime | None
    epoch: int


class FateRecord(msgspec.Struct, frozen=True):
    """A command's new fate, and the hand-over that tells whoever decided it (None: nobody waits for it)."""

    command_id: CommandId
    fate: Fate
    at: datetime
    tell: InboxRow | None = None


class Deadline(msgspec.Struct, frozen=True):
    """A timer that matters: at most one per actor and key. `at` None clears it."""

    scope: Scope
    actor: Address
    key: str
    at: datetime | None
