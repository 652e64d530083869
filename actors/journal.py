"""Where decisions become true: units gathered while the previous commit was under way are committed as one.

A batch refused for its data is halved until the guilty unit is alone; a COMMIT whose answer was lost is looked up
before anything else happens. Source: architecture.md, "Group commit".
"""

import asyncio
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import pykka

from actors.batching import AbandonedError, GroupCommit
from actors.ownership import Ownership
from actors.tools import Tools
from syspark.ports import CommitUnknown, DataRefused, UnitStore
from syspark.rows import Landed, Unit


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


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """A unit to commit, and who waits for its ending."""

    unit: Unit
    ending: asyncio.Future[Ending]


class Journal(GroupCommit[Decided]):
    """The one writer of decisions in a worker."""

    kind = "journal"

    def __init__(self, units: UnitStore, ownership: Ownership, tools: Tools) -> None:
        super().__init__(tools)
        self._units = units
        self._ownership = ownership

    async def write(self, batch: Sequence[Decided]) -> None:
        """Commit a batch and tell each unit's decider how it ended."""
        units = {decided.unit.row.id: decided.unit for decided in batch}
        try:
            endings = await self._commit(list(units.values()))
        except AbandonedError as error:
            for decided in batch:
                if not decided.ending.done():
                    decided.ending.set_exception(error)
            return
        for decided in batch:
            ending = endings[decided.unit.row.id]
            self.tools.metrics.unit_outcomes.labels(ending).inc()
            if not decided.ending.done():
                decided.ending.set_result(ending)

    async def _commit(self, units: Sequence[Unit]) -> Mapping[UUID, Ending]:
        if not units:
            return {}
        fences = self._ownership.fences(unit.row.scope.partition for unit in units)
        held = {fence.partition for fence in fences}
        ours = [unit for unit in units if unit.row.scope.partition in held]
        endings = {unit.row.id: Ending.FENCED for unit in units}
        if not ours:
            return endings
        started = self.tools.clock.monotonic()
        try:
            landed = await self.patiently(lambda: self._units.commit(fences, ours))
        except DataRefused:
            return {**endings, **await self._halve(ours)}
        except CommitUnknown:
            return {**endings, **await self._look_up(ours)}
        self.tools.metrics.commit_units.observe(len(ours))
        self.tools.metrics.commit_seconds.observe(self.tools.clock.monotonic() - started)
        return {**endings, **{row_id: _ENDINGS[how] for row_id, how in landed.items()}}

    async def _halve(self, units: Sequence[Unit]) -> Mapping[UUID, Ending]:
        if len(units) == 1:
            return {units[0].row.id: Ending.REJECTED}
        self.tools.metrics.commit_halvings.inc()
        middle = len(units) // 2
        return {**await self._commit(units[:middle]), **await self._commit(units[middle:])}

    async def _look_up(self, units: Sequence[Unit]) -> Mapping[UUID, Ending]:
        self.tools.metrics.commit_retries.inc()
        fences = self._ownership.fences(unit.row.scope.partition for unit in units)
        row_ids = [unit.row.id for unit in units]
        landed = await self.patiently(lambda: self._units.landed(fences, row_ids))
        known = {row_id: _ENDINGS[how] for row_id, how in landed.items() if how is not None}
        return {**known, **await self._commit([unit for unit in units if unit.row.id not in known])}


async def commit(journal: pykka.ActorRef[Journal], unit: Unit) -> Ending:
    """Hand a unit to the journal and wait for its ending. Raises `AbandonedError` when the process goes down."""
    ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
    journal.tell(Decided(unit, ending))
    return await ending
