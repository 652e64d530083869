"""What makes PostgreSQL say that a site has changed, and that no change slips through between two looks."""

import psycopg
import pytest

from syspark.persistence.postgres.stores import PostgresStores
from tests.persistence.worker import ask

CHANGES = [
    "UPDATE site SET capacity = 7",
    "UPDATE lane SET has_sensor = true WHERE lane = 'exit'",
    "INSERT INTO device SELECT site_id, 'barriere-2', organisation_id, 'barriere', 'exit', 'v2' FROM site",
    "DELETE FROM device WHERE name = 'meteo'",
    "UPDATE tariff_version SET author = 'somebody'",
    "INSERT INTO site_pin SELECT site_id, 'entry', organisation_id, 'sealed' FROM site",
]


@pytest.mark.parametrize("statement", CHANGES)
async def test_every_part_of_a_site_counts(postgres: PostgresStores, database_url: str, statement: str) -> None:
    state = postgres.stores.state
    before = await state.changed_sites([0], None)
    assert not (await state.changed_sites([0], before.seen)).sites
    await ask(database_url, statement)
    [changed] = (await state.changed_sites([0], before.seen)).sites
    assert changed == await state.site(changed.id)


async def test_a_change_that_was_under_way_at_the_last_look_is_found_by_the_next(
    postgres: PostgresStores, database_url: str
) -> None:
    state = postgres.stores.state
    async with await psycopg.AsyncConnection.connect(database_url) as slow:
        await slow.execute("UPDATE site SET capacity = 8")
        await ask(database_url, "UPDATE deployment SET created_at = now()")
        look = await state.changed_sites([0], (await state.changed_sites([0], None)).seen)
        assert not look.sites
        await slow.commit()
    [found] = (await state.changed_sites([0], look.seen)).sites
    assert found.capacity == 8


async def test_numbers_of_the_server_a_dump_came_from_mean_nothing_here(
    postgres: PostgresStores, database_url: str
) -> None:
    before = await postgres.stores.state.changed_sites([0], None)
    await ask(database_url, "ALTER TABLE site DISABLE TRIGGER changes; UPDATE site SET changed_in = '9999999999'")
    assert not (await postgres.stores.state.changed_sites([0], before.seen)).sites
