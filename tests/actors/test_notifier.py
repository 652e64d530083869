"""People are told of alarms once, in the site's language; nobody else waits for a messenger that is down."""

from uuid import UUID

import msgspec

from actors.notifier import Notifier
from actors.patience import Patience
from actors.runtime import Owned, Timers
from actors.testing import CarPark, badge
from actors.testing.car_park import NOON
from actors.tools import Tools
from syspark.clock import SteppedClock
from syspark.domain.alarm_book import Alarm, News
from syspark.domain.alarm_kind import AlarmKind, Severity
from syspark.domain.notice import KEPT_FOR, Notice
from syspark.domain.policy import Language
from syspark.errors import Unavailable
from syspark.ids import IdSource
from syspark.metrics import Metrics
from syspark.persistence.memory import MemoryStores, default_site
from syspark.ports import MessageRefused
from syspark.rows import Address, InboxRow, NoticeFate, NoticeRow, RowStatus, Scope, Unit
from tests.actors.phone import Phone

BRIDGE = "parking/bridge/state"
ERROR = "parking/sensor_gate/error"
READER = "parking/barriere"


class Bench:
    """A notifier alone, over a database in memory."""

    def __init__(self) -> None:
        self.clock = SteppedClock(NOON)
        self._stores = MemoryStores(self.clock, sites=[default_site()])

    async def keep(self, notices: int) -> None:
        """So many faults that people are to be told of."""
        lease = await self._stores.stores.leases.take(0, "bench")
        assert lease is not None
        self._fence, site = lease.fence, default_site()
        scope = Scope(site.organisation_id, site.id, 0)
        now = self.clock.now()
        fault = Alarm(
            id=str(UUID(int=1)), kind=AlarmKind.SENSOR_FAULT, severity=Severity.WARNING, raised_at=now, last_at=now
        )
        told = Notice(news=News.RAISED, alarm=fault, place="Lyon", language=Language.FRENCH)
        row = InboxRow(UUID(int=1), scope, Address("alarms", site.id), "alarm-raised", b"", now, now)
        await self._stores.stores.inbox.insert([self._fence], [row])
        rows = tuple(
            NoticeRow(UUID(int=number), scope, UUID(int=1), msgspec.json.encode(told), now, now + KEPT_FOR)
            for number in range(1, notices + 1)
        )
        await self._stores.stores.units.commit([self._fence], [Unit(row, RowStatus.DONE, "{}", notices=rows)])

    async def look(self, phone: Phone, times: int) -> None:
        """Have it look so often."""
        timers = Timers(self.clock, stepped=True)
        owned = Owned("bench", on_crash=lambda _name, _error: None)
        tools = Tools(self.clock, self.clock, timers, IdSource(self.clock), owned, Patience(timers), Metrics())
        notifier = Notifier(self._fence, self._stores.stores.notices, phone, "", tools)
        for _ in range(times):
            await notifier.look()

    @property
    def fates(self) -> list[NoticeFate]:
        """What became of telling people."""
        return [fate for _, fate in self._stores.notices()]


def fates(park: CarPark) -> list[NoticeFate]:
    """What became of telling people."""
    return [fate for _, fate in park.stores.notices()]


async def test_people_are_told_once_of_a_raise_an_escalation_and_a_clear() -> None:
    phone = Phone()
    async with CarPark(messenger=phone, public_url="https://p.example") as park:
        await park.when(BRIDGE, "0", retain=True)
        await park.pass_time(400)
        await park.when(BRIDGE, "1", retain=True)
        await park.pass_time(10)

    [raised, escalated, cleared] = phone.received
    assert raised.startswith("URGENT · ")
    assert "Site hors ligne\n" in raised
    assert "Vérifiez sa box internet" in raised
    assert "https://p.example/alarms#a-" in raised
    assert "toujours sans réponse" in escalated
    assert "terminée" in cleared
    assert "Vérifiez" not in cleared


async def test_what_alarms_tell_besides_is_said_in_words() -> None:
    phone = Phone()
    async with CarPark(messenger=phone) as park:
        for _ in range(20):
            await park.when(READER, "no badge at all")
        await park.pass_time(5)

    [burst] = phone.received
    assert "\nUn numéro de badge n'a pas 8 ou 10 chiffres hexadécimaux.\n" in burst


async def test_what_waited_for_hours_is_told_in_few_messages() -> None:
    phone, bench = Phone(), Bench()
    await bench.keep(24)
    phone.failure = Unavailable("telegram")
    await bench.look(phone, times=3)
    bench.clock.advance(23 * 3600)
    phone.failure = None
    await bench.look(phone, times=3)

    assert len(phone.received) == 3, "20 in one message, then those that are left"
    assert sum(text.count("Capteur en défaut") for text in phone.received) == 22
    assert bench.fates.count(NoticeFate.SENT) == 22


async def test_after_a_day_it_is_too_old_to_tell() -> None:
    phone, bench = Phone(), Bench()
    await bench.keep(3)
    bench.clock.advance(24 * 3600)
    await bench.look(phone, times=1)

    assert phone.received == []
    assert bench.fates == [NoticeFate.EXPIRED] * 3


async def test_who_is_told_to_wait_waits_so_long() -> None:
    phone = Phone()
    phone.failure = Unavailable("telegram", delay_s=100)
    async with CarPark(messenger=phone) as park:
        await park.when(ERROR, {"code": "E1"})
        await park.pass_time(90)
        assert phone.tried == 1
        phone.failure = None
        await park.pass_time(20)
        assert len(phone.received) == 1


async def test_what_can_never_be_sent_does_not_stand_in_the_way_of_the_next() -> None:
    phone = Phone()
    phone.failure = MessageRefused("never")
    async with CarPark(messenger=phone) as park:
        await park.when(ERROR, {"code": "E1"})
        await park.pass_time(5)
        phone.failure = None
        await park.when(BRIDGE, "0", retain=True)
        await park.pass_time(5)

    assert fates(park) == [NoticeFate.REFUSED, NoticeFate.SENT]


async def test_a_messenger_that_hangs_delays_no_barrier() -> None:
    phone = Phone()
    phone.hangs = True
    async with CarPark(badges=[badge("CAFE0001")], messenger=phone) as park:
        await park.when(ERROR, {"code": "E1"})
        await park.pass_time(5)
        assert phone.tried == 1

        await park.when(READER, "CAFE0001")
        assert park.opened == ["entry"]


async def test_a_database_that_is_away_after_the_message_was_sent_has_it_sent_once() -> None:
    phone = Phone()
    async with CarPark(messenger=phone) as park:
        await park.when(ERROR, {"code": "E1"})

        async def send_and_cut(text: str) -> None:
            phone.received.append(text)
            park.cut_database()

        phone.send = send_and_cut  # type: ignore[method-assign]
        await park.pass_time(4)
        assert fates(park) == [NoticeFate.WAITING]
        park.mend_database()
        await park.pass_time(30)
        assert fates(park) == [NoticeFate.SENT]
    assert len(phone.received) == 1


async def test_without_a_messenger_nothing_is_kept_to_be_told() -> None:
    async with CarPark() as park:
        await park.when(ERROR, {"code": "E1"})
        assert park.stores.notices() == []
        assert len(park.alarms()) == 1
