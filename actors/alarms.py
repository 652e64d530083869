"""The alarms of a site, or of what an organisation runs beside its sites: broker, database, journal."""

from functools import reduce
from uuid import UUID

import msgspec
from msgspec.structs import replace

from actors.durable import DurableActor, Verdict
from actors.house import House
from actors.runtime import Key
from syspark.domain.alarm_book import AlarmSet, Book, decide, evolve, seen_by
from syspark.domain.decision import Moment
from syspark.domain.messages import AlarmMessage, AnyMessage
from syspark.domain.notice import KEPT_FOR, Notice
from syspark.domain.policy import Language
from syspark.rows import Address, AlarmRow, NoticeRow, Scope, Snapshot, Unit

PLATFORM = "SysPark"
"""Where an alarm is that concerns no site."""


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
        """The book's snapshot, the alarms as pages read them, and what people are to be told."""
        body = msgspec.json.encode(self._after(events))
        notices = (self._notice(event, scope) for event in events) if self.house.notifies else ()
        return replace(
            unit,
            snapshot=Snapshot(scope, self._address, self._version + 1, body),
            alarms=tuple(AlarmRow(scope, event.alarm) for event in events),
            notices=tuple(notice for notice in notices if notice is not None),
        )

    def apply(self, events: tuple[AlarmSet, ...]) -> None:
        """Follow the events."""
        if events:
            self._book = self._after(events)
            self._version += 1
        for event in events:
            if event.news is not None:
                self.house.tools.metrics.alarms.labels(event.alarm.kind, event.news).inc()

    @property
    def _address(self) -> Address:
        return Address("alarms", self.key.id)

    def _notice(self, event: AlarmSet, scope: Scope) -> NoticeRow | None:
        if event.news is None:
            return None
        place, language = PLATFORM, Language.FRENCH
        row = None if scope.site_id is None else self.house.sites.row(scope.site_id)
        if row is not None:
            place, language = row.name, self.house.sites.setup(row.id).policy.display_languages[0]
        now = self.house.tools.clock.now()
        return NoticeRow(
            id=self.house.tools.ids.new(),
            scope=scope,
            alarm_id=UUID(event.alarm.id),
            body=msgspec.json.encode(Notice(news=event.news, alarm=event.alarm, place=place, language=language)),
            created_at=now,
            expires_at=now + KEPT_FOR,
        )

    def _after(self, events: tuple[AlarmSet, ...]) -> Book:
        return reduce(evolve, events, self._book)
