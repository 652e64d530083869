"""`syspark contract`: what a message means, without a database, a broker, or a trace."""

from pathlib import Path

import pytest

from syspark.contract.document import topics_markdown
from syspark.contract.reasons import Reason
from tests.ops.conftest import Command

BADGE = "parking/barriere"


def test_the_table_of_topics_is_the_contracts(command: Command) -> None:
    assert command("contract", "topics").output == topics_markdown("parking")
    assert "| `park/barriere` |" in command("contract", "topics", env={"MQTT_ROOT": "park"}).output


def test_an_unknown_badge_is_explained(command: Command) -> None:
    told = command("contract", "check", BADGE, "a1 b2 c3 d4")
    assert told.exit_code == 0
    assert "family    barriere: way up, QoS 1, retained no, a fact\n" in told.output
    assert 'fact      badge {"uid":"A1B2C3D4"}\n' in told.output
    assert "decision  badge-unknown, by the site: a fresh one, default policy, no badge known" in told.output
    assert "          because lane_rule lane-no-session\n" in told.output
    assert "command   parking/display/text BADGE INCONNU, unless it is over 10 s old\n" in told.output


@pytest.mark.parametrize("plan", ["subscriber", "visitor", "staff", "emergency"])
def test_a_badge_supposed_to_be_known_opens(command: Command, plan: str) -> None:
    told = command("contract", "check", "parking/lyon/barriere", '{"uid":"A1B2C3D4"}', "--plan", plan)
    assert told.exit_code == 0
    assert "decision  entry-admitted" in told.output
    assert "command   parking/lyon/barriere_entree/cmd {" in told.output


@pytest.mark.parametrize(
    ("topic", "payload", "told"),
    [
        ("parking/entry/vision/plate", '{"plate":"AA-123-BB"}', "plate-admitted, by the site: a fresh one"),
        ("parking/exit/vision/plate", '{"plate":"AA-123-BB"}', "plate-unknown, by the site: a fresh one"),
        (BADGE, "PIN_IN", "pin-admitted, by the site: a fresh one"),
        (BADGE, "PIN_OUT", "pin-exit-without-entry, by the site: a fresh one"),
    ],
)
def test_a_plate_and_a_pin_are_explained(command: Command, topic: str, payload: str, told: str) -> None:
    shown = command("contract", "check", topic, payload)
    assert shown.exit_code == 0
    assert f"decision  {told}" in shown.output
    assert ("hand-over exit-requested, to the session" in shown.output) == (payload == "PIN_OUT")


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (BADGE, b"hello", Reason.BAD_UID),
        (BADGE, b"", Reason.EMPTY),
        (BADGE, b"\xff", Reason.NOT_UTF8),
        (BADGE, b"x" * 70_000, Reason.TOO_LARGE),
        ("parking/barriere/cmd", b"100", Reason.DOWN_TOPIC_FROM_SITE),
        ("parking/gate", b"1", Reason.UNKNOWN_FAMILY),
        ("elsewhere/barriere", b"1", Reason.BAD_TOPIC),
        ("parking/acl/list", b'{"op":"LIST","secret":"guess","entries":[]}', Reason.BAD_SECRET),
    ],
)
def test_a_rejection_says_its_reason_and_fails(command: Command, topic: str, payload: bytes, reason: Reason) -> None:
    told = command("contract", "check", topic, given=payload)
    assert told.exit_code == 1
    assert f"rejected  {reason}: {reason.explanation}" in told.output
    assert "guess" not in told.output


def test_the_retain_flag_counts(command: Command) -> None:
    told = command("contract", "check", BADGE, "A1B2C3D4", "--retained")
    assert told.exit_code == 1
    assert "rejected  retained_fact" in told.output


def test_a_level_goes_to_its_twin_and_a_heartbeat_to_nobody(command: Command) -> None:
    error = command("contract", "check", "parking/sensor_gate/error", "READ_FAIL threshold=5").output
    assert "decision  fault-raised, by the twin of sensor_gate\n" in error
    beat = command("contract", "check", "parking/sensor_gate/heartbeat", "1790000000").output
    assert "decision  none: a sign of life" in beat


def test_the_secret_is_used_and_not_shown(command: Command, tmp_path: Path) -> None:
    words = ("contract", "check", "parking/acl/list")
    body = '{"op":"LIST","secret":"right-0-secret","entries":["A1B2C3D4"]}'
    told = command(*words, body, env={"MQTT_SECRET": "right-0-secret"})
    assert told.exit_code == 0
    assert "right-0-secret" not in told.output
    told = command(*words, body)
    assert "no MQTT_SECRET is set here, so that none could be right" in told.output
    assert not (tmp_path / "home").exists()
