"""The shared server's databases are each test's own; a server of a test's own survives what is done to it."""

from collections.abc import Callable

import psycopg
import pytest

from tests.servers.postgres import PostgresServer, cloned_database

MakePostgres = Callable[[], PostgresServer]


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_fresh_database(database_url: str, turn: int) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE mine (turn int)")


def test_a_leaked_connection_fails(postgres_server: PostgresServer, template_database: str) -> None:
    with (
        pytest.raises(AssertionError, match="leaked connection"),
        cloned_database(postgres_server, template_database) as url,
    ):
        leaked = psycopg.connect(url)
    leaked.close()


@pytest.mark.timeout(60)
def test_data_survives_stop_and_kill(own_postgres: MakePostgres) -> None:
    server = own_postgres()
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept (number int)")
    for number, end in enumerate((server.stop, server.kill)):
        with psycopg.connect(server.url) as connection:
            connection.execute("INSERT INTO kept VALUES (%s)", (number,))
        end()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url)
        server.start()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT array_agg(number ORDER BY number) FROM kept").fetchone() == ([0, 1],)


@pytest.mark.timeout(60)
def test_frozen_server_goes_on(own_postgres: MakePostgres) -> None:
    server = own_postgres()
    with psycopg.connect(server.url) as connection:
        server.freeze()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url, connect_timeout=2)
        server.thaw()
        assert connection.execute("SELECT 1").fetchone() == (1,)
