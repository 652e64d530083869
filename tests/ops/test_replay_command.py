"""`syspark replay`: a recorded day becomes sessions at its times; told twice it leaves the same tables."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.ops.service import Service

pytestmark = pytest.mark.timeout(60)

TABLES = (
    "parking_session",
    "witness",
    "subject",
    "snapshot",
    "outbox",
    "deadline",
    "journal",
    "chain_head",
    "inbox_key",
)


def line(at: datetime, topic: str, payload: object) -> str:
    return json.dumps({"topic": f"parking/{topic}", "payload": payload, "time": at.isoformat()})


def contents(service: Service) -> dict[str, list[tuple[object, ...]]]:
    """Every row of these tables; what says when a snapshot was written apart."""
    return {
        table: service.query(f"SELECT to_jsonb(t) - 'written_at' - 'received_at' FROM {table} t ORDER BY t::text")
        for table in TABLES
    }


def test_a_day_told_twice_is_told_once(service: Service, tmp_path: Path) -> None:
    worker = service.start()
    service.know("CAFE0001")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    told = [
        line(yesterday, "barriere", {"uid": "CAFE0001", "lane": "entry"}),
        line(yesterday + timedelta(minutes=5), "entry/vision/plate", {"plate": "AB123CD", "confidence": 0.97}),
        line(yesterday + timedelta(minutes=95), "exit/vision/plate", {"plate": "AB123CD", "confidence": 0.97}),
        line(yesterday + timedelta(minutes=99), "barriere", {"uid": "CAFE0001", "lane": "exit"}),
        line(yesterday + timedelta(minutes=100), "sensor_gate/present", "1"),
        line(yesterday + timedelta(minutes=100), "sensor_gate/heartbeat", "1760000000"),
    ]
    day = tmp_path / "day.jsonl"
    day.write_text("\n".join(reversed(told)) + "\n")

    first = service.ask("replay", str(day))
    assert "5 decided, 0 not understood, 0 failed, 1 sessions to be reviewed" in first.output, first.output
    assert first.exit_code == 1, "who left without paying is for a person to see"
    stays = service.query("SELECT opened_at, body FROM parking_session ORDER BY opened_at")
    assert [at for at, _ in stays] == [yesterday, yesterday + timedelta(minutes=5)]
    assert [json.loads(bytes(body))["closed_as"] for _, body in stays] == ["right", "left_unpaid"]
    assert service.query("SELECT count(*) FROM outbox WHERE order_kind = 'barrier'") == [(0,)]

    before = contents(service)
    again = service.ask("replay", str(day))
    assert (again.output, again.exit_code) == (first.output, 1)
    assert contents(service) == before
    worker.terminate()


def test_lines_that_are_not_understood_are_named_and_change_nothing(service: Service, tmp_path: Path) -> None:
    service.ask("migrate")
    day = tmp_path / "day.jsonl"
    now = datetime.now(UTC)
    bad = ["{", line(now, "nowhere/at/all", "1"), line(now, "barriere", "xyz"), '{"topic":"parking/barriere"}']
    bad += [json.dumps({"topic": "parking/barriere", "payload": "CAFE0001", "time": "2026-06-15T12:00:00"})]
    bad += [line(now, "lyon-9/barriere", "CAFE0001")]
    day.write_text("\n".join(bad))
    found = service.ask("replay", str(day))
    assert found.exit_code == 1
    for number in range(1, 7):
        assert f"line {number} is not understood: " in found.output
    assert service.query("SELECT count(*) FROM inbox") == [(0,)]
