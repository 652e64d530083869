"""`syspark privacy`: a person is told and forgotten, an authority's request is kept to, and the journal has it all."""

import json

import pytest

from tests.ops.conftest import Command
from tests.web import books
from tests.web.field import Field, ago
from tests.web.serving import SECRET_KEY

pytestmark = pytest.mark.timeout(60)

DAY_S = 86_400
ASKED = ("--reason", "by letter, identity card seen")


@pytest.fixture
def syspark(command: Command, database_url: str) -> Command:
    """The commands on an empty site."""
    settings = {"DATABASE_URL": database_url, "SYSPARK_SECRET_KEY": SECRET_KEY, "MQTT_HOST": "127.0.0.1"}
    return lambda *arguments: command(*arguments, env=settings)


@pytest.fixture
def field(database_url: str) -> Field:
    """Whoever parked."""
    return Field(database_url)


def acts(field: Field) -> list[dict[str, str]]:
    """What the organisation's journal was told."""
    rows = field.run("SELECT body FROM inbox WHERE recipient_kind = 'organisation' ORDER BY seq")
    return [json.loads(bytes(body)) for (body,) in rows]


def test_a_person_is_told_everything_and_no_journal_names_them(syspark: Command, field: Field) -> None:
    session = field.session(field.subject("AB123CD"), ago(2 * DAY_S), ago(DAY_S))
    books.payment(field, session, ago(DAY_S), 1250)
    field.session(field.subject("EF456GH"), ago(DAY_S), ago(0))

    told = syspark("privacy", "export", "AB-123-CD", *ASKED)
    assert told.exit_code == 0, told.output
    [stay] = json.loads(told.output)["stays"]
    assert stay["session"] == str(session)
    assert [reading["kind"] for reading in stay["readings"]] == ["plate"]
    assert [payment["amount_cents"] for payment in stay["payments"]] == [1250]
    [act] = acts(field)
    assert act["what"] == "person-exported"
    assert "by letter" in act["detail"]
    assert "to be answered by" in act["detail"]
    assert "AB123CD" not in str(act)


def test_a_person_is_forgotten_but_for_what_they_owe(syspark: Command, field: Field) -> None:
    plate = field.subject("AB123CD")
    seen = field.session(plate, ago(2 * DAY_S), ago(DAY_S), review=["flagged"])
    debt = field.session(plate, ago(4 * DAY_S), ago(3 * DAY_S), unpaid_cents=450)
    inside = field.session(plate, ago(3600))
    for session in (seen, debt):
        field.photo(b"jpeg", "entry")
        [(photo,)] = field.run("SELECT id FROM photo ORDER BY id DESC LIMIT 1")
        field.run(
            "UPDATE witness SET cause = %(photo)s, read_at = now() WHERE session_id = %(id)s", photo=photo, id=session
        )

    told = syspark("privacy", "erase", "AB123CD", *ASKED)
    assert told.output.splitlines() == ["erased 1 stays", "kept a stay: unpaid", "kept a stay: inside"]
    left = field.run("SELECT session_id FROM witness WHERE holder_key = %(key)s ORDER BY session_id", key=plate)
    assert [session for (session,) in left] == sorted([debt, inside])
    assert field.run("SELECT count(*) FROM photo") == [(1,)]
    assert field.run("SELECT kind FROM inbox WHERE recipient_kind = 'site'") == [("forget-plates",)]
    assert [act["what"] for act in acts(field)] == ["person-erased"]
    assert syspark("privacy", "erase", "ZZ999ZZ", *ASKED).exit_code == 2
    assert syspark("audit", "verify").exit_code == 0


def test_a_written_request_holds_a_stay_until_its_day(syspark: Command, field: Field) -> None:
    session = field.session(field.subject("AB123CD"), ago(41 * DAY_S), ago(40 * DAY_S))
    asked = ("privacy", "hold", str(session), "--reference", "PV 2026/1234", "--until")
    assert syspark(*asked, "2020-01-01").exit_code == 2
    held = syspark(*asked, "2099-01-01")
    assert held.exit_code == 0, held.output
    assert "PV 2026/1234" in acts(field)[0]["detail"]

    assert syspark("retention", "run").output == "nothing is over its time\n"
    assert "kept a stay: police" in syspark("privacy", "erase", "AB123CD", *ASKED).output
    field.run("UPDATE evidence_hold SET until = now()")
    assert "erased 1 sessions" in syspark("retention", "run").output
