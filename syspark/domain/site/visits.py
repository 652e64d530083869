"""The visits a site knows, found by badge, session or command at a cost that does not grow with their number."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from syspark.domain.facts import BadgeRead, BarrierReported, PresenceReported
from syspark.domain.messages import (
    CommandFated,
    DeadlineReached,
    ExitGranted,
    OpenLane,
    PaymentDue,
    Reported,
    SiteMessage,
)
from syspark.domain.session import Session, Status
from syspark.domain.site.events import ANSWERS, SiteEvent, visit_after
from syspark.domain.site.field import AGAIN_TIMER
from syspark.domain.site.state import Answer, SiteSetup, SiteState, Visit
from syspark.domain.units import CommandId, Lane, SessionId, Uid


@dataclass(frozen=True, slots=True)
class Opening:
    """A barrier command of the last minutes as it was stored, with its present fate."""

    command_id: CommandId
    session_id: SessionId
    lane: Lane
    read_at: datetime
    decided_at: datetime
    fate: str


class Visits:
    """An index, not a record: rebuilt from sessions and commands whenever the site's actor starts."""

    def __init__(self, keep_left_s: float) -> None:
        self._keep_left_s = keep_left_s
        self._by_uid: dict[Uid, Visit] = {}
        self._uid_of_session: dict[SessionId, Uid] = {}
        self._uid_of_command: dict[CommandId, Uid] = {}
        self._left: dict[SessionId, datetime] = {}

    def __len__(self) -> int:
        return len(self._by_uid)

    def __iter__(self) -> Iterator[Visit]:
        return iter(self._by_uid.values())

    @classmethod
    def rebuilt(cls, keep_left_s: float, sessions: Iterable[Session], openings: Iterable[Opening]) -> "Visits":
        """The visits that these sessions (oldest first) and openings (oldest first) leave behind.

        What rows do not tell is taken for what holds nobody up: a read that led to nothing is forgotten.
        """
        visits = cls(keep_left_s)
        asked_at: dict[SessionId, datetime] = {}
        for session in sessions:
            visits.put(_visit_of(session))
            if session.asked_at is not None:
                asked_at[session.id] = session.asked_at
        for opening in openings:
            visit = visits.by_session(opening.session_id)
            if visit is None or visit.session_id != opening.session_id:
                continue
            entry = opening.lane is Lane.ENTRY
            if entry:
                visit = replace(visit, tried_at=opening.decided_at)
            latest_ask = asked_at.get(visit.session_id)
            if latest_ask is None or (not entry and opening.read_at >= latest_ask):
                answer = ANSWERS.get(opening.fate, Answer.PENDING)
                visit = replace(
                    visit,
                    read_at=opening.read_at,
                    lane=opening.lane,
                    command_id=opening.command_id,
                    answer=answer,
                    confirmed=not entry or answer is Answer.GOOD,
                )
            visits.put(visit)
        return visits

    def by_uid(self, uid: Uid) -> Visit | None:
        """The latest visit of a badge."""
        return self._by_uid.get(uid)

    def by_session(self, session_id: SessionId) -> Visit | None:
        """The visit of a session."""
        uid = self._uid_of_session.get(session_id)
        return self._by_uid.get(uid) if uid is not None else None

    def by_command(self, command_id: CommandId) -> Visit | None:
        """The visit whose latest read led to a command."""
        uid = self._uid_of_command.get(command_id)
        return self._by_uid.get(uid) if uid is not None else None

    def put(self, visit: Visit) -> None:
        """Know a visit, instead of what was known of its badge."""
        before = self._by_uid.get(visit.uid)
        if before is not None:
            self._forget(before)
        self._by_uid[visit.uid] = visit
        self._uid_of_session[visit.session_id] = visit.uid
        if visit.command_id is not None:
            self._uid_of_command[visit.command_id] = visit.uid
        if visit.left_at is not None:
            self._left[visit.session_id] = visit.left_at

    def apply(self, event: SiteEvent) -> None:
        """Follow an event that has been committed."""
        visit = visit_after(event)
        if visit is not None:
            self.put(visit)

    def forget_left(self, now: datetime) -> None:
        """Forget vehicles let out longer ago than their exit may be repeated; a few per call, oldest first."""
        for session_id, left_at in list(itertools.islice(self._left.items(), 8)):
            if (now - left_at).total_seconds() < self._keep_left_s:
                return
            visit = self.by_session(session_id)
            if visit is not None:
                self._forget(visit)

    def _forget(self, visit: Visit) -> None:
        self._by_uid.pop(visit.uid, None)
        self._uid_of_session.pop(visit.session_id, None)
        self._left.pop(visit.session_id, None)
        if visit.command_id is not None:
            self._uid_of_command.pop(visit.command_id, None)

    def _waiting_at(self, lane: Lane, state: SiteState) -> Visit | None:
        """Whose vehicle is known to wait at a lane: who is asked to pay there, else who was read last."""
        if lane is Lane.EXIT and state.ask is not None:
            return self.by_session(state.ask.session_id)
        identity = state.lane(lane).identity
        return self.by_uid(identity.uid) if identity is not None else None

    def concerned(self, message: SiteMessage, state: SiteState, setup: SiteSetup) -> Visit | None:
        """The visit a message is about."""
        match message:
            case Reported(fact=BadgeRead(uid=uid)):
                return self.by_uid(uid)
            case Reported(fact=BarrierReported(command_id=str(command_id))):
                return self.by_command(CommandId(command_id))
            case Reported(device=device, fact=PresenceReported()):
                lane = setup.lane_of(device)
                opening = state.lane(lane).opening if lane else None
                return self.by_session(opening.session_id) if opening else None
            case ExitGranted(uid=uid) | PaymentDue(uid=uid):
                return self.by_uid(uid)
            case OpenLane(lane=lane):
                return self._waiting_at(lane, state)
            case CommandFated(command_id=fated_id):
                return self.by_command(fated_id)
            case DeadlineReached(key=key) if key.startswith(f"{AGAIN_TIMER}:"):
                return self.by_session(SessionId(key.removeprefix(f"{AGAIN_TIMER}:")))
            case _:
                return None


def _visit_of(session: Session) -> Visit:
    closed = session.status is Status.CLOSED
    asked_to_leave = session.asked_at is not None or session.opened_at is None
    return Visit(
        session_id=session.id,
        uid=session.uid,
        opened_at=session.opened_at,
        read_at=session.asked_at or session.opened_at or session.decided_at,
        tried_at=session.decided_at,
        lane=Lane.EXIT if asked_to_leave else Lane.ENTRY,
        # Without a command in the last minutes nobody waits for its fate any more; but whom no command let out yet
        # stands at the exit still.
        answer=Answer.BAD if closed else Answer.GOOD,
        confirmed=True,
        left_at=session.closed_at if closed else None,
    )
