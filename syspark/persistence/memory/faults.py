"""What can go wrong with a database, on demand: for tests and for the developers' harness."""

import asyncio
import contextlib
import enum
from collections.abc import Callable, Iterable
from typing import NoReturn, TypeVar
from uuid import UUID

from syspark.errors import Unavailable
from syspark.ports import CommitUnknown, DataRefused

T = TypeVar("T")


class Call(enum.Enum):
    """The calls whose fate can be chosen; `READ` is every call that writes nothing."""

    BEAT = enum.auto()
    TAKE = enum.auto()
    RENEW = enum.auto()
    RELEASE = enum.auto()
    INSERT = enum.auto()
    REQUEST = enum.auto()
    COUNT = enum.auto()
    PARK = enum.auto()
    COMMIT = enum.auto()
    LANDED = enum.auto()
    RECORD = enum.auto()
    SEEN = enum.auto()
    HINT = enum.auto()
    READ = enum.auto()


_LOCKED_OUT = frozenset({Call.TAKE, Call.RELEASE, Call.COUNT, Call.PARK, Call.COMMIT, Call.LANDED, Call.RECORD})
"""Calls that wait for the locks of a transaction under way: the rows it decides, its commands, its fence."""


class Ghost:
    """A transaction whose client is gone and which still holds its locks: nobody sees it until it ends."""

    def __init__(self) -> None:
        self._work: Callable[[], object] | None = None
        self._ended = asyncio.Event()

    def begin(self, work: Callable[[], object]) -> None:
        """Take over what the lost client had asked for."""
        self._work = work

    def end(self, *, written: bool) -> None:
        """Let it commit or abort; whoever waits for its locks goes on. What the database refuses aborts."""
        if self._work is None:
            raise RuntimeError("nothing was committed since the ghost was asked for")
        if written and not self._ended.is_set():
            with contextlib.suppress(DataRefused):
                self._work()
        self._ended.set()

    @property
    def is_under_way(self) -> bool:
        """Whether it holds its locks."""
        return self._work is not None and not self._ended.is_set()

    async def wait(self) -> None:
        """Wait until it has ended."""
        await self._ended.wait()


class Gate:
    """Where calls stop until it is opened."""

    def __init__(self) -> None:
        self._opened = asyncio.Event()
        self._reached = asyncio.Event()

    def open(self) -> None:
        """Let through who waits here and who comes later."""
        self._opened.set()

    async def reached(self) -> None:
        """Wait until a call has come to the gate: the moment to kill, cancel or cut somebody."""
        await self._reached.wait()

    async def pass_through(self) -> None:
        """Wait until it is open."""
        self._reached.set()
        await self._opened.wait()


class Faults:
    """The faults of one process's way to its database. Each stays until it is lifted, a lost answer is lost once."""

    def __init__(self, ghosts: list[Ghost]) -> None:
        self._away: str | None = None
        self._gates: dict[tuple[Call, bool], Gate] = {}
        self._refused: set[UUID] = set()
        self._losses: dict[Call, list[bool | Ghost]] = {}
        self._ghosts = ghosts

    def go_away(self, because: str = "it was told to go away") -> None:
        """From now on every call raises `Unavailable`, those held at a gate once it is opened."""
        self._away = because

    def come_back(self) -> None:
        """Answer again."""
        self._away = None

    def hold(self, *calls: Call, answer: bool = False) -> Gate:
        """Delay the named calls (none named: all) until the gate is opened: before they do anything.

        With `answer`, after they have written and before they answer.
        """
        gate = Gate()
        for call in calls or Call:
            self._gates[call, answer] = gate
        return gate

    def let_all_through(self) -> None:
        """Open every gate: whoever was held sees what has become of the database meanwhile."""
        for gate in self._gates.values():
            gate.open()

    def refuse(self, row_id: UUID) -> None:
        """Refuse the data of every insert, request or unit of this inbox row: the whole batch is `DataRefused`."""
        self._refused.add(row_id)

    def accept(self, row_id: UUID) -> None:
        """Take this row's data again."""
        self._refused.discard(row_id)

    def lose_answer(self, call: Call = Call.COMMIT, *, written: bool) -> None:
        """Lose the answer of the next such call, having written everything or nothing.

        `Call.COMMIT` then raises `CommitUnknown`, any other `Unavailable`. Asked for twice, the next two are lost.
        """
        self._losses.setdefault(call, []).append(written)

    def leave_under_way(self) -> Ghost:
        """Lose the answer of the next commit while its transaction is still under way: `Ghost.end` decides it.

        Until then other writes of decided rows, commands and leases wait for it, as they would for its locks.
        """
        ghost = Ghost()
        self._losses.setdefault(Call.COMMIT, []).append(ghost)
        return ghost

    async def perform(self, call: Call, work: Callable[[], T], rows: Iterable[UUID] = ()) -> T:
        """Do one call's work as the faults allow. It is atomic: nothing else runs inside it."""
        # A database never answers within the same turn of the loop: code that relies on it is wrong.
        await asyncio.sleep(0)
        self._require_reachable()
        gate = self._gates.get((call, False))
        if gate is not None:
            await gate.pass_through()
        if call in _LOCKED_OUT:
            for ghost in [ghost for ghost in self._ghosts if ghost.is_under_way]:
                await ghost.wait()
        self._require_reachable()
        if not self._refused.isdisjoint(rows):
            raise DataRefused("a row of this batch was told to be refused")
        losses = self._losses.get(call)
        if losses:
            self._lose(call, losses.pop(0), work)
        result = work()
        gate = self._gates.get((call, True))
        if gate is not None:
            await gate.pass_through()
            if self._away is not None:
                self._lost(call)
        return result

    def _lose(self, call: Call, loss: bool | Ghost, work: Callable[[], object]) -> NoReturn:
        if isinstance(loss, Ghost):
            self._ghosts[:] = [ghost for ghost in self._ghosts if ghost.is_under_way] + [loss]
            loss.begin(work)
        elif loss:
            work()
        self._lost(call)

    def _lost(self, call: Call) -> NoReturn:
        if call is Call.COMMIT:
            raise CommitUnknown("the answer to COMMIT was lost")
        raise Unavailable("database", because="its answer was lost")

    def _require_reachable(self) -> None:
        if self._away is not None:
            raise Unavailable("database", because=self._away)
