"""Bringing a database to this release's schema, and telling whether it is there."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from uuid import uuid4

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.rows import TupleRow
from sqlalchemy import create_engine, pool
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, ProgrammingError

from syspark.contract.topics import DEFAULT_SITE
from syspark.errors import PermanentError, Unavailable
from syspark.layout import partition_of_site
from syspark.persistence import defaults, queries
from syspark.persistence.postgres import arrays, sites
from syspark.persistence.postgres.failures import described, translated

Progress = Callable[[str], None]

RIGHTS = "; the user of DATABASE_URL must own the database and be allowed to create roles (CREATEROLE)"
WAIT_FOR_ANOTHER = "SELECT pg_advisory_lock(hashtextextended('syspark migrate', 0))"


class WrongDeployment(PermanentError):  # noqa: N818 - names what the database is, not what went wrong here
    """The database belongs to a deployment that this process cannot serve as it is set up."""


def migrate(url: str, partitions: int = 1, progress: Progress = lambda line: None) -> None:
    """Bring the schema up to date, one process at a time, and create the default site in an empty database.

    `progress` is told each step in a sentence. Raises `Unavailable`, `WrongDeployment` when the database was made for
    another number of partitions, and `PermanentError` when this user may not change the schema.
    """
    with _connected(url) as connection, connection.begin():
        # Of the session: a killed migration leaves none behind, as closing the connection ends it.
        connection.exec_driver_sql(WAIT_FOR_ANOTHER)
        config = _config()
        config.attributes["connection"] = connection
        config.attributes["progress"] = progress
        command.upgrade(config, "head")
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        _seed(driver, partitions, progress)
        # The partitions of this month and the next ones must be there before the first row.
        driver.execute(queries.load("deployment")["make_partitions"].encode(), {"ahead_of": None})


def schema_is_current(url: str) -> bool:
    """Whether the database has exactly this release's schema. Raises `Unavailable`."""
    with _connected(url) as connection:
        return MigrationContext.configure(connection).get_current_revision() == _scripts().get_current_head()


@functools.cache
def head_revision() -> str:
    """The revision this release's schema has. Reads the migrations' folder, the first time."""
    head = _scripts().get_current_head()
    assert head is not None
    return head


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("syspark.persistence.migrations")))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """A connection as the user of the URL. The driver's errors end here."""
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url, connect_timeout=5), poolclass=pool.NullPool
    )
    try:
        with translated(), engine.connect() as connection:
            yield connection
    except (ProgrammingError, psycopg.errors.InsufficientPrivilege) as error:
        cause = _cause(error)
        wanted = RIGHTS if isinstance(cause, psycopg.errors.InsufficientPrivilege) else ""
        raise PermanentError(f"the database refuses to be migrated: {described(cause)}{wanted}") from error
    except DBAPIError as error:
        raise Unavailable("database", because=described(_cause(error))) from error
    finally:
        engine.dispose()


def _cause(error: Exception) -> Exception:
    return error.orig if isinstance(error, DBAPIError) and isinstance(error.orig, Exception) else error


def _seed(connection: psycopg.Connection[TupleRow], partitions: int, progress: Progress) -> None:
    """Create what an empty database must hold; in any other, check that it is ours."""
    sql = {**queries.load("deployment"), **queries.load("site")}
    row = connection.execute(sql["partitions"].encode()).fetchone()
    if row is not None:
        if row[0] != partitions:
            raise WrongDeployment(
                f"the database was made for {row[0]} partitions, SYSPARK_PARTITIONS asks for {partitions}: "
                f"the number is chosen once, set SYSPARK_PARTITIONS={row[0]}"
            )
        return
    progress("creating the organisation and the site default")
    arrays.register(connection)
    organisation_id = uuid4()
    own = {"deployment": uuid4(), "partitions": partitions, "organisation_id": organisation_id}
    names = {"legal_entity": uuid4(), "name": defaults.ORGANISATION_NAME}
    for statement in ("add_deployment", "add_partitions", "add_organisation", "add_legal_entity"):
        connection.execute(sql[statement].encode(), {**own, **names})
    site = defaults.default_site(organisation_id, partition_of_site(DEFAULT_SITE, partitions))
    for statement, parameters in sites.writes(site):
        connection.execute(sql[statement].encode(), parameters)
