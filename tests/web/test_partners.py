"""A partner's one page, and the operators' page of a site's partners."""

import asyncio
import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
import pytest

from tests.web.field import Field
from tests.web.serving import Reader
from tests.web.test_access import decided

PAGE = "/sites/default/partners"
NOW = datetime.now(UTC)


@pytest.fixture
def hotel(field: Field) -> UUID:
    """Three nights at most, 20.00 each, ten times a month."""
    return field.partner()


@pytest.fixture
async def desk(field: Field, reader: Reader, hotel: UUID) -> Reader:
    """Who is at the hotel's desk."""
    field.operator("desk", role="partner", site="default", partner=hotel)
    await reader.sign_in("desk")
    return reader


@pytest.fixture
async def manager(field: Field, reader: Reader) -> Reader:
    """Who makes partners."""
    field.operator("m.leroy", role="manager")
    await reader.sign_in("m.leroy")
    return reader


async def asked(
    who: Reader, field: Field, path: str, outcome: str, status: str = "done", **fields: str
) -> tuple[str, list[dict[str, object]]]:
    """The page after an act, and what the site was asked."""
    site = asyncio.create_task(decided(field, status, outcome), name="the site")
    response = await who.post(path, 200, None, **fields)
    await site
    return await response.text(), [msgspec.json.decode(row[4]) for row in field.inbox()]


async def test_a_guest_is_validated_with_a_plate_and_nights(desk: Reader, field: Field, hotel: UUID) -> None:
    page = await desk.get("/partner")
    assert re.findall(r"<option[^>]*>(\d)</option>", page) == ["1", "2", "3"]
    assert "10 / 10" in page
    told = '{"rule":"plate-validated"}'
    page, [message] = await asked(desk, field, "/partner/validate", told, plate="aa-123-bb", nights="2")
    assert "Validated." in page
    assert message == {
        "type": "validate-plate",
        "partner_id": str(hotel),
        "plate": "AA123BB",
        "nights": 2,
        "author": "desk",
    }


async def test_a_partner_acts_for_nobody_else(desk: Reader, field: Field, hotel: UUID) -> None:
    clinic, told = field.partner("Clinic"), '{"rule":"validation-asked-back"}'
    theirs = field.validation(clinic, field.subject("ZZ987YX"), NOW)
    form = {"partner": str(clinic), "validation": str(theirs)}
    page, [message] = await asked(desk, field, "/partner/back", told, **form)
    assert message["partner_id"] == str(hotel), "the site refuses what is another partner's"
    assert "Clinic" not in page
    assert "9YX" not in page


async def test_why_nobody_is_validated_is_told(desk: Reader, field: Field) -> None:
    told = '{"rule":"partner-quota","refused":"the month\'s quota is used up"}'
    page, _ = await asked(desk, field, "/partner/validate", told, "refused", plate="AA123BB", nights="1")
    assert "The month&#39;s quota is used up." in page
    assert 'value="AA123BB"' in page, "to be looked at again"


@pytest.mark.parametrize("plate", ["", "АА123ВВ", "A", "x" * 400, "=1"])
async def test_what_is_no_plate_asks_the_site_nothing(desk: Reader, field: Field, plate: str) -> None:
    page = await (await desk.post("/partner/validate", 200, plate=plate, nights="1")).text()
    assert "Type the plate as it is on the vehicle." in page
    assert field.inbox() == []


async def test_the_page_shows_this_month_masked(desk: Reader, field: Field, hotel: UUID) -> None:
    subject = field.subject("AA123BB")
    field.validation(hotel, subject, NOW, standing="used", spent_cents=1250, nights=1)
    field.validation(hotel, subject, NOW)
    month = {"partner": hotel, "month": f"{NOW:%Y-%m}"}
    field.run(
        "INSERT INTO partner_month (partner_id, month, organisation_id, site_id, validated, held_cents, spent_cents)"
        " VALUES (%(partner)s, %(month)s, %(organisation)s, 'default', 2, 2000, 1250)",
        **month,
    )
    page = await desk.get("/partner")
    assert ("AA123BB" not in page, "··3BB" in page, "8 / 10" in page, "€12.50" in page) == (True,) * 4
    assert page.count("/partner/back") == 1, "what was used is not taken back"


async def test_an_operator_validates_for_a_partner_and_takes_back(operator: Reader, field: Field, hotel: UUID) -> None:
    await operator.get(PAGE)
    form = {"partner": str(hotel), "plate": "AA 123 BB", "nights": "1"}
    page, [message] = await asked(operator, field, f"{PAGE}/validate", '{"rule":"validation-waits"}', **form)
    assert "The vehicle is not inside yet" in page
    assert (message["plate"], message["author"]) == ("AA123BB", "c.marchand")
    await operator.post(f"{PAGE}/validate", 400, plate="AA123BB")
    await operator.post(f"{PAGE}/set", 403, name="Clinic", gives="all", at_most="5")
    await operator.get(f"{PAGE}.csv", 403)


async def test_a_manager_makes_a_partner(manager: Reader, field: Field) -> None:
    await manager.get(PAGE)
    terms = {"name": " Grand  Hotel ", "gives": "nights", "amount": "3", "at_most": "20,50", "budget": "500"}
    more = {"quota": "30", "first": "2026-06-01", "last": "2026-12-31", "partner": ""}
    _, [message] = await asked(manager, field, f"{PAGE}/set", '{"rule":"partner-changed"}', **terms, **more)
    assert message == {
        "type": "set-partner",
        "terms": {
            "name": "Grand Hotel",
            "gives": "nights",
            "amount": 3,
            "at_most_cents": 2050,
            "quota": 30,
            "budget_cents": 50000,
            "first": "2026-06-01",
            "last": "2026-12-31",
        },
        "author": "m.leroy",
    }


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amount": "²"}, "«²» is no whole number"),
        ({"at_most": "much"}, "«much» is no amount"),
        ({"quota": "-1"}, "«-1» is no whole number"),
        ({"budget": "1e400"}, "«1e400» is no amount"),
        ({"last": "tomorrow"}, "«tomorrow» is no day"),
    ],
)
async def test_terms_that_cannot_be_read_are_named(
    manager: Reader, field: Field, changes: dict[str, str], why: str
) -> None:
    await manager.get(PAGE)
    terms = {"name": "Hotel", "gives": "percent", "amount": "50", "at_most": "20", **changes}
    page = await (await manager.post(f"{PAGE}/set", 200, None, **terms)).text()
    assert why in page
    assert field.inbox() == []


async def test_the_month_s_sheet_runs_no_formula_and_names_no_whole_plate(
    manager: Reader, field: Field, hotel: UUID
) -> None:
    field.run("UPDATE partner SET name = '=HYPERLINK(1)' WHERE id = %(id)s", id=hotel)
    field.validation(hotel, field.subject("AA123BB"), NOW, standing="used", spent_cents=1250, author="@desk")
    text = await manager.get(f"{PAGE}.csv")
    line = text.splitlines()[1]
    assert line.startswith("'=HYPERLINK(1),")
    assert ("'@desk" in line, "AA123BB" in line, "12.50" in line) == (True, False, True)
    assert len((await manager.get(f"{PAGE}.csv?month=2020-01")).splitlines()) == 1


async def test_another_organisation_s_partner_does_not_exist(field: Field, reader: Reader) -> None:
    field.operator("desk", role="partner", site="default", partner=field.partner())
    field.run("UPDATE partner SET organisation_id = %(other)s", other=uuid4())
    await reader.get("/login")
    await reader.post("/login", login="desk", password="four words nobody uses")
    await reader.get("/partner", 404)
