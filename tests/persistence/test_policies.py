"""Row-level policies: the web's role sees its own organisation and nothing else, in every table."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from syspark.persistence.postgres.stores import PostgresStores
from tests.persistence.worker import Worker, ask

OF_THE_DEPLOYMENT = {"deployment", "data_key", "partition", "worker", "alembic_version"}
"""The tables that hold nothing of any organisation."""

TABLES = """
    SELECT c.relname,
        EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organisation_id'),
        EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'site_id'),
        c.relrowsecurity
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""

DUMMIES = {
    "uuid": "gen_random_uuid()",
    "text": "gen_random_uuid()::text",
    "bytea": "uuid_send(gen_random_uuid())",
    "integer": "1",
    "bigint": "1",
    "double precision": "1",
    "smallint": "1",
    "boolean": "true",
    "json": "'{}'",
    "jsonb": "'{}'",
    "date": "current_date",
    "timestamp with time zone": "now()",
    "ARRAY": "'{}'",
}
"""A value for each type, so that a row of any table can be made."""

COLUMNS = """
    SELECT column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_nullable = 'NO' AND column_default IS NULL
        AND is_identity = 'NO' AND column_name <> 'organisation_id'
"""


async def tenant_tables(url: str) -> list[str]:
    """The tables whose rows belong to somebody."""
    return sorted(name for name, has_owner, _, _ in await ask(url, TABLES) if has_owner)


async def test_every_table_says_whose_its_rows_are_and_has_policies(database_url: str) -> None:
    tables = {name: rest for name, *rest in await ask(database_url, TABLES)}
    without = {
        name for name, (has_owner, has_site, secured) in tables.items() if not (has_owner and has_site and secured)
    }
    assert without == OF_THE_DEPLOYMENT


async def test_the_web_sees_only_its_own_organisation_s_rows_in_every_table(database_url: str) -> None:
    await fill_every_table(database_url, [UUID(int=1), UUID(int=2)])
    unseen = set()
    for table in await tenant_tables(database_url):
        query = sql.SQL("SELECT organisation_id FROM {}").format(sql.Identifier(table))
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            await connection.execute("SET ROLE syspark_web")
            try:
                before = await (await connection.execute(query)).fetchall()
            except InsufficientPrivilege:
                unseen.add(table)
                continue
            await connection.execute("SELECT set_config('syspark.organisation_id', %s, true)", (str(UUID(int=1)),))
            inside = await (await connection.execute(query)).fetchall()
        assert (table, before, set(inside)) == (table, [], {(UUID(int=1),)})
    assert unseen == {"site_pin"}


async def test_the_web_cannot_write_for_another_organisation(database_url: str) -> None:
    for table in ("inbox_key", "web_session"):
        names, values = await a_row(database_url, table)
        insert = sql.SQL("INSERT INTO {} (organisation_id, {}) VALUES ({}, {})").format(
            sql.Identifier(table), names, sql.Literal(UUID(int=2)), values
        )
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            await connection.execute("SET ROLE syspark_web")
            await connection.execute("SELECT set_config('syspark.organisation_id', %s, true)", (str(UUID(int=1)),))
            with pytest.raises(InsufficientPrivilege, match="row-level security"):
                await connection.execute(insert)


async def test_the_web_puts_a_request_into_a_mailbox_of_its_organisation(worker: Worker, database_url: str) -> None:
    request = worker.make.fact(event_id="form-7")
    async with PostgresStores.open(database_url, role="syspark_web") as web:
        await web.stores.inbox.request(request)
        await web.stores.inbox.request(request)
    [seen] = await worker.stores.inbox.undone(0, 0, 10)
    assert seen.id == request.id


async def fill_every_table(url: str, organisations: list[UUID]) -> None:
    """A row of each organisation in every table; foreign keys are not what is tested here."""
    for table in await tenant_tables(url):
        names, values = await a_row(url, table)
        for organisation in organisations:
            async with await psycopg.AsyncConnection.connect(url) as owner:
                await owner.execute("SET session_replication_role = replica")
                insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(filter(None, [sql.Identifier("organisation_id"), names])),
                    sql.SQL(", ").join(filter(None, [sql.Literal(organisation), values])),
                )
                await owner.execute(insert)


async def a_row(url: str, table: str) -> tuple[sql.Composed, sql.Composed]:
    """The compulsory columns of a table besides its owner, and values that its checks allow."""
    special: dict[tuple[str, str], str] = {
        ("device", "speaks"): "'v1'",
        ("outbox", "fate"): "'sent'",
        ("site", "site_id"): "'s-' || left(gen_random_uuid()::text, 8)",
        ("site", "currency"): "'EUR'",
        ("holder", "kind"): "'person'",
        ("witness", "kind"): "'badge'",
        ("closing", "period"): "'day'",
        ("ledger_entry", "kind"): "'sale'",
    }
    columns: list[tuple[Any, ...]] = await ask(url, COLUMNS, table)
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns)
    values = sql.SQL(", ").join(sql.SQL(special.get((table, name), DUMMIES[kind])) for name, kind in columns)
    return names, values
