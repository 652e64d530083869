"""What a driver sees, and what a stranger does not. Source: ui.md, "Driver portal"; quality.md, "Security"."""

import asyncio
import heapq
import itertools
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from ipaddress import ip_network
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest

from syspark.clock import SteppedClock
from syspark.domain.session import Status
from syspark.domain.tariff import Code, Discount, Tariff
from syspark.domain.units import SessionId, SiteId
from syspark.persistence.postgres.web_stores import open_web_stores
from syspark.portal_links import PortalLink, exit_code, path_of
from tests.servers.waiting import required_program
from tests.web.browsing import chromium, looking
from tests.web.drivers import PagesOnly, asked_for_a_price, changed, offered, offering, paid, parks, price, stored
from tests.web.field import Field, ago
from tests.web.serving import SECRET_KEY, Reader, Served, served
from tests.web.test_access import decided
from web.pay import guard
from web.wing import LISTENER

PLATE = "GH482KV"


@pytest.fixture
def provider() -> PagesOnly:
    """Where drivers pay."""
    return PagesOnly()


@pytest.fixture
async def running(field: Field, provider: PagesOnly) -> AsyncIterator[Served]:
    """The application, with a provider; its clock moves by hand, so that nobody waits for a slowdown."""
    clock = SteppedClock(datetime.now(UTC))
    async with open_web_stores(field.url) as stores, served(stores, clock, payments=provider) as application:
        yield application


def link(session_id: SessionId, **knows: object) -> str:
    """The address of a stay."""
    return path_of(SECRET_KEY, replace(PortalLink(session_id), **knows))  # type: ignore[arg-type]


async def found(reader: Reader, plate: str, code: str = "", status: int = 303) -> str:
    """Type a plate; where it leads."""
    await reader.get("/pay/default")
    response = await reader.post("/pay/default", status, plate=plate, code=code)
    return response.headers.get("Location", "")


async def test_a_plate_shows_its_amount_and_nothing_else(reader: Reader, field: Field) -> None:
    parks(field, PLATE, 91 * 60)
    where = await found(reader, "gh-482-kv")
    text = await reader.get(where)
    assert "€2.50" in text
    assert "GH-482-KV" in text
    assert PLATE not in where
    assert "Arrived" not in text
    assert "1 h 3" not in text
    assert "Steps" not in text
    assert ago(91 * 60).astimezone(ZoneInfo("Europe/Paris")).strftime("%H:%M") not in text


async def test_the_code_of_the_exit_shows_the_details_at_once(reader: Reader, field: Field) -> None:
    session_id = parks(field, PLATE, 92 * 60)
    text = await reader.get(await found(reader, PLATE, exit_code(SECRET_KEY, session_id)))
    assert "Arrived" in text
    assert "1 h 3" in text
    assert "Steps begun" in text


async def test_the_time_of_arrival_within_a_quarter_of_an_hour_is_a_proof(reader: Reader, field: Field) -> None:
    session_id = parks(field, PLATE, 91 * 60)
    came = stored(field, session_id).opened_at
    assert came is not None
    here = await found(reader, PLATE)
    await reader.get(here)
    late = (came.astimezone(ZoneInfo("Europe/Paris")) + timedelta(minutes=16)).strftime("%H:%M")
    near = (came.astimezone(ZoneInfo("Europe/Paris")) - timedelta(minutes=14)).strftime("%Hh%M")
    await reader.post(here, 403, proof=late)
    shown = (await reader.post(here, 303, proof=near)).headers["Location"]
    assert "Arrived" in await reader.get(shown)


async def test_a_plate_that_is_not_there_is_said_to_be_so(reader: Reader, field: Field) -> None:
    parks(field, PLATE, 91 * 60)
    field.site("north", "North")
    await found(reader, "GH482KW", status=404)
    await found(reader, "a", status=400)
    await reader.get("/pay/north")
    await reader.post("/pay/north", 404, plate=PLATE)
    await reader.get("/pay/nowhere", 404)


async def test_after_five_tries_the_next_ones_wait_longer_and_longer(reader: Reader, running: Served) -> None:
    for number in range(5):
        await found(reader, f"AA{number:03}AA", status=404)
    answer = await reader.post("/pay/default", 429, plate="AA100AA")
    assert answer.headers["Retry-After"] == "2"
    clock = running.wing.clock
    assert isinstance(clock, SteppedClock)
    clock.advance(2)
    await reader.post("/pay/default", 404, plate="AA101AA")
    assert (await reader.post("/pay/default", 429, plate="AA102AA")).headers["Retry-After"] == "4"


