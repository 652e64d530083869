"""What a newcomer gets wrong: each is told in a sentence, with exit code 2, and nothing is done."""

from pathlib import Path

import pytest

from tests.ops.conftest import Command

NOWHERE = {
    "DATABASE_URL": "postgresql://nobody:a-secret-password@127.0.0.1:1/none",
    "SYSPARK_SECRET_KEY": "a key of the tests that is long enough to sign with",
}
BADGE = ("credential", "add", "A1B2C3D4", "--holder", "Ada")


def test_every_command_explains_itself(command: Command, all_commands: list[tuple[str, ...]]) -> None:
    assert len(all_commands) > 15
    for words in all_commands:
        told = command(*words, "--help")
        assert (told.exit_code, told.output.splitlines()[0].split()[:2]) == (0, ["Usage:", "syspark"]), words
        assert len(told.output.splitlines()) > 3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("credential", "add", "A1B2", "--holder", "Ada"), "a badge number needs 8 or 10 hexadecimal digits"),
        (("credential", "add", "A1B2C3D4"), "Missing option '--holder'"),
        ((*BADGE, "--plan", "vip"), "'vip' is not one of 'subscriber', 'visitor', 'staff', 'emergency'"),
        ((*BADGE, "--until", "31/12/2026"), "'31/12/2026' is not a date such as 2026-12-31"),
        ((*BADGE, "--from", "2026-02-30"), "'2026-02-30' is not a date such as 2026-12-31"),
        (("credential", "add", "A1B2C3D4", "--holder", " \t"), "is empty"),
        (("site", "add", "Lyon"), "a site's name has 2 to 32 letters a to z, digits and dashes"),
        (("site", "add", "barriere"), "is not that of a device"),
        (("site", "add", "lyon", "--zone", "Europe/Lyon"), "is not a time zone, such as Europe/Paris"),
        (("site", "add", "lyon", "--zone", "../etc/passwd"), "is not a time zone"),
        (("site", "add", "lyon", "--capacity", "-1"), "-1 is not in the range"),
        (("site", "add", "lyon", "--currency", "euro"), "a currency has three capital letters, such as EUR"),
        (("site", "add", "lyon", "--speaks", "v3"), "'v3' is not one of 'v1', 'v2'"),
        (("rejected", "retry", "17"), "'17' is the id of no message"),
        (("rejected", "--limit", "0"), "0 is not in the range"),
        (("nonsense",), "No such command 'nonsense'"),
    ],
)
def test_a_wrong_word_is_told_before_anything_is_done(command: Command, words: tuple[str, ...], sentence: str) -> None:
    told = command(*words, env=NOWHERE)
    assert told.exit_code == 2
    assert sentence in " ".join(told.output.split())
    assert "Traceback" not in told.output


def test_a_database_that_is_away_is_said_without_its_password(command: Command) -> None:
    told = command("site", "list", env=NOWHERE)
    assert (told.exit_code, told.output) == (1, "Error: database unavailable: nothing listens there\n")


def test_a_wrong_setting_is_told_without_its_value(command: Command) -> None:
    told = command("site", "list", env={"DATABASE_URL": "mysql://me:a-secret-password@host/db"})
    assert told.exit_code == 2
    assert told.output.startswith("Error: DATABASE_URL does not begin with postgresql://")
    assert "a-secret-password" not in told.output


@pytest.mark.parametrize("digits", ["123", "123456789", "12a4", "١٢٣٤", ""])
def test_a_pin_that_is_none_is_refused_without_being_shown(command: Command, tmp_path: Path, digits: str) -> None:
    file = tmp_path / "pin"
    file.write_text(digits, encoding="utf-8")
    told = command("site", "pin", "default", "entry", "--pin-file", str(file), env=NOWHERE)
    assert told.exit_code == 2
    assert "a PIN has 4 to 8 digits" in told.output
    assert not digits or digits not in told.output


def test_a_secret_that_is_none_is_refused(command: Command) -> None:
    told = command("site", "add", "lyon", "--secret-file", "/nowhere/secret", env=NOWHERE)
    assert told.exit_code == 2
    assert "does not exist" in told.output
