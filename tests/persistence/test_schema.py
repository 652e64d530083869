"""Migrations: safe to repeat and to race, made once for a number of partitions, and readable as `schema.sql`."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from syspark import layout
from syspark.domain.units import SiteId
from syspark.persistence import schema
from syspark.persistence.admin import Administration
from syspark.persistence.housekeeping import Housekeeping
from syspark.persistence.postgres.stores import PostgresStores
from tests.persistence.dump import COMMITTED, readable_schema
from tests.persistence.worker import ask
from tests.servers.postgres import PostgresServer
from tests.servers.process import ChildProcess

MIGRATE = """
import os, sys
from syspark.persistence.schema import migrate

for url in sys.argv[1:]:
    if not os.fork():
        migrate(url, 4)
        os._exit(0)
sys.exit(any(os.wait()[1] for _ in sys.argv[1:]))
"""
"""A process for each URL, of which none has to load everything for itself."""


@pytest.fixture
def empty_databases(postgres_server: PostgresServer) -> Iterator[list[str]]:
    """The URLs of two databases that nothing has ever migrated."""
    names = [f"e_{uuid4().hex}" for _ in range(2)]
    with psycopg.connect(postgres_server.url, autocommit=True) as owner:
        for name in names:
            owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield [postgres_server.cluster.url_of(name) for name in names]
        for name in names:
            owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_migrating_tells_its_steps_once_and_may_be_repeated(empty_databases: list[str]) -> None:
    url, told, told_again = empty_databases[0], list[str](), list[str]()
    assert not schema.schema_is_current(url)
    schema.migrate(url, 1, told.append)
    assert told[-1] == "creating the organisation and the site default"
    assert all(line.startswith("migrated the database: ") for line in told[:-1])
    assert len(set(told)) == len(told) > 1
    assert schema.schema_is_current(url)
    schema.migrate(url, 1, told_again.append)
    assert told_again == []


def test_processes_that_migrate_at_once_do_it_once_also_across_databases(
    empty_databases: list[str], spawn: Callable[..., ChildProcess]
) -> None:
    assert spawn("-c", MIGRATE, *empty_databases * 2).wait() == 0
    for url in empty_databases:
        with psycopg.connect(url) as owner:
            counts = owner.execute(
                "SELECT (SELECT count(*) FROM deployment), (SELECT count(*) FROM partition), count(*) FROM site"
            ).fetchone()
        assert counts == (1, 4, 1)


def test_another_number_of_partitions_is_refused_in_one_sentence(database_url: str) -> None:
    with pytest.raises(schema.WrongDeployment, match="made for 1 partitions, SYSPARK_PARTITIONS asks for 4"):
        schema.migrate(database_url, 4)


def test_the_committed_schema_is_the_sum_of_the_migrations(postgres_server: PostgresServer, database_url: str) -> None:
    committed = COMMITTED.read_text(encoding="utf-8")
    assert readable_schema(database_url) == committed, "run `python -m tests.persistence.dump` and look at the change"


def test_the_partitions_of_an_organisation_and_of_a_site_never_change() -> None:
    assert layout.partition_of_organisation(UUID(int=1), 1) == 0
    assert [layout.partition_of_organisation(UUID(int=number), 64) for number in range(1, 5)] == [59, 40, 38, 24]
    assert layout.partition_of_site(SiteId("default"), 1) == 0
    assert [layout.partition_of_site(SiteId(name), 64) for name in ("default", "gare", "mairie")] == [61, 37, 44]


async def test_a_fresh_database_holds_the_default_site(postgres: PostgresStores) -> None:
    [site] = await Administration(postgres.database).sites()
    assert (site.id, site.zone, site.currency, site.capacity) == ("default", "Europe/Paris", "EUR", 50)
    assert {lane.lane: lane.has_sensor for lane in site.lanes} == {"entry": True, "exit": False}
    assert {device.name: device.lane for device in site.devices}["barriere"] == "exit"
    assert {device.speaks for device in site.devices} == {"v1"}
    assert (site.policy, site.policy_version, site.tariff_version) == (b"{}", 1, 1)


async def test_the_worker_makes_partitions_ahead_without_the_right_to_create_tables(
    postgres: PostgresStores, database_url: str
) -> None:
    housekeeping = Housekeeping(postgres.database)
    assert await housekeeping.make_partitions(datetime.now(UTC)) == 0
    assert await housekeeping.make_partitions(datetime(2031, 5, 15, tzinfo=UTC)) == 5 + 5 + 16
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await ask_as_worker(database_url, "CREATE TABLE x ()")


async def test_rows_that_fell_into_the_default_partition_are_moved(postgres: PostgresStores, database_url: str) -> None:
    insert = """
        INSERT INTO rejected_message (id, organisation_id, topic, payload, reason, detail, received_at)
        VALUES (gen_random_uuid(), gen_random_uuid(), 't', '', 'r', '', '2031-05-31 23:59:59.999999Z')
    """
    await ask(database_url, insert)
    administration = Administration(postgres.database)
    assert (await administration.health()).stray_rows
    await Housekeeping(postgres.database).make_partitions(datetime(2031, 5, 15, tzinfo=UTC))
    assert not (await administration.health()).stray_rows
    assert await ask(database_url, "SELECT tableoid::regclass::text FROM rejected_message") == [
        ("rejected_message_203105",)
    ]


@pytest.mark.parametrize("statement", ["DELETE FROM journal", "UPDATE journal SET rule = 'x'", "TRUNCATE journal"])
async def test_the_worker_can_only_add_to_the_journal(database_url: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await ask_as_worker(database_url, statement)


async def ask_as_worker(url: str, statement: str) -> None:
    """Run a statement in the worker's role."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("SET ROLE syspark_worker")
        await connection.execute(statement.encode())
