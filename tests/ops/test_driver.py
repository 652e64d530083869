"""A driver's way out, in a real browser: from the plate at the exit to the barrier and the receipt, without script."""

import json
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page

from tests.ops.service import Service
from tests.servers.waiting import eventually, free_port, required_program
from tests.web.browsing import chromium, looking

pytestmark = [
    pytest.mark.timeout(120),
    # playwright leaves its driver's transport to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PLATE = "GH482KV"
PARIS = ZoneInfo("Europe/Paris")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "java_script_enabled": False}


def camera(service: Service, port: int) -> Callable[[str, str], None]:
    """What a camera's gateway posts, with a token of the site."""
    token = service.ask("site", "token", "default").output.splitlines()[0].rpartition(" ")[2]
    address = f"http://127.0.0.1:{port}/edge/{token}/api/plate_event"

    def reads(plate: str, cam_id: str) -> None:
        body = json.dumps({"plate": plate, "cam_id": cam_id}).encode()
        asked = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert answer.status == 200

    return reads


@pytest.fixture
def address(service: Service) -> str:
    """The address of a service at whose exit a vehicle stands that came in an hour and a half ago."""
    port = free_port()
    reads = camera(service, port)
    running = service.serve("serve", port)
    reads(PLATE, "1")
    service.wait_for_sessions(1)
    assert running.terminate(20) == 0
    service.age_sessions(92)
    service.serve("serve", port)
    reads(PLATE, "2")
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def unseen(service: Service) -> str:
    """The address of a service at whose exit a vehicle stands that nobody saw enter."""
    port = free_port()
    reads = camera(service, port)
    service.serve("serve", port)
    reads(PLATE, "2")
    return f"http://127.0.0.1:{port}"


async def _pays_at_the_sandbox(page: Page) -> None:
    await page.click("button.primary")
    await page.wait_for_url("**/sandbox/**")
    await page.click("button[value=pay]")
    await page.wait_for_url("**/pay/s/**")
    await page.wait_for_selector(".receipt-code", timeout=20_000)
    assert "Payé" in await page.inner_text("h1")


def _openings_of_the_exit(service: Service) -> int:
    orders = service.query("SELECT convert_from(body, 'UTF8') FROM outbox WHERE order_kind = 'barrier'")
    return len([order for (order,) in orders if '"exit"' in order])


async def test_a_driver_pays_on_the_telephone_and_the_barrier_opens(service: Service, address: str) -> None:
    executable = required_program("chromium", "chromium")
    async with (
        chromium(executable) as browser,
        looking(browser, address, locale="en-GB") as desk,
        looking(browser, address, locale="fr-FR", **PHONE) as phone,
    ):
        await desk.sign_in()
        await desk.page.goto(f"{address}/sites/default")
        await desk.page.wait_for_selector("[data-mark][data-state=live]")
        await desk.page.wait_for_selector(".lane[data-key=exit] >> text=€2.50")

        page = phone.page
        await page.goto(f"{address}/pay")
        assert await page.inner_text("h1") == "Quelle est votre plaque\N{NO-BREAK SPACE}?"
        await page.fill("[name=plate]", "gh-482-kv")
        await page.click("button.primary")
        assert "2,50" in await page.inner_text(".sum-big")
        assert PLATE not in page.url
        await _pays_at_the_sandbox(page)
        async with page.expect_download() as coming:
            await page.click("text=Télécharger le reçu")
        paper = await (await coming.value).path()
        assert paper.read_bytes().startswith(b"%PDF-")

        await desk.page.wait_for_selector(".lane[data-key=exit] >> text=Opened at")
        phone.expect_quiet()
    assert _openings_of_the_exit(service) == 1
    assert service.query("SELECT state FROM payment WHERE paid_at IS NOT NULL") == [("paid",)]
    assert service.query("SELECT kind, amount_cents FROM ledger_entry") == [("sale", 250)]


async def test_a_driver_whom_nobody_saw_enter_says_when_they_came_pays_that_and_leaves(
    service: Service, unseen: str
) -> None:
    executable = required_program("chromium", "chromium")
    came = datetime.now(PARIS) - timedelta(minutes=92)
    async with chromium(executable) as browser, looking(browser, unseen, locale="fr-FR", **PHONE) as phone:
        page = phone.page
        await page.goto(f"{unseen}/pay/default/arrival")
        await page.fill("[name=plate]", "gh-482-kv")
        await page.fill("[name=day]", f"{came:%Y-%m-%d}")
        await page.fill("[name=time]", f"{came:%H:%M}")
        await page.click("button.primary")
        await page.wait_for_url("**/pay/s/**")
        assert "2,50" in await page.inner_text(".sum-big")
        assert PLATE not in page.url
        await _pays_at_the_sandbox(page)
        phone.expect_quiet()
    await eventually(lambda: _openings_of_the_exit(service) == 1, "the exit opens")
    assert service.query("SELECT kind, amount_cents FROM ledger_entry") == [("sale", 250)]
    assert service.query("SELECT opened_at, in_review FROM parking_session") == [(None, True)]
