"""`syspark closing`: what is over is closed by hand, listed, and written for a spreadsheet."""

import csv
import io

import pytest

from tests.ops.conftest import Command
from tests.web import books
from tests.web.field import Field, ago
from tests.web.serving import SECRET_KEY

pytestmark = pytest.mark.timeout(60)

DAY_S = 86_400


@pytest.fixture
def closing(command: Command, database_url: str) -> Command:
    """`syspark closing` on a ledger of yesterday and today."""
    field = Field(database_url)
    session = field.session("CAFE0001", ago(3 * DAY_S))
    books.payment(field, session, ago(2 * DAY_S), 1250)
    books.booked(field, session, ago(2 * DAY_S), -450, kind="refund", author="=c.marchand")
    books.payment(field, session, ago(0), 300)
    settings = {"DATABASE_URL": database_url, "SYSPARK_SECRET_KEY": SECRET_KEY, "MQTT_HOST": "127.0.0.1"}
    return lambda *arguments, **_: command(*arguments, env=settings)


def test_what_is_over_is_closed_listed_and_exported(closing: Command) -> None:
    assert "nothing is closed yet" in closing("closing", "list").output
    made = closing("closing", "make")
    assert made.exit_code == 0, made.output
    assert "closed default, the day until" in made.output
    assert ": 2 entries" in made.output
    assert closing("closing", "make").output == "nothing to close\n"

    assert "2 entries, 8.00 EUR" in closing("closing", "list").output
    rows = list(csv.DictReader(io.StringIO(closing("closing", "export", "--site", "default").output)))
    of_first = [(row["kind"], row["amount"], row["running total"]) for row in rows if row["number"] == "1"]
    assert of_first == [("refund", "-4.50", "8.00"), ("sale", "12.50", "8.00")]

    verified = closing("audit", "verify")
    assert verified.exit_code == 0, verified.output
    assert "fine  closings of default" in verified.output
    assert closing("closing", "list", "--site", "nowhere").exit_code == 2


def test_who_tampers_with_a_closed_day_is_named_and_raises_an_alarm(closing: Command, database_url: str) -> None:
    closing("closing", "make")
    field = Field(database_url)
    field.run("ALTER TABLE ledger_entry DISABLE TRIGGER ALL")
    field.run("UPDATE ledger_entry SET amount_cents = 1 WHERE kind = 'refund'")
    verified = closing("audit", "verify")
    assert verified.exit_code == 1
    assert "BAD   closings of default, number 1: has other totals than the ledger" in verified.output
    raised = field.run("SELECT convert_from(body, 'UTF8') FROM inbox WHERE recipient_kind = 'alarms'")
    assert "closings:default" in str(raised)
