"""The lines that the demo prints, pasted as a newcomer would: an open page shows what each does."""

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.servers.process import ChildProcess
from tests.servers.waiting import free_port, required_program
from tests.web.browsing import chromium, looking

pytestmark = [
    pytest.mark.timeout(600),
    # playwright leaves its driver's transport to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

START_S = 60.0
WITHIN_MS = 10_000
"""More than it takes on a busy machine: how soon a page shows an event is the benchmark's to say."""
FREE_MS = 150_000
"""How long simulated cars may stand where the line is to be tried: some wait the best part of a minute for their
driver to find a badge, and one may come behind another."""

PLATE = "FG-123-HK"
ENTRY, EXIT = ".lane[data-key=entry]", ".lane[data-key=exit]"

IN_FEED = "text => [...document.querySelectorAll('.feed li')].slice(0, 6).some(e => e.textContent.includes(text))"
ON_CARD = """
([lane, plate]) => {
    const card = document.querySelector(lane);
    const picture = card.querySelector(".photo img");
    return card.querySelector(".plate")?.textContent.includes(plate) && picture?.complete && picture.naturalWidth > 100;
}
"""
NOBODY_AT = """
([lane, name]) => {
    const told = [...document.querySelectorAll(".feed li")].map(e => e.textContent).filter(text => text.includes(name));
    const last = told.find(text => /arrives at|has left|has passed/.test(text)) ?? "";
    return !last.includes("arrives at") && !document.querySelector(`${lane} header [data-since]`);
}
"""


@pytest.fixture
def demo(spawn: Callable[..., ChildProcess], home: Path) -> ChildProcess:
    """A demo that has said all it says."""
    started = spawn("-m", "ops.cli", "demo", env={"SYSPARK_HOME": str(home), "PORT": str(free_port())})
    started.wait_for_line("Ctrl-C stops it", START_S)
    return started


def pasted(demo: ChildProcess, about: str) -> None:
    """Run the line that stands below the words."""
    lines = demo.lines
    line = next(lines[at + 1] for at, line in enumerate(lines) if line.startswith(f"# {about}"))
    subprocess.run(shlex.split(line), check=True, timeout=10, capture_output=True)


async def lane_is_free(page: Page, lane: str) -> None:
    """Until no car stands at a lane: whoever is read beside one is taken for it."""
    name = "Entry" if lane == ENTRY else "Exit"
    await page.wait_for_function(NOBODY_AT, arg=[lane, name], timeout=FREE_MS)


async def told(page: Page, text: str) -> None:
    """The feed says so."""
    await page.wait_for_function(IN_FEED, arg=text, timeout=WITHIN_MS)


async def test_the_page_shows_what_each_pasted_line_does(demo: ChildProcess) -> None:
    required_program("mosquitto_pub", "mosquitto-clients")
    required_program("curl", "curl")
    executable = required_program("chromium", "chromium")
    link = demo.wait_for_line(r"live page     (http://\S+/login/link/\S+)")[1]
    found = re.match(r"http://[^/]+", link)
    assert found is not None
    async with chromium(executable) as browser, looking(browser, found[0], locale="en-GB") as watched:
        page = watched.page
        await page.goto(link)
        await page.wait_for_selector("[data-mark][data-state=live]")

        await lane_is_free(page, ENTRY)
        pasted(demo, "the entry's camera reads the plate")
        await told(page, f"Entry opens for {PLATE}")
        await page.wait_for_function(ON_CARD, arg=[ENTRY, PLATE], timeout=WITHIN_MS)

        await lane_is_free(page, EXIT)
        pasted(demo, "the exit's camera reads the plate")
        await told(page, f"Exit opens for {PLATE}, nothing due")
        await page.wait_for_function(ON_CARD, arg=[EXIT, PLATE], timeout=WITHIN_MS)

        await lane_is_free(page, ENTRY)
        pasted(demo, "an unknown badge: refused")
        await told(page, "Unknown badge ··CAFE refused at Entry")

        await lane_is_free(page, ENTRY)
        pasted(demo, "the badge A1B2C3D4")
        await told(page, "Entry opens for Demo subscriber")

        await page.goto(f"{found[0]}/sites/demo-2")
        await page.wait_for_selector("[data-mark][data-state=live]")
        await lane_is_free(page, ENTRY)
        pasted(demo, "an unknown badge at the newer site")
        await told(page, "Unknown badge ··CAFE refused at Entry")
        await page.wait_for_function(
            "lane => document.querySelector(lane).textContent.includes('the badge is not known')",
            arg=ENTRY,
            timeout=WITHIN_MS,
        )
        watched.expect_quiet()
    assert "Traceback" not in demo.output
