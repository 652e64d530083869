"""The actor of a site: admits, matches, opens sessions, and alone writes lanes, occupancy, displays and barriers."""

import msgspec
from msgspec.structs import replace

from actors.durable import DurableActor, Verdict
from actors.house import House
from actors.knowledge import Knowledge
from actors.partners import with_partners
from actors.register import registered, setup_row
from actors.runtime import Key
from syspark.domain.decision import Moment
from syspark.domain.facts import PlateRead
from syspark.domain.messages import AnyMessage, ExitRequested, Reported, SiteMessage, decode
from syspark.domain.rerun import SETUP, SETUP_IN_FULL
from syspark.domain.site import decide, evolve
from syspark.domain.site.events import PolicyChanged, SiteEvent, TariffPublished
from syspark.domain.site.field import acked
from syspark.domain.site.sight import seen_by
from syspark.domain.site.state import SiteSetup, SiteState
from syspark.domain.units import CommandId, SiteId
from syspark.rows import Address, Fate, Fence, InboxRow, Scope, Snapshot, Unit

EXIT_REQUESTED = str(ExitRequested.__struct_config__.tag)


class SiteActor(DurableActor[SiteEvent]):
    """One per site. Its memory is a snapshot of its state, and what it knows from the rows it writes."""

    kind = "site"

    def __init__(self, key: Key, house: House) -> None:
        super().__init__(key, house)
        self._site_id = SiteId(key.id)
        self._state = self._becoming = SiteState()
        self._version = 0
        self._setup: SiteSetup
        self._mark = self._told = ""
        self._acked: list[CommandId] = []
        self._acked_told = 0
        self._knowledge = Knowledge(house, self._site_id)

    async def load(self) -> None:
        """Restore the snapshot and what is known. Raises KeyError for a site nobody knows."""
        self._setup = self.house.sites.setup(self._site_id)
        self._told = ""
        snapshot = await self.house.stores.state.snapshot(self._address)
        state = msgspec.json.decode(snapshot.body, type=SiteState) if snapshot else SiteState()
        openings = await self._knowledge.restore(state, self._setup)
        self._version = snapshot.version if snapshot else 0
        self._state = replace(state, inside=self._knowledge.visits.by_plan())
        self._acked.clear()
        for opening in openings:
            if opening.fate is Fate.ACKED:
                self.acked(opening.command_id)

    def acked(self, command_id: CommandId) -> None:
        """Take its driver to have been let through; the next decision's journal entry says so."""
        visit = self._knowledge.visits.by_command(command_id)
        for event in (events := acked(self._state, visit, command_id, self.house.tools.clock.now())):
            self._state = evolve(self._state, event, self._setup.sensors)
        if events:
            self._knowledge.apply(events)
            self._acked.append(command_id)

    def foresee(self, row: InboxRow, fence: Fence) -> None:
        """Look for the right of a badge that was read, and have the session read of who is inside."""
        if fence != self.loaded_under:
            return
        session_id = self._knowledge.foresee(decode(row.body))
        if session_id is not None:
            self.house.router.foretell(row, to=Address("session", session_id), activate=True)

    def consults(self, handover: InboxRow) -> bool:
        """A session, when a vehicle stands at the exit."""
        return handover.kind == EXIT_REQUESTED

    async def decide(self, message: AnyMessage, at: Moment) -> Verdict[SiteEvent]:
        """Decide with what is known of the message; the configuration is told to the journal when it has changed."""
        assert isinstance(message, SiteMessage)
        setup = self._setup = self.house.sites.setup(self._site_id)
        self._mark = self.house.sites.mark(self._site_id)
        seen = seen_by(message, self._state, setup, at)
        known = await self._knowledge.known(message, seen, setup, at)
        if isinstance(message, Reported) and isinstance(message.fact, PlateRead):
            self.house.tools.metrics.match_risk.observe(known.match_risk)
        given = {
            **known.inputs(),
            "state": seen,
            "policy_version": setup.policy_version,
            "tariff_version": setup.tariff_version,
            SETUP: self._mark,
        }
        self._acked_told = len(self._acked)
        if self._acked:
            given["acked"] = tuple(self._acked)
        if self._mark != self._told:
            given[SETUP_IN_FULL] = setup
        return Verdict(decide(seen, message, known, setup, at), given)

    def written(self, unit: Unit, events: tuple[SiteEvent, ...], scope: Scope) -> Unit:
        """The site's snapshot when it changes, and the rows its events make."""
        state = self._state
        for event in events:
            state = evolve(state, event, self._setup.sensors)
        snapshot = None
        if state != self._state:
            snapshot = Snapshot(scope, self._address, self._version + 1, msgspec.json.encode(state))
        self._becoming = state
        rows = registered(unit, events, scope, self._site_id)
        return replace(with_partners(unit, events, scope), snapshot=snapshot, **rows)

    def apply(self, events: tuple[SiteEvent, ...]) -> None:
        """Follow the events: state, configuration, and what is known."""
        self._told = self._mark
        del self._acked[: self._acked_told]
        self._acked_told = 0
        if events and self._becoming != self._state:
            self._version += 1
            self._state = self._becoming
        for event in events:
            if isinstance(event, PolicyChanged | TariffPublished):
                self.house.sites.follow(setup_row(event, self._site_id))
        self._knowledge.apply(events)

    @property
    def _address(self) -> Address:
        return Address("site", self._site_id)
