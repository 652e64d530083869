"""An actor whose mailbox is rows: it takes one, decides, makes the decision true in one transaction, then remembers.

Its memory changes only after its commit, so that a crash or a lost partition leaves nothing to undo; the one exception
is a conversation, whose memory is restored from rows when it does not become true.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Generic, TypeVar

import msgspec
import pykka

from actors.conversation import ANSWERED_WITHIN_S, Consulted, Conversation, Step
from actors.house import House
from actors.journal import Ending, commit
from actors.patience import AbandonedError
from actors.router import Acked, Foretold
from actors.runtime import EntityActor, Key
from actors.units import unit_of
from syspark.domain.decision import (
    Decision,
    Event,
    Moment,
)
from syspark.domain.messages import AnyMessage, DeadlineReached, decode
from syspark.domain.units import CommandId
from syspark.rows import (
    Address,
    Fence,
    InboxRow,
    Scope,
    Unit,
)

logger = logging.getLogger(__name__)

E = TypeVar("E", bound=Event)
R = TypeVar("R")


class LostError(Exception):
    """The partition is no longer held under the right a row was begun under; the row belongs to its next owner."""


class Verdict(msgspec.Struct, Generic[E], frozen=True):
    """A decision and what was looked up to make it."""

    decision: Decision[E]
    given: Mapping[str, object]


class DurableActor(EntityActor, Generic[E], ABC):
    """One row at a time: load, decide, commit, apply, pass on.

    It loads with its first row, and again with the first row under each later right to its partition: another owner
    may have decided in between.
    """

    def __init__(self, key: Key, house: House) -> None:
        super().__init__(key)
        self.house = house
        self.loaded_under: Fence | None = None
        self._timers: dict[str, datetime] = {}

    @abstractmethod
    async def load(self) -> None:
        """To be overridden: restore the memory from rows. Raises `Unavailable`."""

    @abstractmethod
    async def decide(self, message: AnyMessage, at: Moment) -> Verdict[E]:
        """To be overridden: look up what the decision needs and decide. Raises `Unavailable`."""

    @abstractmethod
    def written(self, unit: Unit, events: tuple[E, ...], scope: Scope) -> Unit:
        """To be overridden: add the rows that hold this actor's own state after the events."""

    @abstractmethod
    def apply(self, events: tuple[E, ...]) -> None:
        """To be overridden: remember what is now true; of any events, after their `written`. Must not fail."""

    def foresee(self, row: InboxRow, fence: Fence) -> Awaitable[None] | None:
        """To be overridden: begin to look up what a row will need that is being made durable. Must not fail."""

    def consults(self, handover: InboxRow) -> bool:
        """To be overridden: whether the recipient of a hand-over is asked at once, as somebody waits for its answer."""
        return False

    def acked(self, command_id: CommandId) -> None:
        """To be overridden: the broker has one of the commands. Must not fail."""

    def on_receive(self, message: InboxRow | Foretold | Consulted | Acked) -> Awaitable[None] | None:
        """Settle one row, answer for one that is not durable yet, or hear of one that comes, or of a command's way."""
        match message:
            case InboxRow():
                return self._receive(message)
            case Consulted():
                return self._answer(message)
            case Foretold():
                fence = self.house.ownership.fence(message.row.scope.partition)
                return self.foresee(message.row, fence) if fence is not None else None
            case Acked():
                # Whoever has not loaded, or loads again, reads it then.
                if self.loaded_under is not None and self.house.ownership.holds(self.loaded_under):
                    self.acked(message.command_id)
                return None

    async def _receive(self, row: InboxRow) -> None:
        """An exception is a bug of a decision: the supervisor counts the row's try."""
        fence = self.house.ownership.fence(row.scope.partition)
        if fence is None:
            return
        try:
            await self._settle(row, fence)
        except AbandonedError:
            logger.debug("%s %s leaves a %s to the next start", self.key.kind, self.key.id, row.kind)
        except LostError:
            logger.debug("%s %s leaves a %s to the next owner", self.key.kind, self.key.id, row.kind)

    async def _answer(self, asked: Consulted) -> None:
        if asked.kept.done():
            return
        try:
            step = await self._decided(asked.row, asked.fence)
        except Exception as error:  # noqa: BLE001 - the row is passed on and meets with the same, where it is counted
            logger.debug("%s %s cannot answer yet: %r", self.key.kind, self.key.id, error)
            if not asked.answer.done():
                asked.answer.set_result(None)
            return
        if asked.answer.done():  # whoever asked waits no longer
            return
        asked.answer.set_result(step.unit)
        if await asked.kept:
            self._remember(step)
        else:
            self.loaded_under = None
        self.house.idleness.worked(self.key)

    async def _settle(self, row: InboxRow, fence: Fence, *, alone: bool = False) -> None:
        conversation = Conversation(await self._decided(row, fence))
        ending = None
        try:
            if not alone and not await self._converse(conversation, fence):
                ending = Ending.REJECTED
            else:
                for handover in conversation.handovers:
                    # A session's actor is read while its row is being committed.
                    self.house.router.foretell(handover, activate=handover.recipient.kind == "session")
                ending = await commit(self.house.journal, conversation.units, fence, self.house.tools.patience)
        finally:
            conversation.end(kept=ending is Ending.COMMITTED)
            if ending is not Ending.COMMITTED and not conversation.is_alone:
                # It may have run ahead of what has not become true.
                self.loaded_under = None
        match ending:
            case Ending.COMMITTED:
                self._remember(conversation.last)
                for unit in conversation.units:
                    self.house.publish(unit.outbox)
                self.house.router.dispatch(conversation.handovers)
            case Ending.DUPLICATE:
                # Somebody has decided this row: what we remember may be older than what is stored.
                await self._patiently(fence, self.load)
            case Ending.FENCED:
                self.house.fenced(fence)
                return
            case Ending.REJECTED if not conversation.is_alone:
                await self._settle(row, fence, alone=True)
                return
            case Ending.REJECTED:
                await self._park(row, fence)
        self.house.idleness.worked(self.key)
        self.house.router.settled(row)

    async def _converse(self, conversation: Conversation[E], fence: Fence) -> bool:
        """Ask those whose answers somebody waits for, and decide the answers; False: that fails."""
        told: set[Address] = set()
        for handover in conversation.handovers:
            # What its recipient is told with the same decision, but before, it has to know before it answers.
            if handover.recipient in told or not self.consults(handover):
                told.add(handover.recipient)
                continue
            answer = await self._consult(handover, conversation, fence)
            for answered in answer.handovers if answer is not None else ():
                if answered.recipient == conversation.units[0].row.recipient:
                    self._remember(conversation.last)
                    try:
                        conversation.goes_on(await self._decided(answered, fence))
                    except (AbandonedError, LostError):
                        raise
                    except Exception as error:  # noqa: BLE001 - as a row it meets with the same, where it is counted
                        logger.debug("%s %s cannot go on yet: %r", self.key.kind, self.key.id, error)
                        return False
        return True

    async def _consult(self, handover: InboxRow, conversation: Conversation[E], fence: Fence) -> Unit | None:
        loop = asyncio.get_running_loop()
        asked = Consulted(handover, fence, loop.create_future(), loop.create_future())
        try:
            answer = await self.house.tools.timers.limit(
                self.house.router.consult(asked), ANSWERED_WITHIN_S, "nobody answers"
            )
        except BaseException as error:
            asked.kept.set_result(False)
            if isinstance(error, pykka.Timeout):
                return None
            raise
        if answer is not None:
            conversation.answered(asked, answer)
        return answer

    async def _decided(self, row: InboxRow, fence: Fence) -> Step[E]:
        """Decide a row with the memory as it stands."""
        await self.be_loaded(fence)
        message = decode(row.body)
        now = self.house.tools.clock.now()
        # A timer is decided at its own time, whatever caused it to be set.
        fact_at = now if isinstance(message, DeadlineReached) else row.fact_at
        at = Moment(now=now, fact_at=fact_at, cause=row.id)
        if isinstance(message, DeadlineReached) and self._moved(message):
            moved: Decision[E] = Decision(rule="deadline-moved")
            unit = unit_of(row, message, moved, {"set_for": self._timers[message.key]}, at, fence, self.house.tools.ids)
            return Step(msgspec.structs.replace(unit, deadlines=()), ())
        verdict = await self._patiently(fence, lambda: self.decide(message, at))
        decision, events = verdict.decision, verdict.decision.events
        unit = unit_of(row, message, decision, verdict.given, at, fence, self.house.tools.ids)
        return Step(self.written(unit, events, row.scope) if events else unit, events)

    async def be_loaded(self, fence: Fence) -> None:
        """Have the memory restored, once under each right to the partition. Raises as `load`, but waits for stores."""
        if fence != self.loaded_under:
            await self._patiently(fence, self.load)
            self._timers.clear()
            self.loaded_under = fence

    def _moved(self, message: DeadlineReached) -> bool:
        """Whether a deadline was set anew after its row was made: it will come again at its new time."""
        return self._timers.get(message.key, message.due_at) != message.due_at

    def _remember(self, step: Step[E]) -> None:
        self.apply(step.events)
        for deadline in step.unit.deadlines:
            if deadline.at is None:
                self._timers.pop(deadline.key, None)
            else:
                self._timers[deadline.key] = deadline.at

    async def _park(self, row: InboxRow, fence: Fence) -> None:
        why = "the database refuses what this message leads to"
        await self._patiently(fence, lambda: self.house.stores.inbox.park(fence, row.id, why))
        self.house.tools.metrics.parked_rows.inc()
        self.house.annunciator.parked(row)
        logger.error("a %s for %s %s is parked: %s", row.kind, self.key.kind, self.key.id, why)

    async def _patiently(self, fence: Fence, attempt: Callable[[], Awaitable[R]]) -> R:
        async def attempt_while_held() -> R:
            if not self.house.ownership.holds(fence):
                raise LostError
            return await attempt()

        return await self.house.tools.patience.through(attempt_while_held)
