"""The embedded PostgreSQL keeps its data through restarts and kills, and harms nothing that is not its own."""

import asyncio
import os
import select
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import uvloop

from ops.embedded import account, layout
from ops.embedded.cluster import PostgresCluster
from ops.embedded.errors import AlreadyRunningError, EmbeddedError, StartError
from ops.embedded.leftover import PID_FILE
from ops.embedded.postgres import EmbeddedPostgres
from tests.servers.process import ChildProcess
from tests.servers.waiting import wait_until

pytestmark = pytest.mark.timeout(60)
SUPERVISOR = str(Path(__file__).with_name("supervisor.py"))
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="about what root does")
Spawn = Callable[..., ChildProcess]


@pytest.fixture
def cluster(home: Path) -> Iterator[PostgresCluster]:
    made = PostgresCluster(home)
    yield made
    made.stop()


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def run(url: str, command: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(command)


async def test_starts_keeps_data_and_starts_again(home: Path) -> None:
    server = EmbeddedPostgres(home)
    for count in range(2):
        async with server:
            run(server.url, "CREATE TABLE IF NOT EXISTS kept (number int)")
            assert ask(server.url, "SELECT count(*) FROM kept") == count
            run(server.url, "INSERT INTO kept VALUES (1)")
            settings = "fsync", "data_checksums", "full_page_writes", "synchronous_commit"
            assert {ask(server.url, f"SHOW {name}") for name in settings} == {"on"}
            assert ask(server.url, "SHOW listen_addresses") == ""
            assert ask(server.url, "SHOW server_encoding") == "UTF8"
            assert server.data.stat().st_mode & 0o777 == 0o700
        assert not (server.data / PID_FILE).exists()


def test_works_on_uvloop_and_says_when_the_server_dies(home: Path) -> None:
    async def scenario() -> int:
        async with EmbeddedPostgres(home) as server:
            server.cluster.process.kill()
            return await asyncio.wait_for(server.wait_gone(), 10)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(scenario()) == -signal.SIGKILL


async def test_a_cancelled_start_leaves_nothing(home: Path) -> None:
    server = EmbeddedPostgres(home)
    starting = asyncio.create_task(server.start())
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    async with EmbeddedPostgres(home) as again:
        assert ask(again.url, "SELECT 1") == 1


def test_recovers_after_its_supervisor_was_killed(home: Path, spawn: Spawn, cluster: PostgresCluster) -> None:
    child = spawn(SUPERVISOR, str(home))
    up = child.wait_for_line(r"up (\S+) (\d+)", 30)
    url, left = up.group(1), int(up.group(2))
    run(url, "CREATE TABLE kept AS SELECT 7 AS number")
    handle = os.pidfd_open(left)
    child.kill()
    assert ask(url, "SELECT number FROM kept") == 7, "it outlives its supervisor"
    cluster.start()
    assert select.select([handle], [], [], 0)[0], "the one left over has ended"
    os.close(handle)
    assert cluster.process.pid != left
    assert ask(cluster.url, "SELECT number FROM kept") == 7


def test_recovers_after_both_were_killed(home: Path, spawn: Spawn, cluster: PostgresCluster) -> None:
    child = spawn(SUPERVISOR, str(home))
    up = child.wait_for_line(r"up (\S+) (\d+)", 30)
    run(up.group(1), "CREATE TABLE kept AS SELECT 7 AS number")
    child.send(signal.SIGSTOP)
    os.kill(int(up.group(2)), signal.SIGKILL)
    child.kill()
    cluster.start()
    assert ask(cluster.url, "SELECT number FROM kept") == 7


def test_a_strangers_process_is_left_alone(spawn: Spawn, cluster: PostgresCluster) -> None:
    cluster.start()
    cluster.stop()
    stranger = spawn("-c", "import signal; print('up'); signal.pause()")
    stranger.wait_for_line("up")
    (cluster.data / PID_FILE).write_text(f"{stranger.pid}\n{cluster.data}\n")
    cluster.start()
    assert ask(cluster.url, "SELECT 1") == 1
    assert stranger.process.poll() is None


@pytest.mark.parametrize("content", ["", "nonsense\n", "-1\n", "4194305\n"])
def test_a_broken_pid_file_is_no_obstacle(cluster: PostgresCluster, content: str) -> None:
    cluster.start()
    cluster.stop()
    (cluster.data / PID_FILE).write_text(content)
    cluster.start()
    assert ask(cluster.url, "SELECT 1") == 1


def test_a_second_instance_names_the_first(home: Path, spawn: Spawn, cluster: PostgresCluster) -> None:
    first = spawn(SUPERVISOR, str(home))
    first.wait_for_line("up", 30)
    with pytest.raises(AlreadyRunningError, match=rf"already running on {home}/postgres \(process {first.pid}\)"):
        cluster.start()
    assert first.terminate() == -signal.SIGTERM
    cluster.start()
    with pytest.raises(EmbeddedError, match="started already"):
        cluster.start()
    assert ask(cluster.url, "SELECT 1") == 1


@pytest.mark.parametrize("name", ["x" * 100, "with, comma and 'quote'", "été"])
def test_a_path_no_socket_can_have(home: Path, name: str) -> None:
    parent = home / name
    parent.mkdir(mode=0o711)
    cluster = PostgresCluster(parent / "home")
    cluster.start()
    try:
        elsewhere = Path((parent / "home/postgres/socket-folder").read_text().strip())
        assert elsewhere.stat().st_mode & 0o777 == 0o700
        assert ask(cluster.url, "SELECT 1") == 1
    finally:
        cluster.stop()
    assert not elsewhere.exists()


def test_the_socket_folder_is_private_and_emptied(cluster: PostgresCluster, home: Path) -> None:
    cluster.start()
    folder = home / "postgres/socket"
    assert folder.stat().st_mode & 0o777 == 0o700
    cluster.stop()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(folder / layout.SOCKET_FILE))
        (folder / "stray").touch()
        cluster.start()
    assert not (folder / "stray").exists()


