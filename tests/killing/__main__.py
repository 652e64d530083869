"""`python -m tests.killing`: the kill test at any size, with a report. Ends with 1 when a promise was broken."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from tests.killing.plan import SERVICES, Plan
from tests.killing.scenario import Scenario
from tests.servers.postgres import server_home


def main() -> int:
    """Run what the command line asks for."""
    plan = Plan(seed=0)
    parser = argparse.ArgumentParser(prog="python -m tests.killing", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--events", type=int, default=plan.events, help="to be acknowledged")
    parser.add_argument("--rate", type=float, default=plan.rate_per_s, help="events a second")
    parser.add_argument("--sites", type=int, default=plan.sites, help="besides the default and the bridged one")
    parser.add_argument("--kills", type=int, default=plan.kills)
    parser.add_argument("--database-outage", type=float, default=plan.database_outage_s, help="seconds")
    parser.add_argument("--broker-outage", type=float, default=plan.broker_outage_s, help="seconds")
    parser.add_argument("--bridge-cut", type=float, default=plan.bridge_cut_s, help="seconds")
    parser.add_argument("--no-broker-kill", action="store_true")
    parser.add_argument("--service", choices=SERVICES, default=plan.service, help="any other than worker must fail")
    parser.add_argument("--folder", type=Path, help="where the servers' and the worker's logs go")
    given = parser.parse_args()
    plan = Plan(
        seed=given.seed,
        events=given.events,
        rate_per_s=given.rate,
        sites=given.sites,
        kills=given.kills,
        database_outage_s=given.database_outage,
        broker_outage_s=given.broker_outage,
        bridge_cut_s=given.bridge_cut,
        broker_kill=not given.no_broker_kill,
        service=given.service,
    )
    folder = given.folder or Path(tempfile.mkdtemp(prefix="killing-"))
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        parser.error(f"{folder} is not empty: a broker would go on with the sessions of an earlier run")
    with server_home() as home:
        report = asyncio.run(Scenario(plan, folder, home, lambda line: print(line, flush=True)).run())
    (folder / "problems.txt").write_text("\n".join(report.problems))
    print(report)
    print(f"logs are in {folder}")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
