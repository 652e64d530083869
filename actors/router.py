"""Which actor gets which row, and when.

A recipient's rows wait here in their order, a cache of its durable mailbox, and go to its actor one at a time: the
next one when the last is settled. An actor that crashes loses nothing, its row stays first in line.
"""

import asyncio
import logging
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import pykka

from actors.conversation import Consulted
from actors.runtime import ClosedError, Control, Directory, EscalatedError, Key
from actors.tools import Tools
from syspark.domain.units import CommandId
from syspark.rows import Address, InboxRow, Unit

logger = logging.getLogger(__name__)

SITE_BOUND = 2_000
"""Undone rows in memory per recipient; beyond, its next ones stay rows only."""

GIVEN_UP_PAUSE_S = 1.0

REMEMBER_SETTLED_S = 10.0
"""Longer than any read of the table takes, which may still show a row as undone."""


class Reader(Protocol):
    """Reads a mailbox's undone rows from its table, because they are not all in memory."""

    def read_on(self, recipient: Address, partition: int) -> None:
        """Read between `Router.begin_reading` and `Router.read_back`; nothing more while a read is under way."""


@dataclass(frozen=True, slots=True)
class Foretold(Control):
    """A row that is being made durable: its actor may look up meanwhile what it will need, and must decide nothing."""

    row: InboxRow


@dataclass(frozen=True, slots=True)
class Acked(Control):
    """The broker has a command of an actor's, as the command's row says; the actor takes note and decides nothing."""

    command_id: CommandId


Failed = Callable[[InboxRow, Exception], Awaitable[None]]


def _ignore(_partition: int) -> None:
    """Nobody waits to hear of it yet."""


@dataclass(slots=True)
class _Line:
    """A recipient's rows; `spilled`: others lie in its table only, `passed_over`: some since the last read began."""

    partition: int
    rows: deque[InboxRow] = field(default_factory=deque)
    out: bool = False
    spilled: bool = False
    passed_over: bool = False
    coming: asyncio.Task[None] | None = None