async def test_ten_addresses_that_try_plates_for_an_hour_at_two_processes_get_under_thirty_answers_each_and_an_alarm(
    running: Served, field: Field
) -> None:
    async with open_web_stores(field.url) as another:
        processes = itertools.cycle([running.wing.stores.tries, another.tries])
        begun = datetime(2026, 6, 15, 12, tzinfo=UTC)
        answers, due = Counter[bytes](), [(0.0, bytes([number])) for number in range(10)]
        while (soonest := heapq.heappop(due))[0] < 3600:
            after_s, who = soonest
            now = begun + timedelta(seconds=after_s)
            wait_s = await next(processes).take(who, SiteId("default"), now, guard.LIMIT)
            answers[who] += wait_s == 0
            heapq.heappush(due, (after_s + (wait_s or 0.001), who))
    assert len(answers) == 10
    assert 20 <= max(answers.values()) < 30
    async with Reader.visiting(running) as reader:
        await reader.get("/pay/default")
        for number in range(30):
            await reader.post("/pay/default", 404 if number < 5 else 429, plate=f"AA{number:03}AA")
    (alarm,) = [msgspec.json.decode(row[4]) for row in field.inbox() if row[3] == "alarm-raised"]
    assert alarm["kind"] == "portal-guessing"


async def test_many_tries_at_once_at_two_processes_get_no_more_answers(running: Served, field: Field) -> None:
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    async with open_web_stores(field.url) as another:
        both = (running.wing.stores.tries, another.tries)
        takes = [one.take(b"x", SiteId("default"), now, guard.LIMIT) for one in both for _ in range(20)]
        waits = await asyncio.gather(*takes)
    assert sum(wait_s == 0 for wait_s in waits) == 5
    assert set(waits) == {0, 2}


async def test_tries_are_kept_for_an_hour_under_names_nobody_can_read(running: Served, field: Field) -> None:
    tries, clock = running.wing.stores.tries, running.wing.clock
    assert isinstance(clock, SteppedClock)
    async with Reader.visiting(running) as reader:
        await found(reader, "AA000AA", status=404)
        kept = str(field.run("SELECT * FROM portal_try"))
        assert "127.0.0" not in kept
        clock.advance(3601)
        await tries.take(b"another", SiteId("default"), clock.now(), guard.LIMIT)
    assert field.run("SELECT who FROM portal_try") == [(b"another",)]


async def test_codes_are_guessed_no_faster_from_many_addresses(reader: Reader, running: Served, field: Field) -> None:
    session_id = parks(field, PLATE, 91 * 60)
    listener = running.app[LISTENER]
    running.app._state[LISTENER] = replace(listener, trusted_proxies=(ip_network("127.0.0.0/8"),))
    await reader.get(link(session_id))
    for number in range(6):
        forwarded = {"X-Forwarded-For": f"203.0.113.{number}"}
        await reader.post(link(session_id), 403 if number < 5 else 429, forwarded, proof="nothing")


async def test_who_shows_the_right_code_is_no_stranger(reader: Reader, field: Field) -> None:
    session_id = parks(field, PLATE, 91 * 60)
    for _ in range(8):
        await found(reader, PLATE, exit_code(SECRET_KEY, session_id))
    assert field.run("SELECT at FROM portal_try") == [([],)]


