"""`syspark audit`."""

import sys

import click

from ops.cli.session import desk, run
from syspark.persistence.audit import AuditReport, verify_chains


@click.group()
def audit() -> None:
    """The journal: every event, decision and command, chained so that a change is seen."""


@audit.command()
@click.option("--chain", help="Only this chain, such as site:default.")
@click.pass_context
def verify(ctx: click.Context, chain: str | None) -> None:
    """Prove that the journal is what was written; else name each chain's first bad row, and exit with 1."""
    report = run(_verify(chain))
    for fault in report.faults:
        click.echo(f"BAD   chain {fault.chain}, row {fault.seq}: {fault.what}")
    bad = {fault.chain for fault in report.faults}
    for name, head in report.heads.items():
        if name not in bad:
            click.echo(f"fine  chain {name}, {head.seq} rows, head {head.digest.hex()}")
    if chain is not None and chain not in report.heads and not report.faults:
        raise click.UsageError(f"there is no chain {chain!r}; without --chain all are checked and named")
    click.echo(f"{report.entries} rows checked, {len(report.faults)} of {len(report.heads)} chains bad")
    ctx.exit(0 if report.is_sound else 1)


async def _verify(chain: str | None) -> AuditReport:
    async with desk() as opened:
        return await verify_chains(opened.url, chain, _progress)


def _progress(checked: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{checked} rows", err=True, nl=False)
