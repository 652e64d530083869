"""Partners, their months and what they validate: written with the decision, read back when a site's actor starts."""

import pytest
from msgspec.structs import replace

from syspark.ports import DataRefused, Stores
from syspark.rows import Fence, PartnerMonthRow, PartnerRow, PartnersOfSite, Unit, ValidationRow
from tests.persistence.contract.making import Maker, after


async def unit(stores: Stores, make: Maker, fence: Fence, **rows: object) -> Unit:
    """A decision about partners."""
    [answer] = await stores.inbox.insert([fence], [make.fact(partition=fence.partition)])
    return make.unit(answer.row, **rows)


def partner(make: Maker, name: str = "Hotel") -> PartnerRow:
    """Who validates."""
    return PartnerRow(make.id(), make.scope, name, b"{}")


def month(of: PartnerRow, name: str = "2026-11", held: int = 0) -> PartnerMonthRow:
    """What they have validated."""
    return PartnerMonthRow(of.id, of.scope, name, 1, held, 250)


def validation(make: Maker, of: PartnerRow, seconds: float = 0) -> ValidationRow:
    """A plate they take over."""
    return ValidationRow(make.id(), of.scope, of.id, make.id(), "2026-11", after(seconds), True, b"{}")


async def test_a_site_is_read_back_with_what_is_not_over(stores: Stores, make: Maker, fence: Fence) -> None:
    site_id = make.site.id
    assert await stores.state.partners(site_id, "2026-11") == PartnersOfSite()

    hotel, clinic = partner(make), partner(make, "Clinic")
    first, second = validation(make, hotel, 1), validation(make, hotel)
    past, present, old = month(hotel, "2026-10", held=50), month(hotel), month(hotel, "2026-09")
    made = await unit(
        stores,
        make,
        fence,
        partners=(hotel, clinic),
        partner_months=(past, present, old),
        validations=(first, second),
    )
    await stores.units.commit([fence], [made])
    found = PartnersOfSite(partners=(clinic, hotel), months=(past, present), live=(second, first))
    assert await stores.state.partners(site_id, "2026-11") == found

    renamed, used = replace(hotel, name="Grand Hotel"), replace(first, live=False, body=b'{"spent_cents":250}')
    changed = await unit(
        stores,
        make,
        fence,
        partners=(renamed,),
        partner_months=(replace(present, validated=2),),
        validations=(used,),
    )
    await stores.units.commit([fence], [changed])
    again = await stores.state.partners(site_id, "2026-11")
    assert again == PartnersOfSite((clinic, renamed), (past, replace(present, validated=2)), (second,))


async def test_two_partners_of_a_site_have_two_names_and_no_month_is_below_zero(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    hotel = partner(make)
    await stores.units.commit([fence], [await unit(stores, make, fence, partners=(hotel,))])
    for rows in (
        {"partners": (partner(make),)},
        {"partner_months": (replace(month(hotel), held_cents=-1),)},
        {"partner_months": (month(partner(make, "Nobody")),)},
        {"validations": (validation(make, partner(make, "Nobody")),)},
    ):
        with pytest.raises(DataRefused):
            await stores.units.commit([fence], [await unit(stores, make, fence, **rows)])
    assert await stores.state.partners(make.site.id, "2026-11") == PartnersOfSite(partners=(hotel,))