class Router:
    """The live lines of a worker's partitions. Everything here runs on the loop and never waits."""

    def __init__(self, directory: Directory, failed: Failed, tools: Tools) -> None:
        """`failed` counts the try of a row whose actor cannot be made, and has it retried or parked."""
        self._directory = directory
        self._failed = failed
        self._tools = tools
        self._open: set[int] = set()
        self._lines: dict[Address, _Line] = {}
        self._known: set[UUID] = set()
        self._settled: OrderedDict[UUID, float] = OrderedDict()
        self._undone: dict[int, int] = {}
        self._waiting: Counter[str] = Counter()
        self._reader: Reader | None = None
        self._foretelling: asyncio.Task[None] | None = None
        self._relieved: Callable[[int], None] = _ignore

    def wire(self, reader: Reader, relieved: Callable[[int], None]) -> None:
        """Who reads spilled mailboxes, and who hears that a partition has fewer undone rows."""
        self._reader = reader
        self._relieved = relieved

    def open(self, partition: int) -> None:
        """A partition is ours from now on; rows of any other are left to their owners."""
        self._open.add(partition)

    def leave(self, partition: int) -> None:
        """A partition is being given back: what is in memory is still decided, what comes is left to its next owner."""
        self._open.discard(partition)

    def undone(self, partition: int) -> int:
        """How many rows of a partition wait in memory or are being decided."""
        return self._undone.get(partition, 0)

    def waiting(self, kind: str) -> int:
        """How many rows for actors of a kind wait in memory or are being decided. From any thread."""
        return self._waiting[kind]

    def knows(self, row_id: UUID) -> bool:
        """Whether a row is in memory, or was settled a moment ago."""
        settled = self._settled.get(row_id)
        return row_id in self._known or (settled is not None and self._now() - settled < REMEMBER_SETTLED_S)

    def dispatch(self, rows: Iterable[InboxRow], *, read_back: bool = False) -> None:
        """Put rows that are durable into their recipients' lines; known ones are passed over.

        `read_back`: they come from the table, so that a line that spilled may take them.
        """
        for row in rows:
            if row.scope.partition not in self._open or self.knows(row.id):
                continue
            line = self._lines.get(row.recipient)
            if line is None:
                line = self._lines[row.recipient] = _Line(row.scope.partition)
            if (line.spilled and not read_back) or len(line.rows) >= SITE_BOUND:
                line.spilled = line.passed_over = True
                if not line.rows:
                    self._read_on(row.recipient, line)
                continue
            self._known.add(row.id)
            self._undone[line.partition] = self._undone.get(line.partition, 0) + 1
            self._waiting[row.recipient.kind] += 1
            line.rows.append(row)
            self._advance(row.recipient, line)

    def foretell(self, row: InboxRow, *, to: Address | None = None, activate: bool = False) -> None:
        """Tell a live actor of a row that is being made durable; `activate`: have it made if need be.

        It is the row's recipient, or another to whom it will lead. Nothing hangs on it: what fails here fails again,
        and is told, when the row is there.
        """
        if row.scope.partition not in self._open:
            return
        recipient = to or row.recipient
        key = Key(recipient.kind, recipient.id)
        ref = self._directory.get(key)
        if ref is not None:
            with suppress(pykka.ActorDeadError):
                ref.tell(Foretold(row))
        elif activate:
            self._foretelling = self._tools.owned.start(f"foretell {key.kind} {key.id}", self._make(key, row))

    def acked(self, recipient: Address, command_id: CommandId) -> None:
        """Tell a live actor of a stored fate; one that is not reads it with its other rows."""
        ref = self._directory.get(Key(recipient.kind, recipient.id))
        if ref is not None:
            with suppress(pykka.ActorDeadError):
                ref.tell(Acked(command_id))

    async def consult(self, asked: Consulted) -> Unit | None:
        """What a recipient decides of a row that is not durable yet; None: it has other rows, or cannot say.

        Nothing hangs on it, as on `foretell`.
        """
        row = asked.row
        if row.scope.partition not in self._open or row.recipient in self._lines:
            return None
        try:
            (await self._directory.activate(Key(row.recipient.kind, row.recipient.id))).tell(asked)
        except Exception as error:  # noqa: BLE001 - told when the row is there
            logger.debug("%s %s cannot be asked: %r", row.recipient.kind, row.recipient.id, error)
            return None
        return await asked.answer

    async def _make(self, key: Key, row: InboxRow) -> None:
        with suppress(Exception):
            (await self._directory.activate(key)).tell(Foretold(row))

    def is_spilled(self, recipient: Address) -> bool:
        """Whether rows of a mailbox lie in its table only."""
        line = self._lines.get(recipient)
        return line is not None and line.spilled

    def begin_reading(self, recipient: Address) -> None:
        """A spilled mailbox is about to be read from its table."""
        line = self._lines.get(recipient)
        if line is not None:
            line.passed_over = False

    def read_back(self, recipient: Address, rows: Iterable[InboxRow], *, complete: bool) -> bool:
        """Take what was read; `complete`: the table held no more. False: it is to be read again a little later."""
        line = self._lines.get(recipient)
        if line is None:
            return True
        # What was passed over since the read began may be missing in it: whoever went on from here would overtake it.
        line.spilled = not complete or line.passed_over
        self.dispatch(rows, read_back=True)
        if line.rows or not line.spilled:
            self._drop_if_empty(recipient, line)
            return True
        return False

    def settled(self, row: InboxRow) -> None:
        """A row has been decided, or taken out of the line; the next one goes."""
        line = self._lines.get(row.recipient)
        if line is None or not line.rows or line.rows[0].id != row.id:
            return
        line.rows.popleft()
        line.out = False
        self._known.discard(row.id)
        self._remember(row.id)
        self._undone[line.partition] -= 1
        self._waiting[row.recipient.kind] -= 1
        self._relieved(line.partition)
        if not line.rows and line.spilled:
            self._read_on(row.recipient, line)
        else:
            self._drop_if_empty(row.recipient, line)
            self._advance(row.recipient, line)

    def first(self, recipient: Address) -> InboxRow | None:
        """The row a recipient is at."""
        line = self._lines.get(recipient)
        return line.rows[0] if line is not None and line.rows else None

    @property
    def idle(self) -> bool:
        """Whether no row waits or is being decided."""
        return not self._known

    def retry(self, recipient: Address) -> None:
        """The recipient's actor is gone with its row unsettled: give the row to the next instance."""
        line = self._lines.get(recipient)
        if line is not None:
            line.out = False
            self._advance(recipient, line)

    def forget(self, partition: int) -> None:
        """A partition is no longer ours: its rows belong to its next owner."""
        for recipient, line in list(self._lines.items()):
            if line.partition == partition:
                self._known.difference_update(row.id for row in line.rows)
                self._waiting[recipient.kind] -= len(line.rows)
                del self._lines[recipient]
        self._undone.pop(partition, None)
        self._open.discard(partition)

    def _advance(self, recipient: Address, line: _Line) -> None:
        if line.out or not line.rows:
            return
        line.out = True
        key = Key(recipient.kind, recipient.id)
        ref = self._directory.get(key)
        if ref is not None:
            try:
                ref.tell(line.rows[0])
            except pykka.ActorDeadError:
                ref = None
        if ref is None:
            line.coming = self._tools.owned.start(f"deliver {key.kind} {key.id}", self._activate(recipient, key))

    async def _activate(self, recipient: Address, key: Key) -> None:
        try:
            ref = await self._directory.activate(key)
        except ClosedError:
            return
        except EscalatedError:
            # Already told with its cause.
            logger.error("%s %s was given up; its rows wait", key.kind, key.id)  # noqa: TRY400
            self._tools.timers.wake_after(GIVEN_UP_PAUSE_S, lambda: self.retry(recipient))
            return
        except Exception as error:  # noqa: BLE001 - the row is tried again or parked, the next ones go on
            line = self._lines.get(recipient)
            if line is not None and line.rows:
                await self._failed(line.rows[0], error)
            return
        line = self._lines.get(recipient)
        if line is not None and line.rows:
            try:
                ref.tell(line.rows[0])
            except pykka.ActorDeadError:
                self.retry(recipient)

    def _read_on(self, recipient: Address, line: _Line) -> None:
        if self._reader is not None:
            self._reader.read_on(recipient, line.partition)

    def _drop_if_empty(self, recipient: Address, line: _Line) -> None:
        if not line.rows and not line.spilled:
            del self._lines[recipient]

    def _now(self) -> float:
        return self._tools.machine.monotonic()

    def _remember(self, row_id: UUID) -> None:
        now = self._now()
        self._settled[row_id] = now
        while self._settled:
            oldest = next(iter(self._settled))
            if now - self._settled[oldest] < REMEMBER_SETTLED_S:
                break
            del self._settled[oldest]
