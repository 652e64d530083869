"""The truth of the field against the sessions in a database, car by car: by its badge, and by its plate where told.

A stay agrees when one session has its entry and its exit between the first read and the passage, give or take a
tolerance. A stay in doubt (see `truth.Doubt`), of which too little was told, has to agree or to be in review all the
same; only a car that no message told of is counted apart. A PIN is the same for everybody: without a plate the
service takes whoever came by it first for the one who leaves, and says so in the review; then only the moments at which
somebody left by PIN have to agree. Who was let out without a known entry is in review, and so is the stay that nothing
told to be the same car's, and who came in by the opening of another's badge, with the session that was begun by it; so
is the stay whose reading at the entry was taken for an earlier visit of its car, where that one is in review.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ops.simulator.comparison import Comparison, Period
from ops.simulator.sessions import Opening, Session, read_late, read_opened, read_sessions
from ops.simulator.tells import Tells
from ops.simulator.truth import ASK_COUNTS_S, PIN, UNSERVED, Doubt, SiteTruth, Stay

RELEASED_WITHIN_S = 180.0
"""After a call for help nobody stands at an exit for longer. Source: domain.md, "Timed release"."""
PASSES_WITHIN_S = 10.0
BY_HAND, ENDED = "by_hand", "ended by a person, as nobody was inside"
LET_OUT = "let out by a person, known to nobody"


def compare(truths: Sequence[SiteTruth], database_url: str, period: Period) -> Comparison:
    """Read the sessions of a field's badges and judge them. Blocks; raises `psycopg.Error`."""
    keys = {PIN, *(key for truth in truths for stay in truth.stays for key in stay.keys)}
    sessions, late = read_sessions(database_url, keys, period.since_s), read_late(database_url, period.since_s)
    return judge(truths, sessions, period, late, read_opened(database_url, period.since_s))


def judge(
    truths: Sequence[SiteTruth],
    sessions: Iterable[Session],
    period: Period,
    late: Mapping[str, Sequence[float]],
    opened: Collection[Opening] = (),
) -> Comparison:
    """Compare; what happened less than the tolerance before the end is not expected to be known yet.

    `late`: per site, in order, when reads happened that the service came to too late to open. `opened`: what barriers
    were told.
    """
    found = Comparison(outages=period.outages)
    found.past_openings = [
        f"{one.site} {one.barrier}: told at {_time(one.decided_s)} to open for what happened at {_time(one.fact_s)}"
        for one in opened
        if one.decided_s - one.fact_s > ASK_COUNTS_S
    ]
    let_out: dict[str, list[float]] = defaultdict(list)
    for one in opened:
        if one.lets_out:
            let_out[one.site].append(one.decided_s)
    sessions, tells = list(sessions), Tells(truths, period)
    of_car = _by_car(truths, sessions, tells)
    found.wrong_matches = [
        f"{session.site} {' and '.join(session.keys)}: {_told(session)}, closed by another car"
        for session in sessions
        if tells.is_wrong_match(session)
    ]
    longest_s = RELEASED_WITHIN_S + PASSES_WITHIN_S + period.tolerance_s
    for truth in truths:
        stays: dict[str, list[Stay]] = defaultdict(list)
        for stay in truth.stays:
            stays[_car(stay)].append(stay)
        known, behind = period.of_site(truth.cut_since_s), late.get(truth.site, ())
        unmatched = _Unmatched()
        for car, of_this in stays.items():
            _judge_car(of_this, of_car.get((truth.site, car), []), found, known, unmatched)
        _judge_unmatched(unmatched, let_out[truth.site], found, known)
        for stay in truth.stays:
            _judge_service(stay, truth, found, behind, known)
        found.stays += len(truth.stays)
        found.openings += len(truth.executions)
        found.unexplained += [
            f"{truth.site} {opening.lane} opened at {_time(opening.at_s)} for nobody ({opening.command_id or 'v1'})"
            for opening in truth.unexplained
        ]
        found.held += [f"{_named(stay)}: held" for stay in truth.stays if _is_held(stay, truth, longest_s)]
        found.executed_twice += [f"{truth.site}: command {key} executed again" for key in truth.executed_twice]
    return found


def _is_held(stay: Stay, truth: SiteTruth, longest_s: float) -> bool:
    return stay.held_s > longest_s and truth.held_s(stay) > longest_s


def _by_car(
    truths: Iterable[SiteTruth], sessions: Iterable[Session], tells: Tells
) -> Mapping[tuple[str, str], list[Session]]:
    """Each site's sessions by the car that was read for them first: at that time, else ever."""
    cars = {(truth.site, key): _car(stay) for truth in truths for stay in truth.stays for key in stay.keys}
    of_car: dict[tuple[str, str], list[Session]] = defaultdict(list)
    for session in sessions:
        then = [_car(stay) for read in session.reads for stay in tells.of(session.site, read)]
        ever = [cars[session.site, key] for key in session.keys if (session.site, key) in cars]
        car = next(iter(then + ever), PIN if PIN in session.keys else None)
        if car is not None:
            of_car[session.site, car].append(session)
    return of_car


