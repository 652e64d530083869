"""`python -m tests.webhooks`: the webhook campaign at any size, with a report. Ends with 1 when a promise broke."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from tests.servers.postgres import server_home
from tests.webhooks.campaign import Campaign
from tests.webhooks.plan import Plan


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.webhooks", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--dues", type=int, default=40)
    parser.add_argument("--two-tabs", type=int, default=5, help="dues that are paid twice")
    parser.add_argument("--forgeries", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="where the logs go")
    given = parser.parse_args()
    plan = Plan(given.seed, given.dues, given.two_tabs, forgeries=given.forgeries, kills=given.kills)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="webhooks-"))
    folder.mkdir(parents=True, exist_ok=True)
    with server_home() as home:
        report = asyncio.run(Campaign(plan, folder, home).run())
    print(report)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
