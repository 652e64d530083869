"""All tests, in several plain runs of pytest side by side: `python -m tests`; arguments are pytest's.

Half of what the tests do is to wait for servers, so that there is one run more than there are cores. What each run
prints of its files is passed on as it comes; what failed is told at the end, run by run, with one sum below.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

RUNS = (os.cpu_count() or 1) + 1
OUTCOMES = ("failures", "errors", "skipped")
FILE = re.compile(r"\S+\.py \S|SKIPPED ")
LAST = 30
"""Lines that are passed on of a run that died without a word on what failed."""
TROUBLE = re.compile(r"=+ (ERRORS|FAILURES|slowest .*) =|INTERNALERROR|usage: ")


@dataclass(frozen=True, slots=True)
class Run:
    """How one of the runs ended: pytest's exit status, its last words and its counts."""

    status: int
    words: str
    counts: dict[str, int]


def run_all(arguments: Sequence[str], runs: int) -> int:
    """Run the tests; returns 0 when every run ended well, else the first other exit status."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="syspark-tests-") as folder, ThreadPoolExecutor(runs) as pool:
        claims = Path(folder) / "claims"
        claims.mkdir()
        ended = list(pool.map(lambda number: _run(arguments, claims, Path(folder) / f"{number}.xml"), range(runs)))
    for run in ended:
        if run.status:
            print(run.words)
    sums = {name: sum(run.counts[name] for run in ended) for name in ("tests", *OUTCOMES)}
    passed = sums["tests"] - sum(sums[name] for name in OUTCOMES)
    others = "".join(f", {sums[name]} {name}" for name in OUTCOMES if sums[name])
    broken = "".join(f", a run ended with status {run.status}" for run in ended if run.status not in {0, 1})
    print(f"==> {passed} passed{others}{broken} in {time.monotonic() - began:.0f} s, {runs} runs side by side")
    return next((run.status for run in ended if run.status), 0)


def _run(arguments: Sequence[str], claims: Path, counts: Path) -> Run:
    """One run. Its line of each file is passed on at once, what it says of failures is kept."""
    quiet = ["-o", "console_output_style=classic", "--no-header", f"--junitxml={counts}"]
    command = [sys.executable, "-m", "pytest", "-p", "tests.side_by_side", f"--claims={claims}", *quiet, *arguments]
    said: list[str] = []
    told = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pytest:
        assert pytest.stdout is not None
        for line in pytest.stdout:
            if told is None and TROUBLE.match(line):
                told = len(said)
            elif told is None and FILE.match(line):
                print(line, end="", flush=True)
            said.append(line)
    # A run that died has not counted.
    suite = ET.parse(counts).getroot().find("testsuite") if counts.exists() else None
    counted = {name: int(suite.get(name, 0)) if suite is not None else 0 for name in ("tests", *OUTCOMES)}
    return Run(pytest.returncode, "".join(said[-LAST:] if told is None else said[told:]), counted)


if __name__ == "__main__":
    sys.exit(run_all(sys.argv[1:], RUNS))
