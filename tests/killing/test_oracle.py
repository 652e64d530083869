"""The judge is judged first: each kind of fault alone is found, and a faultless run has none."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from tests.killing.edge import Execution, execution
from tests.killing.evidence import Command, Evidence, Session
from tests.killing.field import Event, Site, badges, make_sites
from tests.killing.generator import Publication
from tests.killing.oracle import Verdict, judge

SITE = Site("kill-01", "v2")
EVENT = Event("A1B2C3D4", SITE, b"A1B2C3D4")
READ = Publication(EVENT, 100.0, acknowledged_at=100.01, ended_at=100.01)
SESSION = Session("s1", SITE.name, EVENT.uid, "active")
COMMAND = Command("c1", SITE.name, "entry", "s1", "acked", 100.02, 110.0)
DONE = Execution(100.03, SITE.name, "entry", "100", retained=False, command_id="c1", expires_at=110.0)
GOOD = Evidence(Counter({EVENT.digest: 1}), (), (SESSION,), (COMMAND,))


def faults(verdict: Verdict) -> dict[str, int]:
    """How many of each."""
    counts = {kind: len(getattr(verdict, kind)) for kind in ("lost", "broker_lost", "undone", "double", "late")}
    return {kind: count for kind, count in counts.items() if count}


def test_a_faultless_run_passes() -> None:
    verdict = judge([READ], [DONE], GOOD)
    assert verdict.passed
    assert (verdict.acknowledged, verdict.executed) == (1, 1)


def test_acknowledged_and_not_in_the_inbox_is_lost() -> None:
    assert faults(judge([READ], [], Evidence())) == {"lost": 1}


def test_what_the_broker_did_not_acknowledge_cannot_be_lost() -> None:
    assert judge([replace(READ, acknowledged_at=None)], [], Evidence()).passed


def test_what_the_broker_itself_forgot_is_counted_apart() -> None:
    assert faults(judge([READ], [], Evidence(), frozenset({EVENT.digest}))) == {"broker_lost": 1}
    assert faults(judge([READ], [], Evidence(), frozenset({b"another"}))) == {"lost": 1}


def test_an_undone_row_fails() -> None:
    assert faults(judge([READ], [], replace(GOOD, undone=("badge 1 parked",), commands=()))) == {"undone": 1}


@pytest.mark.parametrize(
    ("evidence", "executions"),
    [
        (replace(GOOD, sessions=(SESSION, replace(SESSION, id="s2"))), [DONE]),
        (replace(GOOD, sessions=(replace(SESSION, status="closed"),)), [DONE]),
        (replace(GOOD, commands=(COMMAND, replace(COMMAND, id="c2"))), [DONE]),
        (replace(GOOD, commands=(COMMAND, replace(COMMAND, id="c2", lane="exit", session_id=None))), [DONE]),
        (GOOD, [replace(DONE, retained=True)]),
        (GOOD, [replace(DONE, word="000")]),
    ],
    ids=["two sessions", "an exit", "two commands", "an exit's command", "retained", "closing"],
)
def test_a_second_effect_is_double(evidence: Evidence, executions: list[Execution]) -> None:
    assert faults(judge([READ], executions, evidence)) == {"double": 1}


def test_a_command_executed_twice_is_double() -> None:
    verdict = judge([READ], [DONE, replace(DONE, at=100.5)], GOOD)
    assert not verdict.passed
    assert "command c1 executed 2 times" in verdict.double


def test_two_openings_without_ids_for_one_badge_are_double() -> None:
    nameless = replace(DONE, command_id=None, expires_at=None)
    verdict = judge([READ], [nameless, replace(nameless, at=101.0)], GOOD)
    assert set(faults(verdict)) == {"double"}


def test_an_opening_without_any_badge_is_double() -> None:
    assert set(faults(judge([], [DONE], replace(GOOD, deliveries=Counter())))) == {"double"}


def test_an_opening_after_the_expiry_is_late() -> None:
    assert set(faults(judge([READ], [replace(DONE, at=111.0)], GOOD))) == {"late"}


def test_an_opening_is_late_by_its_badge_whatever_the_service_believes() -> None:
    believed = replace(COMMAND, created_at=119.0, expires_at=130.0)
    verdict = judge([READ], [replace(DONE, at=120.0, expires_at=130.0)], replace(GOOD, commands=(believed,)))
    assert set(faults(verdict)) == {"late"}
    nameless = replace(DONE, at=120.0, command_id=None, expires_at=None)
    assert set(faults(judge([READ], [nameless], replace(GOOD, commands=(believed,))))) == {"late"}


def test_a_withheld_command_explains_no_opening() -> None:
    assert not judge([READ], [DONE], replace(GOOD, commands=(replace(COMMAND, fate="withheld"),))).passed


def test_a_driver_who_badges_again_may_be_let_in_once_more() -> None:
    again = Publication(replace(EVENT, payload=b"a1b2c3d4"), 130.0, 130.01, 130.01, follow_up="unknown")
    unknown = replace(COMMAND, fate="unknown")
    second = Command("c2", SITE.name, "entry", "s1", "acked", 130.02, 140.0)
    done = Execution(130.03, SITE.name, "entry", "100", retained=False, command_id="c2", expires_at=140.0)
    evidence = replace(GOOD, commands=(unknown, second), deliveries=Counter({EVENT.digest: 1, again.event.digest: 1}))
    assert judge([READ, again], [done], evidence).passed


def test_equipment_understands_both_generations() -> None:
    assert execution(1.0, "s", "entry", b"100", retained=False).word == "100"
    rich = b'{"ts":1000,"src":"cloud","cmd":"100","command_id":"c1","expires_ts":11000,"epoch":3}'
    assert execution(1.0, "s", "entry", rich, retained=False) == Execution(1.0, "s", "entry", "100", False, "c1", 11.0)


def test_sites_and_badges() -> None:
    sites = make_sites(50)
    assert len({site.name for site in sites}) == 52
    assert {site.speaks for site in sites} == {"v1", "v2"}
    assert sites[0].badge_topic == "parking/barriere"
    assert sites[1].badge_topic == "parking/kill-00/barriere"
    given = badges(random.Random(1))
    assert len({next(given) for _ in range(1000)}) == 1000