async def test_pay_leads_to_the_provider_s_page_of_what_the_session_offers(
    reader: Reader, field: Field, provider: PagesOnly
) -> None:
    session_id = parks(field, PLATE, 91 * 60)
    here = await found(reader, PLATE)
    await reader.get(here)
    session = asyncio.create_task(offering(field, price(250)), name="the session")
    answer = await reader.post(here, 200, cents="250")
    offer_id = await session
    assert f'content="0;url={provider.address}"' in await answer.text()
    (wanted,) = provider.wanted
    assert (wanted.offer_id, wanted.session_id, wanted.amount_cents) == (offer_id, session_id, 250)
    mine = link(session_id, offer_id=offer_id)
    paying = link(session_id, offer_id=offer_id, payer=True)
    assert wanted.success_url == f"{reader.address}{paying}?back=paid"
    assert wanted.cancel_url == f"{reader.address}{mine}?back=no"
    assert paying not in await answer.text(), "only the provider's page leads there, once it has the money"
    told = [msgspec.json.decode(row[4]) for row in field.inbox() if row[3] == "checkout-opened"]
    assert [one["offer_id"] for one in told] == [offer_id]

    assert "Payment under way" in await reader.get(f"{paying}?back=paid")
    paid(field, session_id, offer_id)
    text = await reader.get(f"{paying}?back=paid")
    assert "Paid." in text
    assert "Arrived" in text, "having paid is proof enough"
    assert 'aria-label="7 K 2 M P X"' in text


async def test_what_the_browser_says_is_never_believed(reader: Reader, field: Field) -> None:
    session_id, offer_id = parks(field, PLATE, 91 * 60), str(uuid4())
    offered(field, session_id, offer_id, price(250))
    text = await reader.get(link(session_id, offer_id=offer_id) + "?back=paid")
    assert "Payment under way" in text
    assert "Receipt" not in text
    another = parks(field, "AB123CD", 91 * 60)
    assert "Payment under way" not in await reader.get(link(another, offer_id=offer_id) + "?back=paid")


async def test_a_receipt_is_for_whoever_has_paid(reader: Reader, field: Field) -> None:
    session_id, mine, another = parks(field, PLATE, 91 * 60), str(uuid4()), str(uuid4())
    for offer_id in (mine, another):
        offered(field, session_id, offer_id, price(250))
    paid(field, session_id, mine, leaves=True)
    for knows in ({}, {"proven": True}, {"offer_id": mine}, {"offer_id": another, "payer": True}):
        text = await reader.get(link(session_id, **knows))
        assert "7 K 2 M P X" not in text, knows
        await reader.post(link(session_id, **knows) + "/receipt.pdf", 404)
    paying = link(session_id, offer_id=mine, payer=True)
    assert "7 K 2 M P X" in await reader.get(paying)
    answer = await reader.post(paying + "/receipt.pdf", 200, company="Dupont & Fils")
    assert answer.content_type == "application/pdf"
    assert (await answer.text(encoding="latin-1")).startswith("%PDF-")


async def test_a_price_that_has_changed_is_shown_before_it_is_paid(
    reader: Reader, field: Field, provider: PagesOnly
) -> None:
    parks(field, PLATE, 91 * 60)
    here = await found(reader, PLATE)
    await reader.get(here)
    session = asyncio.create_task(offering(field, price(300)), name="the session")
    where = (await reader.post(here, 303, cents="250")).headers["Location"]
    await session
    text = await reader.get(where)
    assert "€3.00" in text
    assert "Time has gone on" in text
    assert provider.wanted == []
    await reader.post(where.partition("?")[0], 200, cents="300")
    assert [one.amount_cents for one in provider.wanted] == [300]


async def test_a_price_is_held_for_ten_minutes(reader: Reader, field: Field, running: Served) -> None:
    session_id, offer_id = parks(field, PLATE, 91 * 60), str(uuid4())
    offered(field, session_id, offer_id, price(200))
    assert "€2.00" in await reader.get(link(session_id, offer_id=offer_id))
    clock = running.wing.clock
    assert isinstance(clock, SteppedClock)
    clock.advance(601)
    text = await reader.get(link(session_id, offer_id=offer_id))
    assert "which are over" in text
    assert "€2.00" not in text


async def test_while_payments_are_away_the_driver_is_told_and_nothing_is_charged(
    reader: Reader, field: Field, provider: PagesOnly
) -> None:
    session_id, offer_id = parks(field, PLATE, 91 * 60), str(uuid4())
    offered(field, session_id, offer_id, price(250))
    mine = link(session_id, offer_id=offer_id)
    await reader.get(mine)
    provider.away = True
    answer = await reader.post(mine, 503, cents="250")
    assert "nothing was charged" in await answer.text()
    provider.away, provider.refuses = False, True
    await reader.post(mine, 502, cents="250")
    assert [row[3] for row in field.inbox()] == ["checkout-refused"]


