"""The kill test as CI runs it: the product keeps its promises, and what breaks one is noticed.

Longer runs: `python -m tests.killing --events 20000 --kills 30`.
"""

import secrets
from pathlib import Path

import pytest

from tests.killing.plan import EMPTY, Plan
from tests.killing.report import Report
from tests.killing.scenario import Scenario


async def run(plan: Plan, folder: Path, home: Path) -> Report:
    """A run whose course is shown when the test fails."""
    report = await Scenario(plan, folder, home, print).run()
    print(report)
    return report


@pytest.mark.timeout(400)
async def test_nothing_acknowledged_is_lost_doubled_or_late(tmp_path: Path, home: Path) -> None:
    report = await run(Plan(seed=secrets.randbits(32)), tmp_path, home)
    assert not report.problems
    fates = {command.fate for command in report.evidence.commands}
    assert {"acked", "unknown", "withheld"} <= fates, "the run has shown what it is for"
    assert {publication.follow_up for publication in report.let_in} == {"unknown", "withheld"}
    assert report.verdict.waited > 0
    assert sum(report.deaths.values()) == report.plan.kills


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("service", "broken", "events", "kills"),
    [(EMPTY, "lost", 50, 0), ("early-ack", "lost", 150, 4), ("twice", "double", 50, 0), ("stale", "late", 350, 0)],
)
async def test_a_service_that_breaks_a_promise_is_condemned(
    service: str, broken: str, events: int, kills: int, tmp_path: Path, home: Path
) -> None:
    plan = Plan(
        seed=1,
        service=service,
        events=events,
        kills=kills,
        places=("inserting",),
        database_outage_s=0,
        broker_outage_s=0,
        bridge_cut_s=0,
        broker_kill=False,
        follow_ups=0,
    )
    report = await run(plan, tmp_path, home)
    assert getattr(report.verdict, broken)
    assert not report.verdict.passed
