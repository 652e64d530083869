"""Prices that change: who came in under a tariff leaves under it. Source: domain.md, "Tariffs"; docs/tariffs.md."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from actors.testing import CarPark, badge
from syspark.domain.messages import PublishTariff
from syspark.domain.payment.messages import UseCode
from syspark.domain.rerun import Rerun, setups_in
from syspark.domain.tariff import Code, Package, Tariff
from syspark.domain.units import Cents
from syspark.persistence.memory import default_site
from syspark.rows import Address, RowStatus
from tests.stories.drivers import TARIFF, Drivers

READER = "parking/barriere"
SITE = Address("site", "default")
DEAR = Tariff(step_cents=Cents(200), cap_cents=Cents(4000))
ALICE, BOB = badge("CAFE0001", "visitor"), badge("CAFE0002", "visitor")


async def publish(
    park: CarPark, tariff: Tariff, after: int = 1, starts_at: datetime | None = None, **more: Any
) -> tuple[RowStatus, str]:
    """What an operator publishes, and the answer they get."""
    message = PublishTariff(tariff=tariff, after=after, starts_at=starts_at, author="op", **more)
    row = await park.request(SITE, message)
    await park.pass_time(1)
    outcome = await park.stores.stores.inbox.outcome(row)
    assert outcome is not None
    return RowStatus(outcome[0]), outcome[1]


async def inside(park: CarPark, who: str, minutes: int) -> None:
    await park.given(READER, {"uid": who, "lane": "entry"})
    await park.pass_time(minutes * 60)


async def asked(park: CarPark, who: str) -> int:
    """What a driver is asked for at the exit, in cents."""
    await park.when(READER, {"uid": who, "lane": "exit"})
    [quote] = [one.quoted for one in await park.open_sessions() if one.holder_key == who]
    assert quote is not None
    return quote.total_cents


async def test_who_is_inside_keeps_the_price_they_came_in_by() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await inside(park, ALICE.uid, 0)
        assert (await publish(park, DEAR))[0] is RowStatus.DONE
        await inside(park, BOB.uid, 60)

        assert await asked(park, ALICE.uid) == 150, "an hour and a second at 0.50"
        assert await asked(park, BOB.uid) == 400, "an hour at 2.00"


async def test_a_tariff_of_the_future_takes_effect_at_its_date_also_after_a_restart() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        change = park.clock.now() + timedelta(hours=2)
        assert (await publish(park, DEAR, starts_at=change))[0] is RowStatus.DONE
        await park.restart()

        await inside(park, ALICE.uid, 180)
        await inside(park, BOB.uid, 60)
        assert await asked(park, ALICE.uid) == 700, "4 h at 0.50: she came in before"
        assert await asked(park, BOB.uid) == 400, "an hour at 2.00"


async def test_what_was_decided_under_each_tariff_is_decided_so_again_from_the_journal() -> None:
    async with CarPark(badges=[ALICE, BOB]) as park:
        await publish(park, DEAR, starts_at=park.clock.now() + timedelta(minutes=5))
        await inside(park, ALICE.uid, 60)
        await inside(park, BOB.uid, 60)
        await asked(park, ALICE.uid)
        rows, found = park.recorded(), Rerun()
        setups = setups_in(rows)
        for row in rows:
            found.add(row, setups)
        assert (found.differences, found.left_out, "tariff-published" in park.rules()) == ([], {}, True)


async def test_a_tariff_published_meanwhile_ends_when_that_of_the_future_starts() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await publish(park, DEAR, starts_at=park.clock.now() + timedelta(hours=2))
        await publish(park, replace(DEAR, step_cents=Cents(100)), after=2)
        site = await park.stores.stores.state.site(default_site().id)
        assert site is not None
        assert (site.tariff_version, [one.version for one in site.tariffs]) == (3, [2, 3, 1])
        assert msgspec.json.decode(site.tariff, type=Tariff).step_cents == 100


async def test_a_tariff_that_makes_no_sense_changes_nothing() -> None:
    async with CarPark() as park:
        flat = Package(name="evening", price_cents=Cents(500))
        for tariff, more, why in (
            (replace(DEAR, packages=(flat,)), {}, "evening: it has no hours"),
            (replace(DEAR, cap_cents=Cents(100)), {}, "a day costs less than one step"),
            (replace(DEAR, currency="CHF"), {}, "the site is paid in EUR"),
            (DEAR, {"starts_at": park.clock.now() - timedelta(days=1)}, "starts now or in the next two years"),
            (DEAR, {"after": 7}, "somebody has published another tariff"),
            (replace(DEAR, step_minutes=60), {}, "confirm that you know"),
        ):
            status, told = await publish(park, tariff, **more)
            assert (status, why in told) == (RowStatus.REFUSED, True), told
        site = await park.stores.stores.state.site(default_site().id)
        assert site is not None
        assert (site.tariff_version, site.tariffs) == (1, ())


async def test_what_the_law_may_forbid_is_published_by_who_knows() -> None:
    async with CarPark() as park:
        status, _ = await publish(park, replace(DEAR, step_minutes=60), knowing=True)
        assert status is RowStatus.DONE


async def test_a_discount_code_counts_once_also_for_a_price_that_was_offered() -> None:
    tariff = replace(TARIFF, codes=(Code(code="SUMMER26", percent=20), Code(code="WINTER26", minutes=60)))
    async with Drivers(ALICE, tariff=tariff) as drivers:
        session_id = await drivers.parked(ALICE.uid)
        before = await drivers.offered(session_id)
        for typed in ("AUTUMN26", "summer26", "winter26"):
            await drivers.tell(session_id, UseCode(code=typed))
        assert drivers.park.rules()[-3:] == ["code-unknown", "code-used", "code-used-already"]
        assert drivers.row(before).state == "expired"

        await drivers.at_exit(ALICE.uid)
        assert drivers.park.asked == [200], "4 m 30 s: 5 steps = 2.50, less 20 %"
        await drivers.pays(session_id)
        assert (drivers.ledger(), drivers.park.opened) == ([("sale", 200)], ["exit"])
