"""The rows that a site's visits are rebuilt from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from syspark.domain.review import Review
from syspark.domain.session import BY_HAND, Session
from syspark.domain.site.state import Answer, Visit
from syspark.domain.units import CommandId, HolderKey, Lane, Plate, SessionId


@dataclass(frozen=True, slots=True)
class Opening:
    """A barrier command of the last minutes as it was stored, with its present fate."""

    command_id: CommandId
    session_id: SessionId
    lane: Lane
    read_at: datetime
    decided_at: datetime
    fate: str


@dataclass(frozen=True, slots=True)
class Stay:
    """A session as it was stored, with the holders its witnesses speak for, and the plates among them."""

    session: Session
    keys: tuple[HolderKey, ...] = ()
    masked: str = ""
    plates: tuple[tuple[HolderKey, Plate], ...] = ()


_BY_A_PERSON_OR_MISSED = frozenset({"exit_missed", "override", "left_unpaid", "merged"})
"""How a session ends whose visit its site has counted out."""


def ended_since(sessions: Iterable[Session], key: HolderKey, at: datetime) -> Visit | None:
    """The visit of a holder who was inside at a time, as far as known, and which a person has ended since."""
    for session in sessions:
        ended = session.closed_as == BY_HAND and session.closed_at is not None and session.closed_at > at
        if ended and session.since is not None and session.since <= at:
            return replace(visit_of(Stay(session, keys=(key,))), counted_out=True)
    return None


def _keys_of(stay: Stay) -> tuple[HolderKey, ...]:
    """Whom it was begun for first, unless a person found meanwhile that what was read for them is not its own."""
    first = stay.session.holder_key
    if stay.keys and first not in stay.keys:
        return stay.keys
    return (first, *(key for key in stay.keys if key != first))


def visit_of(stay: Stay) -> Visit:
    """The visit that a stored session leaves behind."""
    session = stay.session
    closed = not session.status.is_open
    asked_to_leave = session.asked_at is not None or session.opened_at is None
    return Visit(
        session_id=session.id,
        keys=_keys_of(stay),
        opened_at=session.since,
        read_at=session.asked_at or session.opened_at or session.decided_at,
        tried_at=session.decided_at,
        lane=Lane.EXIT if asked_to_leave else Lane.ENTRY,
        # Without a command in the last minutes nobody waits for its fate any more; but whom no command let out yet
        # stands at the exit still.
        answer=Answer.BAD if closed else Answer.GOOD,
        confirmed=True,
        left_at=session.closed_at if closed else None,
        counted_out=session.closed_as in _BY_A_PERSON_OR_MISSED,
        masked=stay.masked,
        pool=session.pool,
        plan=session.plan,
        may_have_left=not closed and Review.PIN_EXIT_GUESSED in session.review,
    )
