"""What of a stay is never billed. Source: domain.md, "Exit and payment"."""

from datetime import UTC, datetime, timedelta

from syspark.domain.payment.messages import PaymentPath
from syspark.domain.site.outage import unbilled
from syspark.domain.site.state import Emergency, Outage, SiteState
from syspark.domain.tariff import Credit, CreditFor, credits_of
from tests.domain.park import Park, setup_of

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def credit(why: CreditFor, begins: float, minutes: float) -> Credit:
    return Credit(why=why, since=at(begins), seconds=int(minutes * 60))


def test_each_second_is_credited_once() -> None:
    state = SiteState(
        outages=(Outage(since=at(-60), until=at(10)), Outage(since=at(80), until=at(90))),
        emergencies=(Emergency(since=at(5), author="a", ended_at=at(20)),),
        payments_down_since=at(95),
    )
    assert unbilled(state, setup_of(), NOON, at(120)) == (
        credit(CreditFor.OUTAGE, 0, 10),
        credit(CreditFor.EVACUATION, 10, 40),
        credit(CreditFor.OUTAGE, 80, 10),
        credit(CreditFor.OUTAGE, 95, 25),
    ), "an evacuation is free for half an hour more"
    assert unbilled(state, setup_of(), None, at(120)) == ()


def test_what_happens_after_the_fee_is_frozen_is_no_line_of_the_bill() -> None:
    told = (credit(CreditFor.OUTAGE, 0, 10), credit(CreditFor.OUTAGE, 30, 10), credit(CreditFor.OUTAGE, 50, 10))
    assert credits_of(told, 60, until=at(35)) == (
        credit(CreditFor.OUTAGE, 0, 10),
        credit(CreditFor.OUTAGE, 30, 5),
        Credit(why=CreditFor.QUEUE, seconds=60),
    )


def test_an_outage_is_kept_from_the_first_failure_until_payments_work() -> None:
    park = Park()
    began = park.now
    park.tell(PaymentPath(down_since=began))
    park.pass_time(600)
    park.tell(PaymentPath())
    park.tell(PaymentPath())
    assert park.state.outages == (Outage(since=began, until=park.now),)
