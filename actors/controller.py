"""The sync of a site's controllers: what they hold follows what they should."""

from functools import reduce

import msgspec
from msgspec.structs import replace

from actors.durable import DurableActor, Verdict
from actors.house import House
from actors.rights import credential_of
from actors.runtime import Key
from syspark.contract.format import badges_that_fit
from syspark.domain.controller import NEVER_HEARD, concerns, decide, evolve, taken
from syspark.domain.controller.book import Book
from syspark.domain.controller.state import ControllerEvent, ControllerState, PinChanged
from syspark.domain.decision import Moment
from syspark.domain.facts import AclReported
from syspark.domain.messages import AnyMessage, ControllerMessage, DesiredChanged, Reported
from syspark.domain.units import HolderKey, SiteId
from syspark.rows import Address, PinRow, Scope, Snapshot, Unit

FAMILY = "acl"


class ControllerActor(DurableActor[ControllerEvent]):
    """One per site; its key's id is the site's. The book is read when it is first needed, and then followed."""

    kind = "controller"

    def __init__(self, key: Key, house: House) -> None:
        super().__init__(key, house)
        self._site_id = SiteId(key.id)
        self._state = ControllerState()
        self._version = 0
        self._book: Book | None = None
        self._ahead: Book | None = None

    async def load(self) -> None:
        """Restore the snapshot; what the controllers hold is asked of them again."""
        snapshot = await self.house.stores.state.snapshot(self._address)
        self._state = msgspec.json.decode(snapshot.body, type=ControllerState) if snapshot else ControllerState()
        self._version = snapshot.version if snapshot else 0
        self._book = self._ahead = None

    async def decide(self, message: AnyMessage, at: Moment) -> Verdict[ControllerEvent]:
        """Decide with both lists as they stand after the message; nothing is looked up for who was never heard."""
        assert isinstance(message, ControllerMessage)
        setup = self.house.sites.setup(self._site_id)
        if not concerns(self._state, message, setup.devices):
            return Verdict(NEVER_HEARD, {"concerned": False})
        book = taken(await self._read(), self._state, message, at)
        if isinstance(message, DesiredChanged):
            for uid in message.uids:
                row = await self.house.stores.state.credential(self._site_id, uid)
                book = book.knowing(HolderKey(uid), credential_of(row) if row else None)
        book = book.asked(at.now)
        fact = message.fact if isinstance(message, Reported) else None
        listed = fact.entries if isinstance(fact, AclReported) else None
        ahead = book.outlook(at.now, fits=self._fits, listed=listed)
        pins = self.house.sites.pins(self._site_id)
        self._ahead = book
        given = {"state": self._state, "ahead": ahead, "pins": pins}
        return Verdict(decide(self._state, message, ahead, pins, at), given)

    def written(self, unit: Unit, events: tuple[ControllerEvent, ...], scope: Scope) -> Unit:
        """The snapshot when it changes, and new PINs."""
        state = self._after(events)
        if state != self._state:
            unit = replace(unit, snapshot=Snapshot(scope, self._address, self._version + 1, msgspec.json.encode(state)))
        return replace(unit, pins=_pins(events))

    def apply(self, events: tuple[ControllerEvent, ...]) -> None:
        """Follow the events, and the book they were decided with."""
        state = self._after(events)
        if state != self._state:
            self._state = state
            self._version += 1
        self._book = self._ahead
        if pins := _pins(events):
            # What is sent next joins the new PIN; the next look at the site would come too late.
            self.house.sites.put(self.house.sites.with_pins(self._site_id, pins))

    @property
    def _address(self) -> Address:
        return Address("controller", self.key.id)

    @property
    def _fits(self) -> int:
        secrets = self.house.sites.secrets(self._site_id)
        return badges_that_fit(self.house.sites.speaks(self._site_id, FAMILY), secrets[0] if secrets else "")

    async def _read(self) -> Book:
        if self._book is None:
            rows = await self.house.stores.state.credentials(self._site_id)
            self._book = self._ahead = Book.of(credential_of(row) for row in rows)
        return self._book

    def _after(self, events: tuple[ControllerEvent, ...]) -> ControllerState:
        return reduce(evolve, events, self._state)


def _pins(events: tuple[ControllerEvent, ...]) -> tuple[PinRow, ...]:
    return tuple(PinRow(event.lane, event.sealed_secret) for event in events if isinstance(event, PinChanged))
