"""What a commit refuses for its data, and what is found of a row that is gone: in memory as in PostgreSQL."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from syspark.domain.units import SiteId
from syspark.ports import DataRefused, Stores
from syspark.rows import CredentialRow, Fence, Landed, RowStatus
from tests.persistence.contract.making import Maker

CHANGES: dict[str, Callable[[Maker], dict[str, Any]]] = {
    "a badge of a site that is not there": lambda _: {
        "credentials": (CredentialRow("A1B2C3D4", SiteId("nowhere"), "someone", "resident"),)
    },
    "a site that is there already": lambda make: {"new_site": make.site},
    "a session of no site": lambda make: {"sessions": (make.session(scope=replace(make.scope, site_id=None)),)},
    "a subject of no site": lambda make: {"subjects": (make.subject(scope=replace(make.scope, site_id=None)),)},
}


@pytest.mark.parametrize("what", CHANGES)
async def test_what_cannot_be_is_refused_and_the_row_waits(
    stores: Stores, make: Maker, fence: Fence, what: str
) -> None:
    [answer] = await stores.inbox.insert([fence], [make.fact()])
    row = answer.row
    with pytest.raises(DataRefused):
        await stores.units.commit([fence], [make.unit(row, **CHANGES[what](make))])
    assert await stores.inbox.outcome(row.id) == ("new", "")


async def test_a_unit_that_leaves_its_row_undone_is_refused(stores: Stores, make: Maker, fence: Fence) -> None:
    [answer] = await stores.inbox.insert([fence], [make.fact()])
    row = answer.row
    with pytest.raises(DataRefused):
        await stores.units.commit([fence], [make.unit(row, status=RowStatus.NEW)])


async def test_of_a_row_that_is_gone_nothing_failed(stores: Stores, make: Maker, fence: Fence) -> None:
    row = make.fact()
    assert await stores.units.landed([fence], [row.id]) == {row.id: Landed.DUPLICATE}
