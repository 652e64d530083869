"""A site's two controllers on a line that may lose and repeat, and the cloud's side of it, stepped by time."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from uuid import UUID

from syspark.domain.access import Credential, Plan
from syspark.domain.controller import NEVER_HEARD, concerns, decide, evolve, taken
from syspark.domain.controller.book import Book
from syspark.domain.controller.state import ControllerState
from syspark.domain.decision import Decision, Moment, ToAlarms
from syspark.domain.facts import AclReported, AclWritten, BridgeReported, SyncRequested
from syspark.domain.messages import (
    AlarmCleared,
    AlarmRaised,
    CommandFated,
    ControllerMessage,
    DeadlineReached,
    DesiredChanged,
    Reported,
)
from syspark.domain.orders import AddBadge, ListBadges, Order, RemoveBadge, ReplaceBadges, SetPin
from syspark.domain.units import DeviceName, HolderKey, Lane, Uid

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
FITS = 46
CARD_S = 0.3


def uid(number: int) -> Uid:
    """The badge of that number."""
    return Uid(f"{number:08X}")


def uids(numbers: Iterable[int]) -> list[Uid]:
    """The badges of those numbers."""
    return [uid(number) for number in numbers]


@dataclass
class Board:
    """One controller: what it holds, and how many it can say."""

    held: set[Uid] = field(default_factory=set)
    says_at_most: int = 1_000_000
    fails: bool = False
    missed: int = 0


@dataclass
class Site:
    """`lost` and `repeated` tell of each message, in either direction, in turn; when they have ended, none is any more.

    `deaf` boards are skipped one by one in the same way.
    """

    boards: list[Board] = field(default_factory=lambda: [Board(), Board()])
    lost: Iterator[bool] = field(default_factory=lambda: iter(()))
    repeated: Iterator[bool] = field(default_factory=lambda: iter(()))
    deaf: Iterator[bool] = field(default_factory=lambda: iter(()))
    pins: tuple[Lane, ...] = ()
    cut: bool = False
    state: ControllerState = field(default_factory=ControllerState)
    credentials: dict[Uid, Credential] = field(default_factory=dict)
    sent: list[Order] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    alarms: list[AlarmRaised | AlarmCleared] = field(default_factory=list)
    losses: int = 0
    repeats: int = 0
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self._book: Book | None = None
        self._order = count(1)
        self._coming: list[tuple[float, int, Callable[[], object]]] = []
        self._timers: dict[str, datetime] = {}

    @property
    def now(self) -> datetime:
        """The time."""
        return NOON + timedelta(seconds=self.now_s)

    @property
    def changes(self) -> list[Order]:
        """What was sent to change a list."""
        return [order for order in self.sent if isinstance(order, AddBadge | RemoveBadge | ReplaceBadges)]

    @property
    def questions(self) -> int:
        """How often the controllers were asked for their lists."""
        return sum(isinstance(order, ListBadges) for order in self.sent)

    def desire(self, wanted: Iterable[Uid], *, until: datetime | None = None, plan: Plan = Plan.SUBSCRIBER) -> None:
        """Let these badges be known, and the cloud hear of it."""
        for one in wanted:
            self.credentials[one] = Credential(uid=HolderKey(one), holder="", plan=plan, valid_until=until)
            self._tell_of(one)

    def block(self, one: Uid) -> None:
        """Let a badge be blocked."""
        known = self.credentials[one]
        self.credentials[one] = Credential(uid=HolderKey(one), holder="", plan=known.plan, blocked=True)
        self._tell_of(one)

    def connect(self, number: int) -> None:
        """A board connects: it lists what it holds and asks for its state."""
        self._list(self.boards[number])
        self._up(Reported(device=DeviceName("sync"), fact=SyncRequested()))

    def connect_all(self) -> None:
        """Both boards connect."""
        for number in range(len(self.boards)):
            self.connect(number)

    def bridge_back(self) -> None:
        """The site's bridge has a new connection."""
        self.tell(Reported(device=DeviceName("bridge"), fact=BridgeReported(online=True)))

    def restart_cloud(self) -> None:
        """Another worker takes over: what was in memory is rebuilt from credentials."""
        self._book = None

    def pass_time(self, seconds: float) -> None:
        """Let so many seconds pass."""
        end_s = self.now_s + seconds
        while True:
            due = min(self._timers.items(), key=lambda item: item[1], default=None)
            timer_s = (due[1] - NOON).total_seconds() if due else float("inf")
            coming_s = self._coming[0][0] if self._coming else float("inf")
            if min(timer_s, coming_s) > end_s:
                break
            self.now_s = max(self.now_s, min(timer_s, coming_s))
            if coming_s <= timer_s:
                heapq.heappop(self._coming)[2]()
            elif due is not None:
                del self._timers[due[0]]
                self.tell(DeadlineReached(key=due[0], due_at=due[1]))
        self.now_s = end_s

    def tell(self, message: ControllerMessage, *, age_s: float = 0) -> Decision:  # type: ignore[type-arg]
        """The cloud's side takes a message, `age_s` after it happened."""
        at = Moment(now=self.now, fact_at=self.now - timedelta(seconds=age_s), cause=UUID(int=next(self._order)))
        if not concerns(self.state, message, {DeviceName("acl"), DeviceName("sync")}):
            self.rules.append(NEVER_HEARD.rule)
            return NEVER_HEARD
        book = taken(self._book or Book.of(self.credentials.values()), self.state, message, at)
        if isinstance(message, DesiredChanged):
            for one in message.uids:
                book = book.knowing(HolderKey(one), self.credentials.get(one))
        listed = (
            message.fact.entries if isinstance(message, Reported) and isinstance(message.fact, AclReported) else None
        )
        decision = decide(self.state, message, book.outlook(at.now, fits=FITS, listed=listed), self.pins, at)
        self._book = book
        self.rules.append(decision.rule)
        for event in decision.events:
            self.state = evolve(self.state, event)
        for timer in decision.timers:
            if timer.at is None:
                self._timers.pop(timer.key, None)
            else:
                self._timers[timer.key] = timer.at
        self.alarms += [handover.message for handover in decision.handovers if isinstance(handover, ToAlarms)]
        for command in decision.commands:
            self.sent.append(command.order)
            if not isinstance(command.order, SetPin):
                self._after(0.01, partial(self.tell, CommandFated(command_id=command.id, fate="acked")))
            self._down(command.order)
        return decision

    def _tell_of(self, one: Uid) -> None:
        self.tell(DesiredChanged(uids=(one,)))

    def _after(self, seconds: float, act: Callable[[], object]) -> None:
        heapq.heappush(self._coming, (self.now_s + seconds, next(self._order), act))

    def _is_lost(self) -> bool:
        gone = self.cut or next(self.lost, False)
        self.losses += gone
        return gone

    def _times(self) -> int:
        again = next(self.repeated, False)
        self.repeats += again
        return 1 + again

    def _down(self, order: Order) -> None:
        if self._is_lost():
            return
        for place in range(self._times()):
            for board in self.boards:
                if next(self.deaf, False):
                    self.losses += 1
                else:
                    self._after(0.05 + 0.4 * place, partial(self._hear, board, order))

    def _up(self, report: Reported) -> None:
        if not self._is_lost():
            for place in range(self._times()):
                self._after(0.05 + 0.1 * place, partial(self.tell, report))

    def _hear(self, board: Board, order: Order) -> None:
        match order:
            case ListBadges():
                self._list(board)
                return
            case _ if board.fails:
                pass
            case AddBadge(uid=one):
                board.held.add(one)
            case RemoveBadge(uid=one):
                board.held.discard(one)
            case ReplaceBadges(uids=several):
                assert len(several) <= FITS
                board.held = set(several)
            case _:
                return
        written = Reported(device=DeviceName("acl"), fact=AclWritten(ok=not board.fails))
        self._after(CARD_S, lambda: self._up(written))

    def _list(self, board: Board) -> None:
        entries = tuple(sorted(board.held)[: board.says_at_most])
        self._up(Reported(device=DeviceName("acl"), fact=AclReported(entries=entries)))
