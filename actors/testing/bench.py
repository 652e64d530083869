"""Sites, sessions and devices alone: the real actors on a virtual clock, without broker, link or scanner.

What the field reports and what operators ask is put straight into the mailboxes; commands are caught instead of sent.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from random import Random
from types import TracebackType
from typing import Self

import msgspec

from actors.device import DeviceActor
from actors.house import House, Idleness
from actors.journal import Journal
from actors.ownership import Ownership
from actors.patience import Patience
from actors.router import Router
from actors.runtime import Directory, Fate, Key, Owned, Service, Supervisor, Timers, drain
from actors.session import SessionActor
from actors.site import SiteActor
from actors.sites import Sites
from actors.testing.quiet import come_to_rest
from actors.tools import Tools
from syspark.clock import SteppedClock
from syspark.domain.facts import Fact
from syspark.domain.messages import AnyMessage, CommandFated, DeadlineReached, Reported, encode, kind_of
from syspark.domain.orders import MoveBarrier, Order
from syspark.domain.session import Session
from syspark.domain.units import DeviceName, SiteId
from syspark.ids import IdSource
from syspark.metrics import Metrics
from syspark.persistence.memory import MemoryStores, default_site
from syspark.rows import Address, CredentialRow, InboxRow, OutboxRow, SiteRow
from syspark.rows import Fate as CommandFate

NEVER = 10.0**9


class ActorBench:
    """`async with` it; `report` facts, let time pass, look at `orders`, sessions and the journal.

    A failing decision is not retried: its exception is raised by whatever set it in motion.
    """

    def __init__(self, *, start: datetime, sites: Iterable[SiteRow] = (), badges: Iterable[CredentialRow] = ()) -> None:
        """`sites` are the default one if none is given."""
        self.clock = SteppedClock(start)
        self.stores = MemoryStores(self.clock, sites=list(sites) or [default_site()], credentials=badges)
        self.orders: list[Order] = []
        self._failure: Exception | None = None
        timers, owned = Timers(self.clock, stepped=True), Owned("bench")
        self._tools = Tools(self.clock, timers, IdSource(self.clock), owned, Patience(timers), Metrics())
        self._ownership = Ownership(self.stores.stores.leases, "bench", self.clock)
        self._sites = Sites(self.stores.stores.state, lambda _site: ())
        random = Random(1)  # noqa: S311 - a failing actor is not restarted here
        supervisor = Supervisor(
            clock=self.clock, timers=timers, rng=random, on_crash=self._failed, escalate=self._given_up
        )
        self._directory = Directory(owned=owned, supervisor=supervisor)
        self._router = Router(self._directory, self._not_made, self._tools)
        self._journal = Service(Key(Journal.kind, ""), self._make_journal, owned=owned, supervisor=supervisor)
        self._house = House(
            stores=self.stores.stores,
            sites=self._sites,
            journal=self._journal,
            router=self._router,
            ownership=self._ownership,
            publish=self._catch,
            fenced=self._ownership.drop,
            tools=self._tools,
            idleness=Idleness(self.clock),
        )
        for actor in (SiteActor, SessionActor, DeviceActor):
            self._serve(actor)

    async def __aenter__(self) -> Self:
        await self._journal.start()
        await self._ownership.take(0, predecessor_is_dead=False)
        await self._sites.load(0)
        self._router.open(0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tools.patience.abandon()
        self._directory.close()
        await drain([[self._journal.ref], self._directory.refs()], deadline_s=NEVER, timers=self._tools.timers)
        await self._tools.owned.close()
        self._tools.timers.close()

    async def report(self, device: str, fact: Fact, *, site: str = "default", fact_at: datetime | None = None) -> None:
        """A device of a site reports a fact, which happened now or at `fact_at`; everything it leads to has happened
        when this returns.
        """
        await self.tell(Address("site", site), Reported(device=DeviceName(device), fact=fact), fact_at=fact_at)

    async def tell(self, recipient: Address, message: AnyMessage, *, fact_at: datetime | None = None) -> None:
        """Put a message for an actor of the default site, or for a site, into its mailbox, with all it leads to."""
        await self._put(recipient, message, fact_at or self.clock.now())
        await self._settle()

    async def _put(self, recipient: Address, message: AnyMessage, fact_at: datetime) -> None:
        site = SiteId(recipient.id if recipient.kind == "site" else "default")
        row = InboxRow(
            id=self._tools.ids.new(),
            scope=self._sites.scope(site),
            recipient=recipient,
            kind=kind_of(message),
            body=encode(message),
            fact_at=fact_at,
            received_at=self.clock.now(),
        )
        await self.stores.stores.inbox.request(row)
        self._router.dispatch([row])

    async def pass_time(self, seconds: float) -> None:
        """Let time pass from one deadline of the actors to the next, each with all it leads to."""
        left_s = seconds
        while True:
            due = await self.stores.stores.deadlines.due(0, self.clock.now(), 1)
            for deadline in due:
                assert deadline.at is not None
                await self.tell(deadline.actor, DeadlineReached(key=deadline.key, due_at=deadline.at))
            if due:
                continue
            step_s = min(left_s, 1.0)
            if not step_s:
                return
            self.clock.advance(step_s)
            left_s -= step_s

    async def open_sessions(self, site: str = "default") -> list[Session]:
        """The open parking sessions of a site, as stored, oldest first."""
        rows = await self.stores.stores.state.sessions_of(SiteId(site), self.clock.now())
        return [msgspec.json.decode(row.body, type=Session) for row in rows if row.is_open]

    def rules(self, site: str = "default") -> list[str]:
        """The rule of each decision made at a site, in order."""
        return [chained.entry.rule for chained in self.stores.journal(f"site:{site}")]

    async def _settle(self) -> None:
        await come_to_rest()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _catch(self, rows: Sequence[OutboxRow]) -> None:
        """Take commands as a site at hand does: at once, and barriers say that they were heard."""
        for row in rows:
            if row.fate is not CommandFate.QUEUED:
                continue
            order: Order = _orders.decode(row.order)
            self.orders.append(order)
            if isinstance(order, MoveBarrier):
                heard = CommandFated(command_id=row.id, fate=CommandFate.ACKED)
                site = Address("site", str(row.scope.site_id))
                self._hearing = self._tools.owned.start(f"hear {row.id}", self._put(site, heard, row.fact_at))

    def _serve(self, actor: type[SiteActor] | type[SessionActor] | type[DeviceActor]) -> None:
        async def make(key: Key) -> SiteActor | SessionActor | DeviceActor:
            return actor(key, self._house)

        self._directory.serve(actor.kind, make)

    async def _make_journal(self) -> Journal:
        return Journal(self.stores.stores.units, self._ownership, self._tools)

    async def _failed(self, _key: Key, _message: object, error: Exception) -> Fate:
        self._failure = error
        return Fate.RETRY

    async def _not_made(self, _row: InboxRow, error: Exception) -> None:
        self._failure = error

    def _given_up(self, _key: Key, error: Exception) -> None:
        self._failure = error


_orders: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
