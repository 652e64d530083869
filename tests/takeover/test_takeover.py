"""The takeover trial as CI runs it. The whole of it: `python -m tests.takeover --takeovers 50 --rate 300`."""

import secrets
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.takeover.epochs import Heard, outdated_commands
from tests.takeover.plan import FROZEN, KILLED, WITHOUT_BROKER, WITHOUT_DATABASE, Plan
from tests.takeover.trial import Trial


@pytest.mark.timeout(300)
async def test_of_two_workers_one_takes_over_and_nothing_is_lost_or_doubled(home: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="takeover-"))  # a failing run's stays, in which every packet can be followed
    report = await Trial(Plan(seed=secrets.randbits(32)), folder, home, print).run()
    print(report, f"logs are in {folder}", sep="\n")
    assert not report.problems
    assert [one.kind for one in report.takeovers] == [KILLED, FROZEN, WITHOUT_DATABASE, WITHOUT_BROKER]
    assert report.verdict.executed > 0
    assert report.heard > 0
    shutil.rmtree(folder)


@pytest.mark.parametrize(("epochs", "found"), [((1, 1, 2, 2), 0), ((1, 2, 1), 1), ((2, 3, 3, 2, 3, 2), 2), ((), 0)])
def test_a_command_of_an_old_epoch_is_found(epochs: Sequence[int], found: int) -> None:
    heard = [Heard(float(number), "gare", epoch, f"c{number}") for number, epoch in enumerate(epochs)]
    beside = [Heard(0.5, "mairie", 9, "other")]
    assert len(list(outdated_commands([*beside, *heard], {"gare": 3, "mairie": 4}))) == found
