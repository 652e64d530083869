"""Whose stay is beyond the site's longest says on which day they came before they see how to pay."""

import asyncio

import msgspec
from msgspec.structs import replace

from syspark.domain.units import SessionId
from tests.web.drivers import changed, parks, stored
from tests.web.field import Field
from tests.web.serving import Reader
from tests.web.test_access import decided
from tests.web.test_portal import PLATE, found, link

LONG_S = 3 * 86_400
ASKED = "Say on which day you came"


def day_of(field: Field, session_id: SessionId) -> str:
    """When it came, as a form sends it."""
    opened_at = stored(field, session_id).opened_at
    assert opened_at is not None
    return opened_at.date().isoformat()


async def said(reader: Reader, field: Field, here: str, status: int, fate: str, **fields: str) -> tuple[str, str]:
    """Send what the driver says, the session deciding so; the page, and where it leads."""
    session = asyncio.create_task(decided(field, fate), name="the session")
    response = await reader.post(here, status, None, **fields)
    await session
    return await response.text(), response.headers.get("Location", "")


async def test_a_stranger_names_the_day_and_is_not_told_it(reader: Reader, field: Field) -> None:
    session_id = parks(field, PLATE, LONG_S)
    here, came = await found(reader, PLATE), day_of(field, session_id)
    text = await reader.get(here)
    assert ASKED in text
    assert came not in text

    text, _ = await said(reader, field, here, 409, "refused", day="2020-02-29")
    assert "You were seen entering on another day" in text
    _, where = await said(reader, field, here, 303, "done", day=came)
    assert where == here
    assert [msgspec.json.decode(row[4])["arrived_on"] for row in field.inbox()] == ["2020-02-29", came]

    changed(field, replace(stored(field, session_id), confirmed=True))
    assert ASKED not in await reader.get(here)


async def test_who_has_shown_that_it_is_theirs_presses_once_or_is_led_to_a_person(reader: Reader, field: Field) -> None:
    session_id = parks(field, PLATE, LONG_S)
    here = link(session_id, proven=True)
    assert f'name="day" value="{day_of(field, session_id)}"' in await reader.get(here)
    _, where = await said(reader, field, here, 303, "refused", denied="yes")
    assert where == f"{here}/help"
    assert msgspec.json.decode(field.inbox()[-1][4])["arrived_on"] is None


async def test_days_are_tried_no_faster_than_plates(reader: Reader, field: Field) -> None:
    here = link(parks(field, PLATE, LONG_S))
    await reader.get(here)
    for _ in range(5):
        await said(reader, field, here, 409, "refused", day="2020-02-29")
    await reader.post(here, 429, day="2020-02-29")
    await reader.post(here, 400, day="yesterday")
