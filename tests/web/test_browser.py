"""A person's evening in a real browser: sign in, see a car wait, open for it, watch its fate."""

import asyncio
from uuid import UUID

import pytest

from tests.servers.waiting import eventually, required_program
from tests.web.browsing import chromium, looking
from tests.web.field import Field, ago
from tests.web.scene import stays
from tests.web.serving import Served

pytestmark = [
    pytest.mark.timeout(90),
    # playwright leaves its driver's transport to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def arrives(field: Field) -> None:
    """Somebody stands at the entry, and nothing was read of them."""
    field.journal("vehicle-arrived", ago(3), lane="entry")
    field.state({"occupancy": 9, "lanes": {"entry": standing()}})


def standing() -> dict[str, object]:
    """A lane whose sensor sees a vehicle."""
    return {"present": True, "cycle": 2, "waiting_since": ago(9).isoformat()}


async def asked(field: Field) -> UUID:
    """The request in the site's mailbox."""
    rows: list[UUID] = []

    def there() -> bool:
        rows[:] = [row[0] for row in field.inbox() if row[6] == "new"]
        return bool(rows)

    await eventually(there, "a request")
    return rows[0]


async def test_sign_in_see_a_live_car_open_for_it(running: Served, field: Field) -> None:
    executable = required_program("chromium", "chromium")
    field.operator()
    async with chromium(executable) as browser, looking(browser, running.address, locale="en-GB") as watched:
        page = watched.page
        await watched.sign_in()
        await page.wait_for_selector("[data-mark][data-state=live]")
        assert await page.inner_text("h1") == "Nobody waits"
        arrives(field)
        await page.wait_for_selector(".q")
        assert "1 car waits" in await page.inner_text("h1")
        assert await page.title() == "(1) Queue : SysPark"
        await page.click(".q-who a")
        await page.wait_for_selector(".lane[data-key=entry] .acts summary")
        await page.wait_for_selector("[data-mark][data-state=live]")
        await page.click(".lane[data-key=entry] .acts summary")
        await page.click(".lane[data-key=entry] button[value=already-paid]")
        row_id = await asked(field)
        told = {"lane": "entry", "author": "c.marchand", "reason": "already-paid"}
        field.journal("operator-open", ago(0), lane="entry", kind="open-lane", message=told)
        field.decided(row_id)
        command = field.command(row_id, "entry", "sent", ago(0))
        await page.wait_for_selector(".lane[data-key=entry] [data-answer] .note[data-level=ok]")
        await page.wait_for_selector("[data-fate=sent]")
        field.fated(command, "confirmed")
        field.journal("vehicle-passed", ago(0), lane="entry")
        field.state({"occupancy": 10, "lanes": {"entry": {"cycle": 2}}})
        await page.wait_for_selector("[data-fate=confirmed]")
        await page.locator(".feed", has_text="has passed Entry").wait_for()
        watched.expect_quiet()


async def test_a_refusal_is_told_where_it_was_asked_and_survives_updates(running: Served, field: Field) -> None:
    executable = required_program("chromium", "chromium")
    field.operator()
    arrives(field)
    async with chromium(executable) as browser, looking(browser, running.address, locale="fr-FR") as watched:
        page = watched.page
        await watched.sign_in()
        await page.wait_for_selector("[data-mark][data-state=live]")
        await page.keyboard.press("j")
        await page.keyboard.press("o")
        await page.keyboard.press("6")
        row_id = await asked(field)
        field.decided(row_id, "refused", '{"rule":"open-lane-late","refused":"late"}')
        note = await page.wait_for_selector(".q [role=alert]")
        assert note is not None
        assert "La demande était trop ancienne" in await note.inner_text()
        field.state({"occupancy": 11, "lanes": {"entry": standing()}})
        await page.locator(".facts", has_text="11 / ").wait_for()
        assert await page.query_selector(".q [role=alert]") is not None
        watched.expect_quiet()


async def test_an_update_keeps_what_is_unfolded_and_focused(running: Served, field: Field) -> None:
    executable = required_program("chromium", "chromium")
    field.operator()
    arrives(field)
    async with chromium(executable) as browser, looking(browser, running.address, locale="en-GB") as watched:
        page = watched.page
        await watched.sign_in()
        await page.wait_for_selector("[data-mark][data-state=live]")
        await page.click(".q summary")
        await page.focus(".q button[value=goodwill]")
        field.site("earlier", "An earlier queue")
        field.state({"lanes": {"exit": {"waiting_since": ago(90).isoformat()}}}, "earlier")
        await page.locator(".q").nth(1).wait_for()
        assert await page.evaluate("document.activeElement.value") == "goodwill"
        assert await page.evaluate("document.activeElement.closest('details').open")
        watched.expect_quiet()


async def test_a_stale_page_says_so_and_comes_back(running: Served, field: Field) -> None:
    executable = required_program("chromium", "chromium")
    field.operator()
    async with chromium(executable) as browser, looking(browser, running.address, locale="en-GB") as watched:
        page = watched.page
        await watched.sign_in()
        await page.wait_for_selector("[data-mark][data-state=live]")
        field.run("REVOKE SELECT ON site FROM syspark_web")
        await page.wait_for_selector("[data-mark][data-state=stale]")
        assert "Last update" in await page.inner_text("[data-stale-banner]")
        assert "reconnecting" in await page.inner_text("[data-mark]")
        field.run("GRANT SELECT ON site TO syspark_web")
        await page.wait_for_selector("[data-mark][data-state=live]")
        assert not await page.is_visible("[data-stale-banner]")
        watched.expect_quiet()


async def test_pages_work_without_javascript(running: Served, field: Field) -> None:
    executable = required_program("chromium", "chromium")
    field.operator()
    arrives(field)
    async with (
        chromium(executable) as browser,
        looking(browser, running.address, locale="en-GB", java_script_enabled=False) as watched,
    ):
        page = watched.page
        await watched.sign_in()
        await page.click(".q summary")
        pressing = asyncio.create_task(page.click(".q button[value=entitled]"), name="press")
        field.decided(await asked(field))
        await pressing
        await page.wait_for_url("**/?request=*")
        assert "Opening decided." in await page.inner_text("[data-answers]")
        await page.click(".top button[value=fr]")
        assert await page.get_attribute("html", "lang") == "fr"
        watched.expect_quiet()


async def test_a_misread_exit_is_matched_on_a_telephone_from_the_queue(running: Served, field: Field) -> None:
    executable = required_program("chromium", "chromium")
    field.operator()
    stays(field)
    phone = {"width": 390, "height": 844}
    async with (
        chromium(executable) as browser,
        looking(browser, running.address, locale="en-GB", viewport=phone, has_touch=True) as watched,
    ):
        page = watched.page
        await watched.sign_in()
        await page.wait_for_selector("[data-mark][data-state=live]")
        row = page.locator(".q", has_text="Place Royale")
        offered = await row.locator(".matches").bounding_box()
        assert offered is not None
        assert offered["width"] > 300, "the suggestions have the width of the telephone"
        pressing = asyncio.create_task(row.locator("text=That is it").first.click(), name="press")
        field.decided(await asked(field), outcome='{"rule":"vehicle-matched"}')
        await pressing
        watched.expect_quiet()
    assert [row[3] for row in field.inbox()] == ["match-vehicle"]
