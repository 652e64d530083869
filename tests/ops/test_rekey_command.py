"""`syspark rekey`: the database opens with another key, and no longer with the former one."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from syspark.domain.units import Secret
from syspark.persistence.postgres.stores import PostgresStores
from syspark.persistence.vault import UnopenableError, Vault, open_vault
from tests.ops.conftest import Command

pytestmark = pytest.mark.timeout(60)

FORMER, NEW, OTHER = (f"the {which} key, of 32 characters or more" for which in ("former", "new", "other"))
PIN = Secret("4711")

Rekey = Callable[[str, str], Result]


@pytest.fixture
def rekey(command: Command, database_url: str, tmp_path: Path) -> Rekey:
    """Runs the command with a former key in its file and a new one in the settings."""

    def run(former: str, new: str) -> Result:
        (tmp_path / "former").write_text(f"{former}\n")
        env = {"DATABASE_URL": database_url, "SYSPARK_SECRET_KEY": new, "MQTT_HOST": "127.0.0.1"}
        return command("rekey", "--former-file", str(tmp_path / "former"), env=env)

    return run


def vault(url: str, key: str) -> Vault:
    """The database's vault, opened as a process that starts does."""

    async def opened() -> Vault:
        async with PostgresStores.open(url, size=1) as stores:
            return await open_vault(stores.database, Secret(key))

    return asyncio.run(opened())


def test_the_new_key_opens_what_the_former_one_sealed(rekey: Rekey, database_url: str) -> None:
    sealed = vault(database_url, FORMER).seal(PIN)
    changed = rekey(FORMER, NEW)
    assert (changed.exit_code, changed.output[:9]) == (0, "changed: ")
    assert vault(database_url, NEW).open(sealed) == PIN
    with pytest.raises(UnopenableError):
        vault(database_url, FORMER)


def test_a_second_time_changes_nothing(rekey: Rekey, database_url: str) -> None:
    vault(database_url, FORMER)
    rekey(FORMER, NEW)
    sealed = vault(database_url, NEW).seal(PIN)
    again = rekey(FORMER, NEW)
    assert (again.exit_code, "already" in again.output) == (0, True)
    assert vault(database_url, NEW).open(sealed) == PIN


def test_a_former_key_that_is_not_the_former_one_changes_nothing(rekey: Rekey, database_url: str) -> None:
    vault(database_url, FORMER)
    refused = rekey(OTHER, NEW)
    assert (refused.exit_code, refused.output) == (
        1,
        "Error: neither SYSPARK_SECRET_KEY nor the key in --former-file opens this database\n",
    )
    vault(database_url, FORMER)


def test_what_cannot_be_a_key_is_refused_unshown(rekey: Rekey) -> None:
    refused = rekey("s3cret", NEW)
    assert (refused.exit_code, "has fewer than 32 characters" in refused.output) == (2, True)
    assert "s3cret" not in refused.output
