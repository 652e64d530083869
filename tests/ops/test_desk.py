"""Commands that ask and change, on a real database, with and without a worker."""

from uuid import uuid4

import pytest

from tests.ops.service import Service

pytestmark = pytest.mark.timeout(60)


def test_without_a_worker_a_request_waits(service: Service) -> None:
    told = service.ask("credential", "add", "A1B2C3D4", "--holder", "Ada")
    assert told.exit_code == 0
    assert told.output.startswith("accepted, pending: no worker has taken it up yet")
    assert service.ask("credential", "list").output.startswith("site default knows no badge")
    service.start()
    row = "SELECT count(*) FROM credential WHERE uid = 'A1B2C3D4'"
    service.know("B2C3D4E5")
    assert service.query(row) == [(1,)]
    assert [line.split()[0] for line in service.ask("credential", "list").output.splitlines()] == [
        "A1B2C3D4",
        "B2C3D4E5",
    ]


def test_a_site_is_opened_once_with_a_secret_that_is_shown_once(service: Service) -> None:
    service.start()
    opened = service.ask("site", "add", "lyon", "--zone", "America/Cayenne", "--capacity", "7")
    assert opened.exit_code == 0
    [shown] = [line for line in opened.output.splitlines() if "shown this once" in line]
    secret = shown.rpartition(" ")[2]
    again = service.ask("site", "add", "lyon")
    assert (again.exit_code, again.output) == (1, "Error: there is a site lyon already\n")
    listed = service.ask("site", "list").output + service.ask("site", "show", "lyon").output
    assert "7 places" in listed
    assert "America/Cayenne" in listed
    assert secret not in listed
    stored = service.query("SELECT sealed_secrets::text FROM site WHERE site_id = 'lyon'")
    assert secret.encode().hex() not in stored[0][0]
    service.publish("parking/lyon/acl/list", f'{{"op":"LIST","secret":"{secret}","entries":["A1B2C3D4"]}}')
    service.publish("parking/lyon/acl/list", '{"op":"LIST","secret":"wrong","entries":["A1B2C3D4"]}')
    service.publish("parking/barriere", "0BADCAFE")
    service.know("A1B2C3D4")
    reasons = service.query("SELECT topic, reason FROM rejected_message")
    assert reasons == [("parking/lyon/acl/list", "bad_secret")]


def test_dates_are_the_sites_own(service: Service) -> None:
    service.start()
    service.ask("site", "add", "cayenne", "--zone", "America/Cayenne")
    words = ("--holder", "Ada", "--site", "cayenne", "--from", "2026-12-01", "--until", "2026-12-31")
    assert service.ask("credential", "add", "A1B2C3D4", *words).exit_code == 0
    [[begins, ends]] = service.query(
        "SELECT valid_from AT TIME ZONE 'UTC', valid_until AT TIME ZONE 'UTC' FROM credential"
    )
    assert (begins.isoformat(), ends.isoformat()) == ("2026-12-01T03:00:00", "2027-01-01T03:00:00")
    shown = service.ask("credential", "list", "--site", "cayenne").output
    assert "from 2026-12-01 00:00 (America/Cayenne), until 2027-01-01 00:00 (America/Cayenne)" in shown
    wrong = service.ask(
        "credential", "add", "A1B2C3D4", "--holder", "A", "--from", "2026-12-02", "--until", "2026-12-01"
    )
    assert wrong.exit_code == 2
    assert "--until lies before --from" in wrong.output


def test_a_site_that_is_not_there_is_answered_with_those_that_are(service: Service) -> None:
    for words in (("site", "show", "lyon"), ("credential", "list", "--site", "lyon"), ("rejected", "--site", "lyon")):
        told = service.ask(*words)
        assert told.exit_code == 2
        assert "there is no site 'lyon'; there is: default" in told.output


def test_a_token_is_shown_once_and_stored_as_a_hash(service: Service) -> None:
    made = service.ask("site", "token", "default")
    assert made.exit_code == 0
    token = made.output.splitlines()[0].rpartition(" ")[2]
    first = service.query("SELECT token_hash FROM site")
    assert len(first[0][0]) == 32
    assert token.encode() not in bytes(first[0][0])
    unsure = service.ask("site", "token", "default")
    assert unsure.exit_code == 2
    assert "give --yes if that is meant" in unsure.output
    assert service.query("SELECT token_hash FROM site") == first
    assert service.ask("site", "token", "default", "--yes").exit_code == 0
    assert service.query("SELECT token_hash FROM site") != first


def test_a_parked_message_is_listed_retried_and_dropped(service: Service) -> None:
    service.ask("credential", "add", "A1B2C3D4", "--holder", "Ada")
    service.query("UPDATE inbox SET status = 'parked', outcome = 'ValueError: \x1b[31mno', tries = 3")
    [[row_id]] = service.query("SELECT id FROM inbox")
    stands = (
        f"SELECT status, outcome FROM inbox WHERE id = '{row_id}'"  # what is done to it is a row too, for the journal
    )
    shown = service.ask("rejected")
    assert f"{row_id}  add-credential for site default" in shown.output
    assert "3 tries: ValueError: \\x1b[31mno" in shown.output
    assert service.ask("rejected", "retry", str(row_id)).exit_code == 0
    assert service.query(stands) == [("new", "")]
    assert service.ask("rejected", "drop", str(row_id), "--reason", "a test").exit_code == 2
    service.query(f"UPDATE inbox SET status = 'parked' WHERE id = '{row_id}'")
    assert service.ask("rejected", "drop", str(row_id), "--reason", "a test").exit_code == 0
    assert service.query(stands) == [("refused", "a test")]
    unknown = service.ask("rejected", "retry", str(uuid4()))
    assert unknown.exit_code == 2
    assert "is parked; `syspark rejected` lists those that are" in unknown.output


def test_an_altered_journal_row_is_named(service: Service) -> None:
    service.start()
    for uid in ("A1B2C3D4", "B2C3D4E5", "C3D4E5F6"):
        service.know(uid)
    sound = service.ask("audit", "verify")
    assert sound.exit_code == 0
    # Each badge is a decision of the site, and one of what keeps its controllers' lists.
    assert sound.output.splitlines()[-2:] == [
        "6 rows checked, 0 of 1 chains bad",
        "0 closings made again from the ledger, 0 books bad",
    ]
    service.query("UPDATE journal SET rule = 'badge-unknown' WHERE seq = 2")
    altered = service.ask("audit", "verify")
    assert altered.exit_code == 1
    assert altered.output.splitlines()[0] == "BAD   chain site:default, row 2: was altered"
    assert service.ask("audit", "verify", "--chain", "site:default").exit_code == 1
    assert service.ask("audit", "verify", "--chain", "site:nowhere").exit_code == 2
