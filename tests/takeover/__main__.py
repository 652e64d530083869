"""`python -m tests.takeover`: the takeover trial at any size, with a report. Ends with 1 when a promise was broken."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from tests.servers.postgres import server_home
from tests.takeover.plan import Plan
from tests.takeover.trial import Trial


def main() -> int:
    """Run what the command line asks for."""
    plan = Plan(seed=0)
    parser = argparse.ArgumentParser(prog="python -m tests.takeover", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--takeovers", type=int, default=50)
    parser.add_argument("--rate", type=float, default=300.0, help="events a second")
    parser.add_argument("--sites", type=int, default=plan.sites, help="that have traffic at a time")
    parser.add_argument("--partitions", type=int, default=plan.partitions)
    parser.add_argument("--within", type=float, default=plan.within_s, help="seconds; then no other takeover begins")
    parser.add_argument("--folder", type=Path, help="where the servers' and the workers' logs go")
    given = parser.parse_args()
    plan = Plan(
        seed=given.seed,
        takeovers=given.takeovers,
        rate_per_s=given.rate,
        sites=given.sites,
        partitions=given.partitions,
        within_s=given.within,
    )
    folder = given.folder or Path(tempfile.mkdtemp(prefix="takeover-"))
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        parser.error(f"{folder} is not empty: a broker would go on with the sessions of an earlier run")
    with server_home() as home:
        report = asyncio.run(Trial(plan, folder, home, lambda line: print(line, flush=True)).run())
    print(report)
    print(f"logs are in {folder}")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
