"""Durable mailboxes: what arrived, what was refused, and how each was delivered."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec

from syspark.rows.address import Address, Scope


class RowStatus(enum.StrEnum):
    """The life of an inbox row."""

    NEW = "new"
    DONE = "done"
    PARKED = "parked"
    REFUSED = "refused"


class DeliveryKey(msgspec.Struct, frozen=True):
    """How the broker delivered a fact: what a redelivery is recognised by.

    `broker_session` names one persistent session of one partition, `number` counts its QoS 1 deliveries,
    `digest` is of topic and payload.
    """

    broker_session: UUID
    packet_id: int
    number: int
    digest: bytes


class LevelMark(msgspec.Struct, frozen=True):
    """The value of a level this row brings: what later repeats on the same topic are compared with."""

    topic: str
    digest: bytes


class InboxRow(msgspec.Struct, frozen=True):
    """One durable message. `id` is made by the writer; `seq` is given by the database and orders a mailbox.

    `fact_at` is when the fact happened as far as can be proven; hand-overs copy it.
    """

    id: UUID
    scope: Scope
    recipient: Address
    kind: str
    body: bytes
    fact_at: datetime
    received_at: datetime
    event_id: str | None = None
    delivery: DeliveryKey | None = None
    level: LevelMark | None = None
    seq: int = 0
    tries: int = 0


class RejectedMessage(msgspec.Struct, frozen=True):
    """A message that was refused at the edge; `payload` is redacted and at most 1 KiB."""

    id: UUID
    scope: Scope
    topic: str
    payload: str
    reason: str
    detail: str
    received_at: datetime
