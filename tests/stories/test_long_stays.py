"""A stay beyond the site's longest: its driver confirms the day of the entry and pays, else a person looks.

Source: domain.md, "Identity and fusion".
"""

from datetime import date, timedelta

from syspark.domain.messages import SetPolicy
from syspark.domain.payment.messages import ConfirmStay
from syspark.domain.session import Status
from syspark.domain.site.matching import DRIVER
from syspark.domain.units import SessionId
from syspark.rows import Address
from tests.stories.drivers import TARIFF, Drivers

CAMERA = "parking/vision/plate"
PLATE = "AB123CD"
SITE = Address("site", "default")


class Long(Drivers):
    """A site where nobody stays over four minutes, and a visitor who was there for longer, and stands at the exit."""

    async def stands_at_exit(self) -> SessionId:
        """The visitor came in before the site's rules were what they are, and wants to leave."""
        await self.park.request(SITE, SetPolicy(changes={"longest_stay_s": 240}, author="op"))
        await self.park.given(CAMERA, {"plate": PLATE, "lane": "entry", "confidence": 0.97})
        await self.park.pass_time(270)
        [session] = await self.park.open_sessions()
        await self.park.when(CAMERA, {"plate": PLATE, "lane": "exit", "confidence": 0.97})
        return session.id

    async def came(self, session_id: SessionId, on: date | None) -> None:
        """The driver says on the portal on which day."""
        await self.tell(session_id, ConfirmStay(arrived_on=on, author=DRIVER))

    def today(self) -> date:
        """On the clocks of the site, at noon."""
        return self.park.clock.now().date()


async def test_a_driver_of_a_stay_beyond_the_longest_names_its_day_and_pays_and_nobody_has_to_look() -> None:
    async with Long(tariff=TARIFF) as drivers:
        session_id = await drivers.stands_at_exit()
        assert drivers.park.asked == [250], "the exit asks, and the stay is in review"
        assert (await drivers.park.session(session_id)).review == ("stay_overlong",)
        await drivers.offered(session_id)
        assert drivers.park.rules()[-1] == "price-to-confirm"
        assert drivers.states() == [], "no price is offered before"

        await drivers.came(session_id, drivers.today())
        await drivers.pays(session_id)

        assert drivers.park.opened == ["exit"]
        session = await drivers.park.session(session_id)
        assert (session.status, session.review) == (Status.CLOSED, ())


async def test_a_driver_who_came_on_another_day_is_for_a_person_and_is_let_out_by_one() -> None:
    async with Long(tariff=TARIFF) as drivers:
        session_id = await drivers.stands_at_exit()
        for day in (drivers.today() - timedelta(days=1), None):
            await drivers.came(session_id, day)
            assert drivers.park.rules()[-1] == "stay-denied"
        session = await drivers.park.session(session_id)
        assert (session.status, session.review) == (Status.PENDING_PAYMENT, ("stay_overlong",))
        await drivers.offered(session_id)
        assert drivers.states() == []


async def test_a_day_is_asked_for_once_and_only_of_a_stay_that_is_long() -> None:
    async with Long(tariff=TARIFF) as drivers:
        session_id = await drivers.stands_at_exit()
        await drivers.came(session_id, drivers.today())
        await drivers.came(session_id, None)
        assert drivers.park.rules()[-2:] == ["stay-confirmed", "stay-not-in-doubt"]
        await drivers.park.pass_time(60)
        await drivers.park.when(CAMERA, {"plate": PLATE, "lane": "exit", "confidence": 0.97})
        assert (await drivers.park.session(session_id)).review == (), "read once more, it is not doubted again"
