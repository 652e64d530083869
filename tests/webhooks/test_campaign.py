"""The webhook campaign as CI runs it. Longer runs: `python -m tests.webhooks --dues 100 --forgeries 1000`."""

import secrets
from pathlib import Path

import pytest

from tests.webhooks.campaign import Campaign
from tests.webhooks.plan import Plan


@pytest.mark.timeout(300)
async def test_each_due_is_paid_once_and_let_out_once_whatever_becomes_of_the_webhooks(
    tmp_path: Path, home: Path
) -> None:
    # Other tests have the machine too: how soon a webhook is answered is for the long version to judge.
    plan = Plan(seed=secrets.randbits(32), answer_p99_s=5)
    report = await Campaign(plan, tmp_path, home).run()
    print(report)
    assert report.problems == []
    assert sum(report.forged.values()) == report.plan.forgeries
    assert len(report.found_after_s) > 0
    assert sum(report.deaths.values()) == report.plan.kills
