"""The word that something has changed, where no other process could hear it."""

from syspark.persistence.memory.faults import Call, Faults


class MemoryHints:
    """`syspark.ports.HintStore`; `given` counts, for tests."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.given = 0

    async def give(self) -> None:
        """Tell nobody."""
        await self._faults.perform(Call.HINT, self._count)

    def _count(self) -> None:
        self.given += 1
