"""Parking sessions as a service has stored them, read for a comparison or to go on with the cars of an earlier run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import psycopg

from ops.simulator.layout import Badges
from ops.simulator.simulation import Parked

OPEN = frozenset({"active", "pending_payment", "paid"})


@dataclass(frozen=True, slots=True)
class Session:
    """A session as the service has it; times are Unix seconds, None where it knows none."""

    site: str
    uid: str
    status: str
    entered_s: float | None
    left_s: float | None
    review: tuple[str, ...] = ()
    closed_as: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the service believes the car inside."""
        return self.status in OPEN


def read_sessions(database_url: str, badges: Sequence[str], since_s: float) -> list[Session]:
    """The sessions of these badges. Raises `psycopg.Error`."""
    statement = resources.files("ops.simulator").joinpath("comparison.sql").read_text(encoding="utf-8")
    words = {"badges": list(badges), "since": datetime.fromtimestamp(since_s, UTC)}
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(statement.encode(), words).fetchall()
    return [session_of(*row) for row in rows]


def still_parked(database_url: str, badges: Mapping[str, Badges], now: datetime) -> list[Parked]:
    """The cars that stand inside as far as the service knows, for a simulation to let them leave.

    Blocks; raises `psycopg.Error`.
    """
    uids = sorted({uid for own in badges.values() for uid in (*own.subscribers, *own.visitors)})
    sessions = read_sessions(database_url, uids, now.timestamp())
    return [
        Parked(session.site, session.uid, session.entered_s)
        for session in sessions
        if session.is_open and session.entered_s is not None
    ]


def session_of(site: str, uid: str, status: str, body: bytes) -> Session:
    """A row of the table of sessions."""
    form: Mapping[str, Any] = json.loads(bytes(body))
    return Session(
        site=site,
        uid=uid,
        status=status,
        entered_s=_seconds(form.get("opened_at")),
        left_s=_seconds(form.get("left_at")),
        review=tuple(form.get("review") or ()),
        closed_as=form.get("closed_as"),
    )


def _seconds(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None
