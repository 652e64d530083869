"""Closings: each in its turn, told to the organisation's journal, and what comes late goes into an open day."""

from datetime import date, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from actors.closer import close_all
from syspark.clock import SteppedClock
from syspark.domain.closing import Closing, Period
from syspark.domain.messages import ActDone, decode
from syspark.domain.units import SessionId
from syspark.ids import IdSource
from syspark.ports import Stores
from syspark.rows import Fence, LedgerRow
from tests.persistence.contract.making import NOON, Maker

TODAY = date(2026, 11, 22)
"""The suite's noon, by the default site's clock."""


def sale(make: Maker, cents: int = 250, day: date = TODAY, **other: object) -> LedgerRow:
    """What a driver has paid."""
    made = LedgerRow(
        make.id(), make.scope, SessionId(str(make.id())), NOON, day, "sale", "sandbox", cents, "EUR", cents // 6
    )
    return replace(made, **other)


async def book(stores: Stores, make: Maker, fence: Fence, *entries: LedgerRow) -> None:
    """Decide something that books these."""
    [answer] = await stores.inbox.insert([fence], [make.fact(partition=fence.partition)])
    await stores.units.commit([fence], [make.unit(answer.row, ledger=entries)])


async def closed(stores: Stores, after: timedelta) -> list[Closing]:
    """Close what is over so long after noon."""
    clock = SteppedClock(NOON + after)
    return list(await close_all(stores.closings, clock, IdSource(clock), "system"))


async def test_a_day_is_closed_by_its_entries_once_it_is_over(stores: Stores, make: Maker, fence: Fence) -> None:
    assert await closed(stores, timedelta(days=3)) == [], "without an entry there is no book"
    await book(stores, make, fence, sale(make, 250), sale(make, 1000))

    assert await closed(stores, timedelta(hours=11)) == [], "the day is not over, by the site's clock and ten minutes"
    [made] = await closed(stores, timedelta(hours=12))
    assert (made.seq, made.span.period, made.span.last_day, made.entries) == (1, Period.DAY, TODAY, 2)
    assert made.running == (("EUR", 1250),)
    assert await closed(stores, timedelta(hours=12)) == [], "once"


async def test_what_comes_after_the_closing_belongs_to_the_first_open_day(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    await book(stores, make, fence, sale(make))
    [first] = await closed(stores, timedelta(days=1))
    refund = sale(make, -100, kind="refund")
    await book(stores, make, fence, refund)

    [second] = await closed(stores, timedelta(days=2))
    assert (second.span.last_day, second.entries, second.running) == (TODAY + timedelta(days=1), 1, (("EUR", 150),))
    assert second.previous == first.digest


async def test_a_month_is_closed_after_its_last_day(stores: Stores, make: Maker, fence: Fence) -> None:
    await book(stores, make, fence, sale(make, day=date(2026, 11, 29)), sale(make, 100, day=date(2026, 11, 30)))
    made = await closed(stores, timedelta(days=9))
    assert [one.span.period for one in made] == [Period.DAY, Period.DAY, Period.MONTH]
    assert (made[-1].span.first_day, made[-1].entries, made[-1].running) == (date(2026, 11, 1), 2, (("EUR", 350),))


async def test_each_closing_is_told_to_the_organisation_with_its_digest(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    await book(stores, make, fence, sale(make))
    [made] = await closed(stores, timedelta(days=1))
    told = [decode(row.body) for number in (0, 1) for row in await stores.inbox.undone(number, 0, 10)]
    [act] = [one for one in told if isinstance(one, ActDone)]
    assert (act.what, act.about, act.author) == ("closing-made", "default", "system")
    assert made.digest in act.detail


async def test_a_closing_reads_back_as_the_bytes_it_is_chained_by(stores: Stores, make: Maker, fence: Fence) -> None:
    await book(stores, make, fence, sale(make, reason="=1+1", author="Zoé"))
    [made] = await closed(stores, timedelta(days=1))
    assert msgspec.json.decode(made.body, type=Closing) == made


@pytest.mark.parametrize("days", [1, 40])
async def test_after_a_time_away_every_day_is_closed(stores: Stores, make: Maker, fence: Fence, days: int) -> None:
    await book(stores, make, fence, sale(make))
    made = await closed(stores, timedelta(days=days))
    assert [one.span.last_day for one in made if one.span.period is Period.DAY] == [
        TODAY + timedelta(days=number) for number in range(days)
    ]
