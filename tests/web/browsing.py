"""Chromium, driven by playwright; whatever it asks of another origin is an error."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.web.field import PASSWORD


@dataclass
class Watched:
    """A page and what went wrong in it."""

    page: Page
    address: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def sign_in(self, login: str = "c.marchand") -> None:
        """Start a shift."""
        await self.page.goto(f"{self.address}/login")
        await self.page.fill("input[name=login]", login)
        await self.page.fill("input[name=password]", PASSWORD)
        await self.page.click("button.primary")
        await self.page.wait_for_url(f"{self.address}/")

    def expect_quiet(self) -> None:
        """Nothing was loaded from elsewhere, and the browser did not complain."""
        assert self.foreign == []
        assert self.complaints == []


@asynccontextmanager
async def chromium(executable: Path) -> AsyncIterator[Browser]:
    """A browser."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=str(executable), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def looking(browser: Browser, address: str, **options: Any) -> AsyncIterator[Watched]:
    """A page of one reader; `options` are playwright's: viewport, locale, color_scheme, java_script_enabled."""
    context = await browser.new_context(**options)
    try:
        watched = Watched(await context.new_page(), address)
        context.on(
            "request", lambda asked: None if asked.url.startswith(address) else watched.foreign.append(asked.url)
        )
        watched.page.on(
            "console", lambda said: watched.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        yield watched
    finally:
        await context.close()
