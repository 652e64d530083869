"""Commands and their fates: forwards only, told once, safe to retry."""

import pytest
from msgspec.structs import replace

from syspark.ports import Stores
from syspark.rows import Fate, Fence, OutboxRow
from tests.persistence.contract.making import Maker, after, lost

ENDS = (Fate.CONFIRMED, Fate.EXPIRED, Fate.WITHHELD, Fate.UNKNOWN, Fate.FAILED, Fate.REFUSED)
UNDERWAY = (Fate.QUEUED, Fate.SENT, Fate.ACKED)


async def decided(stores: Stores, make: Maker, fence: Fence, *commands: OutboxRow) -> None:
    """Let a unit decide these commands."""
    [answer] = await stores.inbox.insert([fence], [make.fact(partition=fence.partition)])
    await stores.units.commit([fence], [make.unit(answer.row, outbox=commands)])


async def fate_of(stores: Stores, make: Maker, command: OutboxRow) -> Fate:
    """A command's stored fate."""
    rows = await stores.state.commands_of(make.site.id, command.order_kind, after(-60))
    return next(row.fate for row in rows if row.id == command.id)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("before", UNDERWAY)
async def test_a_command_reaches_an_end_and_keeps_it(
    stores: Stores, make: Maker, fence: Fence, before: Fate, end: Fate
) -> None:
    command = make.command()
    await decided(stores, make, fence, command)
    await stores.outbox.record([fence], [make.fate(command, before)])
    await stores.outbox.record([fence], [make.fate(command, end)])
    assert await fate_of(stores, make, command) is end
    for later in (*UNDERWAY, *ENDS):
        await stores.outbox.record([fence], [make.fate(command, later)])
    assert await fate_of(stores, make, command) is end


async def test_a_fate_never_moves_backwards(stores: Stores, make: Maker, fence: Fence) -> None:
    command = make.command()
    await decided(stores, make, fence, command)
    await stores.outbox.record([fence], [make.fate(command, Fate.ACKED)])
    await stores.outbox.record([fence], [make.fate(command, Fate.SENT)])
    await stores.outbox.record([fence], [make.fate(command, Fate.QUEUED)])
    assert await fate_of(stores, make, command) is Fate.ACKED


async def test_several_fates_of_one_command_in_one_call_end_at_the_furthest(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    command = make.command()
    await decided(stores, make, fence, command)
    fates = [make.fate(command, fate) for fate in (Fate.SENT, Fate.ACKED, Fate.SENT)]
    await stores.outbox.record([fence], fates)
    assert await fate_of(stores, make, command) is Fate.ACKED


async def test_recording_nothing_is_nothing(stores: Stores, fence: Fence) -> None:
    assert list(await stores.outbox.record([fence], [])) == []


async def test_a_fate_is_told_to_whoever_decided_the_command(stores: Stores, make: Maker, fence: Fence) -> None:
    commands = [make.command(), make.command(), make.command()]
    await decided(stores, make, fence, *commands)
    tells = [make.handover("command-fate"), None, make.handover("command-fate")]
    records = [make.fate(command, Fate.ACKED, tell) for command, tell in zip(commands, tells, strict=True)]
    told = await stores.outbox.record([fence], records)
    expected = [tell for tell in tells if tell is not None]
    assert [replace(row, seq=0) for row in told] == expected
    assert [row.id for row in await stores.inbox.undone(fence.partition, 0, 10)] == [row.id for row in told]
    assert list(await stores.inbox.undone(fence.partition, 0, 10)) == list(told)


async def test_recording_again_tells_the_same_and_inserts_nothing(stores: Stores, make: Maker, fence: Fence) -> None:
    command = make.command()
    await decided(stores, make, fence, command)
    record = make.fate(command, Fate.ACKED, make.handover())
    told = await stores.outbox.record([fence], [record])
    assert list(await stores.outbox.record([fence], [record])) == list(told)
    assert len(await stores.inbox.undone(fence.partition, 0, 10)) == 1


async def test_recording_again_does_not_bring_back_what_was_handled(stores: Stores, make: Maker, fence: Fence) -> None:
    command = make.command()
    await decided(stores, make, fence, command)
    record = make.fate(command, Fate.ACKED, make.handover())
    [told] = await stores.outbox.record([fence], [record])
    await stores.units.commit([fence], [make.unit(told)])
    await stores.outbox.record([fence], [record])
    assert list(await stores.inbox.undone(fence.partition, 0, 10)) == []


async def test_a_lost_partition_s_fates_are_dropped_and_the_rest_is_written(
    stores: Stores, make: Maker, fence: Fence, second: Fence
) -> None:
    ours, theirs = make.command(), make.command(scope=replace(make.scope, partition=second.partition))
    await decided(stores, make, fence, ours)
    await decided(stores, make, second, theirs)
    tells = [make.handover(), make.fact(partition=second.partition)]
    records = [make.fate(ours, Fate.SENT, tells[0]), make.fate(theirs, Fate.SENT, tells[1])]
    told = await stores.outbox.record([fence, lost(second)], records)
    assert [row.id for row in told] == [tells[0].id]
    assert await fate_of(stores, make, ours) is Fate.SENT
    assert await fate_of(stores, make, theirs) is Fate.QUEUED
    assert await stores.inbox.outcome(tells[1].id) is None


async def test_a_command_nobody_decided_is_nothing(stores: Stores, make: Maker, fence: Fence) -> None:
    assert list(await stores.outbox.record([fence], [make.fate(make.command(), Fate.SENT)])) == []


@pytest.mark.parametrize("fate", list(Fate))
async def test_unfinished_are_the_commands_still_queued(stores: Stores, make: Maker, fence: Fence, fate: Fate) -> None:
    command = make.command()
    await decided(stores, make, fence, command)
    await stores.outbox.record([fence], [make.fate(command, fate)])
    unfinished = list(await stores.outbox.unfinished(fence.partition))
    assert unfinished == ([replace(command, fate=fate)] if fate is Fate.QUEUED else [])


async def test_unfinished_are_those_of_the_partition_oldest_first(
    stores: Stores, make: Maker, fence: Fence, second: Fence
) -> None:
    old, new = make.command(), make.command()
    theirs = make.command(scope=replace(make.scope, partition=second.partition))
    await decided(stores, make, second, theirs)
    await decided(stores, make, fence, new, old)
    assert list(await stores.outbox.unfinished(fence.partition)) == [old, new]
    assert list(await stores.outbox.unfinished(second.partition)) == [theirs]
