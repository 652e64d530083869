"""The trial: real brokers, wired by the files that the commands write."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bridge.trial import Trial


@pytest.fixture(autouse=True)
def only_these_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever the person who tests has set, the commands begin without settings."""
    for name in ("DATABASE_URL", "MQTT_HOST", "MQTT_ROOT", "MQTT_USERNAME", "MQTT_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SYSPARK_HOME", str(tmp_path / "home"))


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    """The cloud's broker, started; sites start when asked for."""
    with Trial(tmp_path / "trial") as started:
        yield started
