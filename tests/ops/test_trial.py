"""`syspark simulate --speed`: a worker of its own on a clock that only the two of them share."""

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from click.testing import Result

from ops.name_lock import holders
from ops.trial_clock import clock_of, refuse_servers_elsewhere
from syspark.clock import ScaledClock, SystemClock
from syspark.settings import Settings, SettingsError
from tests.ops.service import SECRET_KEY, Service
from tests.servers.waiting import wait_until

BRIEF = ("simulate", "--sites", "2", "--capacity", "4", "--rate", "300", "--speed", "20", "--v2-share", "1")
HERE = "postgresql://syspark@localhost/syspark"


def settings(**given: str) -> Settings:
    return Settings.load({"SYSPARK_SECRET_KEY": SECRET_KEY, "ADMIN_PASSWORD": "one of the tests", **given})


@pytest.mark.parametrize(
    "url",
    [
        HERE,
        "postgresql://syspark@127.0.0.1:5433/syspark",
        "postgresql://syspark@/syspark?host=%2Frun%2Fpostgresql",
        "postgresql:///syspark",
        "postgresql://localhost,[::1]/syspark",
    ],
)
def test_a_trial_runs_on_servers_of_this_machine(url: str) -> None:
    given = settings(DATABASE_URL=url, MQTT_HOST="localhost")
    refuse_servers_elsewhere(given)
    assert isinstance(clock_of(None, given), SystemClock)


@pytest.mark.parametrize(
    "given",
    [
        {"DATABASE_URL": "postgresql://syspark@db.example.org/syspark"},
        {"DATABASE_URL": "postgresql://localhost,db.example.org/syspark"},
        {"DATABASE_URL": "postgresql://localhost/syspark?hostaddr=192.0.2.1"},
        {"DATABASE_URL": "postgresql:///syspark?service=elsewhere"},
        {"DATABASE_URL": HERE, "MQTT_HOST": "mqtt.example.org"},
    ],
)
def test_servers_elsewhere_never_learn_of_a_trials_clock(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="is not surely on this machine"):
        clock_of("60", settings(**given))


def test_a_database_that_the_environment_moves_elsewhere_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example.org")
    with pytest.raises(SettingsError):
        refuse_servers_elsewhere(settings(DATABASE_URL="postgresql:///syspark"))


@pytest.mark.parametrize("words", ["soon", "0", "60@yesterday", "60@2026-01-01"])
def test_a_clock_that_is_none_is_wrong_use(command: Callable[..., Result], words: str) -> None:
    result = command("worker", "--clock", words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_the_hidden_option_is_refused_for_servers_elsewhere(command: Callable[..., Result]) -> None:
    elsewhere = {"DATABASE_URL": "postgresql://syspark@db.example.org/syspark", "SYSPARK_SECRET_KEY": SECRET_KEY}
    for name in ("worker", "serve"):
        result = command(name, "--clock", str(ScaledClock(60)), env={**elsewhere, "ADMIN_PASSWORD": "of the tests"})
        assert result.exit_code == 2
        assert "DATABASE_URL is not surely on this machine" in result.output
        assert "--clock" not in command(name, "--help").output


@pytest.mark.timeout(90)
def test_a_trial_starts_its_worker_compares_and_leaves_nothing_behind(service: Service) -> None:
    result = service.ask(*BRIEF, "--hours", "0.08")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert "badges enrolled: 20" in lines
    agree = next(line for line in lines if line.startswith("stays that agree"))
    assert int(agree.split()[-1]) > 0, result.output
    assert "stays that differ                      0" in lines
    assert "unexplained openings                   0" in lines
    assert not list(holders(Path(service.environment["SYSPARK_HOME"])))
    # Nothing of what the simulated controllers list is refused: they know the secret of their site.
    assert service.query("SELECT reason, count(*) FROM rejected_message GROUP BY reason") == []
    assert service.query("SELECT count(*) FROM site WHERE sealed_secrets <> '{}' AND site_id <> 'default'") == [(1,)]


@pytest.mark.timeout(60)
def test_a_worker_that_is_at_work_is_left_alone(service: Service, tmp_path: Path) -> None:
    worker = service.start()
    result = service.ask(*BRIEF)
    assert result.exit_code == 2
    assert "a worker named tested runs on" in result.output
    service.environment["SYSPARK_HOME"] = str(tmp_path / "another")
    result = service.ask(*BRIEF)
    assert result.exit_code == 2
    assert "a worker holds 1 of the 1 partitions of this database" in result.output
    assert worker.terminate() == 0


def test_where_the_service_is_comes_from_the_settings(service: Service) -> None:
    result = service.ask(*BRIEF, "--port", "1883")
    assert result.exit_code == 2
    assert "--port comes from the settings of its own worker" in result.output


@pytest.mark.timeout(60)
def test_the_worker_ends_with_a_trial_that_is_killed(service: Service) -> None:
    trial = service.spawn(*BRIEF)
    trial.wait_for_line("badges enrolled", 30)
    [worker] = holders(Path(service.environment["SYSPARK_HOME"]))
    process = psutil.Process(int(worker.notes["process"]))
    trial.kill()
    wait_until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, "it is gone", 20)
