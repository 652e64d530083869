"""The alarms of a site, or of what an organisation runs beside its sites: broker, database, journal."""

from dataclasses import replace

import msgspec

from actors.durable import DurableActor, Verdict
from actors.house import House
from actors.runtime import Key
from syspark.domain.alarm_book import AlarmSet, Book, decide, evolve, seen_by
from syspark.domain.decision import Moment
from syspark.domain.messages import AlarmMessage, AnyMessage
from syspark.rows import Address, Scope, Snapshot, Unit


class AlarmsActor(DurableActor[AlarmSet]):
    """One per site, and one per organisation; its key's id is theirs."""

    kind = "alarms"

    def __init__(self, key: Key, house: House) -> None:
        super().__init__(key, house)
        self._book = Book()
        self._version = 0

    async def load(self) -> None:
        """Restore the book from its snapshot."""
        snapshot = await self.house.stores.state.snapshot(self._address)
        self._book = msgspec.json.decode(snapshot.body, type=Book) if snapshot else Book()
        self._version = snapshot.version if snapshot else 0

    async def decide(self, message: AnyMessage, at: Moment) -> Verdict[AlarmSet]:
        """Decide with the alarms the message is about."""
        assert isinstance(message, AlarmMessage)
        seen = seen_by(message, self._book)
        return Verdict(decide(seen, message, at), {"book": seen})

    def written(self, unit: Unit, events: tuple[AlarmSet, ...], scope: Scope) -> Unit:
        """The book's snapshot."""
        body = msgspec.json.encode(self._after(events))
        return replace(unit, snapshot=Snapshot(scope, self._address, self._version + 1, body))

    def apply(self, events: tuple[AlarmSet, ...]) -> None:
        """Follow the events."""
        if events:
            self._book = self._after(events)
            self._version += 1

    @property
    def _address(self) -> Address:
        return Address("alarms", self.key.id)

    def _after(self, events: tuple[AlarmSet, ...]) -> Book:
        book = self._book
        for event in events:
            book = evolve(book, event)
        return book