def _car(stay: Stay) -> str:
    """By what a car's stays are told from those of others; nobody can tell who came by PIN."""
    return PIN if stay.plan == "pin" else stay.uid


@dataclass(slots=True)
class _Unmatched:
    """What is left of a site once each car's stays were held against its own sessions."""

    stays: list[tuple[Stay, str]] = field(default_factory=list)
    sessions: list[tuple[Session, bool]] = field(default_factory=list)
    """With each, whether too little was told of a stay of its car."""
    looked_at: list[Session] = field(default_factory=list)
    """What a person looks at for another reason: the entry may have been opened for another car all the same."""


def _judge_car(
    stays: Sequence[Stay],
    sessions: Sequence[Session],
    found: Comparison,
    period: Period,
    unmatched: _Unmatched,
) -> None:
    left = list(sessions)
    pairs: list[tuple[Stay, Session | None]] = []
    for stay in stays:
        session = next((one for one in left if _is_entry_of(one, stay, period)), None)
        if session is not None:
            left.remove(session)
        pairs.append((stay, session))
    taken_for_another = _taken_for_another(pairs, period)
    for stay, session in pairs:
        found.in_doubt += bool(stay.doubts)
        found.doubts.update(stay.doubts)
        differs = _difference(stay, session, period)
        if differs is None:
            if stay.entered_s is None:
                found.refused += stay.is_stranger
            else:
                found.agree += 1
        elif session is not None and (session.review or (_is_seen_to(session) and not _is_told_to_leave(stay))):
            # A person has ended it where nothing told that it left; what was told has to be known without them.
            _in_review(session, found)
            unmatched.looked_at.append(session)
        elif stay.vehicle in taken_for_another:
            found.in_review += 1
        elif let_out := next((one for one in left if _is_seen_to(one) and _is_exit_of(one, stay, period)), None):
            left.remove(let_out)
            _in_review(let_out, found)
            unmatched.looked_at.append(let_out)
        elif session is None and (taken := next((one for one in sessions if _took_entry_of(one, stay, period)), None)):
            _in_review(taken, found)
        else:
            unmatched.stays.append((stay, differs))
    unmatched.sessions += [(session, any(stay.doubts for stay in stays)) for session in left]


def _judge_unmatched(unmatched: _Unmatched, let_out: list[float], found: Comparison, period: Period) -> None:
    """Who came in by the opening of another's badge is in review with the session that was begun for that one.

    A badge that was read again at the exit may have let in several, one after the other. Who slipped in behind another
    and shows nothing that anybody knows is seen to by the person who lets them out; `let_out` is when, each for one.
    """
    seen_to = [session for session, _ in unmatched.sessions if _is_seen_to(session)]
    begun = [*seen_to, *unmatched.looked_at]
    openings = [(session, at_s) for session in begun for at_s in _entry_openings(session)]
    explaining = []
    for stay, differs in unmatched.stays:
        theirs = next((one for one in openings if _let_in(one[1], stay, period)), None)
        if theirs is not None:
            openings.remove(theirs)
            explaining.append(theirs[0])
            _in_review(theirs[0], found)
        elif stay.is_stranger and (theirs_out := [at_s for at_s in let_out if _stood_at_exit(stay, at_s, period)]):
            let_out.remove(theirs_out[0])
            found.in_review += 1
            found.reviewed_for.update((LET_OUT,))
        elif not stay.was_told:
            found.never_told += 1
        else:
            (found.neither if stay.doubts else found.differ).append(f"{_named(stay)}: {differs}")
    for session, in_doubt in unmatched.sessions:
        if session in explaining or (session.entered_s or 0.0) > period.settled_s:
            continue
        if session in seen_to:
            _in_review(session, found)
        else:
            line = f"{session.site} {' and '.join(session.keys)}: {_told(session)} belongs to no stay"
            (found.neither if in_doubt else found.differ).append(line)


def _entry_openings(session: Session) -> Sequence[float]:
    """When the entry was opened for a session."""
    reads = sorted({read.at_s for read in session.reads if read.lane == "entry"})
    return reads or ([session.entered_s] if session.entered_s is not None else [])


def _let_in(opened_s: float, stay: Stay, period: Period) -> bool:
    """Whether the entry was opened while a car stood there of which nothing gave a right, or what did came too late."""
    given = any(stay.tells("entry")) and not stay.is_stranger and "entry" not in stay.dated_from_s
    if stay.entered_s is None or given:
        return False
    stood_s = stay.stood_s.get("entry", stay.entered_s)
    return stood_s - period.tolerance_s <= opened_s <= stay.entered_s + period.tolerance_s


