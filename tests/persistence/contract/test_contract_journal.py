"""The journal: one chain per name, in the order of the batch, whatever failed in between."""

import pytest
from msgspec.structs import replace

from syspark.persistence import chain
from syspark.ports import DataRefused, Stores
from syspark.rows import Fence, JournalEntry
from tests.persistence.contract.benches import Bench
from tests.persistence.contract.making import Maker, lost


@pytest.fixture
def name(make: Maker) -> str:
    """The default site's chain."""
    return make.entry().chain


async def journalled(stores: Stores, make: Maker, fence: Fence, *groups: tuple[JournalEntry, ...]) -> None:
    """Write each group by a unit of its own, in one batch."""
    answers = await stores.inbox.insert([fence], [make.fact() for _ in groups])
    units = [make.unit(answer.row, journal=group) for answer, group in zip(answers, groups, strict=True)]
    await stores.units.commit([fence], units)


async def test_entries_are_chained_in_the_order_of_the_batch(
    stores: Stores, bench: Bench, make: Maker, fence: Fence, name: str
) -> None:
    entries = [make.entry(rule=f"rule {n}") for n in range(6)]
    await journalled(stores, make, fence, (entries[0], entries[1]), (entries[2],))
    await journalled(stores, make, fence, (entries[3],), (entries[4], entries[5]))
    rows = await bench.journal(name)
    assert [row.entry for row in rows] == entries
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5, 6]
    assert chain.verify(name, rows) is None


async def test_an_altered_entry_is_named(stores: Stores, bench: Bench, make: Maker, fence: Fence, name: str) -> None:
    await journalled(stores, make, fence, tuple(make.entry() for _ in range(3)))
    rows = list(await bench.journal(name))
    rows[1] = replace(rows[1], entry=replace(rows[1].entry, rule="another"))
    fault = chain.verify(name, rows)
    assert fault is not None
    assert fault.seq == 2


async def test_chains_do_not_mix(stores: Stores, bench: Bench, make: Maker, fence: Fence, name: str) -> None:
    other = f"organisation:{make.site.organisation_id}"
    entry = make.entry(chain=other, site_id=None)
    await journalled(stores, make, fence, (make.entry(), entry, make.entry()))
    assert [row.seq for row in await bench.journal(name)] == [1, 2]
    [row] = await bench.journal(other)
    assert (row.seq, row.entry) == (1, entry)
    assert chain.verify(other, [row]) is None


async def test_personal_values_enter_as_commitments(
    stores: Stores, bench: Bench, make: Maker, fence: Fence, name: str
) -> None:
    await journalled(stores, make, fence, (make.entry(personal={"plate": "AB123CD"}),))
    await journalled(stores, make, fence, (make.entry(personal={"plate": "AB123CD"}),))
    [first, second] = await bench.journal(name)
    assert first.entry.personal == {"plate": "AB123CD"}
    assert set(first.commitments) == {"plate"}
    # Salted: the same plate twice must not be seen to be the same.
    assert first.commitments != second.commitments
    assert chain.verify(name, [first, second]) is None


async def test_a_refused_batch_leaves_no_gap(
    stores: Stores, bench: Bench, make: Maker, fence: Fence, name: str
) -> None:
    await journalled(stores, make, fence, (make.entry(),))
    [answer] = await stores.inbox.insert([fence], [make.fact()])
    with pytest.raises(DataRefused):
        await stores.units.commit([fence], [make.unit(answer.row, journal=(make.entry(),), snapshot=make.snapshot(7))])
    await journalled(stores, make, fence, (make.entry(),))
    rows = await bench.journal(name)
    assert [row.seq for row in rows] == [1, 2]
    assert chain.verify(name, rows) is None


async def test_a_fenced_unit_leaves_no_gap(stores: Stores, bench: Bench, make: Maker, fence: Fence, name: str) -> None:
    await journalled(stores, make, fence, (make.entry(),))
    await journalled(stores, make, lost(fence))
    [answer] = await stores.inbox.insert([fence], [make.fact()])
    await stores.units.commit([lost(fence)], [make.unit(answer.row, journal=(make.entry(),))])
    await journalled(stores, make, fence, (make.entry(),))
    rows = await bench.journal(name)
    assert [row.seq for row in rows] == [1, 2]
    assert chain.verify(name, rows) is None


@pytest.mark.parametrize("written", [True, False])
async def test_a_lost_answer_leaves_no_gap_and_no_fork(
    stores: Stores, bench: Bench, make: Maker, fence: Fence, name: str, written: bool
) -> None:
    await journalled(stores, make, fence, (make.entry(),))
    [answer] = await stores.inbox.insert([fence], [make.fact()])
    async with bench.under_way(fence, make.unit(answer.row, journal=(make.entry(),))) as finish:
        await finish(written=written)
    await journalled(stores, make, fence, (make.entry(),))
    rows = await bench.journal(name)
    assert [row.seq for row in rows] == list(range(1, 4 if written else 3))
    assert chain.verify(name, rows) is None
