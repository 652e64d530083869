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
    fact_at: datetime
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
        """The visits that these sessions (oldest first) and openings (oldest first) leave behind."""
        visits = cls(keep_left_s)
        for session in sessions:
            visits.put(_visit_of(session))
        for opening in openings:
            visit = visits.by_session(opening.session_id)
            if visit is None:
                continue
            answer = ANSWERS.get(opening.fate, Answer.PENDING)
            visits.put(
                replace(
                    visit,
                    read_at=opening.fact_at,
                    tried_at=opening.decided_at,
                    lane=opening.lane,
                    command_id=opening.command_id,
                    answer=answer,
                    confirmed=visit.confirmed or opening.lane is Lane.EXIT or answer is Answer.GOOD,
                )
            )
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

    def concerned(self, message: SiteMessage, state: SiteState, setup: SiteSetup) -> Visit | None:
        """The visit a message is about."""
        match message:
            case Reported(fact=BadgeRead(uid=uid)):
                return self.by_uid(uid)
            case Reported(fact=BarrierReported(command_id=str(command_id))):
                return self.by_command(CommandId(command_id))
            case Reported(device=device, fact=PresenceReported()):
                lane = setup.lane_of(device)
                opened_for = state.lane(lane).opened_for if lane else None
                return self.by_uid(opened_for) if opened_for else None
            case ExitGranted(session_id=session_id) | PaymentDue(session_id=session_id):
                return self.by_session(session_id)
            case CommandFated(command_id=fated_id):
                return self.by_command(fated_id)
            case DeadlineReached(key=key) if key.startswith(f"{AGAIN_TIMER}:"):
                return self.by_session(SessionId(key.removeprefix(f"{AGAIN_TIMER}:")))
            case _:
                return None


def _visit_of(session: Session) -> Visit:
    seen_at = session.opened_at or session.decided_at
    return Visit(
        session_id=session.id,
        uid=session.uid,
        opened_at=session.opened_at,
        read_at=seen_at,
        tried_at=session.decided_at,
        lane=Lane.ENTRY if session.opened_at else Lane.EXIT,
        # Without a command in the last minutes nobody waits for its fate any more.
        answer=Answer.GOOD,
        confirmed=True,
        left_at=session.closed_at if session.status is Status.CLOSED else None,
    )
