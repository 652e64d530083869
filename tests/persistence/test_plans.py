"""No write of the worker reads a table through, small as it may be: its plans are kept while the tables grow."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from syspark.domain.units import SessionId, SiteId
from syspark.persistence import chain, queries
from syspark.persistence.postgres import batch
from syspark.persistence.postgres.arrays import instants, texts, uuids
from syspark.persistence.postgres.columns import fences, messages
from syspark.persistence.postgres.database import fetch
from syspark.persistence.postgres.stores import PostgresStores
from syspark.persistence.postgres.together import Together
from syspark.persistence.postgres.units import random_salt
from syspark.rows import Deadline, Unit
from tests.persistence.worker import Worker, ask

GROWING = ("inbox", "outbox", "snapshot", "parking_session", "journal", "credential", "deadline", "chain_head")


@pytest.fixture(autouse=True)
async def looked_at_while_empty(database_url: str) -> None:
    """The planner knows that nothing is there, as after the first round of autovacuum."""
    await ask(database_url, "ANALYZE")


async def read_through(postgres: PostgresStores, statement: str, parameters: Mapping[str, Any]) -> list[str]:
    """The lines of a statement's plan that read one of the growing tables from end to end."""
    async with postgres.database.transaction() as connection:
        cursor = await fetch(connection, f"EXPLAIN {statement}", parameters)
        return _reading_through(await cursor.fetchall())


def _reading_through(plan: Iterable[tuple[str]]) -> list[str]:
    lines = [line for (line,) in plan]
    assert lines
    return [line for line in lines if "Seq Scan" in line and any(f" on {name}" in line for name in GROWING)]


async def decided(worker: Worker) -> Unit:
    """A unit that replaces a snapshot and a session and clears a timer, besides what every unit does."""
    [row] = await worker.facts(1)
    unit = worker.unit(row)
    later = worker.make.session(SessionId(str(uuid4())), 2)
    return replace(
        unit,
        snapshot=worker.make.snapshot(2),
        sessions=(*unit.sessions, later),
        deadlines=(Deadline(row.scope, row.recipient, "payment", None),),
    )


async def test_the_writes_of_a_unit(postgres: PostgresStores, worker: Worker) -> None:
    unit = await decided(worker)
    linked = [chain.link(chain.Head(), entry, random_salt) for entry in unit.journal]
    statements = {**queries.load("unit"), **queries.load("inbox")}
    writes = [batch.decided([unit]), *batch.writes([unit], linked, random_salt)]
    assert {"decide", "snapshots", "sessions", "clear_deadlines"} <= {write.name for write in writes}
    for write in writes:
        assert await read_through(postgres, statements[write.name], write.parameters) == [], write.name
    statement, parameters = Together(statements).one(writes)
    assert _reading_through(await postgres.database.at_once(b"EXPLAIN " + statement, parameters)) == []


async def test_the_fate_of_a_command(postgres: PostgresStores, worker: Worker) -> None:
    [row] = await worker.facts(1)
    parameters = {
        "command_id": uuids([uuid4()]),
        "fate": texts(["acked"]),
        "at": instants([row.received_at]),
        "tells_of": uuids([uuid4()]),
        **messages([row]),
        **fences([worker.fence]),
    }
    assert await read_through(postgres, queries.load("outbox")["record"], parameters) == []


@pytest.mark.parametrize("name", ["sessions", "known_credentials"])
async def test_what_actors_look_up(postgres: PostgresStores, name: str) -> None:
    parameters = {"id": uuids([uuid4()]), "site_id": texts([SiteId("default")]), "uid": texts(["A1B2C3D4"])}
    assert await read_through(postgres, queries.load("state")[name], parameters) == []
