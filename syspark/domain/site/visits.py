"""The visits a site knows, found by holder, session or command at a cost that does not grow with their number."""

import itertools
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime

from msgspec.structs import replace

from syspark.domain import plates
from syspark.domain.access import Plan
from syspark.domain.identity import is_pin
from syspark.domain.site.events import (
    ANSWERS,
    ConfusionsLearned,
    SiteEvent,
    SubjectMet,
    VisitBegun,
    WitnessKept,
    visit_after,
)
from syspark.domain.site.free_minutes import FreeMinutes
from syspark.domain.site.learned import pairs_of
from syspark.domain.site.neighbours import Neighbours
from syspark.domain.site.proof import NAMED, Compared
from syspark.domain.site.state import Answer, Visit
from syspark.domain.site.stays import Opening, Stay, visit_of
from syspark.domain.units import CommandId, HolderKey, Lane, SessionId

_NEVER = datetime.max.replace(tzinfo=UTC)


class Visits:
    """An index, not a record: rebuilt from sessions, witnesses and commands whenever the site's actor starts."""

    def __init__(self, keep_left_s: float) -> None:
        self._keep_left_s = keep_left_s
        self._visits: dict[SessionId, Visit] = {}
        self._by_key: dict[HolderKey, SessionId] = {}
        self._by_command: dict[CommandId, SessionId] = {}
        self._left: dict[SessionId, datetime] = {}
        self._pins: OrderedDict[SessionId, None] = OrderedDict()
        self._unread: OrderedDict[SessionId, None] = OrderedDict()
        self.plates = Neighbours(self.by_key)
        self.free = FreeMinutes()
        self._pools: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._visits)

    def __iter__(self) -> Iterator[Visit]:
        return (visit for visit in self._visits.values() if visit.keys)

    @classmethod
    def rebuilt(
        cls,
        keep_left_s: float,
        stays: Iterable[Stay],
        openings: Iterable[Opening],
        learned: frozenset[str] = plates.NONE,
    ) -> "Visits":
        """The visits that these sessions (oldest first) and openings (oldest first) leave behind.

        What rows do not tell is taken for what holds nobody up: a read that led to nothing is forgotten. `learned` is
        what the site's cameras confuse besides.
        """
        visits = cls(keep_left_s)
        visits.plates.learn(learned)
        asked_at: dict[SessionId, datetime] = {}
        # A holder who left by two sessions goes by the one that ended last: its witness may have joined an older one.
        for stay in sorted(stays, key=_ended_at):
            for key, plate in stay.plates:
                visits.plates.read(key, plate)
            visits.put(visit_of(stay))
            if stay.session.asked_at is not None:
                asked_at[stay.session.id] = stay.session.asked_at
        for opening in openings:
            visit = visits.by_session(opening.session_id)
            if visit is None:
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

    def compared(self, named: Collection[str]) -> Compared:
        """What a site's own list of who is inside, by badge or plate, does not share with ours: asked for seldom, it
        looks at every visit.
        """
        left, only_here = set(named), []
        for visit in self:
            texts = {self.plates.plate_of(key) or key for key in visit.keys if not is_pin(key)}
            if not visit.inside or not texts:
                continue
            if texts.isdisjoint(left):
                only_here.append(visit.session_id)
            left -= texts
        named_only_there = tuple(f"..{text[-3:]}" for text in sorted(left)[:NAMED])
        return Compared(
            only_here=tuple(only_here[:NAMED]), here=len(only_here), only_there=named_only_there, there=len(left)
        )

    def by_key(self, key: HolderKey) -> Visit | None:
        """The latest visit of a holder."""
        session_id = self._by_key.get(key)
        return self._visits.get(session_id) if session_id is not None else None

    def by_session(self, session_id: SessionId) -> Visit | None:
        """The visit of a session, unless another visit of its vehicle has replaced it."""
        visit = self._visits.get(session_id)
        return visit if visit is not None and visit.keys else None

    def even_replaced(self, session_id: SessionId) -> Visit | None:
        """The visit of a session, whoever else's visit is known by its holders since."""
        return self._visits.get(session_id)

    def by_command(self, command_id: CommandId) -> Visit | None:
        """The visit whose latest read led to a command."""
        session_id = self._by_command.get(command_id)
        return self.by_session(session_id) if session_id is not None else None

    def by_plan(self) -> dict[Plan, int]:
        """How many vehicles are inside under each plan."""
        return dict(Counter(visit.plan for visit in self if visit.inside))

    @property
    def oldest_pin(self) -> Visit | None:
        """The visit longest inside of those that a PIN speaks for."""
        session_id = next(iter(self._pins), None)
        return self._visits[session_id] if session_id is not None else None

    @property
    def next_pin(self) -> Visit | None:
        """Of those behind the oldest, the visit longest inside by PIN that is not held to have left, maybe, already."""
        behind = (self._visits[session_id] for session_id in itertools.islice(self._pins, 1, None))
        return next((visit for visit in behind if not visit.may_have_left), None)

    def unread(self, most: int) -> tuple[Visit, ...]:
        """Vehicles inside of which nothing was read, `most` of them at most, the longest inside first."""
        return tuple(self._visits[session_id] for session_id in itertools.islice(self._unread, most))

    def in_pool(self, pool: str) -> int:
        """How many vehicles inside take a place of a pool."""
        return self._pools[pool]

    def put(self, visit: Visit) -> None:
        """Know a visit, instead of what was known of its session.

        A holder is in one place, the latest where two are open: a visit is found by those of its holders that have
        begun none since, and forgotten without any. One that ended without its session's word is then found by none
        at all: what its session still answers counts no more.
        """
        lost = [key for key in visit.keys if self._is_elsewhere(key, visit)]
        if lost and visit.counted_out:
            visit = replace(visit, keys=())
        elif lost and len(lost) == len(visit.keys) and not visit.inside:
            self._forget(visit)
            return
        elif lost:
            visit = replace(visit, keys=tuple(key for key in visit.keys if key not in lost) or visit.keys)
        before = self._visits.get(visit.session_id)
        self._count_pools(before, visit)
        if before is not None and before.command_id is not None:
            self._by_command.pop(before.command_id, None)
        dropped = [key for key in before.keys if key not in visit.keys] if before is not None else []
        for key in dropped:
            if self._by_key.get(key) == visit.session_id:
                del self._by_key[key]
        self.plates.follow(dropped)
        for key in visit.keys:
            other = self.by_key(key)
            if other is not None and other.session_id != visit.session_id:
                self._give_up(other, key)
            self._by_key[key] = visit.session_id
        self._visits[visit.session_id] = visit
        if visit.command_id is not None:
            self._by_command[visit.command_id] = visit.session_id
        if visit.left_at is not None:
            self._left[visit.session_id] = visit.left_at
        else:
            self._left.pop(visit.session_id, None)
        for inside, belongs in ((self._pins, visit.by_pin), (self._unread, visit.unread)):
            if visit.inside and belongs:
                inside.setdefault(visit.session_id)
            else:
                inside.pop(visit.session_id, None)
        self.plates.follow(visit.keys)

    def apply(self, event: SiteEvent) -> None:
        """Follow an event that has been committed."""
        if isinstance(event, VisitBegun):
            self.free.note(event.session, event.visit.keys)
        if isinstance(event, SubjectMet):
            self.plates.read(HolderKey(event.subject), event.plate)
        if isinstance(event, ConfusionsLearned):
            self.plates.learn(pairs_of(event.learned))
        visit = self._joined(event) if isinstance(event, WitnessKept) else visit_after(event)
        if visit is not None:
            self.put(visit)

    def _joined(self, event: WitnessKept) -> Visit | None:
        """Whom a witness speaks for leaves by it too, unless it speaks for another vehicle inside."""
        visit, witness = self.by_session(event.session_id), event.witness
        other = self.by_key(witness.key)
        if visit is None or not visit.inside or other == visit or (other is not None and other.inside):
            return None
        return replace(visit, keys=(*visit.keys, witness.key), masked=visit.masked or witness.masked)

    def forget_left(self, now: datetime) -> None:
        """Forget vehicles let out longer ago than their exit may be repeated; a few per call, oldest first."""
        for session_id, left_at in list(itertools.islice(self._left.items(), 8)):
            if (now - left_at).total_seconds() < self._keep_left_s:
                return
            self._forget(self._visits[session_id])

    def _give_up(self, visit: Visit, key: HolderKey) -> None:
        others = () if visit.counted_out else tuple(one for one in visit.keys if one != key)
        if not others and not visit.counted_out:
            self._forget(visit)
            return
        for one in visit.keys:
            if one not in others:
                del self._by_key[one]
        self._visits[visit.session_id] = replace(visit, keys=others)
        self.plates.follow(visit.keys)

    def _is_elsewhere(self, key: HolderKey, visit: Visit) -> bool:
        other = self.by_key(key)
        if other is None or not other.inside or other.session_id == visit.session_id:
            return False
        return not visit.inside or other.session_id > visit.session_id

    def _count_pools(self, before: Visit | None, after: Visit | None) -> None:
        if before is not None and before.pool is not None and before.inside:
            self._pools[before.pool] -= 1
        if after is not None and after.pool is not None and after.inside:
            self._pools[after.pool] += 1

    def _forget(self, visit: Visit) -> None:
        for key in visit.keys:
            if self._by_key.get(key) == visit.session_id:
                del self._by_key[key]
        self._count_pools(self._visits.pop(visit.session_id, None), None)
        self._left.pop(visit.session_id, None)
        self._pins.pop(visit.session_id, None)
        self._unread.pop(visit.session_id, None)
        if visit.command_id is not None:
            self._by_command.pop(visit.command_id, None)
        self.plates.follow(visit.keys)


def _ended_at(stay: Stay) -> datetime:
    """When a stay ended; those that go on come last, as they came."""
    return stay.session.left_at or _NEVER
