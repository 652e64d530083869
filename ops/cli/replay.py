"""`syspark replay`."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import click
import msgspec

from ops.cli.session import Desk, desk, load_settings, run
from ops.recorded_day import Recorded, Refused, read
from syspark.clock import SystemClock
from syspark.domain.rules import IN_WORDS
from syspark.rows import RowStatus, Scope

SHOWN = 20
TELL_EVERY = 500
WAIT_S = 15.0
"""Without a decision for so long no worker is at work."""
LOOK_EVERY_S = 0.2

FOR_A_PERSON = frozenset({"replayed-conflict", "replayed-time-cannot-be"})
"""Rules of what could not be reconciled with what is known."""


@dataclass(slots=True)
class _Report:
    """What became of a recorded day. `in_review`: sessions of it that a person should look at."""

    refused: list[Refused] = field(default_factory=list)
    skipped: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    pending: int = 0
    in_review: Sequence[UUID] = ()

    @property
    def is_fine(self) -> bool:
        """Whether everything is reconciled."""
        unreconciled = sum(self.rules[rule] for rule in FOR_A_PERSON)
        return not (self.refused or self.failed or self.pending or self.in_review or unreconciled)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def replay(ctx: click.Context, file: Path) -> None:
    """Tell the service a recorded day: what its sites kept while they were cut off, in any order, as often as you like.

    FILE has a JSON object a line: {"topic": "parking/lyon-2/barriere", "payload": "A1B2C3D4", "time": ...}, the time as
    2026-06-15T12:00:00Z or Unix seconds. Sessions are put right at these times; no barrier moves. Exit 1 when something
    could not be reconciled.
    """
    report = run(_replay(file))
    for line in _told(report):
        click.echo(line)
    ctx.exit(0 if report.is_fine else 1)


async def _replay(file: Path) -> _Report:
    report = _Report()
    root = load_settings().mqtt_root
    async with desk() as opened:
        sites = await opened.administration.sites()
        scopes = {site.id: Scope(site.organisation_id, site.id, site.partition) for site in sites}
        inbox, ids = opened.stores.stores.inbox, list[UUID]()
        with file.open("rb") as lines:
            for one in read(iter(lines), root, scopes, SystemClock().now()):
                match one:
                    case Refused():
                        report.refused.append(one)
                    case Recorded(row=None):
                        report.skipped += 1
                    case Recorded(row=row):
                        assert row is not None
                        await inbox.request(row)
                        ids.append(row.id)
                        _progress("told", len(ids), one.number)
        await _outcomes(opened, ids, report)
        report.in_review = await opened.administration.in_review(ids)
    return report


async def _outcomes(opened: Desk, ids: Sequence[UUID], report: _Report) -> None:
    clock = SystemClock()
    waits_since, undone = clock.monotonic(), list(ids)
    while undone and clock.monotonic() - waits_since < WAIT_S:
        left = []
        for row_id in undone:
            found = await opened.stores.stores.inbox.outcome(row_id)
            if found is None or found[0] == RowStatus.NEW:
                left.append(row_id)
            elif found[0] == RowStatus.DONE:
                report.rules[_rule(found[1])] += 1
            else:
                report.failed += 1
            _progress("decided", len(ids) - len(undone) + len(left), len(ids))
        if len(left) < len(undone):
            waits_since = clock.monotonic()
        undone = left
        if undone:
            await asyncio.sleep(LOOK_EVERY_S)
    report.pending = len(undone)


def _rule(outcome: str) -> str:
    return str(msgspec.json.decode(outcome)["rule"])


def _told(report: _Report) -> Iterator[str]:
    for one in report.refused[:SHOWN]:
        yield f"line {one.number} is not understood: {one.why}"
    if len(report.refused) > SHOWN:
        yield f"... and {len(report.refused) - SHOWN} more"
    for rule, count in report.rules.most_common():
        yield f"{count:>7}  {rule}: {IN_WORDS.get(rule, '')}".rstrip(": ")
    if report.skipped:
        yield f"{report.skipped:>7}  skipped: heartbeats, badge lists and the cloud's own words say nothing of the past"
    for session in report.in_review[:SHOWN]:
        yield f"to be reviewed: session {session}"
    decided = sum(report.rules.values())
    yield (
        f"{decided} decided, {len(report.refused)} not understood, {report.failed} failed,"
        f" {len(report.in_review)} sessions to be reviewed"
    )
    if report.pending:
        yield f"{report.pending} are pending: no worker takes them up; run this again once one does"


def _progress(what: str, count: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{what}: {count} of {of}", err=True, nl=False)
    elif count % TELL_EVERY == 0 and count:
        click.echo(f"{what}: {count}", err=True)
