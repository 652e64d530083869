"""What of a worker writes in batches: the journal, the intake, and the recorder of fates; one of each, started again
when it fails.
"""

import contextlib
from functools import partial
from typing import Any, TypeVar

import pykka

from actors.figures import ActorFigures
from actors.herald import Herald
from actors.intake import Intake
from actors.journal import Journal
from actors.outbox import FateRecorder
from actors.ownership import Ownership
from actors.router import Router
from actors.runtime import Key, Service, Supervisor
from actors.tools import Tools
from syspark.ports import Stores

W = TypeVar("W", Journal, Intake, FateRecorder)


class Writers:
    """The three services; what runs now of each is known, so that it can be asked what it still has to write."""

    def __init__(
        self,
        stores: Stores,
        ownership: Ownership,
        router: Router,
        tools: Tools,
        *,
        herald: Herald,
        supervisor: Supervisor,
        figures: ActorFigures,
    ) -> None:
        self._stores = stores
        self._ownership = ownership
        self._router = router
        self._tools = tools
        self._herald = herald
        self._running: dict[str, Journal | Intake | FateRecorder] = {}
        owned, journal, intake, fates = tools.owned, self._make_journal, self._make_intake, self._make_fates
        self.journal = Service(Key(Journal.kind, ""), journal, owned=owned, supervisor=supervisor, counters=figures)
        self.intake = Service(Key(Intake.kind, ""), intake, owned=owned, supervisor=supervisor, counters=figures)
        self.fates = Service(Key(FateRecorder.kind, ""), fates, owned=owned, supervisor=supervisor, counters=figures)
        for kind in (Journal.kind, Intake.kind, FateRecorder.kind):
            figures.waiting(kind, partial(self._waiting, kind))

    async def start(self) -> None:
        """Begin to take what is to be written."""
        for service in (self.journal, self.intake, self.fates):
            await service.start()

    def close(self) -> list[list[pykka.ActorRef[Any]]]:
        """Take nothing more; returns who is to be drained, the first first."""
        groups: list[list[pykka.ActorRef[Any]]] = []
        for service in (self.journal, self.intake, self.fates):
            service.close()
            with contextlib.suppress(pykka.ActorDeadError):
                groups.append([service.ref])
        return groups

    @property
    def settled(self) -> bool:
        """Whether nothing is being written."""
        return not any(writer.in_flight() for writer in self._running.values())

    def fates_wait_for(self, partition: int) -> bool:
        """Whether fates of a partition are still to be recorded."""
        fates = self._running.get(FateRecorder.kind)
        return isinstance(fates, FateRecorder) and fates.waits_for(partition)

    async def _make_journal(self) -> Journal:
        return self._known(Journal(self._stores.units, self._ownership, self._herald, self._tools))

    async def _make_intake(self) -> Intake:
        return self._known(Intake(self._stores.inbox, self._ownership, self._tools))

    async def _make_fates(self) -> FateRecorder:
        fates = FateRecorder(
            self._stores.outbox, self._ownership, self._router, self._tools, gives_way=lambda: self._is_writing
        )
        return self._known(fates)

    @property
    def _is_writing(self) -> bool:
        """Whether a driver may be waiting for what is being written."""
        return any(self._running[kind].in_flight() for kind in (Intake.kind, Journal.kind) if kind in self._running)

    def _waiting(self, kind: str) -> int:
        writer = self._running.get(kind)
        return writer.waiting if writer is not None else 0

    def _known(self, writer: W) -> W:
        self._running[writer.kind] = writer
        return writer
