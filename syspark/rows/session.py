"""Parking sessions, and what was read of their vehicles."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from syspark.domain.units import SessionId
from syspark.rows.address import Scope


class SessionRow(msgspec.Struct, frozen=True):
    """A parking session as stored. `version` is the one this write makes, 1 for a new session.

    `holder_key` is whom it was begun for: a badge's UID, a subject's id, or `pin:<session>`. Only as read back by
    `ActorStateStore.sessions_of` it has `holder_keys`, those of all its witnesses in the order they were first read,
    and `subjects`, the ids and plates among them; neither is written with the session. `in_review` and `unpaid_cents`
    are what lists of sessions are found by.
    """

    id: SessionId
    scope: Scope
    version: int
    status: str
    holder_key: str
    opened_at: datetime | None
    closed_at: datetime | None
    body: bytes
    holder_keys: tuple[str, ...] = ()
    subjects: tuple[tuple[str, str], ...] = ()
    in_review: bool = False
    unpaid_cents: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the vehicle still holds this session."""
        return self.status in OPEN_STATUSES


OPEN_STATUSES = ("active", "pending_payment", "paid")


class SubjectRow(msgspec.Struct, frozen=True):
    """A plate, in the only place where it is stored: everything else holds this id. Its salt is made by the store."""

    id: UUID
    scope: Scope
    plate: str


WitnessKind = Literal["badge", "plate", "pin", "sensor"]


class WitnessRow(msgspec.Struct, frozen=True):
    """A reading that speaks for a session's vehicle. `cause` is its inbox row, and the id of its photo if it has one.

    `read_at` is when it was read as far as can be proven; `confidence` is the camera's, from 0 to 1; `rear`: of a
    plate behind the vehicle. Only as read back it has its `plate`, if it is of one that was not erased.
    """

    session_id: SessionId
    scope: Scope
    kind: WitnessKind
    holder_key: str
    lane: str
    read_at: datetime
    confidence: float | None
    cause: UUID
    plate: str | None = None
    rear: bool = False


class Withdrawal(msgspec.Struct, frozen=True):
    """What was read for this holder speaks for the session's vehicle no more, by a person's word at `at`."""

    session_id: SessionId
    holder_key: str
    at: datetime


class Stood(msgspec.Struct, frozen=True):
    """A session with its witnesses, in the order they were read."""

    row: SessionRow
    witnesses: tuple[WitnessRow, ...]
