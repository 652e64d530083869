"""The truth of the field against the sessions in a database, car by car: by its badge, and by its plate where told.

A stay agrees when one session has its entry and its exit between the first read and the passage, give or take a
tolerance. A stay in doubt (see `truth.Doubt`) is counted apart, whatever the database says of it.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ops.simulator.sessions import Session, read_late, read_sessions
from ops.simulator.truth import UNSERVED, Doubt, SiteTruth, Stay

TOLERANCE_S = 10.0
LISTED = 20
LATE_SHARE = 0.01
"""Of all stays: so many drivers may be left standing by a service that was too slow for a moment."""


@dataclass(frozen=True, slots=True)
class Period:
    """When the field lived, in Unix seconds of its clock, and how far times may lie apart.

    Facts without a time that waited for a service that was away are as old as its last marker for it: up to `behind_s`
    older than they are.
    """

    since_s: float
    until_s: float
    tolerance_s: float = TOLERANCE_S
    outages: bool = False
    behind_s: float = 0.0

    @property
    def earliest_s(self) -> float:
        """How much earlier than it happened something may be dated."""
        return self.tolerance_s + self.behind_s

    @property
    def settled_s(self) -> float:
        """What happened before this has had the time to be known."""
        return self.until_s - self.tolerance_s


@dataclass(slots=True)
class Comparison:
    """The outcome. It is fine when nothing differs, nobody was left standing, and every opening was asked for once.

    With `outages` the service was away at times on purpose: who was not served is counted and excused. So are a few
    whose openings the service withheld because it came to them too late, as its rules demand.
    """

    agree: int = 0
    in_review: int = 0
    differ: list[str] = field(default_factory=list)
    doubts: Counter[Doubt] = field(default_factory=Counter)
    in_doubt: int = 0
    in_doubt_agree: int = 0
    refused: int = 0
    unserved: list[str] = field(default_factory=list)
    served_late: int = 0
    stays: int = 0
    outages: bool = False
    unexplained: list[str] = field(default_factory=list)
    executed_twice: list[str] = field(default_factory=list)
    openings: int = 0

    @property
    def is_fine(self) -> bool:
        """Whether truth and database say the same wherever that can be told."""
        late = self.served_late > LATE_SHARE * self.stays
        unserved = (self.unserved or late) and not self.outages
        return not (self.differ or unserved or self.unexplained or self.executed_twice)

    def table(self) -> str:
        """The figures, and the first differences in words."""
        why = ", ".join(f"{count} {doubt.value}" for doubt, count in self.doubts.most_common())
        lines = [
            f"{'stays that agree':<32}{self.agree:>8}",
            f"{'stays in review':<32}{self.in_review:>8}",
            f"{'stays that differ':<32}{len(self.differ):>8}",
            f"{'strangers, no session':<32}{self.refused:>8}",
            f"{'not decidable by exact matching':<32}{self.in_doubt:>8}  {self.in_doubt_agree} agree anyway",
            *([f"{'':<32}{'':>8}  {why}"] if why else []),
            f"{'known drivers not served':<32}{len(self.unserved):>8}",
            f"{'decided or sent too late to open':<32}{self.served_late:>8}",
            f"{'openings by command':<32}{self.openings:>8}",
            f"{'unexplained openings':<32}{len(self.unexplained):>8}",
            f"{'commands executed twice':<32}{len(self.executed_twice):>8}",
        ]
        for findings in (self.differ, self.unserved, self.unexplained, self.executed_twice):
            lines += [f"  {finding}" for finding in findings[:LISTED]]
            if len(findings) > LISTED:
                lines.append(f"  and {len(findings) - LISTED} more")
        return "\n".join(lines)


def compare(truths: Sequence[SiteTruth], database_url: str, period: Period) -> Comparison:
    """Read the sessions of a field's badges and judge them. Blocks; raises `psycopg.Error`."""
    keys = {key for truth in truths for stay in truth.stays for key in stay.keys}
    sessions, late = read_sessions(database_url, keys, period.since_s), read_late(database_url, period.since_s)
    return judge(truths, sessions, period, late)


def judge(
    truths: Sequence[SiteTruth], sessions: Iterable[Session], period: Period, late: Mapping[str, Sequence[float]]
) -> Comparison:
    """Compare; what happened less than the tolerance before the end is not expected to be known yet.

    `late`: per site, in order, when reads happened that the service came to too late to open.
    """
    found = Comparison(outages=period.outages)
    of_car = _by_car(truths, sessions)
    for truth in truths:
        stays: dict[str, list[Stay]] = defaultdict(list)
        for stay in truth.stays:
            stays[stay.uid].append(stay)
        for uid, of_this in stays.items():
            _judge_car(of_this, of_car.get((truth.site, uid), []), found, period, late.get(truth.site, ()))
        found.stays += len(truth.stays)
        found.openings += len(truth.executions)
        found.unexplained += [
            f"{truth.site} {opening.lane} opened at {_time(opening.at_s)} for nobody ({opening.command_id or 'v1'})"
            for opening in truth.unexplained
        ]
        found.executed_twice += [f"{truth.site}: command {key} executed again" for key in truth.executed_twice]
    return found


