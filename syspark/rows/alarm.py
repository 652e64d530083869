"""Alarms, and what people are told of them."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec

from syspark.domain.alarm_book import Alarm
from syspark.rows.address import Scope


class AlarmRow(msgspec.Struct, frozen=True):
    """An alarm as pages read it; its own id is the row's."""

    scope: Scope
    alarm: Alarm


class NoticeFate(enum.StrEnum):
    """What became of telling people: it waits, was sent, was too old, or nobody could ever send it."""

    WAITING = "waiting"
    SENT = "sent"
    EXPIRED = "expired"
    REFUSED = "refused"


class NoticeRow(msgspec.Struct, frozen=True):
    """What people are to be told of an alarm, until it is too old to matter. `body` is JSON of an alarm's `Notice`."""

    id: UUID
    scope: Scope
    alarm_id: UUID
    body: bytes
    created_at: datetime
    expires_at: datetime
