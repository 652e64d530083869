"""Half an hour without the provider: cars leave, their debt is recorded. Source: domain.md, "Timed release"."""

from actors.testing import badge
from syspark.domain.tariff import CreditFor, What
from tests.stories.drivers import Drivers

CARS = [badge(f"CAFE{number:04}", "visitor") for number in range(7)]
APART_S = 240.0
NOBODY_WAITS_LONGER_S = 120.0 + 30.0
"""Two minutes of an outage, and the time in which it is noticed."""


async def test_half_an_hour_without_the_provider_holds_nobody_longer_than_the_policy_says() -> None:
    async with Drivers(*CARS) as drivers:
        for car in CARS:
            await drivers.parked(car.uid, 0.5)
        drivers.provider.go_away()
        for number, car in enumerate(CARS[:-1], start=1):
            await drivers.at_exit(car.uid)
            await drivers.park.pass_time(NOBODY_WAITS_LONGER_S)
            assert drivers.park.opened == ["exit"] * number, f"{car.uid} is out"
            await drivers.park.pass_time(APART_S - NOBODY_WAITS_LONGER_S)
        await drivers.park.pass_time(1800 - len(CARS[:-1]) * APART_S)

        debts = drivers.ledger()
        assert [kind for kind, _ in debts] == ["debt"] * len(CARS[:-1])
        assert all(cents > 0 for _, cents in debts)
        assert drivers.alarms().count("payments-down") == 1, "one alarm for the whole of it"

        drivers.provider.come_back()
        await drivers.park.pass_time(60)
        assert "payments-down" not in drivers.alarms()
        [last] = await drivers.park.open_sessions()
        await drivers.at_exit(CARS[-1].uid)
        assert len(drivers.park.opened) == len(CARS[:-1]), "whoever comes afterwards pays"
        await drivers.pays(last.id)
        assert len(drivers.park.opened) == len(CARS)
        assert [kind for kind, _ in drivers.ledger()][-1] == "sale"


async def test_time_in_which_nobody_could_pay_is_not_billed_and_the_bill_says_so() -> None:
    async with Drivers(CARS[0]) as drivers:
        session_id = await drivers.parked(CARS[0].uid, 2)
        drivers.provider.go_away()
        await drivers.park.pass_time(600)
        drivers.provider.come_back()
        await drivers.park.pass_time(120)
        await drivers.at_exit(CARS[0].uid)

        quote = (await drivers.park.session(session_id)).quoted
        assert quote is not None
        [outage] = [line for line in quote.lines if line.what == What.CREDIT]
        assert outage.name == CreditFor.OUTAGE
        assert 540 <= outage.seconds <= 660
        assert quote.total_cents == -((outage.seconds - quote.duration_s) // 60) * 50
        assert quote.basis is not None
        [credit] = quote.basis.credits
        assert credit.since is not None
        assert quote.basis.entered_at < credit.since < quote.basis.at, "cut out where it happened"
