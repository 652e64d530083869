"""Rows as the columns of a statement, and statements' rows as rows."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from syspark.domain.units import CommandId, SessionId
from syspark.persistence.postgres.arrays import bigints, blobs, instants, integers, texts, uuids
from syspark.persistence.postgres.database import Parameters
from syspark.ports import DataRefused
from syspark.rows import (
    Address,
    CredentialRow,
    DeliveryKey,
    Fate,
    Fence,
    InboxRow,
    OutboxRow,
    RejectedMessage,
    Scope,
    SessionRow,
    WitnessRow,
)

IDS_AT_HAND = 10_000
"""Of a session or command some eight columns are written in a second or two: its id is read once."""


def scopes(rows: Sequence[Scope]) -> Parameters:
    """Whom rows belong to."""
    return {
        "organisation_id": uuids([scope.organisation_id for scope in rows]),
        "site_id": texts([scope.site_id for scope in rows]),
        "partition": integers([scope.partition for scope in rows]),
    }


def addresses(rows: Sequence[Address]) -> Parameters:
    """The actors rows are about."""
    return {"actor_kind": texts([row.kind for row in rows]), "actor_id": texts([row.id for row in rows])}


def fences(held: Sequence[Fence]) -> Parameters:
    """The rights to write that are checked."""
    return {
        "fence_id": integers([fence.partition for fence in held]),
        "fence_owner": texts([fence.owner for fence in held]),
        "fence_epoch": bigints([fence.epoch for fence in held]),
    }


def one_fence(fence: Fence) -> Parameters:
    """A single right to write."""
    return {"partition": fence.partition, "owner": fence.owner, "epoch": fence.epoch}


def messages(rows: Sequence[InboxRow]) -> Parameters:
    """What every durable message has, hand-overs and requests included."""
    return {
        "id": uuids([row.id for row in rows]),
        **scopes([row.scope for row in rows]),
        "recipient_kind": texts([row.recipient.kind for row in rows]),
        "recipient_id": texts([row.recipient.id for row in rows]),
        "kind": texts([row.kind for row in rows]),
        "body": blobs([row.body for row in rows]),
        "fact_at": instants([row.fact_at for row in rows]),
        "received_at": instants([row.received_at for row in rows]),
    }


def facts(rows: Sequence[InboxRow]) -> Parameters:
    """What a message from outside has besides."""
    deliveries = [row.delivery for row in rows]
    levels = [row.level for row in rows]
    return {
        **messages(rows),
        "event_id": texts([row.event_id for row in rows]),
        "broker_session": uuids([key.broker_session if key else None for key in deliveries]),
        "packet_id": integers([key.packet_id if key else None for key in deliveries]),
        "delivery_number": bigints([key.number if key else None for key in deliveries]),
        "delivery_digest": blobs([key.digest if key else None for key in deliveries]),
        "topic": texts([mark.topic if mark else None for mark in levels]),
        "level": blobs([mark.digest if mark else None for mark in levels]),
    }


def rejections(rows: Sequence[RejectedMessage]) -> Parameters:
    """Refused messages."""
    return {
        "id": uuids([row.id for row in rows]),
        **scopes([row.scope for row in rows]),
        "topic": texts([row.topic for row in rows]),
        "payload": texts([row.payload for row in rows]),
        "reason": texts([row.reason for row in rows]),
        "detail": texts([row.detail for row in rows]),
        "received_at": instants([row.received_at for row in rows]),
    }


def inbox_row(row: tuple[Any, ...]) -> InboxRow:
    """A message as `inbox.undone` reads it."""
    key = DeliveryKey(row[11], row[12], row[13], row[14]) if row[11] is not None else None
    return InboxRow(
        id=row[0],
        scope=Scope(row[1], row[2], row[3]),
        recipient=Address(row[4], row[5]),
        kind=row[6],
        body=row[7],
        fact_at=row[8],
        received_at=row[9],
        event_id=row[10],
        delivery=key,
        seq=row[15],
        tries=row[16],
    )


def session_row(row: tuple[Any, ...]) -> SessionRow:
    """A session as `state.session` reads it."""
    return SessionRow(
        id=SessionId(str(row[0])),
        scope=Scope(row[1], row[2], row[3]),
        version=row[4],
        status=row[5],
        holder_key=row[6],
        opened_at=row[7],
        closed_at=row[8],
        body=row[9],
        in_review=row[10],
        unpaid_cents=row[11],
    )


def session_with_witnesses(row: tuple[Any, ...]) -> SessionRow:
    """A session as `state.sessions_of` reads it."""
    return replace(session_row(row), holder_keys=tuple(row[12]), subjects=tuple(zip(row[13], row[14], strict=True)))


def witness_row(session: SessionRow, row: tuple[Any, ...]) -> WitnessRow:
    """A session's witness as `state.sessions_around` reads it."""
    kind, holder_key, lane, read_at, confidence, cause, rear = row
    return WitnessRow(session.id, session.scope, kind, holder_key, lane, read_at, confidence, cause, rear=rear)


def outbox_row(row: tuple[Any, ...]) -> OutboxRow:
    """A command as `outbox.unfinished` reads it."""
    return OutboxRow(
        id=CommandId(str(row[0])),
        scope=Scope(row[1], row[2], row[3]),
        order_kind=row[4],
        order=row[5],
        device=row[6],
        author=row[7],
        fate=Fate(row[8]),
        created_at=row[9],
        fact_at=row[10],
        expires_at=row[11],
        epoch=row[12],
    )


def credential_row(row: tuple[Any, ...]) -> CredentialRow:
    """A credential with its holder's pool, as `state.known_credentials` reads it."""
    return replace(CredentialRow(*row[:11]), pool=None if row[11] is None else (row[11], row[12]))


@lru_cache(IDS_AT_HAND)
def as_uuid(text: str) -> UUID:
    """An id that is kept as a UUID. Raises `DataRefused` when it is none in its usual form."""
    try:
        made = UUID(text)
    except ValueError as error:
        raise DataRefused("an id is not a UUID") from error
    if str(made) != text:
        raise DataRefused("an id is not a UUID in its usual form")
    return made
