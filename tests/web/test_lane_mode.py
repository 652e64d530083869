"""A lane is put into a mode from its card; a call for help is answered there."""

import asyncio

import msgspec
import pytest

from tests.web.field import PASSWORD, Field, ago
from tests.web.serving import Reader
from tests.web.test_access import decided

LANE = "/sites/default/lanes/entry"


async def test_a_lane_is_held_open_for_a_while(operator: Reader, field: Field) -> None:
    site = asyncio.create_task(decided(field), name="the site")
    response = await operator.post(f"{LANE}/mode", mode="held-open", minutes="30", password=PASSWORD)
    await site
    assert response.headers["Location"].startswith("/sites/default?request=")
    message = msgspec.json.decode(field.inbox()[0][4])
    assert (message["type"], message["mode"], "ends_at" in message) == ("set-lane-mode", "held-open", True)


@pytest.mark.parametrize("proof", [{}, {"password": "somebody else's"}, {"code": "123456"}])
async def test_only_who_proves_again_who_they_are_holds_a_lane_open(
    operator: Reader, field: Field, proof: dict[str, str]
) -> None:
    response = await operator.post(f"{LANE}/mode", 303, None, mode="held-open", minutes="30", **proof)
    assert field.inbox() == []
    assert "The password is wrong: the lane stays as it is." in await operator.get(response.headers["Location"])


@pytest.mark.parametrize(
    "wrong", [{"mode": "ajar"}, {"mode": "closed", "minutes": "-1"}, {"mode": "closed", "minutes": "99999"}]
)
async def test_what_is_no_mode_asks_nothing(operator: Reader, field: Field, wrong: dict[str, str]) -> None:
    await operator.post(f"{LANE}/mode", 400, None, **wrong)
    assert field.inbox() == []


async def test_a_call_for_help_is_shown_and_answered(operator: Reader, field: Field) -> None:
    field.state({"lanes": {"entry": {"help_since": ago(30).isoformat()}}})
    page = await operator.get("/sites/default")
    assert "The driver asks for help." in page
    site = asyncio.create_task(decided(field), name="the site")
    await operator.post(f"{LANE}/answer")
    await site
    assert msgspec.json.decode(field.inbox()[0][4])["type"] == "answer-help"


async def test_who_may_only_look_changes_no_mode(reader: Reader, field: Field) -> None:
    field.operator("viewer", role="viewer")
    await reader.sign_in("viewer")
    await reader.post(f"{LANE}/mode", 403, mode="closed")
    assert field.inbox() == []
