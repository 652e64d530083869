"""`syspark rejected`."""

from uuid import UUID

import click

from ops.cli.session import desk, run
from ops.cli.values import Name, ParkedId
from ops.requests import author
from syspark.acts import act
from syspark.contract.reasons import Reason
from syspark.domain.messages import ActKind
from syspark.persistence.admin import Parked, Refused
from syspark.redaction import escape_controls


@click.group(invoke_without_command=True)
@click.option("--site", help="Only this site's refused messages.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@click.pass_context
def rejected(ctx: click.Context, site: str | None, limit: int) -> None:
    """Show the messages refused last, and those that were parked because handling them failed."""
    if ctx.invoked_subcommand is None:
        run(_show(site, limit))


async def _show(site: str | None, limit: int) -> None:
    async with desk() as opened:
        only = (await opened.site(site)).id if site else None
        refused = await opened.administration.rejected(limit, only)
        parked = await opened.administration.parked(limit)
    click.echo(f"refused, newest first: {len(refused) or 'none'}")
    for one in refused:
        _show_refused(one)
    click.echo(f"parked, oldest first: {len(parked) or 'none'}")
    for row in parked:
        _show_parked(row)
    if parked:
        click.echo("syspark rejected retry ID hands one to its actor again; syspark rejected drop ID gives it up")


def _show_refused(one: Refused) -> None:
    click.echo(f"  {one.received_at:%Y-%m-%d %H:%M:%S} UTC  {one.reason}  {one.topic}")
    click.echo(f"      {_explained(one.reason)}{f' ({one.detail})' if one.detail else ''}")
    click.echo(f"      payload: {one.payload or '(empty)'}")


def _explained(reason: str) -> str:
    return Reason(reason).explanation if reason in set(Reason) else "An older release refused it for this reason."


def _show_parked(row: Parked) -> None:
    click.echo(f"  {row.id}  {row.kind} for {row.recipient.kind} {row.recipient.id}")
    click.echo(f"      of {row.fact_at:%Y-%m-%d %H:%M:%S} UTC, {row.tries} tries: {escape_controls(row.why)}")


@rejected.command()
@click.argument("row_id", metavar="ID", type=ParkedId())
def retry(row_id: UUID) -> None:
    """Hand a parked message to its actor again, at the end of the line and under its old time."""
    run(_end(row_id, None))
    click.echo(f"{row_id} is in line again; what is older than 10 s opens nothing")


@rejected.command()
@click.argument("row_id", metavar="ID", type=ParkedId())
@click.option("--reason", type=Name(), required=True, help="Why, for the record.")
def drop(row_id: UUID, reason: str) -> None:
    """Give a parked message up for good."""
    run(_end(row_id, reason))
    click.echo(f"{row_id} is given up: {reason}")


async def _end(row_id: UUID, reason: str | None) -> None:
    async with desk() as opened:
        known = opened.administration
        if reason is None:
            ended = await known.retry(row_id, act(ActKind.MESSAGE_RETRIED, author(), str(row_id)))
        else:
            ended = await known.drop(row_id, reason, act(ActKind.MESSAGE_DROPPED, author(), str(row_id), reason))
    if not ended:
        raise click.UsageError(f"no message {row_id} is parked; `syspark rejected` lists those that are")