def _by_car(truths: Iterable[SiteTruth], sessions: Iterable[Session]) -> Mapping[tuple[str, str], list[Session]]:
    """Each site's sessions by the badge of the car that was read for them first."""
    cars = {(truth.site, key): stay.uid for truth in truths for stay in truth.stays for key in stay.keys}
    of_car: dict[tuple[str, str], list[Session]] = defaultdict(list)
    for session in sessions:
        uid = next((cars[session.site, key] for key in session.keys if (session.site, key) in cars), None)
        if uid is not None:
            of_car[session.site, uid].append(session)
    return of_car


def _judge_car(
    stays: Sequence[Stay], sessions: Sequence[Session], found: Comparison, period: Period, late: Sequence[float]
) -> None:
    left = list(sessions)
    doubtful = any(stay.doubts for stay in stays)
    for stay in stays:
        session = next((one for one in left if _is_entry_of(one, stay, period)), None)
        if session is not None:
            left.remove(session)
        differs = _difference(stay, session, period)
        if stay.doubts and stay.doubts <= UNSERVED and not stay.is_stranger:
            if _came_late(stay, late, period.tolerance_s):
                found.served_late += 1
            else:
                found.unserved.append(f"{_named(stay)}: {' and '.join(sorted(doubt.value for doubt in stay.doubts))}")
        if stay.doubts:
            found.in_doubt += 1
            found.in_doubt_agree += differs is None
            found.doubts.update(stay.doubts)
        elif differs is None:
            if stay.is_stranger:
                found.refused += 1
            else:
                found.agree += stay.entered_s is not None
        elif session is not None and session.review:
            found.in_review += 1
        else:
            found.differ.append(f"{_named(stay)}: {differs}")
    for session in left:
        if doubtful:
            continue  # what the cloud made of a stay nobody can decide
        if session.review:
            found.in_review += 1
        else:
            found.differ.append(f"{session.site} {' and '.join(session.keys)}: {_told(session)} belongs to no stay")


def _came_late(stay: Stay, late: Sequence[float], tolerance_s: float) -> bool:
    """Whether the service came too late to a read at this driver's site while they stood there."""
    reads = stay.entry_reads if Doubt.GAVE_UP in stay.doubts else stay.exit_reads
    return bool(reads) and bisect_right(late, reads[-1] + tolerance_s) > bisect_left(late, reads[0] - tolerance_s)


def _is_entry_of(session: Session, stay: Stay, period: Period) -> bool:
    if session.entered_s is None or not stay.entry_reads:
        return False
    last_s = max(stay.entry_reads[-1], stay.entered_s or 0.0)
    return stay.entry_reads[0] - period.earliest_s <= session.entered_s <= last_s + period.tolerance_s


def _difference(stay: Stay, session: Session | None, period: Period) -> str | None:
    """What truth and database say differently about a stay; None where they agree."""
    if stay.is_stranger:
        return None if session is None else f"a stranger has {_told(session)}"
    if stay.entered_s is None:
        return None
    if session is None:
        return None if stay.entered_s > period.settled_s else "no session"
    if stay.left_s is None:
        return None if session.is_open or stay.exit_reads else f"stands inside, but {_told(session)}"
    if session.is_open:
        return None if stay.left_s > period.settled_s else f"has left, but {_told(session)}"
    first_s, last_s = stay.exit_reads[0] - period.earliest_s, stay.left_s + period.tolerance_s
    if session.left_s is not None and first_s <= session.left_s <= last_s:
        return None
    return f"left at {_time(stay.left_s)}, but {_told(session)}"


def _named(stay: Stay) -> str:
    told = [f"read at {' and '.join(_time(at_s) for at_s in stay.entry_reads)}"] if stay.entry_reads else []
    told += [f"in at {_time(stay.entered_s)}"] if stay.entered_s is not None else []
    told += [f"read at the exit at {' and '.join(_time(at_s) for at_s in stay.exit_reads)}"] if stay.exit_reads else []
    told += [f"out at {_time(stay.left_s)}"] if stay.left_s is not None else []
    return f"{stay.site} {stay.uid} ({', '.join([stay.plan, *told])})"


def _told(session: Session) -> str:
    entered = _time(session.entered_s) if session.entered_s is not None else "unknown"
    left = f" to {_time(session.left_s)}" if session.left_s is not None else ""
    closed_as = f" as {session.closed_as}" if session.closed_as else ""
    return f"a session from {entered}{left}, {session.status}{closed_as}"


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%H:%M:%S")
