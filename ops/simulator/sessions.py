"""Parking sessions as a service has stored them, read for a comparison or to go on with the cars of an earlier run."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from ops.simulator.camera import plate_of
from ops.simulator.demand import PIN_PREFIX
from ops.simulator.layout import Badges
from ops.simulator.simulation import Parked
from ops.simulator.truth import PIN
from syspark.domain.orders import Because, MoveBarrier
from syspark.domain.units import Lane

OPEN = frozenset({"active", "pending_payment", "paid"})


@dataclass(frozen=True, slots=True)
class Read:
    """A badge, a plate or a PIN, read for a session."""

    key: str
    lane: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Session:
    """A session as the service has it; times are Unix seconds, None where it knows none.

    `keys` are the badges and plates that were read for it, in that order; `reads` the same, with lane and time.
    """

    site: str
    keys: tuple[str, ...]
    status: str
    entered_s: float | None
    left_s: float | None
    review: tuple[str, ...] = ()
    closed_as: str | None = None
    id: UUID | None = None
    reads: tuple[Read, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the service believes the car inside."""
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class Opening:
    """A command to a barrier that was published: when what it is for happened, and when it was decided.

    `lets_out`: a person had the exit opened for somebody whom nobody knew.
    """

    site: str
    barrier: str
    fact_s: float
    decided_s: float
    lets_out: bool = False


def read_sessions(database_url: str, keys: Iterable[str], since_s: float) -> list[Session]:
    """The sessions for which one of these badges and plates was read. Raises `psycopg.Error`."""
    words = {"keys": sorted(keys), "since": datetime.fromtimestamp(since_s, UTC)}
    rows = _read(database_url, "comparison.sql", words)
    return [
        session_of(site, row_id, map(Read, keys, lanes, (at.timestamp() for at in times)), status, body)
        for site, row_id, keys, lanes, times, status, body in rows
    ]


def find_open(database_url: str, site: str, keys: Iterable[str]) -> tuple[UUID, int] | None:
    """The open session of a site for which one of these was read, and its version. Blocks; raises `psycopg.Error`."""
    rows = _read(database_url, "open_session.sql", {"site": site, "keys": sorted(keys)})
    return (rows[0][0], rows[0][1]) if rows else None


def read_late(database_url: str, since_s: float) -> dict[str, list[float]]:
    """Per site, in order, when reads happened that the service acted on too late to open. Raises `psycopg.Error`."""
    late: dict[str, list[float]] = defaultdict(list)
    for site, fact_at in _read(database_url, "late.sql", {"since": datetime.fromtimestamp(since_s, UTC)}):
        late[site].append(fact_at.timestamp())
    return late


def read_opened(database_url: str, since_s: float) -> list[Opening]:
    """The commands to barriers that were published, in order. Raises `psycopg.Error`."""
    rows = _read(database_url, "opened.sql", {"since": datetime.fromtimestamp(since_s, UTC)})
    return [opening_of(*row) for row in rows]


def opening_of(site: str | None, barrier: str, fact_at: datetime, created_at: datetime, body: bytes) -> Opening:
    """A command to a barrier as it is stored."""
    order = msgspec.json.decode(body, type=MoveBarrier)
    lets_out = order.lane is Lane.EXIT and order.because is Because.OVERRIDE and order.session_id is None
    return Opening(site or "", barrier, fact_at.timestamp(), created_at.timestamp(), lets_out)


def backlog(database_url: str) -> tuple[int, datetime | None]:
    """How many messages wait to be decided, and up to when all that came to the broker has been stored, if any.

    Blocks; raises `psycopg.Error`.
    """
    [(undone, marker_at)] = _read(database_url, "backlog.sql", {})
    return int(undone), marker_at


def _read(database_url: str, statement: str, words: Mapping[str, object]) -> list[tuple[Any, ...]]:
    text = resources.files("ops.simulator").joinpath(statement).read_text(encoding="utf-8")
    with psycopg.connect(database_url) as connection:
        return connection.execute(text.encode(), words).fetchall()


def still_parked(database_url: str, badges: Mapping[str, Badges], now: datetime) -> list[Parked]:
    """The cars that stand inside as far as the service knows, for a simulation to let them leave.

    Blocks; raises `psycopg.Error`.
    """
    uids = {uid for own in badges.values() for uid in (*own.subscribers, *own.visitors)}
    cars = {key: uid for uid in uids for key in (uid, plate_of(uid))}
    sessions = read_sessions(database_url, {PIN, *cars}, now.timestamp())
    parked = []
    for number, session in enumerate(sessions):
        uid = next((cars[key] for key in session.keys if key in cars), None)
        if session.is_open and session.entered_s is not None and session.site in badges:
            by_pin = f"{PIN_PREFIX}{number:07X}"
            parked.append(Parked(session.site, uid or by_pin, session.entered_s, by_pin=uid is None))
    return parked


def session_of(site: str, session_id: UUID, reads: Iterable[Read], status: str, body: bytes) -> Session:
    """A row of the table of sessions, with what was read for it in its order."""
    form: Mapping[str, Any] = json.loads(bytes(body))
    reads = tuple(reads)
    return Session(
        site=site,
        keys=tuple(dict.fromkeys(read.key for read in reads)),
        status=status,
        entered_s=_seconds(form.get("opened_at")),
        left_s=_seconds(form.get("left_at")),
        review=tuple(form.get("review") or ()),
        closed_as=form.get("closed_as"),
        id=session_id,
        reads=reads,
    )


def _seconds(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None
