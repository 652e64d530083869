"""Alarms as pages read them, and what people are told: written with the decision, told once, oldest first."""

from uuid import UUID

import pytest
from msgspec.structs import replace
from msgspec.structs import replace as changed

from syspark.domain.alarm_book import Alarm
from syspark.domain.alarm_kind import AlarmKind, Severity
from syspark.ports import DataRefused, Stores
from syspark.rows import AlarmRow, Fence, NoticeFate, NoticeRow, Unit
from tests.persistence.contract.making import Maker, after, lost


def alarm(make: Maker, about: str = "sensor_gate") -> Alarm:
    """An alarm that stands."""
    return Alarm(
        id=str(make.id()),
        kind=AlarmKind.SENSOR_FAULT,
        about=about,
        severity=Severity.WARNING,
        raised_at=after(0),
        last_at=after(0),
    )


def notice(make: Maker, seconds: float = 0) -> NoticeRow:
    """Something to tell."""
    return NoticeRow(make.id(), make.scope, make.id(), b"{}", after(seconds), after(seconds + 86_400))


async def unit(stores: Stores, make: Maker, fence: Fence, *alarms: Alarm, notices: tuple[NoticeRow, ...] = ()) -> Unit:
    """A decision that sets alarms."""
    [answer] = await stores.inbox.insert([fence], [make.fact(partition=fence.partition)])
    rows = tuple(AlarmRow(make.scope, one) for one in alarms)
    return make.unit(answer.row, alarms=rows, notices=notices)


async def waiting(stores: Stores) -> list[UUID]:
    """What nobody was told yet."""
    return [row.id for row in await stores.notices.waiting(10)]


async def test_an_alarm_may_end_and_be_raised_again_within_one_batch(stores: Stores, make: Maker, fence: Fence) -> None:
    first, again = alarm(make), alarm(make)
    units = [
        await unit(stores, make, fence, first),
        await unit(stores, make, fence, changed(first, cleared_at=after(1))),
        await unit(stores, make, fence, again),
        await unit(stores, make, fence, changed(again, detail="worse")),
    ]
    await stores.units.commit([fence], units)
    await stores.units.commit([fence], [await unit(stores, make, fence, changed(again, cleared_at=after(2)))])
    await stores.units.commit([fence], [await unit(stores, make, fence, alarm(make), alarm(make, "other"))])


async def test_two_alarms_of_one_kind_about_one_thing_cannot_stand(stores: Stores, make: Maker, fence: Fence) -> None:
    with pytest.raises(DataRefused):
        await stores.units.commit([fence], [await unit(stores, make, fence, alarm(make), alarm(make))])


async def test_what_people_are_to_be_told_waits_oldest_first(stores: Stores, make: Maker, fence: Fence) -> None:
    late, early = notice(make, 5), notice(make, 1)
    await stores.units.commit([fence], [await unit(stores, make, fence, notices=(late, early))])

    assert await waiting(stores) == [early.id, late.id]
    [first, _] = await stores.notices.waiting(10)
    assert replace(first, scope=early.scope) == early
    assert (first.scope.organisation_id, first.scope.site_id) == (early.scope.organisation_id, early.scope.site_id)


@pytest.mark.parametrize("fate", [NoticeFate.SENT, NoticeFate.EXPIRED, NoticeFate.REFUSED])
async def test_what_was_told_or_given_up_waits_no_more(
    stores: Stores, make: Maker, fence: Fence, fate: NoticeFate
) -> None:
    told, other = notice(make), notice(make, 1)
    await stores.units.commit([fence], [await unit(stores, make, fence, notices=(told, other))])
    await stores.notices.settle(fence, [told.id], fate, after(9))
    await stores.notices.settle(fence, [told.id], fate, after(9))
    assert await waiting(stores) == [other.id]


async def test_who_lost_its_partition_settles_nothing(stores: Stores, make: Maker, fence: Fence) -> None:
    told = notice(make)
    await stores.units.commit([fence], [await unit(stores, make, fence, notices=(told,))])
    await stores.notices.settle(lost(fence), [told.id], NoticeFate.SENT, after(9))
    assert await waiting(stores) == [told.id]
