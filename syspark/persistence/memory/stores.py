"""One database in memory and the ways to it, wired as `syspark.ports.Stores`."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from syspark.clock import Clock
from syspark.domain.closing import Closing
from syspark.domain.units import CommandId, SiteId
from syspark.persistence.memory.alarms import MemoryNotices
from syspark.persistence.memory.closings import MemoryClosings
from syspark.persistence.memory.faults import Faults, Ghost
from syspark.persistence.memory.hints import MemoryHints
from syspark.persistence.memory.inbox import MemoryInbox
from syspark.persistence.memory.leases import MemoryLeases
from syspark.persistence.memory.outbox import MemoryOutbox
from syspark.persistence.memory.payments import MemoryPayments
from syspark.persistence.memory.state import MemoryActorState, MemoryDeadlines, MemoryTelemetry
from syspark.persistence.memory.tables import StoredRow, Tables
from syspark.persistence.memory.units import MemoryUnits, random_salt
from syspark.ports import Stores
from syspark.rows import (
    AlarmRow,
    ChainedEntry,
    CredentialRow,
    Fate,
    LedgerRow,
    NoticeFate,
    NoticeRow,
    OpeningRow,
    OrderFate,
    OutboxRow,
    PartnerMonthRow,
    PartnerRow,
    PaymentRow,
    ProviderOrderRow,
    RejectedMessage,
    RowStatus,
    SessionRow,
    SiteRow,
    ValidationRow,
    WitnessRow,
)


class MemoryStores:
    """A process's way to a database in memory: `stores` for the process, `faults` and the reading methods for tests.

    What is stored outlives every process that uses it: kill one and give `another()` to the next.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        sites: Iterable[SiteRow],
        credentials: Iterable[CredentialRow] = (),
        partitions: int = 1,
        salt: Callable[[], bytes] = random_salt,
    ) -> None:
        """Start with these sites and badges, in so many partitions.

        `clock` plays the database's; `salt` is for reproducible journals.
        """
        tables = Tables(
            partition_count=partitions,
            sites={site.id: site for site in sites},
            credentials={(credential.site_id, credential.uid): credential for credential in credentials},
        )
        self._wire(clock, tables, [], salt)

    def another(self) -> Self:
        """Another process's way to the same database, with faults of its own."""
        other = object.__new__(type(self))
        other._wire(self._clock, self._tables, self._ghosts, self._salt)
        return other

    def _wire(self, clock: Clock, tables: Tables, ghosts: list[Ghost], salt: Callable[[], bytes]) -> None:
        self._clock = clock
        self._tables = tables
        self._ghosts = ghosts
        self._salt = salt
        self.faults = Faults(ghosts)
        self._state = MemoryActorState(tables, self.faults)
        self.stores = Stores(
            leases=MemoryLeases(tables, self.faults, clock),
            inbox=MemoryInbox(tables, self.faults),
            units=MemoryUnits(tables, self.faults, salt),
            outbox=MemoryOutbox(tables, self.faults),
            deadlines=MemoryDeadlines(tables, self.faults),
            state=self._state,
            telemetry=MemoryTelemetry(tables, self.faults),
            notices=MemoryNotices(tables, self.faults),
            hints=MemoryHints(tables, self.faults),
            payments=MemoryPayments(tables, self.faults),
            closings=MemoryClosings(tables, self.faults),
        )

    def inbox_rows(self) -> Sequence[StoredRow]:
        """Every inbox row with what became of it, in order."""
        return sorted(self._tables.inbox.values(), key=lambda stored: stored.row.seq)

    def inbox_row(self, row_id: UUID) -> StoredRow:
        """One inbox row. Raises KeyError when there is none."""
        return self._tables.inbox[row_id]

    def forget_done(self, before: datetime) -> None:
        """Let go of rows done before then, of older entries of the journal, and of commands that are under way no more.

        Nothing at work reads them; a trial of weeks could not hold them.
        """
        tables = self._tables
        for row_id, stored in list(tables.inbox.items()):
            if stored.status is RowStatus.DONE and stored.row.received_at < before:
                del tables.inbox[row_id]
        for place, chained in list(tables.journal.items()):
            if chained.entry.at < before:
                del tables.journal[place], tables.salts[place]
        for command_id, command in list(tables.outbox.items()):
            if command.created_at < before and command.fate not in (Fate.QUEUED, Fate.SENT):
                del tables.outbox[command_id]

    def open_sessions(self, site_id: SiteId) -> Sequence[SessionRow]:
        """The open sessions of a site as a page reads them, oldest first."""
        return self._state.open_sessions(site_id)

    def rejected(self) -> Sequence[RejectedMessage]:
        """What the edge refused, in order."""
        return list(self._tables.rejected.values())

    def witnesses(self) -> Sequence[WitnessRow]:
        """Every reading that speaks for a session's vehicle, in the order they were stored."""
        return list(self._tables.witnesses.values())

    def commands(self) -> Sequence[OutboxRow]:
        """Every command ever decided, with its fate, in order."""
        return list(self._tables.outbox.values())

    def command(self, command_id: CommandId) -> OutboxRow:
        """One command. Raises KeyError when there is none."""
        return self._tables.outbox[command_id]

    def alarms(self) -> Sequence[AlarmRow]:
        """Every alarm ever raised, in order."""
        return list(self._tables.alarms.values())

    def notices(self) -> Sequence[tuple[NoticeRow, NoticeFate]]:
        """Everything people were to be told, with what became of it, in order."""
        return list(self._tables.notices.values())

    def openings(self) -> Sequence[OpeningRow]:
        """What barriers told of without having been asked, in order."""
        return list(self._tables.openings.values())

    def payments(self) -> Sequence[PaymentRow]:
        """Every price that was offered and what became of it, in order."""
        return list(self._tables.payments.values())

    def ledger(self) -> Sequence[LedgerRow]:
        """Everything that was booked, in order."""
        return list(self._tables.ledger.values())

    def partners(self) -> Sequence[PartnerRow]:
        """Every partner, in the order they were made."""
        return list(self._tables.partners.values())

    def partner_months(self) -> Sequence[PartnerMonthRow]:
        """What each partner has validated in each month."""
        return list(self._tables.partner_months.values())

    def validations(self) -> Sequence[ValidationRow]:
        """Every validation, in the order they were made."""
        return list(self._tables.validations.values())

    def closings(self) -> Sequence[Closing]:
        """Every closing, in order."""
        return list(self._tables.closings)

    def provider_orders(self) -> Sequence[tuple[ProviderOrderRow, OrderFate]]:
        """Everything the payment provider was to do, with what became of it, in order."""
        return list(self._tables.provider_orders.values())

    def contents(self) -> dict[str, dict[object, object]]:
        """Every table but those of who was heard when and who holds what: to compare before and after."""
        kept = ("inbox", "levels", "snapshots", "sessions", "witnesses", "subjects", "outbox", "deadlines", "journal")
        return {name: dict(getattr(self._tables, name)) for name in kept}

    def journal(self, chain: str) -> Sequence[ChainedEntry]:
        """A chain's entries in order."""
        return [row for (name, _), row in sorted(self._tables.journal.items()) if name == chain]

    def journals(self) -> Sequence[str]:
        """The names of every chain."""
        return sorted(self._tables.heads)

    def salts(self, chain: str, seq: int) -> dict[str, bytes]:
        """The salts kept beside a journal entry's personal values."""
        return dict(self._tables.salts[chain, seq])

    def owner(self, partition: int) -> tuple[str, int]:
        """Who stands in a partition's row, and in which epoch; nobody's name is empty."""
        row = self._tables.partition(partition)
        return row.owner, row.epoch
