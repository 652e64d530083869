"""The judge. Source: quality.md, "One oracle for all of it".

Lost: acknowledged to the publisher, not in the inbox, unless the broker itself had forgotten it. Double: one event or
command with more than one effect. Late: executed after its expiry, by the word of the command and, independently, by
the time its badge was held to the reader.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.killing.edge import Execution
from tests.killing.evidence import Evidence
from tests.killing.field import BADGE_EXPIRY_S
from tests.killing.generator import Publication

SLACK_S = 0.25  # from the broker to the edge's own clock
OPENS = frozenset({"100", "open"})
SENDABLE = frozenset({"queued", "sent", "acked", "confirmed", "unknown"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Each finding is one sentence. `broker_lost` is the broker's own and fails nothing.

    `waited` counts the badges that reached the service too late to open anything.
    """

    acknowledged: int
    executed: int
    waited: int
    lost: tuple[str, ...]
    broker_lost: tuple[str, ...]
    undone: tuple[str, ...]
    double: tuple[str, ...]
    late: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether lost = double = late = 0 and nothing is left undone."""
        return not (self.lost or self.undone or self.double or self.late)


@dataclass(frozen=True, slots=True)
class Window:
    """When an execution on a site is explained by one cause, at most once."""

    opens_at: float
    closes_at: float
    cause: str


def judge(
    publications: Sequence[Publication],
    executions: Sequence[Execution],
    evidence: Evidence,
    forgotten_by_broker: frozenset[bytes] = frozenset(),
) -> Verdict:
    """The verdict; `forgotten_by_broker` is what the broker was seen to lose by itself, when it was killed."""
    missing = [one for one in publications if one.acknowledged_at is not None and not evidence.deliveries[_digest(one)]]
    forgotten = [one for one in missing if _digest(one) in forgotten_by_broker]
    double, late = _explained(publications, executions, evidence)
    double += [*_repeated_sessions(evidence), *_repeated_commands(executions), *_unasked(publications, evidence)]
    return Verdict(
        acknowledged=sum(one.acknowledged_at is not None for one in publications),
        executed=len(executions),
        lost=tuple(_named(one) for one in missing if one not in forgotten),
        broker_lost=tuple(_named(one) for one in forgotten),
        undone=evidence.undone,
        double=tuple(double),
        waited=_waited(publications, evidence),
        late=(*late, *_after_expiry(executions), *_after_badge(publications, evidence)),
    )


def unexplained(executions: Iterable[Execution], windows: Iterable[Window]) -> tuple[list[Execution], list[Window]]:
    """Executions that no window explains, each window once, and the windows left over: the tightest goes first."""
    free = sorted(windows, key=lambda window: window.closes_at)
    left = []
    for execution in sorted(executions, key=lambda execution: execution.at):
        fits = (window for window in free if window.opens_at <= execution.at <= window.closes_at)
        window = next(fits, None)
        if window is None:
            left.append(execution)
        else:
            free.remove(window)
    return left, free


def _explained(
    publications: Sequence[Publication], executions: Sequence[Execution], evidence: Evidence
) -> tuple[list[str], list[str]]:
    """Every execution needs a badge of its own within its expiry, and a command of its own within its expiry."""
    badges: dict[str, list[Window]] = defaultdict(list)
    commands: dict[tuple[str, str], list[Window]] = defaultdict(list)
    for one in publications:
        closes = one.ended_at + BADGE_EXPIRY_S + SLACK_S
        badges[one.event.site.name].append(Window(one.sent_at, closes, f"badge {one.event.uid}"))
    for command in evidence.commands:
        if command.fate in SENDABLE:
            window = Window(command.created_at - SLACK_S, command.expires_at + SLACK_S, f"command {command.id}")
            commands[command.site, command.lane].append(window)
    double: list[str] = []
    late: list[str] = []
    by_site: dict[str, list[Execution]] = defaultdict(list)
    by_lane: dict[tuple[str, str], list[Execution]] = defaultdict(list)
    for execution in executions:
        by_site[execution.site].append(execution)
        by_lane[execution.site, execution.lane].append(execution)
    pairs = [(by_site[site], badges[site]) for site in by_site]
    pairs += [(by_lane[lane], commands[lane]) for lane in by_lane]
    for done, windows in pairs:
        left, free = unexplained(done, windows)
        for execution in left:
            over = next((window for window in free if window.closes_at < execution.at), None)
            if over is None:
                double.append(f"{_told(execution)}: more than were asked for")
            else:
                late.append(f"{_told(execution)}: {execution.at - over.closes_at:.2f} s after {over.cause}")
                free.remove(over)
    return double, late


def _repeated_sessions(evidence: Evidence) -> Iterator[str]:
    for (site, uid), count in Counter((session.site, session.uid) for session in evidence.sessions).items():
        if count > 1:
            yield f"{count} sessions for badge {uid} on {site}"


def _repeated_commands(executions: Sequence[Execution]) -> Iterator[str]:
    ids = Counter(execution.command_id for execution in executions if execution.command_id is not None)
    yield from (f"command {key} executed {count} times" for key, count in ids.items() if count > 1)
    yield from (f"{_told(execution)}: it was retained" for execution in executions if execution.retained)
    yield from (
        f"{_told(execution)}: nobody may ask for that" for execution in executions if execution.word not in OPENS
    )


def _unasked(publications: Sequence[Publication], evidence: Evidence) -> Iterator[str]:
    """Drivers of a run only ever enter: a second effect of one badge would be an exit, or one command too many."""
    reads = Counter(one.event.uid for one in publications)
    sessions = {session.id: session for session in evidence.sessions}
    asked: Counter[str] = Counter()
    for session in evidence.sessions:
        if session.status != "active":
            yield f"session {session.id} of badge {session.uid} is {session.status}: nobody asked to leave"
    for command in evidence.commands:
        session_of = sessions.get(command.session_id or "")
        if command.lane != "entry":
            yield f"command {command.id} on {command.site} opens the {command.lane}: nobody asked to leave"
        elif session_of is not None:
            asked[session_of.uid] += 1
    yield from (
        f"{count} commands for {reads[uid]} reads of badge {uid}" for uid, count in asked.items() if count > reads[uid]
    )


def _after_expiry(executions: Sequence[Execution]) -> Iterator[str]:
    for execution in executions:
        if execution.expires_at is not None and execution.at > execution.expires_at + SLACK_S:
            yield f"{_told(execution)}: {execution.at - execution.expires_at:.2f} s after its own expiry"


def _after_badge(publications: Sequence[Publication], evidence: Evidence) -> Iterator[str]:
    """No command may be good for longer than its badge's expiry, whatever the service takes for the badge's time."""
    uids = {session.id: session.uid for session in evidence.sessions}
    reads: dict[str, list[Publication]] = defaultdict(list)
    for one in publications:
        reads[one.event.uid].append(one)
    for command in evidence.commands:
        before = [one for one in reads[uids.get(command.session_id or "", "")] if one.sent_at <= command.created_at]
        if command.fate not in SENDABLE or not before:
            continue
        over_s = command.expires_at - max(one.ended_at for one in before) - BADGE_EXPIRY_S
        if over_s > SLACK_S:
            yield f"command {command.id} on {command.site} is good for {over_s:.2f} s too long"


def _waited(publications: Sequence[Publication], evidence: Evidence) -> int:
    received = evidence.received_at
    return sum(received.get(_digest(one), 0.0) - one.ended_at > BADGE_EXPIRY_S for one in publications)


def _digest(publication: Publication) -> bytes:
    return publication.event.digest


def _named(publication: Publication) -> str:
    event, acknowledged_at = publication.event, publication.acknowledged_at or 0.0
    return f"badge {event.uid} on {event.site.name}, sent {publication.sent_at:.3f}, taken over {acknowledged_at:.3f}"


def _told(execution: Execution) -> str:
    name = f" ({execution.command_id})" if execution.command_id else ""
    return f"{execution.word} executed on {execution.site} {execution.lane} at {execution.at:.3f}{name}"
