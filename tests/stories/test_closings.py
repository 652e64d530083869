"""Closings, as they come about: a day with money is shut after its midnight, and what comes later is of the next."""

from datetime import UTC, date, datetime

from actors.testing import CarPark, badge
from syspark.domain.payment.messages import RecordOnSite, RefundPayment
from syspark.domain.payment.payment import Means
from syspark.domain.units import Cents
from syspark.rows import Address

READER = "parking/barriere"
EVENING = datetime(2026, 6, 15, 20, 20, tzinfo=UTC)
"""In Paris it is 22:20."""
DAY, NEXT_DAY = date(2026, 6, 15), date(2026, 6, 16)
DAY_S = 86_400


async def pays_in_cash(park: CarPark) -> Address:
    """A visitor pays 2.50 at the desk, ten minutes before midnight; their session."""
    await park.given(READER, "CAFE0001")
    await park.pass_time(90 * 60)
    await park.when(READER, "CAFE0001")
    [session] = await park.open_sessions()
    address = Address("session", session.id)
    taken = RecordOnSite(means=Means.CASH, receipt_number="18-204", amount_cents=Cents(200), author="c.marchand")
    await park.request(address, taken)
    await park.pass_time(1)
    return address


async def later(park: CarPark, seconds: float) -> None:
    """The worker is killed, and another one starts so much later."""
    await park.kill()
    park.clock.advance(seconds)
    await park.start()
    await park.pass_time(10)


async def test_a_day_is_closed_after_midnight_and_a_later_refund_is_of_the_next_day() -> None:
    async with CarPark(badges=[badge("CAFE0001", "visitor")], start=EVENING) as park:
        session = await pays_in_cash(park)
        await park.pass_time(15 * 60)
        assert park.stores.closings() == [], "ten minutes after midnight, not at once"
        await park.pass_time(15 * 60)
        [first] = park.stores.closings()
        assert (first.span.last_day, first.entries, first.running, first.made_by) == (DAY, 1, (("EUR", 200),), "system")
        assert [(one.kind, one.means) for one in first.totals] == [("sale", "cash")]

        back = RefundPayment(payment_ref="cash:18-204", amount_cents=Cents(50), reason="goodwill", author="c.marchand")
        await park.request(session, back)
        await park.pass_time(1)
        await later(park, DAY_S)
        [same, second] = park.stores.closings()
        assert same == first
        assert (second.span.last_day, second.entries, second.running) == (NEXT_DAY, 1, (("EUR", 150),))
        assert second.previous == first.digest


async def test_what_a_worker_that_was_killed_has_not_closed_the_next_one_closes_once() -> None:
    async with CarPark(badges=[badge("CAFE0001", "visitor")], start=EVENING) as park:
        await pays_in_cash(park)
        await later(park, 2 * DAY_S)
        await later(park, 60)
        assert [one.span.last_day for one in park.stores.closings()] == [DAY, NEXT_DAY]
