"""`syspark retention`: what is over its time is erased by hand, counted, and the journal stays whole."""

import pytest

from tests.ops.conftest import Command
from tests.ops.service import Service
from tests.servers.waiting import wait_until
from tests.web.field import Field, ago
from tests.web.serving import SECRET_KEY

pytestmark = pytest.mark.timeout(60)

DAY_S = 86_400


@pytest.fixture
def syspark(command: Command, database_url: str) -> Command:
    """The commands on a database with a stay of forty days ago and one of yesterday."""
    field = Field(database_url)
    for plate, days in (("AB123CD", 40), ("EF456GH", 1)):
        key = field.subject(plate)
        field.session(key, ago((days + 1) * DAY_S), ago(days * DAY_S))
    settings = {"DATABASE_URL": database_url, "SYSPARK_SECRET_KEY": SECRET_KEY, "MQTT_HOST": "127.0.0.1"}
    return lambda *arguments: command(*arguments, env=settings)


def test_what_is_over_its_time_is_erased_shown_and_written_down(syspark: Command, database_url: str) -> None:
    assert (
        "closed stays with a plate: 2 (7 days 1, 30 days 0, a year 1, older 0)" in syspark("retention", "show").output
    )
    erased = syspark("retention", "run")
    assert erased.exit_code == 0, erased.output
    assert "erased 1 sessions" in erased.output
    assert syspark("retention", "run").output == "nothing is over its time\n"
    assert "closed stays with a plate: 1 (7 days 1," in syspark("retention", "show").output

    told = Field(database_url).run("SELECT convert_from(body, 'UTF8') FROM inbox WHERE recipient_kind = 'organisation'")
    assert len(told) == 1
    assert "evidence-erased" in str(told)
    assert syspark("audit", "verify").exit_code == 0


def test_a_site_at_work_forgets_the_plates_of_old_stays_and_keeps_the_journal_whole(service: Service) -> None:
    service.start()
    plate = '{"plate": "AB123CD", "lane": "entry", "confidence": 0.97, "valid": true}'
    service.publish("parking/entry/vision/plate", plate)
    service.wait_for_sessions(1)
    service.publish("parking/exit/vision/plate", plate.replace("entry", "exit"))
    left = "SELECT count(*) FROM parking_session WHERE closed_at IS NOT NULL"
    wait_until(lambda: service.query(left) == [(1,)], "it leaves", 10)
    for made in (
        "UPDATE parking_session SET closed_at = now() - interval '31 days'",
        "UPDATE subject SET created_at = now() - interval '32 days'",
    ):
        service.query(made)

    assert "erased 1 plates" in service.ask("retention", "run").output
    wait_until(lambda: service.query("SELECT plate FROM subject") == [], "the site forgets the plate", 10)
    assert service.query("SELECT value FROM journal_personal WHERE value = 'AB123CD'") == []
    assert service.ask("audit", "verify").exit_code == 0

    service.publish("parking/entry/vision/plate", plate)
    wait_until(lambda: service.query("SELECT plate FROM subject") == [("AB123CD",)], "it comes again", 10)
    service.wait_for_sessions(2)
