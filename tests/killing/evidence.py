"""What the database says at the end, read with psycopg alone: none of the product's own queries."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class Command:
    """A barrier command as decided. Times are seconds since 1970."""

    id: str
    site: str
    lane: str
    session_id: str | None
    fate: str
    created_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Session:
    """A parking session; `uid` is its holder's badge."""

    id: str
    site: str
    uid: str
    status: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """`deliveries` counts inbox rows by digest; `undone` names the rows that are neither done nor refused by a rule.

    By digest, `received_at` is when the service took a fact, `outcomes` what it decided in its own words: for reports.
    """

    deliveries: Counter[bytes] = field(default_factory=Counter)
    undone: tuple[str, ...] = ()
    sessions: tuple[Session, ...] = ()
    commands: tuple[Command, ...] = ()
    received_at: Mapping[bytes, float] = field(default_factory=dict)
    outcomes: Mapping[bytes, tuple[str, ...]] = field(default_factory=dict)


def decided(url: str) -> frozenset[bytes]:
    """Digests of the deliveries that the service has done with."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT DISTINCT delivery_digest FROM inbox"
            " WHERE delivery_digest IS NOT NULL AND status IN ('done', 'refused')"
        ).fetchall()
    return frozenset(bytes(digest) for (digest,) in rows)


def read_evidence(url: str) -> Evidence:
    """Everything the oracle judges by."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT delivery_digest, status, id, kind, outcome, received_at FROM inbox ORDER BY seq DESC"
        ).fetchall()
        sessions = connection.execute("SELECT id, site_id, holder_key, status FROM parking_session").fetchall()
        commands = connection.execute(
            "SELECT id, site_id, body, fate, created_at, expires_at FROM outbox WHERE order_kind = 'barrier'"
        ).fetchall()
    outcomes: dict[bytes, tuple[str, ...]] = {}
    for digest, status, _, _, outcome, _ in rows:
        if digest is not None:
            outcomes[bytes(digest)] = (*outcomes.get(bytes(digest), ()), f"{status} {outcome}")
    undone = tuple(f"{kind} {key} {status}" for _, status, key, kind, *_ in rows if status in {"new", "parked"})
    return Evidence(
        outcomes=outcomes,
        received_at={bytes(row[0]): row[-1].timestamp() for row in rows if row[0] is not None},
        deliveries=Counter(bytes(digest) for digest, *_ in rows if digest is not None),
        undone=undone,
        sessions=tuple(Session(str(key), site, uid, status) for key, site, uid, status in sessions),
        commands=tuple(_command(*command) for command in commands),
    )


def _command(key: Any, site: str, body: bytes, fate: str, created_at: datetime, expires_at: datetime) -> Command:
    order = json.loads(bytes(body))
    session_id = order.get("session_id")
    return Command(str(key), site, order["lane"], session_id, fate, created_at.timestamp(), expires_at.timestamp())
