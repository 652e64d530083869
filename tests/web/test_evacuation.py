"""An evacuation is declared with one press, and ended on the word of somebody on site."""

import asyncio
import re
from uuid import uuid4

import msgspec
import pytest

from tests.web.field import PASSWORD, Field, ago
from tests.web.serving import Reader
from tests.web.test_access import decided

PAGE = "/sites/default/evacuation"


def standing(**more: str) -> dict[str, str]:
    """An evacuation since a minute ago."""
    return {"since": ago(60).isoformat(), "author": "ines", **more}


async def test_it_is_declared_from_its_page(operator: Reader, field: Field) -> None:
    assert "Evacuate: open every lane now" in await operator.get(PAGE)
    site = asyncio.create_task(decided(field), name="the site")
    response = await operator.post(PAGE)
    await site
    assert response.headers["Location"].startswith(f"{PAGE}?request=")
    assert msgspec.json.decode(field.inbox()[0][4])["type"] == "declare-emergency"


async def test_one_that_stands_is_told_on_the_site_s_page_and_ended_with_a_name_and_the_password(
    operator: Reader, field: Field
) -> None:
    field.state({"emergencies": [standing()]})
    assert "under way" in await operator.get("/sites/default")
    assert "The site is being evacuated since" in await operator.get(PAGE)
    site = asyncio.create_task(decided(field), name="the site")
    await operator.post(f"{PAGE}/end", confirmed_by="Sgt Moreau", password=PASSWORD)
    await site
    message = msgspec.json.decode(field.inbox()[0][4])
    assert (message["type"], message["confirmed_by"]) == ("end-emergency", "Sgt Moreau")


@pytest.mark.parametrize(
    ("status", "fields", "why"),
    [
        (403, {"confirmed_by": "Sgt Moreau", "password": "a guess"}, "The password is wrong"),
        (400, {"confirmed_by": " ", "password": PASSWORD}, "Who on site says that it is over?"),
    ],
)
async def test_it_is_not_ended_without_both(
    operator: Reader, field: Field, status: int, fields: dict[str, str], why: str
) -> None:
    field.state({"emergencies": [standing()]})
    response = await operator.post(f"{PAGE}/end", status, None, **fields)
    assert why in await response.text()
    assert field.inbox() == []


async def test_its_report_counts_vehicles_and_openings(operator: Reader, field: Field) -> None:
    ended = standing(ended_at=ago(30).isoformat(), ended_by="ines", confirmed_by="Sgt Moreau")
    field.state({"emergencies": [ended]})
    field.session("0A000001", ago(3600), ago(50))
    field.session("0A000002", ago(3600))
    field.session("0A000003", None, ago(40))
    field.session("0A000004", ago(3600), ago(600))
    field.session("0A000005", ago(20))
    for fate in ("acked", "expired"):
        field.command(uuid4(), "exit", fate, ago(45), rule="emergency-goes-on")
    field.command(uuid4(), "exit", "acked", ago(45), rule="exit-right")
    page = await operator.get(PAGE)
    assert "confirmed on site by Sgt Moreau" in page
    report = page.partition("Inside when it began")[2]
    counted = [int(number) for number in re.findall(r">(\d+)<", report)]
    inside, left, unknown, stayed, sent, failed = counted
    assert (inside, left, unknown, stayed) == (2, 2, 1, 1)
    assert (sent, failed) == (2, 1)


async def test_who_may_only_look_declares_nothing(reader: Reader, field: Field) -> None:
    field.operator("viewer", role="viewer")
    await reader.sign_in("viewer")
    assert "Your role looks" in await reader.get(PAGE)
    await reader.post(PAGE, 403)
    await reader.post(f"{PAGE}/end", 403, confirmed_by="x", password=PASSWORD)
    assert field.inbox() == []