def _stood_at_exit(stay: Stay, at_s: float, period: Period) -> bool:
    return stay.left_s is not None and stay.stood_s.get("exit", stay.left_s) <= at_s <= stay.left_s + period.tolerance_s


def _judge_service(stay: Stay, truth: SiteTruth, found: Comparison, late: Sequence[float], period: Period) -> None:
    """Whether a driver was served, as far as nothing explains that they were not."""
    if not stay.doubts or not stay.doubts <= UNSERVED or stay.is_stranger:
        return
    if truth.was_away(*stay.waited_s):
        found.served_by_nobody += 1
    elif _came_late(stay, late, period.tolerance_s):
        found.served_late += 1
    else:
        found.unserved.append(f"{_named(stay)}: {' and '.join(sorted(doubt.value for doubt in stay.doubts))}")


def _is_told_to_leave(stay: Stay) -> bool:
    """Whether anything told that this car left: what was told at the exit, unless nothing links it to its entry.

    A PIN tells only that somebody leaves who came by it.
    """
    return stay.plan != "pin" and bool(stay.told["exit"]) and stay.is_linked


def _is_seen_to(session: Session) -> bool:
    """Whether a person is to look at it, or has looked, and ended it because nobody was inside."""
    return bool(session.review) or (session.closed_as == BY_HAND and session.left_s == session.entered_s)


def _in_review(session: Session, found: Comparison) -> None:
    found.in_review += 1
    found.reviewed_for.update(session.review or (ENDED,))


def _taken_for_another(pairs: Iterable[tuple[Stay, Session | None]], period: Period) -> frozenset[int]:
    """The vehicles that came by PIN whose exit, or stay, one of those sessions has that stands for another of them."""
    odd = [
        (stay, session)
        for stay, session in pairs
        if stay.plan == "pin" and session is not None and _difference(stay, session, period)
    ]
    ends, found = [session for _, session in odd], set[int]()
    for stay, session in odd:
        as_told = (end for end in ends if not _difference(stay, replace(end, entered_s=session.entered_s), period))
        end = next(as_told, None)
        if end is not None:
            ends.remove(end)
            found.add(stay.vehicle)
    return frozenset(found)


def _came_late(stay: Stay, late: Sequence[float], tolerance_s: float) -> bool:
    """Whether the service came too late to a read at this driver's site while they stood there."""
    reads = stay.entry_reads if Doubt.GAVE_UP in stay.doubts else stay.exit_reads
    return bool(reads) and bisect_right(late, reads[-1] + tolerance_s) > bisect_left(late, reads[0] - tolerance_s)


def _is_entry_of(session: Session, stay: Stay, period: Period) -> bool:
    if session.entered_s is None or not stay.entry_reads:
        return False
    last_s = max(stay.entry_reads[-1], stay.entered_s or 0.0)
    return stay.earliest_s("entry") - period.tolerance_s <= session.entered_s <= last_s + period.tolerance_s


def _took_entry_of(session: Session, stay: Stay, period: Period) -> bool:
    """Whether what was read of a car at the entry was taken for another visit of it, which a person is to look at."""
    if not session.review or not stay.entry_reads or stay.plan == "pin":
        return False
    earliest_s = stay.earliest_s("entry") - period.tolerance_s
    return any(earliest_s <= read.at_s <= stay.entry_reads[-1] + period.tolerance_s for read in session.reads)


def _is_exit_of(session: Session, stay: Stay, period: Period) -> bool:
    if session.left_s is None or stay.left_s is None or not stay.exit_reads:
        return False
    return stay.earliest_s("exit") - period.tolerance_s <= session.left_s <= stay.left_s + period.tolerance_s


def _difference(stay: Stay, session: Session | None, period: Period) -> str | None:
    """What truth and database say differently about a stay; None where they agree."""
    if stay.is_stranger and stay.entered_s is None:
        return None if session is None else f"a stranger has {_told(session)}"
    if stay.entered_s is None:
        stands = stay.turned_back_s is None or stay.turned_back_s > period.settled_s
        if stands or session is None or session.status == "void" or session.closed_as == BY_HAND:
            return None
        return f"turned back, but {_told(session)}"
    if session is None:
        return None if stay.entered_s > period.settled_s else "no session"
    if stay.left_s is None:
        return None if session.is_open or stay.exit_reads else f"stands inside, but {_told(session)}"
    if session.is_open:
        return None if stay.left_s > period.settled_s else f"has left, but {_told(session)}"
    if _is_exit_of(session, stay, period):
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
