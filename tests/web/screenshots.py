"""Pictures of each page for people to look at: `python -m tests.web.screenshots`, into `build/screenshots`."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from syspark.persistence import schema
from tests.servers.postgres import PostgresServer, cloned_database, make_template, server_home
from tests.servers.waiting import required_program
from tests.web.books import turnover
from tests.web.browsing import chromium, looking
from tests.web.drivers import PagesOnly, drivers
from tests.web.field import Field
from tests.web.scene import lively, stays
from tests.web.serving import served_on

FOLDER = Path("build/screenshots")
WIDE, LAPTOP, PHONE = (1920, 1080), (1366, 768), (390, 844)
PAGES = {
    "overview": "/",
    "site": "/sites/default",
    "site-held": "/sites/grand-place",
    "site-let-out": "/sites/bellerive",
    "site-too-late": "/sites/cedres",
    "site-cut-off": "/sites/rive-gauche",
    "sites": "/sites",
    "alarms": "/alarms",
    "equipment": "/sites/default/equipment",
    "access": "/sites/default/access",
    "partners": "/sites/default/partners",
    "evacuation": "/sites/default/evacuation",
    "payments": "/payments",
    "payments-closing": "/payments/closings/default/9",
    "tariffs": "/sites/default/tariffs",
    "missing": "/nowhere",
}
LOOKS = (
    ("1920-light-fr", WIDE, "light", "fr-FR"),
    ("1366-dark-fr", LAPTOP, "dark", "fr-FR"),
    ("1366-light-en", LAPTOP, "light", "en-GB"),
    ("390-light-fr", PHONE, "light", "fr-FR"),
    ("390-dark-en", PHONE, "dark", "en-GB"),
)


Look = tuple[str, tuple[int, int], str, str]


async def take(url: str, more: Mapping[str, str], portal: Mapping[str, str]) -> None:
    """Take every picture over a prepared database, `more` pages and the drivers' `portal` among them."""
    executable = required_program("chromium", "chromium")
    async with served_on(url, payments=PagesOnly()) as running, chromium(executable) as browser:
        for look in LOOKS:
            await _drive(browser, running.address, look, portal)
            await _look(browser, running.address, Field(url), look, {**PAGES, **more})


async def _drive(browser: Browser, address: str, look: Look, pages: Mapping[str, str]) -> None:
    """What drivers see, who have a telephone in their hand, or sit at home before they leave."""
    async with looking(browser, address, **_options(look)) as watched:
        for title, path in pages.items():
            await watched.page.goto(address + path)
            await watched.page.screenshot(path=FOLDER / f"{title}-{look[0]}.png", full_page=True)


def _options(look: Look) -> dict[str, Any]:
    _, size, scheme, locale = look
    return {
        "viewport": {"width": size[0], "height": size[1]},
        "color_scheme": scheme,
        "locale": locale,
        "timezone_id": "Europe/Paris",
        "has_touch": size == PHONE,
    }


async def _look(browser: Browser, address: str, field: Field, look: Look, pages: Mapping[str, str]) -> None:
    name = look[0]
    async with looking(browser, address, **_options(look)) as watched:
        page = watched.page
        await page.goto(f"{address}/login")
        await page.screenshot(path=FOLDER / f"login-{name}.png")
        await watched.sign_in()
        for title, path in pages.items():
            await page.goto(address + path)
            if path == "/" or (path.startswith("/sites/") and path.count("/") == 2):
                await page.wait_for_selector("[data-mark][data-state=live]")
            await page.screenshot(path=FOLDER / f"{title}-{name}.png", full_page=True)
        await page.goto(address)
        await page.wait_for_selector("[data-mark][data-state=live]")
        await page.click(".q summary")
        await page.screenshot(path=FOLDER / f"overview-open-{name}.png")
        await page.goto(f"{address}/sites/default")
        await page.wait_for_selector("[data-mark][data-state=live]")
        await page.click(".lane summary")
        await page.screenshot(path=FOLDER / f"site-open-{name}.png")
        field.run("REVOKE SELECT ON site FROM syspark_web")
        await page.wait_for_selector("[data-mark][data-state=stale]")
        await page.screenshot(path=FOLDER / f"stale-{name}.png")
        field.run("GRANT SELECT ON site TO syspark_web")
    sys.stdout.write(f"{FOLDER}/*-{name}.png\n")


def main() -> None:
    """Start a database, prepare the scene, take the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with server_home() as home:
        server = PostgresServer(home).start()
        try:
            template = make_template(server, schema.migrate)
            with cloned_database(server, template) as url:
                field = Field(url)
                lively(field)
                paid = turnover(field)
                asyncio.run(take(url, {**stays(field), "session-paid": f"/sessions/{paid}"}, drivers(field)))
        finally:
            server.close()


if __name__ == "__main__":
    main()
