"""The equipment page: both lists of badges, and what operators ask of elevator, cameras and radio."""

import asyncio

import msgspec
import pytest

from syspark.web_ports import BadgeLine
from tests.servers.waiting import eventually
from tests.web.field import Field, ago
from tests.web.serving import Reader
from web import language
from web.reading.controllers import controller_page, sync_seen
from web.reading.twin import twin_seen

PAGE = "/sites/default/equipment"
AGAIN = "/sites/default/controllers/again"


def held(*uids: str) -> bytes:
    return msgspec.json.encode({"reported": {"type": "acl-list", "entries": uids}})


def known(uid: str, plan: str = "subscriber", *, blocked: bool = False) -> BadgeLine:
    return BadgeLine(uid, plan, None, None, blocked)


def test_both_lists_and_their_differences() -> None:
    badges = [known("0A000001"), known("0A000002"), known("0A000003", "visitor"), known("0A000004", blocked=True)]
    told = controller_page(sync_seen(None), twin_seen(held("0A000002", "0F000009")), badges, ago(0))
    assert told.desired == ("0A000001", "0A000002")
    assert told.listed == ("0A000002", "0F000009")
    assert (told.missing, told.extra) == (("0A000001",), ("0F000009",))


def test_without_a_list_nothing_is_told_to_be_missing() -> None:
    told = controller_page(sync_seen(b"not a state"), twin_seen(None), [known("0A000001")], ago(0))
    assert told.listed is None
    assert told.missing == told.extra == ()
    assert told.sync.word is None


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"heard_at": 0, "managed": True, "desired": 300, "in_step_since": 0}, "All 300 badges, since"),
        (
            {"heard_at": 0, "managed": True, "missing": 3, "extra": 1, "differs_since": 0},
            "Badges to add: 3, to remove: 1; differs since",
        ),
        ({"heard_at": 0, "managed": True}, "Lists not compared yet"),
    ],
)
def test_how_the_lists_stand_is_one_sentence(state: dict[str, object], said: str) -> None:
    moment = ago(60).isoformat()
    told = {name: moment if name.endswith(("_at", "_since")) else value for name, value in state.items()}
    sentence = sync_seen(msgspec.json.encode(told)).word
    assert sentence is not None
    assert str(language.words("en").say(sentence)).startswith(said)


async def test_the_page_shows_the_drift_and_lets_an_operator_send_again(operator: Reader, field: Field) -> None:
    since = ago(400).isoformat()
    field.twin("acl", {"reported": {"type": "acl-list", "entries": ["0F000009"]}, "reported_at": since})
    field.controller(
        {"heard_at": since, "managed": True, "listed_at": since, "extra": 1, "differs_since": since, "trouble": "card"}
    )
    text = await operator.get(PAGE)
    assert "0F000009" in text
    assert "A board cannot write its card" in text
    site = await operator.get("/sites/default")
    assert "other badges than it should" in site
    assert f'href="{PAGE}"' in site

    asked = asyncio.create_task(asked_and_decided(field), name="the controllers")
    response = await operator.post(AGAIN)
    kind, recipient, body = await asked
    assert (kind, recipient) == ("controller", "default")
    assert msgspec.json.decode(body) == {"type": "send-again", "author": "c.marchand"}
    assert "Asked." in await operator.get(response.headers["Location"])


async def test_messages_refused_say_what_to_repair_and_not_what_they_held(operator: Reader, field: Field) -> None:
    assert "Messages refused" not in await operator.get(PAGE)
    field.run(
        "INSERT INTO rejected_message (id, organisation_id, site_id, topic, payload, reason, detail, received_at)"
        " VALUES (gen_random_uuid(), %(organisation)s, 'default', 'parking/barriere', 'AB123CD', 'bad_uid', '', now())"
    )
    text = await operator.get(PAGE)
    assert "parking/barriere" in text
    assert "A badge number does not have 8 or 10 hexadecimal digits." in text
    assert "AB123CD" not in text


@pytest.mark.parametrize(
    ("device", "fields", "order"),
    [
        ("ascenseur", {"order": "elevator", "floor": "2"}, {"type": "elevator", "floor": 2}),
        ("ascenseur", {"order": "elevator-get"}, {"type": "elevator-get"}),
        ("camera", {"order": "camera", "camera": "1", "move": "left"}, {"type": "camera", "camera": 1, "move": "left"}),
        ("radio", {"order": "radio", "text": "ESSAI"}, {"type": "radio", "text": "ESSAI"}),
        ("radio", {"order": "radio-parameters", "text": "CH=4"}, {"type": "radio-parameters", "text": "CH=4"}),
    ],
)
async def test_an_order_goes_to_the_twin_of_its_device_with_its_reason(
    operator: Reader, field: Field, device: str, fields: dict[str, str], order: dict[str, object]
) -> None:
    await operator.get(PAGE)
    asked = asyncio.create_task(asked_and_decided(field), name="the twin")
    await operator.post(f"/sites/default/devices/{device}", 303, None, reason="a guest waits", **fields)
    kind, recipient, body = await asked
    assert (kind, recipient) == ("device", f"default/{device}")
    message = msgspec.json.decode(body)
    assert message["order"] == order
    assert (message["device"], message["reason"], message["author"]) == (device, "a guest waits", "c.marchand")


async def test_a_refusal_says_why(operator: Reader, field: Field) -> None:
    await operator.get(PAGE)
    why = '{"rule":"instruction-refused","refused":"say why"}'
    asked = asyncio.create_task(asked_and_decided(field, "refused", why), name="the twin")
    response = await operator.post("/sites/default/devices/ascenseur", order="elevator", floor="1", reason=" ")
    await asked
    text = await operator.get(response.headers["Location"])
    assert "Not done." in text
    assert "say why" in text


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/sites/default/devices/ascenseur", {"order": "elevator", "floor": "two"}, 400),
        ("/sites/default/devices/ascenseur", {"order": "barrier"}, 400),
        ("/sites/default/devices/camera", {"order": "camera", "camera": "1", "move": "round"}, 400),
        ("/sites/default/devices/nothing", {"order": "elevator-get"}, 404),
        ("/sites/nowhere/controllers/again", {}, 404),
    ],
)
async def test_what_nobody_understands_is_stored_nowhere(
    operator: Reader, field: Field, path: str, fields: dict[str, str], status: int
) -> None:
    await operator.get(PAGE)
    await operator.post(path, status, None, **fields)
    assert field.inbox() == []


async def test_what_was_asked_last_is_shown_with_its_fate(operator: Reader, field: Field) -> None:
    asked = {"order": {"type": "elevator", "floor": 2}, "at": ago(20).isoformat(), "author": "Ana", "fate": "confirmed"}
    field.twin("ascenseur", {"asked": asked})
    text = await operator.get(PAGE)
    assert "Go to floor 2" in text
    assert "Confirmed" in text


async def test_a_viewer_looks_and_asks_nothing(field: Field, reader: Reader) -> None:
    field.operator("viewer", role="viewer")
    await reader.sign_in("viewer")
    assert "Compare and send again now" not in await reader.get(PAGE)
    await reader.post(AGAIN, 403)
    assert field.inbox() == []


async def asked_and_decided(field: Field, status: str = "done", outcome: str = "{}") -> tuple[str, str, bytes]:
    """Wait for a request and decide it, as its actor would."""
    await eventually(lambda: bool(field.inbox()), "a request")
    [(row_id, kind, recipient, _, body, _, _)] = field.inbox()
    field.decided(row_id, status, outcome)
    return kind, recipient, body
