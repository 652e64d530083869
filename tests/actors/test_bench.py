"""The actors alone, and the script of the documentation that shows them."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from actors.testing import NOON, ActorBench
from syspark.domain.facts import BadgeRead
from syspark.domain.messages import ExitMissed
from syspark.domain.orders import MoveBarrier
from syspark.domain.units import Lane, Uid
from syspark.rows import Address
from tests.actors.badges import ALICE

DOCUMENT = Path(__file__).parents[2] / "docs" / "site-and-session-in-memory.md"


def script() -> str:
    """The one script of the document."""
    (found,) = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_script_of_the_documentation_has_at_most_a_hundred_lines() -> None:
    assert len(script().splitlines()) <= 100


@pytest.mark.timeout(60)
def test_the_script_of_the_documentation_runs(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(script())
    ran = subprocess.run(
        [sys.executable, "-W", "error", tmp_path / "script.py"],
        cwd=DOCUMENT.parents[1],
        env={"PYTHONPATH": str(DOCUMENT.parents[1]), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "exit-right" in ran.stdout
    assert "payment-asked-again" in ran.stdout


async def test_an_old_fact_opens_nothing() -> None:
    async with ActorBench(start=NOON, badges=[ALICE]) as bench:
        read = BadgeRead(uid=Uid(ALICE.uid), lane=Lane.ENTRY)
        await bench.report("barriere", read, fact_at=NOON - timedelta(seconds=30))
        assert not any(isinstance(order, MoveBarrier) for order in bench.orders)
        assert len(await bench.open_sessions()) == 1


async def test_a_failing_decision_is_raised_where_it_was_caused() -> None:
    async with ActorBench(start=NOON) as bench:
        with pytest.raises(AssertionError):
            await bench.tell(Address("device", "default/radio"), ExitMissed(last_seen_at=NOON))
