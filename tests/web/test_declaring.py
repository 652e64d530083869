"""A driver whose entry nobody saw says on the portal when they came; the site decides what that is worth."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from syspark.domain.session.state import Declared
from tests.web.drivers import parks
from tests.web.field import Field, ago
from tests.web.serving import Reader
from tests.web.test_access import decided
from web.pay.declaring import read

PLATE = "GH482KV"
PAGE = "/pay/default/arrival"
PARIS = ZoneInfo("Europe/Paris")


async def declared(reader: Reader, field: Field, status: int, rule: str, **fields: str) -> tuple[str, str]:
    """Send the form, the site deciding by this rule; the page and where it leads."""
    came = ago(7200).astimezone(PARIS)
    told = {"plate": "gh-482-kv", "day": came.date().isoformat(), "time": f"{came:%H:%M}", **fields}
    await reader.get(PAGE)
    outcome, fate = f'{{"rule":"{rule}"}}', "done" if status == 303 else "refused"
    site = asyncio.create_task(decided(field, fate, outcome), name="the site")
    response = await reader.post(PAGE, status, None, **told)
    await site
    return await response.text(), response.headers.get("Location", "")


async def test_what_a_driver_declares_goes_to_the_site_and_leads_to_its_amount(reader: Reader, field: Field) -> None:
    _, where = await declared(reader, field, 303, "arrival-declared")
    [(_, kind, site, tag, body, _, _)] = field.inbox()
    assert (kind, site, tag) == ("site", "default", "declare-arrival")
    told = msgspec.json.decode(body)
    assert (told["plate"], told["author"], told.get("confirmed", False)) == (PLATE, "driver", False)
    assert abs(datetime.fromisoformat(told["arrived_at"]) - ago(7200)) < timedelta(minutes=2)
    assert where.startswith("/pay/s/")
    assert PLATE not in where


async def test_beyond_the_longest_stay_the_day_is_asked_for_once_more(reader: Reader, field: Field) -> None:
    day = ago(3 * 86_400).astimezone(PARIS).date()
    text, _ = await declared(reader, field, 200, "arrival-to-confirm", day=day.isoformat(), time="7h05")
    assert "Is this the day you came?" in text
    assert "07:05" in text
    _, where = await declared(reader, field, 303, "arrival-declared", day=day.isoformat(), confirmed="yes")
    assert where.startswith("/pay/s/")
    assert msgspec.json.decode(field.inbox()[-1][4])["confirmed"] is True


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("arrival-nobody-there", "No vehicle is seen at the exit"),
        ("arrival-of-another", "The camera at the exit has read another plate"),
        ("arrival-known", "Your stay is known"),
        ("arrival-not-yet", "You stood at the exit before that"),
        ("arrival-for-a-person", "An operator has to look at this"),
    ],
)
async def test_what_is_not_taken_is_said_in_words_with_help_at_hand(
    reader: Reader, field: Field, rule: str, words: str
) -> None:
    text, _ = await declared(reader, field, 409, rule)
    assert words in text
    assert "/pay/default/help" in text


@pytest.mark.parametrize(
    ("name", "value"), [("plate", "?"), ("day", "yesterday"), ("day", "0000-01-01"), ("time", "25:00")]
)
async def test_what_cannot_be_read_is_asked_for_again_and_nothing_is_sent(
    reader: Reader, field: Field, name: str, value: str
) -> None:
    told = {"plate": PLATE, "day": "2026-06-15", "time": "07:30", name: value}
    await reader.get(PAGE)
    response = await reader.post(PAGE, 400, None, **told)
    assert 'role="alert"' in await response.text()
    assert field.inbox() == []


async def test_plates_are_tried_no_faster_by_declaring_them(reader: Reader, field: Field) -> None:
    for _ in range(5):
        await declared(reader, field, 409, "arrival-of-another")
    response = await reader.post(PAGE, 429, None, plate=PLATE, day="2026-06-15", time="07:30")
    assert "Too many tries" in await response.text()


def test_an_hour_that_comes_twice_is_the_later_one() -> None:
    told = read({"plate": PLATE, "day": "2026-10-25", "time": "02:30"}, "Europe/Paris")
    assert told.arrived_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


async def test_the_session_s_page_says_whose_word_the_arrival_is(operator: Reader, field: Field) -> None:
    came = ago(7200)
    declaration = Declared(arrived_at=came, since=came, author="driver")
    session_id = parks(field, PLATE, 7200, opened_at=None, declared=declaration, review=("arrival_doubtful",))
    field.run("UPDATE parking_session SET opened_at = NULL WHERE id = %(id)s", id=session_id)
    page = await operator.get(f"/sessions/{session_id}")
    assert "Nobody saw it enter: its driver has declared" in page
    assert "The arrival its driver has declared is doubtful." in page
