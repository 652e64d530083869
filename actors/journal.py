"""Where decisions become true: units gathered while commits are under way are committed as one.

A batch refused for its data is halved until the guilty unit is alone; a COMMIT whose answer was lost is looked up
before anything else happens. Source: architecture.md, "Group commit".
"""

import asyncio
import enum
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import msgspec
import pykka

from actors.batching import GroupCommit
from actors.herald import Herald
from actors.ownership import Ownership
from actors.patience import AbandonedError, Patience
from actors.runtime import MailboxFull, Service
from actors.tools import Tools
from syspark.errors import Unavailable
from syspark.ports import CommitUnknown, DataRefused, UnitStore
from syspark.rows import Fence, Landed, Unit


class Ending(enum.StrEnum):
    """How a unit ended."""

    COMMITTED = "committed"
    DUPLICATE = "duplicate"
    FENCED = "fenced"
    REJECTED = "rejected"


_ENDINGS = {
    Landed.COMMITTED: Ending.COMMITTED,
    Landed.DUPLICATE: Ending.DUPLICATE,
    Landed.FENCED: Ending.FENCED,
}


class Decided(msgspec.Struct, frozen=True, eq=False):
    """Units to commit together or not at all, the right they were decided under, and who waits for their ending.

    The first ends a durable row, and its ending is theirs; each other one a hand-over of one before it. Under another
    right, also a later one of our own, they must not land: somebody else may have decided in between.
    """

    units: Sequence[Unit]
    fence: Fence
    ending: asyncio.Future[Ending]

    @property
    def row_id(self) -> UUID:
        """The durable row."""
        return self.units[0].row.id


class Journal(GroupCommit[Decided]):
    """The one writer of decisions in a worker."""

    kind = "journal"
    at_once = 4

    def __init__(self, units: UnitStore, ownership: Ownership, herald: Herald, tools: Tools) -> None:
        super().__init__(tools)
        self._units = units
        self._ownership = ownership
        self._herald = herald
        self._being_written: set[str] = set()

    def is_free(self, item: Decided) -> bool:
        """Whether none of its chains is being written."""
        return self._being_written.isdisjoint(_chains(item))

    async def write(self, batch: Sequence[Decided]) -> None:
        """Commit a batch and tell each unit's decider how it ended."""
        chains = {name for decided in batch for name in _chains(decided)}
        self._being_written |= chains
        try:
            endings = await self._commit(batch)
        except AbandonedError as error:
            for decided in batch:
                if not decided.ending.done():
                    decided.ending.set_exception(error)
                    decided.ending.exception()  # its decider may be gone already
            return
        finally:
            self._being_written -= chains
        outcomes: Counter[Ending] = Counter()
        for decided in batch:
            ending = endings[decided.row_id]
            outcomes[ending] += len(decided.units)
            if not decided.ending.done():
                decided.ending.set_result(ending)
        for ending, units in outcomes.items():
            self.tools.metrics.unit_outcomes.labels(ending).inc(units)
        self._herald.changed()

    async def _commit(self, batch: Sequence[Decided]) -> Mapping[UUID, Ending]:
        endings = {decided.row_id: Ending.FENCED for decided in batch}
        ours = [decided for decided in batch if self._ownership.holds(decided.fence)]
        if not ours:
            return endings
        fences, units = _fences(ours), [unit for decided in ours for unit in decided.units]
        started = self.tools.machine.monotonic()
        try:
            landed = await self.tools.patience.through(lambda: self._units.commit(fences, units))
        except DataRefused:
            return {**endings, **await self._halve(ours)}
        except CommitUnknown:
            return {**endings, **await self._look_up(ours)}
        self.tools.metrics.commit_units.observe(len(units))
        self.tools.metrics.commit_seconds.observe(self.tools.machine.monotonic() - started)
        return {**endings, **{decided.row_id: _ENDINGS[landed[decided.row_id]] for decided in ours}}

    async def _halve(self, batch: Sequence[Decided]) -> Mapping[UUID, Ending]:
        if len(batch) == 1:
            return {batch[0].row_id: Ending.REJECTED}
        self.tools.metrics.commit_halvings.inc()
        middle = len(batch) // 2
        return {**await self._commit(batch[:middle]), **await self._commit(batch[middle:])}

    async def _look_up(self, batch: Sequence[Decided]) -> Mapping[UUID, Ending]:
        self.tools.metrics.commit_retries.inc()
        fences, row_ids = _fences(batch), [decided.row_id for decided in batch]
        landed = await self.tools.patience.through(lambda: self._units.landed(fences, row_ids))
        known = {row_id: _ENDINGS[how] for row_id, how in landed.items() if how is not None}
        return {**known, **await self._commit([decided for decided in batch if decided.row_id not in known])}


def _chains(decided: Decided) -> Iterator[str]:
    return (entry.chain for unit in decided.units for entry in unit.journal)


def _fences(batch: Sequence[Decided]) -> list[Fence]:
    return sorted({decided.fence for decided in batch}, key=lambda fence: fence.partition)


async def commit(journal: Service[Journal], units: Sequence[Unit], fence: Fence, patience: Patience) -> Ending:
    """Hand units to the journal, once there is one, to be committed together, and wait for their ending.

    Raises `AbandonedError` when the process goes down.
    """
    ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    async def hand_over() -> None:
        try:
            journal.tell(Decided(units, fence, ending))
        except (pykka.ActorDeadError, MailboxFull) as error:
            raise Unavailable("database", because="the journal is being restarted") from error

    await patience.through(hand_over)
    return await ending
