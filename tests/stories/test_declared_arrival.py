"""A driver whose entry nobody saw says when they came, and pays that. Source: domain.md, "Exit without entry"."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace

from syspark.domain.access import Plan
from syspark.domain.messages import DeclareArrival
from syspark.domain.policy import SitePolicy
from syspark.domain.session import Session, Status
from syspark.domain.session.state import Declared
from syspark.domain.site.declaration import declaring
from syspark.domain.site.matching import DRIVER
from syspark.domain.tariff import Tariff
from syspark.domain.units import HolderKey, Plate, SessionId
from syspark.rows import Address, RowStatus
from tests.stories.drivers import Drivers

CAMERA = "parking/vision/plate"
PLATE = Plate("AB123CD")
SITE = Address("site", "default")


class Unseen(Drivers):
    """Drivers whose entry nobody saw, at an ordinary tariff: 30 free minutes, then 0.50 a quarter of an hour."""

    def __init__(self) -> None:
        super().__init__(tariff=Tariff())

    def ago(self, hours: float) -> datetime:
        """So long before now."""
        return self.park.clock.now() - timedelta(hours=hours)

    async def stands_at_exit(self, plate: str = PLATE) -> None:
        """The camera at the exit reads a plate."""
        await self.park.when(CAMERA, {"plate": plate, "lane": "exit", "confidence": 0.97})

    async def declares(self, arrived_at: datetime, plate: Plate = PLATE, *, confirmed: bool = False) -> SessionId:
        """The driver says on the portal when they came; returns the id of the session, if one begins by it."""
        told = DeclareArrival(plate=plate, arrived_at=arrived_at, confirmed=confirmed, author=DRIVER)
        row_id: UUID = await self.park.request(SITE, told)
        await self.park.pass_time(1)
        return SessionId(str(row_id))

    async def leaves(self, session_id: SessionId) -> None:
        """Pays, and is gone for a while."""
        await self.pays(session_id)
        await self.park.pass_time(600)

    async def session(self, session_id: SessionId) -> Session:
        """A session as it is stored."""
        return await self.park.session(session_id)


async def test_a_declared_arrival_is_priced_paid_and_let_out_like_any_other() -> None:
    async with Unseen() as drivers:
        await drivers.stands_at_exit()
        assert drivers.park.opened == [], "nobody knows the plate"

        arrived_at = drivers.ago(2)
        session_id = await drivers.declares(arrived_at)
        assert drivers.park.asked == [300], "two hours, 30 minutes of them free"

        await drivers.pays(session_id)

        assert drivers.park.opened == ["exit"]
        assert drivers.ledger() == [("sale", 300)]
        session = await drivers.session(session_id)
        assert session.status is Status.CLOSED
        assert session.opened_at is None, "no time is invented"
        assert session.declared is not None
        assert (session.declared.arrived_at, session.declared.author) == (arrived_at, DRIVER)
        assert session.review == ("entry_unknown",)


async def test_a_declared_arrival_within_the_free_minutes_opens_the_exit() -> None:
    async with Unseen() as drivers:
        await drivers.stands_at_exit()
        await drivers.declares(drivers.ago(0.3))
        assert (drivers.park.opened, drivers.park.asked) == (["exit"], [])


async def test_free_minutes_are_declared_once_in_four_hours() -> None:
    async with Unseen() as drivers:
        await drivers.stands_at_exit()
        await drivers.declares(drivers.ago(0.3))
        await drivers.park.pass_time(1800)
        await drivers.stands_at_exit()
        await drivers.declares(drivers.ago(0.3))
        assert drivers.park.opened == ["exit"]
        assert drivers.park.asked == [100]


async def test_a_plate_that_a_camera_has_misread_a_little_is_declared_as_its_driver_types_it() -> None:
    async with Unseen() as drivers:
        await drivers.stands_at_exit("AB123C0")
        await drivers.declares(drivers.ago(2))
        assert drivers.park.asked == [300]


async def test_only_the_plate_that_stands_at_the_exit_is_declared() -> None:
    async with Unseen() as drivers:
        await drivers.declares(drivers.ago(2))
        await drivers.stands_at_exit()
        await drivers.declares(drivers.ago(2), Plate("ZZ999ZZ"))
        assert await drivers.park.open_sessions() == []
        told = [rule for rule in drivers.park.rules() if rule.startswith("arrival-")]
        assert told == ["arrival-nobody-there", "arrival-of-another"]


async def test_who_has_a_stay_pays_that_and_declares_no_shorter_one() -> None:
    async with Unseen() as drivers:
        await drivers.park.given(CAMERA, {"plate": PLATE, "lane": "entry"})
        await drivers.park.pass_time(45 * 60)
        await drivers.stands_at_exit()
        await drivers.declares(drivers.ago(0.2))
        assert drivers.park.asked == [50]
        assert drivers.park.rules()[-1] == "arrival-known"


async def test_a_stay_counts_from_when_the_vehicle_is_known_to_have_left_and_is_looked_at() -> None:
    async with Unseen() as drivers:
        await drivers.park.given(CAMERA, {"plate": PLATE, "lane": "entry"})
        await drivers.park.pass_time(600)
        await drivers.stands_at_exit()
        assert drivers.park.opened == ["exit"]
        await drivers.park.pass_time(3600)
        await drivers.stands_at_exit()

        session_id = await drivers.declares(drivers.ago(20))

        assert drivers.park.asked == [200], "an hour since it left; its free minutes were counted then"
        session = await drivers.session(session_id)
        assert session.declared is not None
        assert (session.declared.since - session.declared.arrived_at) > timedelta(hours=17)
        assert session.review == ("entry_unknown", "arrival_doubtful")


async def test_beyond_the_longest_stay_the_driver_confirms_the_day_and_pays() -> None:
    async with Unseen() as drivers:
        await drivers.stands_at_exit()
        arrived_at = drivers.ago(50)
        await drivers.declares(arrived_at)
        assert (drivers.park.rules()[-1], drivers.park.asked) == ("arrival-to-confirm", [])

        session_id = await drivers.declares(arrived_at, confirmed=True)

        assert drivers.park.asked == [2000 + 2000 + 300], "two days at their cap, and two hours less the free minutes"
        assert (await drivers.session(session_id)).review == ("entry_unknown", "arrival_doubtful")


async def test_the_fourth_declaration_in_ninety_days_is_an_operators() -> None:
    async with Unseen() as drivers:
        for _ in range(3):
            await drivers.stands_at_exit()
            await drivers.leaves(await drivers.declares(drivers.ago(2)))
        await drivers.stands_at_exit()
        await drivers.declares(drivers.ago(2))
        assert drivers.park.rules()[-1] == "arrival-for-a-person"
        assert await drivers.park.open_sessions() == []


def test_what_was_declared_over_ninety_days_ago_or_never_happened_is_not_counted() -> None:
    now = datetime(2026, 4, 1, tzinfo=UTC)
    begun = Session(
        id=SessionId("1"),
        holder_key=HolderKey("k"),
        plan=Plan.VISITOR,
        tariff=Tariff(),
        tariff_version=1,
        opened_at=None,
        decided_at=now - timedelta(days=89),
        declared=Declared(arrived_at=now, since=now, author=DRIVER),
    )
    sessions = [
        begun,
        replace(begun, status=Status.VOID),
        replace(begun, declared=None, left_at=now - timedelta(days=2)),
        replace(begun, decided_at=now - timedelta(days=91), left_at=now - timedelta(days=91)),
    ]
    found = declaring(sessions, 0, SitePolicy(), now)
    assert (found.times, found.absent_at) == (1, now - timedelta(days=2))


async def test_an_arrival_after_the_vehicle_stood_at_the_exit_or_months_ago_changes_nothing() -> None:
    async with Unseen() as drivers:
        await drivers.stands_at_exit()
        await drivers.declares(drivers.ago(-1))
        assert drivers.park.rules()[-1] == "arrival-not-yet"
        await drivers.declares(drivers.ago(91 * 24), confirmed=True)
        assert drivers.park.rules()[-1] == "arrival-for-a-person"
        assert drivers.park.asked == []


async def test_a_declared_arrival_survives_a_restart_on_either_side() -> None:
    async with Unseen() as drivers:
        await drivers.stands_at_exit()
        await drivers.park.restart()
        session_id = await drivers.declares(drivers.ago(2))
        await drivers.park.restart()
        await drivers.pays(session_id)
        assert drivers.park.opened == ["exit"]
        assert drivers.park.rows(RowStatus.PARKED) == []


async def test_an_entry_that_a_replay_tells_of_counts_before_what_was_declared() -> None:
    async with Unseen() as drivers:
        await drivers.stands_at_exit()
        session_id = await drivers.declares(drivers.ago(2))
        entered_at = drivers.ago(5)
        kept = {"topic": "vision/plate", "payload": {"plate": PLATE, "lane": "entry"}, "event_id": "e" * 32}
        await drivers.park.when("parking/replay/event", {**kept, "ts": round(entered_at.timestamp() * 1000)})
        session = await drivers.session(session_id)
        assert session.opened_at == entered_at
        assert "entry_unknown" not in session.review


async def test_the_journal_holds_no_plate_that_was_declared() -> None:
    async with Unseen() as drivers:
        await drivers.stands_at_exit()
        await drivers.declares(drivers.ago(2))
        inputs = [msgspec.json.decode(row.inputs) for row in drivers.park.recorded()]
        assert PLATE not in str(inputs)
