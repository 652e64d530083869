"""`syspark closing`."""

from collections.abc import Sequence

import click

from actors.closer import close_all
from ops.cli.session import desk, run
from ops.requests import author
from syspark.clock import SystemClock
from syspark.domain.closing import Closing, Period, money
from syspark.ids import IdSource
from syspark.persistence.postgres.closings import PostgresClosings
from syspark.sheet import closings_sheet, decimal

ANY = "all"


@click.group()
def closing() -> None:
    """The ledger's closings: days, months and years that are shut, each chained to the one before."""


@closing.command("list")
@click.option("--site", help="Only this site's.")
@click.option("--period", type=click.Choice([*Period, ANY]), default=Period.DAY, show_default=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=31, show_default=True, help="How many at most.")
def list_(site: str | None, period: str, limit: int) -> None:
    """Show the latest closings, the newest first."""
    made = [one for one in run(_closings(site)) if period in {ANY, one.span.period}]
    for one in sorted(made, key=lambda one: (one.span.last_day, one.seq), reverse=True)[:limit]:
        sums = ", ".join(f"{decimal(cents)} {currency}" for currency, cents in money(one.totals).items()) or "nothing"
        click.echo(
            f"{one.span.last_day}  {one.span.period:5}  {one.site_id}  number {one.seq}, {one.entries} entries, {sums}"
        )
        click.echo(f"    {one.digest}")
    if not made:
        click.echo("nothing is closed yet; a day with entries is closed ten minutes after its end")


@closing.command()
@click.option("--site", help="Only this site's.")
def export(site: str | None) -> None:
    """Write every closing with its totals as CSV."""
    click.echo(closings_sheet(run(_closings(site))), nl=False)


@closing.command()
def make() -> None:
    """Close now whatever is over: the service does so by itself after midnight. Today is never closed."""
    made = run(_make())
    for one in made:
        click.echo(f"closed {one.site_id}, the {one.span.period} until {one.span.last_day}: {one.entries} entries")
    if not made:
        click.echo("nothing to close")


async def _closings(site: str | None) -> Sequence[Closing]:
    async with desk() as opened:
        only = (await opened.site(site)).id if site else None
        return await PostgresClosings(opened.stores.database).made(only)


async def _make() -> Sequence[Closing]:
    async with desk() as opened:
        clock = SystemClock()
        return await close_all(opened.stores.stores.closings, clock, IdSource(clock), author())
