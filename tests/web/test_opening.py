"""The operator's Open: into the mailbox once, with its reason, its fate told."""

import asyncio
import re
from uuid import UUID

import msgspec
import pytest

from syspark.errors import Unavailable
from syspark.persistence.postgres.web_requests import PostgresRequests
from tests.servers.waiting import eventually
from tests.web.field import Field, ago
from tests.web.serving import Reader
from web import asking

OPEN = "/sites/default/lanes/entry/open"


async def test_open_puts_one_request_into_the_site_s_mailbox(operator: Reader, field: Field) -> None:
    decide = asyncio.create_task(decided_when_asked(field), name="the site")
    response = await operator.post(OPEN, reason="already-paid", to="/")
    row_id = await decide
    assert response.headers["Location"] == f"/?request={row_id}"
    [(found, kind, site, tag, body, event_id, status)] = field.inbox()
    assert (found, kind, site, tag, event_id, status) == (row_id, "site", "default", "open-lane", None, "done")
    message = {"type": "open-lane", "lane": "entry", "reason": "already-paid", "author": "c.marchand"}
    assert msgspec.json.decode(body) == message
    assert "Opening decided." in await operator.get(f"/?request={row_id}")


async def test_a_refusal_says_why_to_the_person_who_asked(operator: Reader, field: Field) -> None:
    why = '{"rule":"some-rule","refused":"a vehicle stands under the barrier"}'
    decide = asyncio.create_task(decided_when_asked(field, "refused", why), name="the site")
    response = await operator.post(OPEN, 200, {"Accept": "application/json"}, reason="entitled")
    row_id = await decide
    answer = await response.json()
    assert (answer["state"], answer["request"]) == ("refused", str(row_id))
    assert "The site says: a vehicle stands under the barrier." in answer["html"]
    assert 'role="alert"' in answer["html"]


async def test_a_site_that_does_not_answer_leaves_the_request_pending(operator: Reader, field: Field) -> None:
    response = await operator.post(OPEN, 200, {"Accept": "application/json"}, reason="entitled")
    answer = await response.json()
    assert answer["state"] == "pending"
    field.decided(UUID(answer["request"]))
    text = await operator.get(f"/requests/{answer['request']}")
    assert msgspec.json.decode(text)["state"] == "accepted"


async def test_pressing_twice_asks_once(operator: Reader, field: Field) -> None:
    decide = asyncio.create_task(decided_when_asked(field), name="the site")
    first, second = await asyncio.gather(
        operator.post(OPEN, reason="entitled"), operator.post(OPEN, reason="already-paid")
    )
    await decide
    assert first.headers["Location"] == second.headers["Location"]
    assert len(field.inbox()) == 1


async def test_nobody_is_told_that_a_request_is_kept_which_is_not(
    operator: Reader, field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of two presses looks for what the first could not store."""
    tried = asyncio.Event()

    async def lost(*_: object) -> None:
        await tried.wait()
        raise Unavailable("database")

    monkeypatch.setattr(PostgresRequests, "put", lost)
    monkeypatch.setattr(asking, "WAIT_S", 0.3)
    presses = {asyncio.create_task(operator.post(OPEN, 503, reason="entitled"), name=f"press {n}") for n in range(2)}
    told, waiting = await asyncio.wait(presses, return_when=asyncio.FIRST_COMPLETED)
    tried.set()
    await asyncio.gather(*told, *waiting)
    assert field.inbox() == []


async def test_only_known_lanes_and_reasons_are_taken(operator: Reader, field: Field) -> None:
    await operator.post(OPEN, 400, reason="because")
    await operator.post(OPEN, 400)
    await operator.post("/sites/default/lanes/roof/open", 404, reason="entitled")
    await operator.post("/sites/nowhere/lanes/entry/open", 404, reason="entitled")
    await operator.get(f"/requests/{UUID(int=7)}", 404)
    assert field.inbox() == []


async def test_every_reason_is_one_tap_without_javascript(operator: Reader, field: Field) -> None:
    field.state({"lanes": {"entry": {"present": True, "waiting_since": ago(70).isoformat()}}})
    text = await operator.get("/")
    assert len(re.findall(r'<button class="btn" name="reason" value="[a-z-]+"', text)) == 8
    assert f'action="{OPEN}"' in text


async def decided_when_asked(field: Field, status: str = "done", outcome: str = '{"rule":"open-lane"}') -> UUID:
    """Wait for a request as the site would, and decide it."""
    rows: list[UUID] = []

    def asked() -> bool:
        rows[:] = [row[0] for row in field.inbox() if row[6] == "new"]
        return bool(rows)

    await eventually(asked, "a request")
    field.decided(rows[0], status, outcome)
    return rows[0]
