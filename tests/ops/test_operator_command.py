"""`syspark operator`: who may sign in, with passwords that are shown once and stored as hashes."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.ops.service import Service

pytestmark = pytest.mark.timeout(60)


def test_somebody_is_added_listed_and_given_another_password(service: Service) -> None:
    assert service.ask("operator", "list").output == "nobody may sign in: syspark operator add --help\n"
    added = service.ask("operator", "add", "marie", "--role", "manager", "--site", "default")
    assert added.exit_code == 0, added.output
    first, shown = added.output.splitlines()
    assert first == "marie may sign in as manager of site default"
    password = shown.removeprefix("password, shown this once: ")
    assert PasswordHasher().verify(_hash_of(service, "marie"), password)
    listed = service.ask("operator", "list").output
    assert listed.split() == ["marie", "manager", "default"]
    service.query(
        "INSERT INTO web_session (id_hash, organisation_id, operator_id, body, expires_at)"
        " SELECT '\\x01', organisation_id, id, '', now() + interval '1 hour' FROM operator"
    )
    changed = service.ask("operator", "passwd", "marie")
    assert changed.exit_code == 0
    assert PasswordHasher().verify(_hash_of(service, "marie"), changed.output.split()[-1])
    assert service.query("SELECT count(*) FROM web_session") == [(0,)]


def test_a_password_may_be_given(service: Service, tmp_path: Path) -> None:
    given = tmp_path / "password"
    given.write_text("four words nobody uses\n")
    added = service.ask("operator", "add", "marie", "--password-file", str(given))
    assert added.output == "marie may sign in as operator of all sites\n"
    assert PasswordHasher().verify(_hash_of(service, "marie"), "four words nobody uses")
    again = service.ask("operator", "add", "marie", "--password-file", str(given))
    assert (again.exit_code, again.output) == (1, "Error: there is an operator marie already\n")


WRONG = {
    ("add", "no spaces please"): "is not 1 to 64 letters, digits, dots, dashes or @",
    ("add", "marie", "--role", "chief"): "'chief' is not one of 'viewer', 'operator', 'manager'",
    ("add", "marie", "--site", "lyon"): "there is no site 'lyon'; there is: default",
    ("add", "marie", "--password-file", "/nowhere/password"): "'/nowhere/password' cannot be read",
    ("passwd", "nobody"): "there is no operator 'nobody'",
}


def test_what_is_wrong_is_told(service: Service) -> None:
    for words, sentence in WRONG.items():
        told = service.ask("operator", *words)
        assert told.exit_code == 2
        assert sentence in " ".join(told.output.split())


def test_a_known_default_is_refused(service: Service, tmp_path: Path) -> None:
    given = tmp_path / "password"
    given.write_text("admin123\n")
    told = service.ask("operator", "add", "marie", "--password-file", str(given))
    assert told.exit_code == 2
    assert "the password in it is a well-known default" in " ".join(told.output.split())
    assert "admin123" not in told.output


def _hash_of(service: Service, login: str) -> str:
    [[found]] = service.query("SELECT password_hash FROM operator WHERE login = %s", login)
    return str(found)


def test_a_partner_s_login_is_one_partner_s(service: Service) -> None:
    service.query(
        "INSERT INTO partner (id, organisation_id, site_id, partition, name, body)"
        " SELECT '11111111-1111-4111-8111-111111111111', organisation_id, 'default', 0, 'Hotel Rivoli', ''"
        " FROM organisation"
    )
    added = service.ask(
        "operator", "add", "desk", "--role", "partner", "--site", "default", "--partner", "hotel rivoli"
    )
    assert (added.exit_code, added.output.splitlines()[0]) == (0, "desk may sign in as partner of site default")
    assert service.query("SELECT partner_id::text FROM operator") == [("11111111-1111-4111-8111-111111111111",)]
    for wrong in (
        ("--role", "partner", "--site", "default"),
        ("--role", "partner", "--partner", "Hotel Rivoli"),
        ("--role", "manager", "--site", "default", "--partner", "Hotel Rivoli"),
        ("--role", "partner", "--site", "default", "--partner", "Clinic"),
    ):
        assert service.ask("operator", "add", "other", *wrong).exit_code == 2
    assert service.query("SELECT count(*) FROM operator") == [(1,)]
