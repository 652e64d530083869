"""Secrets at rest: opened only by the setting that wrapped their keys, which can be changed."""

import pytest

from syspark.domain.units import Secret
from syspark.persistence import vault
from syspark.persistence.postgres.stores import PostgresStores

SETTING = Secret("a long random setting")
NEW_SETTING = Secret("another long random setting")
SITE_SECRET = Secret("s3cret-é")


async def test_a_secret_is_sealed_and_opened_by_the_next_process(postgres: PostgresStores) -> None:
    first = await vault.open_vault(postgres.database, SETTING)
    sealed = first.seal(SITE_SECRET)
    assert SITE_SECRET.encode() not in sealed
    assert SITE_SECRET not in repr(first)
    assert (await vault.open_vault(postgres.database, SETTING)).open(sealed) == SITE_SECRET


async def test_another_setting_opens_nothing(postgres: PostgresStores) -> None:
    await vault.open_vault(postgres.database, SETTING)
    with pytest.raises(vault.UnopenableError, match="SYSPARK_SECRET_KEY is not the one"):
        await vault.open_vault(postgres.database, NEW_SETTING)


async def test_changing_the_setting_leaves_what_was_sealed_as_it_is(postgres: PostgresStores) -> None:
    sealed = (await vault.open_vault(postgres.database, SETTING)).seal(SITE_SECRET)
    with pytest.raises(vault.UnopenableError):
        await vault.change_setting(postgres.database, NEW_SETTING, SETTING)
    await vault.change_setting(postgres.database, SETTING, NEW_SETTING)
    changed = await vault.open_vault(postgres.database, NEW_SETTING)
    assert changed.open(sealed) == SITE_SECRET
    assert changed.seal(SITE_SECRET).startswith(b"2:"), "a data key that the former setting never opened"


@pytest.mark.parametrize("sealed", [b"", b"1:", b"x:y", b"7:abc", b"1:\xff"])
async def test_what_was_never_sealed_is_refused(postgres: PostgresStores, sealed: bytes) -> None:
    opened = await vault.open_vault(postgres.database, SETTING)
    with pytest.raises(vault.UnopenableError):
        opened.open(sealed)
