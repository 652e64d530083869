"""`syspark audit`."""

import sys
from collections.abc import Mapping, Sequence
from itertools import islice
from uuid import UUID

import click

from ops.cli.session import Desk, desk, run
from ops.cli.values import ChainHead
from ops.requests import Requests
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.explain import Said, Step, explain
from syspark.domain.messages import AlarmRaised
from syspark.domain.recorded import Recorded
from syspark.domain.rerun import Rerun
from syspark.domain.units import SiteId
from syspark.persistence.audit import AuditReport, about_session, made_again, verify_chains
from syspark.persistence.chain import Head
from syspark.persistence.closing_audit import ClosingReport, verify_closings
from syspark.rows import Address

SHOWN = 20
"""Differences shown one by one; where there are more, they are alike."""


@click.group()
def audit() -> None:
    """The journal: every event, decision and command, chained so that a change is seen."""


@audit.command()
@click.option("--chain", help="Only this chain, such as site:default.")
@click.option(
    "--head",
    "heads",
    type=ChainHead(),
    multiple=True,
    metavar="CHAIN=ROWS:DIGEST",
    help="Where a chain once ended, as `verify` and the log have told: it must still stand there. May be repeated.",
)
@click.pass_context
def verify(ctx: click.Context, chain: str | None, heads: Sequence[tuple[str, Head]]) -> None:
    """Prove that journal and closings are what was written; else name the first bad row of each, and exit with 1."""
    report, closings = run(_verify(chain, dict(heads)))
    for fault in report.faults:
        click.echo(f"BAD   chain {fault.chain}, row {fault.seq}: {fault.what}")
    bad = {fault.chain for fault in report.faults}
    for name, head in report.heads.items():
        if name not in bad:
            click.echo(f"fine  chain {name}, {head.seq} rows, head {name}={head.seq}:{head.digest.hex()}")
    if chain is not None and chain not in report.heads and not report.faults:
        raise click.UsageError(f"there is no chain {chain!r}; without --chain all are checked and named")
    click.echo(f"{report.entries} rows checked, {len(report.faults)} of {len(report.heads.keys() | bad)} chains bad")
    for wrong in closings.faults:
        click.echo(f"BAD   closings of {wrong.site_id}, number {wrong.seq}: {wrong.what}")
    for site, last in closings.newest.items():
        click.echo(f"fine  closings of {site}, {last.seq} until {last.span.last_day}, head {last.digest}")
    click.echo(f"{closings.closings} closings made again from the ledger, {len(closings.faults)} books bad")
    ctx.exit(0 if report.is_sound and not closings.faults else 1)


async def _verify(chain: str | None, heads: Mapping[str, Head]) -> tuple[AuditReport, ClosingReport]:
    async with desk() as opened:
        report = await verify_chains(opened.url, chain, _progress, heads)
        for fault in report.faults:
            kind, _, name = fault.chain.partition(":")
            await _raise_alarm(opened, name if kind == "site" else "", fault.chain, f"row {fault.seq}")
        closings = await verify_closings(opened.stores.database)
        for wrong in closings.faults:
            await _raise_alarm(opened, wrong.site_id, f"closings:{wrong.site_id}", f"number {wrong.seq}")
        return report, closings


async def _raise_alarm(opened: Desk, site_id: str, about: str, detail: str) -> None:
    """Tell a site's alarms that a chain of it is broken; that of an organisation is told by the exit code alone."""
    site = await opened.stores.stores.state.site(SiteId(site_id)) if site_id else None
    if site is not None:
        told = AlarmRaised(kind=AlarmKind.CHAIN_BROKEN, about=about, detail=detail)
        await Requests(opened.stores.stores.inbox).put(site, Address("alarms", site.id), told)


@audit.command("explain")
@click.argument("session", type=click.UUID)
def explain_(session: UUID) -> None:
    """Tell why everything about SESSION was decided as it was, step by step."""
    steps = explain(run(_about(session)))
    if not steps:
        raise click.UsageError(f"the journal has nothing about a session {session}")
    for step in steps:
        for line in _told(step):
            click.echo(line)


async def _about(session: UUID) -> Sequence[Recorded]:
    async with desk() as opened:
        return await about_session(opened.url, session)


def _told(step: Step) -> Sequence[str]:
    late_s = (step.decided_at - step.happened_at).total_seconds()
    late = f", decided {late_s:.0f} s later" if late_s >= 1 else ""
    return (
        f"{step.happened_at:%Y-%m-%d %H:%M:%S} UTC  {step.in_words}",
        f"    rule {step.rule}, by the {step.actor}{late}{f', asked by {step.author}' if step.author else ''}",
        *(f"    from  {one.name}: {one.value}" for one in step.inputs),
        *(f"    to    {_filled(said)}" for said in step.consequences),
        *([f"    refused: {step.refused}"] if step.refused else []),
    )


def _filled(said: Said) -> str:
    return said.text.format(**dict(said.values))


@audit.command()
@click.option("--site", help="Only this site's decisions.  [default: all chains]")
@click.pass_context
def rerun(ctx: click.Context, site: str | None) -> None:
    """Make every decision again from what the journal has of it; exit with 1 when one comes out otherwise."""
    found = run(_rerun(site))
    for one in islice(found.differences, SHOWN):
        click.echo(f"DIFFERS  {one.row.at:%Y-%m-%d %H:%M:%S} UTC, {one.row.rule} by the {one.row.actor}: {one.what}")
    for why, count in sorted(found.left_out.items()):
        click.echo(f"left out {count}: {why}")
    click.echo(f"{found.same} decisions come out the same again, {len(found.differences)} differ")
    ctx.exit(1 if found.differences else 0)


async def _rerun(site: str | None) -> Rerun:
    async with desk() as opened:
        only = f"site:{(await opened.site(site)).id}" if site is not None else None
        return await made_again(opened.url, only, _progress)


def _progress(checked: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{checked} rows", err=True, nl=False)
