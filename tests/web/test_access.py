"""The page of rights: each act is a request into the site's mailbox, and no search is an address."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import msgspec

from tests.servers.waiting import eventually
from tests.web.field import Field, ago
from tests.web.serving import Reader

PAGE = "/sites/default/access"


async def decided(field: Field, status: str = "done", outcome: str = "") -> None:
    """Play the site once something was asked of it."""
    await eventually(lambda: any(row[-1] == "new" for row in field.inbox()), "a request")
    for row in field.inbox():
        if row[-1] == "new":
            field.decided(row[0], status, outcome)


async def asked(operator: Reader, field: Field, act: str, **fields: str) -> tuple[str, list[dict[str, object]]]:
    """The page after an act, and what the site was asked."""
    site = asyncio.create_task(decided(field), name="the site")
    response = await operator.post(f"{PAGE}/{act}", 200, None, **fields)
    await site
    return await response.text(), [msgspec.json.decode(row[4]) for row in field.inbox()]


async def test_a_person_a_plate_or_a_badge_is_found(operator: Reader, field: Field) -> None:
    field.badge("A1B2C3D4", "Alice Martin")
    subject = field.subject("AA123BB")
    field.badge(subject, "Bob Petit")
    field.run("UPDATE credential SET kind = 'plate' WHERE uid = %(uid)s", uid=subject)
    for text, who in (("alice", "Alice Martin"), ("a1b2", "Alice Martin"), ("A123", "Bob Petit")):
        page = await (await operator.post(f"{PAGE}/search", 200, text=text)).text()
        shown = set(re.findall(r"<b>(Alice Martin|Bob Petit)</b>", page))
        assert shown == {who}, text
    nobody = await (await operator.post(f"{PAGE}/search", 200, text="<b>zoe")).text()
    assert "Nobody found for “&lt;b&gt;zoe”" in nobody


async def test_what_ends_within_thirty_days_is_shown_first(operator: Reader, field: Field) -> None:
    for uid, days in (("0000000A", 3), ("0000000B", 40), ("0000000C", -1)):
        field.badge(uid, f"holder {uid}")
        ends = datetime.now(UTC) + timedelta(days=days)
        field.run("UPDATE credential SET valid_until = %(ends)s WHERE uid = %(uid)s", uid=uid, ends=ends)
    assert re.findall(r"<b>(holder \w+)</b>", await operator.get(PAGE)) == ["holder 0000000A"]


async def test_a_right_is_asked_for_with_its_limits(operator: Reader, field: Field) -> None:
    limits = {"until": "2026-12-31", "hours": "sat 09:00-12:00"}
    page, [message] = await asked(operator, field, "add", number="aa-123-bb", holder="Dora", plan="staff", **limits)
    assert "Done." in page
    assert message == {
        "type": "add-credential",
        "plate": "AA123BB",
        "holder": "Dora",
        "plan": "staff",
        "valid_until": "2026-12-31T23:00:00Z",
        "windows": [{"days": [5], "begins": 540, "ends": 720}],
        "author": "c.marchand",
    }


async def test_what_is_not_understood_is_told_and_asks_nothing(operator: Reader, field: Field) -> None:
    for wrong, why in (
        ({"number": "?"}, "A badge has 8 or 10 digits"),
        ({"until": "tomorrow"}, "A day is written 2026-12-31."),
        ({"hours": "always"}, "Hours are written"),
        ({"holder": " "}, "name has 1 to 80 letters."),
        ({"from": "2026-12-31", "until": "2026-12-01"}, "It ends before it begins."),
    ):
        fields = {"number": "A1B2C3D4", "holder": "Dora", "plan": "staff"} | wrong
        assert why in await (await operator.post(f"{PAGE}/add", 200, None, **fields)).text()
    assert field.inbox() == []


async def test_a_refusal_says_why(operator: Reader, field: Field) -> None:
    outcome = '{"rule":"badge-to-replace-unknown","refused":"x"}'
    site = asyncio.create_task(decided(field, "refused", outcome), name="the site")
    response = await operator.post(f"{PAGE}/replace", 200, lost="A1B2C3D4", number="0E0E0E0E")
    await site
    assert "The site does not know the badge that is lost." in await response.text()


async def test_a_company_and_a_lost_badge_are_asked_for(operator: Reader, field: Field) -> None:
    await asked(operator, field, "holder", holder="Fleet", places="10")
    _, messages = await asked(operator, field, "replace", lost="A1B2C3D4", number="0E0E0E0E")
    assert [message["type"] for message in messages] == ["add-holder", "replace-badge"]
    assert messages[0]["places"] == 10


async def test_a_badge_held_to_the_reader_is_offered_for_its_holder(operator: Reader, field: Field) -> None:
    field.state({"lanes": {"entry": {"enrolment": {"until": ago(-20).isoformat(), "author": "op"}}}})
    page = await operator.get(PAGE)
    assert ("Hold the new badge" in page, 'http-equiv="refresh"' in page) == (True, True)
    offered = {"until": ago(-20).isoformat(), "author": "op", "offered": "0E0E0E0E"}
    field.state({"lanes": {"entry": {"enrolment": offered}}})
    page = await operator.get(PAGE)
    assert ('name="number" value="0E0E0E0E"' in page, 'http-equiv="refresh"' in page) == (True, False)


async def test_a_list_is_shown_before_it_is_stored(operator: Reader, field: Field) -> None:
    lines = "number;holder;plan\nA1B2C3D4;Alice;staff\nAA123BB;Bob;gold\n"
    page = await (await operator.post(f"{PAGE}/list", 200, lines=lines)).text()
    assert ("Store 1 right" in page, "The plan is subscriber" in page, field.inbox()) == (True, True, [])

    _, messages = await asked(operator, field, "list", lines=lines, sure="1")
    assert [message["uid"] for message in messages] == ["A1B2C3D4"]


async def test_who_may_only_look_changes_nothing(reader: Reader, field: Field) -> None:
    field.operator("viewer", role="viewer")
    await reader.sign_in("viewer")
    field.badge("A1B2C3D4", "Alice")
    page = await (await reader.post(f"{PAGE}/search", 200, text="alice")).text()
    assert ("<b>Alice</b>" in page, "Store this right" in page) == (True, False)
    await reader.post(f"{PAGE}/add", 403, number="A1B2C3D4", holder="Mallory", plan="staff")
    assert field.inbox() == []
