"""What a database of the benchmark is filled with: sites, badges, parked vehicles, and the past."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import psycopg
from psycopg import sql

from ops.embedded.cluster import PostgresCluster
from syspark.domain.access import Plan
from syspark.domain.session import Session, Status
from syspark.domain.tariff import Tariff
from syspark.domain.units import HolderKey, SessionId
from syspark.persistence import queries, schema

TEMPLATE = "bench_template"
FOR_ID, FOR_UID = "the id of a session", "the uid of a badge"
LONG_AGO = timedelta(days=30)
PARKED_SINCE = timedelta(hours=3)
"""Long enough ago for every vehicle to be let out, and free of charge to subscribers."""


@dataclass(frozen=True, slots=True)
class Population:
    """How much there is of everything. `parked` and `badges` are per site; the first badges are those parked.

    `past` sessions, over long ago, lie at the first site.
    """

    sites: int
    badges: int
    parked: int = 0
    past: int = 0
    devices: int = 100
    partitions: int = 1

    @property
    def names(self) -> Sequence[str]:
        """The sites, besides the default one, which stays empty."""
        return [f"site-{number:05d}" for number in range(self.sites)]


def uid(number: int) -> str:
    """The UID of a badge, the same number at every site."""
    return f"{number:08X}"


def make_template(cluster: PostgresCluster) -> None:
    """Make the migrated, empty database that the others are copies of."""
    _administer(cluster, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    schema.migrate(cluster.url_of(TEMPLATE))


@contextmanager
def database(cluster: PostgresCluster, population: Population) -> Iterator[str]:
    """The URL of a database with this population, dropped afterwards."""
    name = f"bench_{uuid4().hex[:12]}"
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE))
    _administer(cluster, copy)
    try:
        _fill(cluster.url_of(name), population)
        yield cluster.url_of(name)
    finally:
        _administer(cluster, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def rows_written(url: str) -> dict[str, tuple[int, int]]:
    """Per table, its rows (or versions) and the bytes of their bodies."""
    with psycopg.connect(url) as connection:
        found = connection.execute(queries.load("population", "ops.bench")["rows_written"].encode()).fetchall()
    return {name: (count, size) for name, count, size in found}


def _fill(url: str, population: Population) -> None:
    statements = queries.load("population", "ops.bench")
    names = {"names": list(population.names)}
    parked_at = datetime.now(UTC) - PARKED_SINCE
    long_ago = parked_at - LONG_AGO
    with psycopg.connect(url) as connection:

        def run(name: str, **parameters: object) -> None:
            connection.execute(statements[name].encode(), {**names, **parameters})

        run("own_deployment")
        run("sites")
        run("spread", partitions=population.partitions)
        run("lanes")
        run("devices", devices=population.devices)
        run("policies")
        run("tariffs")
        run("credentials", badges=population.badges)
        run("sessions", first=0, end=population.parked, **_session(parked_at))
        past = _session(long_ago, closed_at=long_ago + timedelta(hours=1))
        run("sessions", first=0, end=population.past, **{**past, "names": list(population.names[:1])})
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements["settle"].encode())


def _session(opened_at: datetime, *, closed_at: datetime | None = None) -> dict[str, object]:
    """A subscriber's session as the domain writes it, for every badge and every id."""
    session = Session(
        id=SessionId(FOR_ID),
        holder_key=HolderKey(FOR_UID),
        plan=Plan.SUBSCRIBER,
        tariff=Tariff(),
        tariff_version=1,
        opened_at=opened_at,
        decided_at=opened_at,
        status=Status.CLOSED if closed_at else Status.ACTIVE,
        closed_at=closed_at,
        left_at=closed_at,
        closed_as="right" if closed_at else None,
    )
    return {
        "version": 2 if closed_at else 1,
        "status": session.status,
        "opened_at": opened_at,
        "closed_at": closed_at,
        "body": msgspec.json.encode(session).decode(),
        "for_id": FOR_ID,
        "for_uid": FOR_UID,
    }


def _administer(cluster: PostgresCluster, command: sql.Composed) -> None:
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(command)
