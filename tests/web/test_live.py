"""Open pages keep themselves up to date, whoever and however many look."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
from aiohttp import ClientResponse

from syspark.clock import SteppedClock
from syspark.persistence.postgres.stores import PostgresStores
from tests.servers.waiting import eventually
from tests.web.field import Field, ago
from tests.web.serving import Reader, Served, served_on
from web.live import service


async def events(response: ClientResponse) -> AsyncIterator[tuple[str, dict[str, object]]]:
    """The events of a stream."""
    name = ""
    async for line in response.content:
        text = line.decode().strip()
        if text.startswith("event: "):
            name = text.removeprefix("event: ")
        elif text.startswith("data: "):
            yield name, json.loads(text.removeprefix("data: "))


async def part(response: ClientResponse, wanted: str, holding: str) -> str:
    """Wait until a part says something."""
    async with asyncio.timeout(5):
        async for name, data in events(response):
            if name == "part" and data["name"] == wanted and holding in str(data["html"]):
                return str(data["html"])
    raise AssertionError(f"the stream ended before {wanted} said {holding}")


async def until(response: ClientResponse, wanted: str) -> dict[str, object]:
    """Wait for an event."""
    async with asyncio.timeout(5):
        async for name, data in events(response):
            if name == wanted:
                return data
    raise AssertionError(f"the stream ended before {wanted}")


async def test_a_stream_begins_with_everything_and_follows_what_changes(operator: Reader, field: Field) -> None:
    async with operator.session.get("/live") as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        await part(response, "queue", "Nobody waits")
        field.state({"occupancy": 3, "lanes": {"entry": {"present": True, "waiting_since": ago(9).isoformat()}}})
        html = await part(response, "queue", "Closed: nothing was read.")
        assert operator.csrf in html
        field.state({"occupancy": 4, "lanes": {"entry": {}}})
        await part(response, "queue", "Nobody waits")


async def test_a_fate_is_followed_on_the_site_s_page(operator: Reader, field: Field) -> None:
    field.state({"lanes": {"exit": {}}})
    cause = field.journal("operator-open", ago(1), lane="exit", kind="open-lane", message={"lane": "exit"}, commands=1)
    command = field.command(cause, "exit", "queued", ago(0))
    async with operator.session.get("/live?site=default") as response:
        for fate in ("queued", "sent", "acked", "confirmed"):
            field.fated(command, fate)
            await part(response, "lanes", f'data-fate="{fate}"')


async def test_a_worker_s_word_brings_the_reading_forward(
    operator: Reader, field: Field, running: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "POLL_S", 3600.0)
    async with operator.session.get("/live") as response:
        await part(response, "queue", "Nobody waits")
        field.state({"occupancy": 3, "lanes": {"entry": {"present": True, "waiting_since": ago(9).isoformat()}}})
        async with PostgresStores.open(field.url) as worker:
            await worker.stores.hints.give()
        await part(response, "queue", "Closed: nothing was read.")


async def test_a_level_rises_as_time_passes(field: Field) -> None:
    clock = SteppedClock(datetime.now(UTC))
    field.operator()
    field.state({"lanes": {"entry": {"present": True, "waiting_since": ago(10).isoformat()}}})
    async with served_on(field.url, clock) as running, Reader.visiting(running) as reader:
        await reader.sign_in()
        async with reader.session.get("/live") as response:
            await part(response, "queue", "Closed: nothing was read.")
            clock.advance(61)
            await part(response, "queue", 'data-level="warn"')
            clock.advance(60)
            await part(response, "queue", 'data-level="crit"')


async def test_an_unchanged_page_only_tells_its_time(operator: Reader) -> None:
    async with operator.session.get("/live?site=default") as response:
        seen = []
        async with asyncio.timeout(8):
            async for name, _ in events(response):
                seen.append(name)
                if seen.count("fresh") == 4:
                    break
    assert seen == ["part"] * 7 + ["fresh"] * 4


async def test_logging_out_ends_the_streams_at_once(operator: Reader) -> None:
    async with operator.session.get("/live") as response:
        await part(response, "queue", "Nobody waits")
        await operator.post("/logout")
        await until(response, "over")
        assert await response.content.read() == b"\n"


async def test_a_shift_closed_elsewhere_ends_its_streams(operator: Reader, field: Field) -> None:
    async with operator.session.get("/live") as response:
        await part(response, "queue", "Nobody waits")
        field.run("UPDATE operator SET disabled_at = now()")
        await until(response, "over")


async def test_a_database_that_is_away_makes_pages_stale_and_they_come_back(operator: Reader, field: Field) -> None:
    async with operator.session.get("/live") as response:
        await until(response, "fresh")
        field.run("REVOKE SELECT ON site FROM syspark_web")
        stale = await until(response, "stale")
        assert isinstance(stale["at"], float)
        await operator.get("/", 503)
        field.run("GRANT SELECT ON site TO syspark_web")
        fresh = await until(response, "fresh")
        assert isinstance(fresh["at"], float)
        assert fresh["at"] > stale["at"]


@pytest.mark.timeout(30)
async def test_the_database_is_asked_no_more_for_a_hundred_pages_than_for_one(
    operator: Reader, running: Served
) -> None:
    reads = 0
    sites = running.wing.stores.pages.sites

    async def counted() -> object:
        nonlocal reads
        reads += 1
        return await sites()

    running.wing.stores.pages.sites = counted  # type: ignore[method-assign, assignment]
    async with AsyncExitStack() as stack:
        for _ in range(100):
            response = await stack.enter_async_context(operator.session.get("/live"))
            await until(response, "fresh")
        assert sum(running.live._watched.values()) == 100
        await running.live.changed.wait()
        reads = 0
        await running.live.changed.wait()
        assert reads == 1
    await eventually(lambda: not running.live._watched, "every stream has ended")


async def test_nothing_is_read_when_nobody_looks(operator: Reader, running: Served) -> None:
    async with operator.session.get("/live") as response:
        await until(response, "fresh")
    await eventually(lambda: not running.live._watched, "the stream has ended")
    before = running.live.last_read
    await operator.get("/healthz")
    assert running.live.last_read == before