async def test_a_discount_code_is_asked_of_the_session_where_its_tariff_has_any(reader: Reader, field: Field) -> None:
    parks(field, PLATE, 91 * 60)
    assert "I have a discount code" not in await reader.get(await found(reader, PLATE))

    session_id = parks(field, "CD345EF", 91 * 60, tariff=Tariff(codes=(Code(code="SUMMER26", percent=20),)))
    here = await found(reader, "CD345EF")
    assert "I have a discount code" in await reader.get(here)
    for status, outcome, answer in ((303, "done", "€2.00"), (409, "refused", "This code does not count")):
        session = asyncio.create_task(decided(field, outcome), name="the session")
        response = await reader.post(here, status, code="summer26")
        await session
        discount = Discount(by="SUMMER26", percent=20)
        changed(field, msgspec.structs.replace(stored(field, session_id), discounts=(discount,)))
        assert answer in (await reader.get(here) if status == 303 else await response.text())
    assert {row[3] for row in field.inbox()} == {"use-code"}


async def test_a_session_that_offers_no_price_has_nothing_to_pay(reader: Reader, field: Field) -> None:
    parks(field, PLATE, 91 * 60)
    here = await found(reader, PLATE)
    await reader.get(here)

    async def silent() -> None:
        row_id, _, _ = await asked_for_a_price(field)
        field.decided(row_id, outcome='{"rule":"price-free"}')

    session = asyncio.create_task(silent(), name="the session")
    answer = await reader.post(here, 409, cents="250")
    await session
    assert "There is nothing to pay for this stay now." in await answer.text()


async def test_a_second_tab_is_offered_the_same_price_and_pays_on_the_same_page(
    reader: Reader, field: Field, provider: PagesOnly
) -> None:
    session_id, offer_id = parks(field, PLATE, 91 * 60), str(uuid4())
    offered(field, session_id, offer_id, price(250))
    here = await found(reader, PLATE)
    await reader.get(here)

    async def same() -> None:
        row_id, _, _ = await asked_for_a_price(field)
        field.decided(row_id, outcome='{"rule":"price-offered-already"}')

    session = asyncio.create_task(same(), name="the session")
    await reader.post(here, 200, cents="250")
    await session
    await reader.get(link(session_id, offer_id=offer_id, proven=True))
    await reader.post(link(session_id, offer_id=offer_id, proven=True), 200, cents="250")
    first, second = provider.wanted
    assert first == second, "the provider refuses the same key with other words"


async def test_a_debt_is_paid_later(reader: Reader, field: Field) -> None:
    session_id = parks(field, PLATE, 91 * 60)
    session = stored(field, session_id)
    gone = {"status": Status.CLOSED, "closed_at": ago(60), "left_at": ago(60), "unpaid": price(250)}
    changed(field, msgspec.structs.replace(session, **gone))
    text = await reader.get(await found(reader, PLATE))
    assert "Amount still due" in text
    assert "Pay €2.50" in text


async def test_help_is_called_to_the_lane_and_the_page_says_what_happens_when(reader: Reader, field: Field) -> None:
    session_id = parks(field, PLATE, 91 * 60)
    field.run(
        "UPDATE policy_version SET body = %(body)s WHERE site_id = 'default'", body='{"help_phone": "04 65 71 12 34"}'
    )
    since = ago(20)
    who = {"key": "k", "at": ago(60).isoformat(), "kind": "plate", "session_id": session_id}
    lane = {"identity": who, "waiting_since": ago(60).isoformat()}
    field.state({"lanes": {"exit": lane}})
    here = link(session_id)
    text = await reader.get(f"{here}/help")
    assert 'href="tel:0465711234"' in text
    assert "I stand at the entry" not in text, "it is known where the vehicle stands"

    async def called() -> None:
        rows: list[object] = []
        while not rows:
            await asyncio.sleep(0)
            rows = [row for row in field.inbox() if row[3] == "ask-help"]
        field.state({"lanes": {"exit": {**lane, "help_since": since.isoformat()}}})
        field.decided(rows[0][0], outcome='{"rule":"help-asked"}')  # type: ignore[index]

    site = asyncio.create_task(called(), name="the site")
    where = (await reader.post(f"{here}/help", 303, lane="exit")).headers["Location"]
    await site
    opens_at = (since + timedelta(seconds=180)).astimezone(ZoneInfo("Europe/Paris")).strftime("%H:%M:%S")
    assert f"If nobody answers by {opens_at}" in await reader.get(where)