def test_a_killed_first_start_is_begun_again(cluster: PostgresCluster, home: Path) -> None:
    half = home / "postgres/data-unfinished/base"
    half.mkdir(parents=True, mode=0o711)
    (home / "postgres").chmod(0o711)
    cluster.start()
    assert ask(cluster.url, "SELECT 1") == 1


def test_data_of_another_version_is_refused(cluster: PostgresCluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(StartError, match="made by PostgreSQL 17, and this is 18"):
        cluster.start()


def test_a_server_that_cannot_start_says_why(cluster: PostgresCluster) -> None:
    cluster.start()
    cluster.stop()
    with (cluster.data / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(StartError, match="no_such_setting"):
        cluster.start()


def test_the_callers_environment_does_not_redirect_it(
    cluster: PostgresCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGDATA": "/nowhere", "PGPORT": "1", "PGHOST": "203.0.113.1", "PGDATABASE": "x"}.items():
        monkeypatch.setenv(name, value)
    cluster.start()
    monkeypatch.undo()
    assert ask(cluster.url, "SELECT 1") == 1


@as_root
def test_below_a_closed_folder_the_data_moves_and_no_parent_is_opened(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, shared = home / "closed", home / "shared"
    closed.mkdir(mode=0o700)
    shared.mkdir(mode=0o711)
    monkeypatch.setattr(layout, "SHARED_STATE", shared)
    cluster = PostgresCluster(closed / "home")
    for expected in (None, 7):
        cluster.start()
        try:
            if expected is None:
                run(cluster.url, "CREATE TABLE kept AS SELECT 7 AS number")
            assert ask(cluster.url, "SELECT number FROM kept") == 7
            assert cluster.data.is_relative_to(shared)
        finally:
            cluster.stop()
    assert closed.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(layout, "SHARED_STATE", home / "missing")
    with pytest.raises(StartError, match="cannot enter"):
        PostgresCluster(closed / "other").start()


@as_root
def test_binaries_nobody_can_read_are_copied(
    cluster: PostgresCluster, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account.Account, "can_run", lambda self, program: False)
    cluster.start()
    assert Path(f"/proc/{cluster.process.pid}/exe").resolve().is_relative_to(home / "postgres")


@as_root
def test_root_runs_it_as_somebody_else(cluster: PostgresCluster) -> None:
    cluster.start()
    assert Path(f"/proc/{cluster.process.pid}").stat().st_uid != 0
    assert os.getsid(cluster.process.pid) == cluster.process.pid


def test_the_log_stays_bounded(cluster: PostgresCluster) -> None:
    cluster.start()
    cluster.log._largest = 1000
    for _ in range(30):
        with pytest.raises(psycopg.Error):
            run(cluster.url, "SELECT no_such_column")
    wait_until(lambda: cluster.log.path.stat().st_size > 1000, "the server wrote its log")
    cluster.log.trim()
    assert cluster.log.path.stat().st_size < 1000
    assert cluster.log.path.with_suffix(".log.1").stat().st_size == 1000
    with pytest.raises(psycopg.Error):
        run(cluster.url, "SELECT another_missing_column")
    wait_until(lambda: "another_missing_column" in cluster.log.tail(), "the server goes on writing")
