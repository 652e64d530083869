"""The page of tariffs: what applies, what is to come, an editor that shows what a tariff would mean."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import pytest
from aiohttp import ClientResponse

from syspark.domain.access import windows_of
from syspark.domain.tariff import Band, CapBy, Code, Event, Package, Subscription, Tariff
from syspark.domain.units import Cents
from tests.web.field import Field, ago
from tests.web.serving import Reader
from tests.web.test_access import decided
from web import tariff_form

PAGE = "/sites/default/tariffs"
NEW = f"{PAGE}/new"
PLAIN = {**tariff_form.written(Tariff(), "Europe/Paris"), "after": "1"}
FULL = Tariff(
    free_minutes=10,
    cap_by=CapBy.CALENDAR,
    bands=(Band(name="night", hours=windows_of("mon-sun 20:00-08:00"), step_cents=Cents(20)),),
    packages=(
        Package(name="evening", price_cents=Cents(500), hours=windows_of("fri-sat 19:00-02:00"), fixed=True),
        Package(
            name="match",
            price_cents=Cents(900),
            events=(Event(since=datetime(2026, 6, 13, 16, tzinfo=UTC), until=datetime(2026, 6, 13, 22, tzinfo=UTC)),),
        ),
    ),
    holidays=(datetime(2026, 7, 14, tzinfo=UTC).date(),),
    longest_minutes=600,
    beyond_step_cents=Cents(200),
    codes=(Code(code="SUMMER26", percent=10, first=datetime(2026, 6, 1, tzinfo=UTC).date()),),
    subscriptions=(Subscription(name="Residents", month_cents=Cents(9000)),),
)


@pytest.fixture
async def manager(field: Field, reader: Reader) -> Reader:
    """A reader who makes prices."""
    field.operator("m.leroy", role="manager")
    await reader.sign_in("m.leroy")
    return reader


def test_the_editor_writes_what_it_reads() -> None:
    fields = tariff_form.written(FULL, "Europe/Paris")
    assert tariff_form.read(fields, "EUR", "Europe/Paris") == FULL


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"price": "half"}, "«half» is no amount"),
        ({"free": "-1"}, "«-1» is no whole number"),
        ({"holidays": "14 July"}, "«14» is no day"),
        ({"codes": "SUMMER"}, "is no code"),
        ({"band-0-name": "night", "band-0-hours": "at night", "band-0-price": "1"}, "are no hours"),
        ({"package-0-name": "match", "package-0-events": "soon", "package-0-price": "9"}, "is no event"),
        ({"band-0-name": "night", "band-0-price": "1"}, "it has no hours"),
        ({"cap": "0.10"}, "a day costs less than one step"),
    ],
)
async def test_what_is_not_understood_or_makes_no_sense_is_told_and_keeps_the_form(
    manager: Reader, field: Field, changes: Mapping[str, str], why: str
) -> None:
    response = await manager.post(NEW, 400, None, **{**PLAIN, "act": "publish", **changes})
    shown = await response.text()
    assert why in shown
    assert all(value in shown for value in changes.values())
    assert field.inbox() == []


async def test_a_preview_shows_the_board_what_is_found_and_what_the_last_stays_would_have_cost(
    manager: Reader, field: Field
) -> None:
    opened_at, left_at = ago(3 * 3600), ago(3600)
    field.session("0A000001", opened_at, left_at, status="closed", tariff={}, left_at=left_at)
    fields = {**PLAIN, "price": "2.00", "step": "30", "act": "preview"}
    response = await manager.post(NEW, 200, None, **fields)
    shown = await response.text()
    for text in (
        "What it would mean",
        "Each 30 min begun",
        "L224-68",
        "I know that the law may forbid it",
        "€3.00 → <b>€6.00",
    ):
        assert text in shown, text
    assert field.inbox() == []


async def publish(reader: Reader, field: Field, **fields: str) -> ClientResponse:
    """Publish, with a site that decides."""
    site = asyncio.create_task(decided(field), name="the site")
    response = await reader.post(NEW, 303, None, **{**PLAIN, "act": "publish", **fields})
    await site
    return response


async def test_publishing_asks_the_site_with_what_was_seen(manager: Reader, field: Field) -> None:
    response = await publish(manager, field, price="0.60", starts="2030-01-01")
    assert response.headers["Location"].startswith(f"{PAGE}?request=")
    message = msgspec.json.decode(field.inbox()[0][4])
    assert (message["type"], message["author"], message["after"]) == ("publish-tariff", "m.leroy", 1)
    assert (message["tariff"]["step_cents"], message["starts_at"]) == (60, "2029-12-31T23:00:00Z")


async def test_the_page_says_what_applies_what_is_to_come_and_who_published_it(operator: Reader, field: Field) -> None:
    field.run(
        "INSERT INTO tariff_version (site_id, version, organisation_id, body, author, starts_at) SELECT site_id, 2,"
        " organisation_id, %(body)s, 'm.leroy', now() + interval '9 days' FROM site WHERE site_id = 'default'",
        body=msgspec.json.encode(FULL).decode(),
    )
    shown = await operator.get(PAGE)
    for text in ("What applies today", "the first 30 min", "to come", "m.leroy", "every day 20:00-08:00"):
        assert text in shown, text
    assert "SUMMER26" not in shown
    assert NEW not in shown
    board = await operator.get(f"{PAGE}/board?version=2")
    assert "Package evening" in board


@pytest.mark.parametrize(("method", "status"), [("GET", 403), ("POST", 403)])
async def test_an_operator_looks_at_prices_and_makes_none(
    operator: Reader, field: Field, method: str, status: int
) -> None:
    if method == "GET":
        async with operator.session.get(NEW) as response:
            assert response.status == status
    else:
        await operator.post(NEW, status, None, **PLAIN)
    assert field.inbox() == []