async def test_a_link_nobody_made_leads_nowhere(reader: Reader, field: Field) -> None:
    session_id = parks(field, PLATE, 91 * 60)
    text = await reader.get(path_of("another key", PortalLink(session_id)), 404)
    assert "Begin again with your plate" in text, "in words for a driver"
    await reader.get(link(SessionId(str(uuid4()))), 404)


async def test_the_sign_leads_to_the_site(reader: Reader) -> None:
    assert f"{reader.address.removeprefix('http://')}/pay/default" in await reader.get("/pay/default/sign")
    assert (await reader.get("/pay/default/code.svg")).startswith("<svg")


async def test_whoever_has_not_said_where_they_are_finds_help_and_each_site_s_telephone(
    reader: Reader, field: Field
) -> None:
    assert (await reader.get("/pay?help=yes")).count("I stand at the exit") == 1, "the only site's own help"
    north = field.site("north", "North Gate")
    field.run(
        "INSERT INTO policy_version (site_id, version, organisation_id, body, author)"
        " VALUES (%(site)s, 1, %(organisation)s, '{\"help_phone\": \"04 65 71 12 34\"}', 'admin')",
        site=north,
    )
    text = await reader.get("/pay")
    assert 'href="/pay?help=yes"' in text
    assert 'href="tel:0465711234"' in text, "the only number there is"
    helped = await reader.get("/pay?help=yes")
    assert 'href="/pay/north/help"' in helped
    assert helped.count("tel:0465711234") == 2, "beside its site, and at the foot"
    assert 'href="/pay?help=yes"' in await reader.get("/pay/s/nowhere", 404)


async def test_a_receipt_is_sent_by_the_driver_s_own_mail(reader: Reader, field: Field) -> None:
    session_id, offer_id = parks(field, PLATE, 91 * 60), str(uuid4())
    offered(field, session_id, offer_id, price(250))
    paid(field, session_id, offer_id)
    where = link(session_id, offer_id=offer_id, payer=True)
    found = re.search(r'href="(mailto:[^"]+)"', await reader.get(where))
    assert found is not None
    sent = parse_qs(urlsplit(unescape(found[1])).query)
    assert sent == {"subject": ["Receipt, default"], "body": [reader.address + where]}


async def test_the_only_site_is_not_asked_for_and_the_last_one_is_remembered(reader: Reader, field: Field) -> None:
    assert "What is your plate?" in await reader.get("/pay")
    field.site("north", "North Gate")
    await reader.get("/pay/north")
    text = await reader.get("/pay")
    assert text.index("North Gate") < text.index("Name of the car park")
    assert "North Gate" in await reader.get("/pay?q=gate")
    assert "No car park is called" in await reader.get("/pay?q=%3Cb%3E")


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_screen_says_sandbox_and_offers_help(running: Served, field: Field, language: str) -> None:
    session_id, offer_id = parks(field, PLATE, 91 * 60), str(uuid4())
    offered(field, session_id, offer_id, price(250))
    mine = link(session_id, offer_id=offer_id)
    async with Reader.visiting(running, language) as reader:
        for where in ("/pay/default", "/pay/default/help", link(session_id), mine, f"{mine}?back=paid", f"{mine}/help"):
            text = await reader.get(where)
            assert re.search("BAC À SABLE" if language == "fr" else "SANDBOX", text), where
            assert "/help" in text


@pytest.mark.timeout(60)
# playwright leaves its driver's transport to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_with_script_the_page_that_waits_shows_the_receipt_in_its_place(running: Served, field: Field) -> None:
    session_id, offer_id = parks(field, PLATE, 91 * 60), str(uuid4())
    offered(field, session_id, offer_id, price(250))
    executable = required_program("chromium", "chromium")
    async with chromium(executable) as browser, looking(browser, running.address, locale="en-GB") as phone:
        await phone.page.goto(running.address + link(session_id, offer_id=offer_id, payer=True) + "?back=paid")
        assert await phone.page.inner_text("h1") == "Payment under way"
        paid(field, session_id, offer_id, leaves=True)
        await phone.page.wait_for_selector(".receipt-code", timeout=15_000)
        assert (await phone.page.inner_text("h1")).startswith("Paid.")
        phone.expect_quiet()
